#include "core/base/percent_decode.hpp"
#include "core/base/seconds_text.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace callboard;

TEST_CASE("seconds are printed exactly and without needless zeros") {
  CHECK(seconds_text(duration{0}) == "0");
  CHECK(seconds_text(duration{25}) == "0.000025");
  CHECK(seconds_text(std::chrono::milliseconds{1500}) == "1.5");
  CHECK(seconds_text(std::chrono::hours{1}) == "3600");
  CHECK(seconds_text(duration{-1'250'000}) == "-1.25");
  CHECK(seconds_text(duration::min()) == "-9223372036854.775808");
  CHECK(seconds_text(duration::max()) == "9223372036854.775807");
}

TEST_CASE("percent signs are decoded, or refused when they are broken") {
  CHECK(percent_decode("a%20b+%C3%a9") == "a b+\xC3\xA9");
  CHECK(percent_decode("a+b%2B", true) == "a b+");
  CHECK(percent_decode("").value() == "");
  for (const auto* broken : {"%", "%2", "a%2", "%2g", "%g2", "%%20", "% 1", "%-1"})
    CHECK_FALSE(percent_decode(broken));
}
