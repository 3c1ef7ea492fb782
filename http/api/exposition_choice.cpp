#include "http/api/exposition.hpp"
#include "http/api/media_type.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace callboard {

namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

/// What is in front of the mark, which is taken away with it.
std::string_view next_part(std::string_view& rest, char mark) {
  const auto end = std::min(rest.find(mark), rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trimmed(part);
}

/// One of an Accept header (RFC 9110, 12.5.1).
struct media_range {
  std::string_view type;
  std::string_view version; ///< empty: any
  double q = 1;
};

media_range read_range(std::string_view text) {
  media_range r;
  r.type = next_part(text, ';');
  while (!text.empty()) {
    auto value = next_part(text, ';');
    const auto name = next_part(value, '=');
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (name == "version")
      r.version = value;
    if (name == "q" || name == "Q") {
      double q = 0; // who writes a weight that is none does not want it
      std::from_chars(value.data(), value.data() + value.size(), q);
      r.q = std::clamp(q, 0.0, 1.0);
    }
  }
  return r;
}

} // namespace

exposition_format format_for(std::string_view accept) {
  double openmetrics = 0, text = 0;
  while (!accept.empty()) {
    const auto r = read_range(next_part(accept, ','));
    if (is_media_type(r.type, "application/openmetrics-text") && (r.version.empty() || r.version == "1.0.0"))
      openmetrics = std::max(openmetrics, r.q);
    if ((is_media_type(r.type, "text/plain") && (r.version.empty() || r.version == "0.0.4")) ||
        is_media_type(r.type, "text/*") || r.type == "*/*")
      text = std::max(text, r.q);
  }
  return openmetrics > 0 && openmetrics >= text ? exposition_format::openmetrics : exposition_format::text;
}

} // namespace callboard
