#pragma once

#include "handlers/curl_transfer.hpp"

#include <string>

struct sockaddr;

namespace callboard {

/// True for an address of this host or of a private network: loopback, link-local, RFC 1918, carrier-grade NAT
/// (RFC 6598), unique local (RFC 4193), unspecified, multicast, also as IPv4 mapped into IPv6. Families other than IP
/// count as private.
bool is_private_address(const sockaddr& address) noexcept;

/// Keeps a transfer away from private addresses. It looks at the address that is connected to, not at the name: a name
/// may resolve to anything, and differently each time.
class address_guard {
public:
  /// Does nothing when private addresses are allowed. Outlives the transfer.
  address_guard(curl_transfer& t, bool allow_private);
  address_guard(const address_guard&) = delete;
  address_guard& operator=(const address_guard&) = delete;

  /// The address that was refused, or empty.
  const std::string& refused() const {
    return refused_;
  }

private:
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);

  std::string refused_;
};

} // namespace callboard
