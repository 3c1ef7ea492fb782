#include "http/api/browser_guard.hpp"

#include "config/host_port.hpp"
#include "http/api/media_type.hpp"

#include <algorithm>
#include <cctype>

namespace callboard {

namespace {

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool ends_with_text(std::string_view a, std::string_view end) {
  return a.size() >= end.size() && same_text(a.substr(a.size() - end.size()), end);
}

bool starts_with_text(std::string_view a, std::string_view start) {
  return same_text(a.substr(0, start.size()), start);
}

/// The authority of a URL (`http://HOST:PORT/…`); nothing for anything else.
std::optional<std::string_view> authority_of(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (starts_with_text(url, scheme)) {
      auto rest = url.substr(scheme.size());
      return rest.substr(0, rest.find_first_of("/?#"));
    }
  return std::nullopt;
}

/// Without port, brackets and the dot of the root.
std::string_view name_of(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[')
    return authority.substr(0, authority.find(']') + 1);
  auto name =
    authority.substr(0, authority.rfind(':') == std::string_view::npos ? authority.size() : authority.rfind(':'));
  if (!name.empty() && name.back() == '.')
    name.remove_suffix(1);
  return name;
}

bool is_address(std::string_view name) {
  if (name.size() > 2 && name.front() == '[' && name.back() == ']')
    return std::all_of(name.begin() + 1, name.end() - 1,
                       [](unsigned char c) { return std::isxdigit(c) != 0 || c == ':' || c == '.' || c == '%'; });
  // Four numbers below 256.
  size_t numbers = 0;
  for (size_t at = 0; at <= name.size(); ++numbers) {
    const auto end = std::min(name.find('.', at), name.size());
    const auto part = name.substr(at, end - at);
    if (part.empty() || part.size() > 3 ||
        !std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    int value = 0;
    for (char c : part)
      value = 10 * value + (c - '0');
    if (value > 255)
      return false;
    at = end + 1;
  }
  return numbers == 4;
}

bool is_ours(std::string_view authority, const http_settings& s) {
  const auto name = name_of(authority);
  if (is_address(name) || same_text(name, "localhost") || ends_with_text(name, ".localhost"))
    return true;
  if (const auto listen = parse_host_port(s.listen); listen && same_text(name, listen->host))
    return true;
  return std::any_of(s.hosts.begin(), s.hosts.end(), [&](const auto& h) { return same_text(name, h); });
}

bool changes_something(http_method m) {
  return m == http_method::post || m == http_method::put || m == http_method::patch || m == http_method::delete_;
}

bool is_json(std::string_view content_type) {
  return is_media_type(content_type, media_json) || is_media_type(content_type, media_ndjson);
}

} // namespace

bool is_allowed_origin(std::string_view origin, const http_settings& s) {
  return !origin.empty() && std::any_of(s.allowed_origins.begin(), s.allowed_origins.end(),
                                        [&](const auto& o) { return same_text(origin, o); });
}

std::optional<error> refuse_stranger(const request_source& r, const http_settings& s) {
  // The authority in the request line counts, not Host (RFC 9112, 3.2.2).
  const auto in_target = authority_of(r.target);
  const auto authority = in_target.value_or(r.host);
  if (!(authority.empty() && r.origin.empty()) && !is_ours(authority, s))
    return error{ec::misdirected_request,
                 "this scheduler does not serve the host \"" + std::string{name_of(authority)} +
                   "\"; allowed are addresses, localhost and the names in http.hosts",
                 "Host"};
  const bool listed = is_allowed_origin(r.origin, s);
  const auto page = authority_of(r.origin);
  const bool own_page = page && same_text(*page, authority);
  if (!r.origin.empty() && !own_page && !listed)
    return error{ec::foreign_origin,
                 "pages of " + std::string{r.origin} +
                   " may not use this scheduler; list it in http.allowed_origins to "
                   "allow it",
                 "Origin"};
  if (same_text(r.fetch_site, "cross-site") && !listed)
    return error{ec::foreign_origin,
                 "a page of another site asks for this; list its origin in http.allowed_origins to allow it",
                 "Sec-Fetch-Site"};
  const bool from_browser = !r.origin.empty() || !r.fetch_site.empty();
  if (changes_something(r.method) && from_browser && !is_json(r.content_type))
    return error{ec::foreign_origin,
                 "a browser's " + std::string{to_string(r.method)} +
                   " needs the Content-Type application/json, also without a body",
                 "Content-Type"};
  return std::nullopt;
}

} // namespace callboard
