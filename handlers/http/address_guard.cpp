#include "handlers/http/address_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace callboard {

namespace {

struct ipv4_block {
  uint32_t network;
  unsigned bits;
};

constexpr std::array private_blocks{
  ipv4_block{0x00000000, 8},  // "this" network
  ipv4_block{0x0A000000, 8},  // RFC 1918
  ipv4_block{0x64400000, 10}, // RFC 6598
  ipv4_block{0x7F000000, 8},  // loopback
  ipv4_block{0xA9FE0000, 16}, // link-local, which includes the metadata services of clouds
  ipv4_block{0xAC100000, 12}, // RFC 1918
  ipv4_block{0xC0000000, 24}, // IETF protocol assignments
  ipv4_block{0xC0A80000, 16}, // RFC 1918
  ipv4_block{0xE0000000, 3},  // multicast, reserved, broadcast
};

bool is_private_v4(uint32_t a) noexcept {
  for (const auto& b : private_blocks)
    if ((a >> (32 - b.bits)) == (b.network >> (32 - b.bits)))
      return true;
  return false;
}

bool is_private_v6(const in6_addr& a) noexcept {
  const auto v4_at = [&](size_t i) {
    uint32_t n = 0;
    std::memcpy(&n, a.s6_addr + i, sizeof n);
    return ntohl(n);
  };
  constexpr std::array<uint8_t, 12> nat64{0x00, 0x64, 0xFF, 0x9B};
  if (IN6_IS_ADDR_V4MAPPED(&a) || IN6_IS_ADDR_V4COMPAT(&a) || std::memcmp(a.s6_addr, nat64.data(), nat64.size()) == 0)
    return is_private_v4(v4_at(12));
  if (a.s6_addr[0] == 0x20 && a.s6_addr[1] == 0x02) // 6to4
    return is_private_v4(v4_at(2));
  return IN6_IS_ADDR_LOOPBACK(&a) || IN6_IS_ADDR_UNSPECIFIED(&a) || IN6_IS_ADDR_LINKLOCAL(&a) ||
         IN6_IS_ADDR_SITELOCAL(&a) || IN6_IS_ADDR_MULTICAST(&a) || (a.s6_addr[0] & 0xFE) == 0xFC;
}

std::string printed(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = address.sa_family == AF_INET
                        ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
                        : static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return ::inet_ntop(address.sa_family, bytes, text.data(), text.size()) ? text.data() : "an unknown address";
}

} // namespace

bool is_private_address(const sockaddr& address) noexcept {
  switch (address.sa_family) {
  case AF_INET:
    return is_private_v4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  case AF_INET6:
    return is_private_v6(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  default:
    return true;
  }
}

address_guard::address_guard(curl_transfer& t, bool allow_private) {
  if (allow_private)
    return;
  t.set(CURLOPT_OPENSOCKETFUNCTION, &address_guard::on_open);
  t.set(CURLOPT_OPENSOCKETDATA, this);
  // A proxy would connect on our behalf, to wherever it likes.
  t.set(CURLOPT_NOPROXY, "*");
}

curl_socket_t address_guard::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  if (is_private_address(address->addr)) {
    static_cast<address_guard*>(self)->refused_ = printed(address->addr);
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

} // namespace callboard
