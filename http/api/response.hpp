#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// What surrounds an answer on its connection.
struct response_frame {
  std::string_view request_id;
  /// The Date header's value.
  std::string_view date;
  bool head = false;                    ///< no body, but the length of one
  bool close = false;                   ///< Connection: close
  bool preflight = false;               ///< answers a question of CORS
  std::string_view allowed_origin = {}; ///< of the page that may read this; empty: none is named
  bool old = false;                     ///< HTTP/1.0, which has to be told that its connection stays
};

/// `{"error":{"code","message","field","requestId"}}`
std::string error_body(const error& e, std::string_view request_id);

/// Appends status line, header and body; of a body without an end only the header, which says that it comes in chunks.
void append_response(std::string& out, const http_response& r, const response_frame& f);

} // namespace callboard
