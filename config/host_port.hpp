#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// An address as people write it.
struct host_port {
  std::string host; ///< a name or an address; an IPv6 address without its brackets
  uint16_t port = 0;
  friend bool operator==(const host_port&, const host_port&) = default;
};

/// Reads `HOST:PORT`, `ADDRESS:PORT` or `[IPV6]:PORT`. Nothing is looked up.
std::optional<host_port> parse_host_port(std::string_view text);

/// What `parse_host_port` reads.
std::string to_string(const host_port& a);

} // namespace callboard
