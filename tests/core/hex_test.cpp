#include "core/base/hex.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("bytes in hexadecimal: two digits each, also of those that are negative as char") {
  CHECK(to_hex("").empty());
  CHECK(to_hex(std::string_view{"\x00\x0f\x7f\x80\xff", 5}) == "000f7f80ff");
}
