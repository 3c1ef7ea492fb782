#include "handlers/http/address_guard.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

using namespace callboard;

namespace {

bool is_private(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    auto& a = reinterpret_cast<sockaddr_in&>(storage);
    a.sin_family = AF_INET;
    REQUIRE(::inet_pton(AF_INET, text.c_str(), &a.sin_addr) == 1);
  } else {
    auto& a = reinterpret_cast<sockaddr_in6&>(storage);
    a.sin6_family = AF_INET6;
    REQUIRE(::inet_pton(AF_INET6, text.c_str(), &a.sin6_addr) == 1);
  }
  return is_private_address(reinterpret_cast<const sockaddr&>(storage));
}

} // namespace

TEST_CASE("private addresses are told from public ones") {
  for (const auto* a : {"127.0.0.1",
                        "127.255.0.3",
                        "10.0.0.1",
                        "172.16.0.1",
                        "172.31.255.255",
                        "192.168.1.1",
                        "169.254.169.254",
                        "100.64.0.1",
                        "0.0.0.0",
                        "224.0.0.1",
                        "255.255.255.255",
                        "::1",
                        "::",
                        "fe80::1",
                        "fc00::1",
                        "fdff::1",
                        "ff02::1",
                        "::ffff:10.0.0.1",
                        "::ffff:127.0.0.1",
                        "64:ff9b::7f00:1",
                        "2002:7f00:1::"}) {
    CAPTURE(a);
    CHECK(is_private(a));
  }
  for (const auto* a : {"8.8.8.8", "172.15.255.255", "172.32.0.1", "100.128.0.1", "192.167.0.1", "2606:4700::1111",
                        "::ffff:8.8.8.8", "2002:808:808::"}) {
    CAPTURE(a);
    CHECK_FALSE(is_private(a));
  }
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK(is_private_address(reinterpret_cast<const sockaddr&>(local)));
}
