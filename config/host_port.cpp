#include "config/host_port.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool is_ipv6_char(char c) {
  // The percent sign begins a zone (fe80::1%eth0).
  return is_host_char(c) || c == ':' || c == '%';
}

} // namespace

std::optional<host_port> parse_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return std::nullopt;
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  host_port a;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), a.port);
  if (digits.empty() || code != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos || !std::all_of(host.begin(), host.end(), is_ipv6_char))
      return std::nullopt;
  } else if (host.empty() || !std::all_of(host.begin(), host.end(), is_host_char)) {
    return std::nullopt;
  }
  a.host = host;
  return a;
}

std::string to_string(const host_port& a) {
  const bool ipv6 = a.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

} // namespace callboard
