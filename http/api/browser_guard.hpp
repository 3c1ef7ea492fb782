#pragma once

#include "config/settings.hpp"
#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// What a request's head says of where it goes and where it comes from.
struct request_source {
  http_method method = http_method::get;
  std::string_view target;       ///< as in the request line; may be a whole URL (RFC 9112, 3.2.2)
  std::string_view host;         ///< Host; empty when there is none
  std::string_view origin;       ///< Origin: a browser names the page that asks
  std::string_view fetch_site;   ///< Sec-Fetch-Site: a browser says how that page relates to us
  std::string_view content_type; ///< Content-Type
};

/// Whether a request may be served, as far as browsers are concerned. Browsers send requests on behalf of any page that
/// a person has open, so:
///
/// - The host that the request names must be ours: an IP address, a loopback name (`localhost`, `*.localhost`), the
/// name in
///   `http.listen`, or one of `http.hosts`. Any other name may be a page's own, pointed at our address (DNS rebinding).
///   An address cannot be re-pointed, so every address is fine. Error: misdirected_request (421).
/// - A page of another origin is refused unless `http.allowed_origins` lists it. Error: foreign_origin (403).
/// - What changes something and comes from a browser has a JSON content type, which a page of another origin cannot
/// send
///   without being asked first (CORS, https://fetch.spec.whatwg.org/#simple-header). Error: foreign_origin (403).
///
/// Pure; any thread.
std::optional<error> refuse_stranger(const request_source& r, const http_settings& s);

/// True when answers are to say that this page may read them.
bool is_allowed_origin(std::string_view origin, const http_settings& s);

} // namespace callboard
