#pragma once

#include "http/api/response.hpp"
#include "http/web/page_file.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The file of the dashboard that answers a request, and how.
struct page_answer {
  const page_file* file = nullptr;
  bool gzip = false;         ///< the client takes it compressed
  bool not_modified = false; ///< the client has it already: 304
};

/// What a request asks of the dashboard; nothing when it is one of the REST interface.
/// @param segments  of the path, decoded
/// @param accept_encoding, if_none_match  those headers, empty when they are missing
std::optional<page_answer> find_page(std::span<const page_file> files, http_method method,
                                     const std::vector<std::string>& segments, std::string_view accept_encoding,
                                     std::string_view if_none_match);

/// Whether Accept-Encoding takes gzip (RFC 9110, 12.5.3); an empty one does not.
bool takes_gzip(std::string_view accept_encoding);

/// Whether If-None-Match names this weak tag (RFC 9110, 13.1.2).
bool names_tag(std::string_view if_none_match, std::string_view etag);

/// Appends status line, header and body. The page may load and ask nothing but what comes from this server.
void append_page(std::string& out, const page_answer& a, const response_frame& f);

} // namespace callboard
