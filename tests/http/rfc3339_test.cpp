#include "core/base/rfc3339.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE("times are written in UTC with milliseconds, rounded down", "[rfc3339]") {
  CHECK(to_rfc3339(noon()) == "2026-01-15T10:30:00.000Z");
  CHECK(to_rfc3339(noon() + 123'999us) == "2026-01-15T10:30:00.123Z");
  CHECK(to_rfc3339(time_point{}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(time_point{-1us}) == "1969-12-31T23:59:59.999Z");
  std::string date;
  append_http_date(date, noon());
  CHECK(date == "Thu, 15 Jan 2026 10:30:00 GMT");
}

TEST_CASE("times are read with any offset and up to nine digits of fraction", "[rfc3339]") {
  CHECK(parse_rfc3339("2026-01-15T10:30:00Z") == noon());
  CHECK(parse_rfc3339("2026-01-15t10:30:00z") == noon());
  CHECK(parse_rfc3339("2026-01-15T12:00:00+01:30") == noon());
  CHECK(parse_rfc3339("2026-01-14T23:30:00-11:00") == noon());
  CHECK(parse_rfc3339("2026-01-15T10:30:00.5Z") == noon() + 500ms);
  CHECK(parse_rfc3339("2026-01-15T10:30:00.123456789Z") == noon() + 123'456us);
  CHECK(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
  CHECK(parse_rfc3339("2016-12-31T23:59:60Z") == parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST_CASE("what is no time is refused", "[rfc3339]") {
  for (const auto* text :
       {"", "2026", "2026-01-15", "2026-01-15T10:30Z", "2026-01-15T10:30:00", "2026-01-15 10:30:00Z",
        "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-15T24:00:00Z", "2026-01-15T10:60:00Z",
        "2026-01-15T10:30:61Z", "2026-01-15T10:30:00.Z", "2026-01-15T10:30:00.1234567890Z", "2026-01-15T10:30:00+1:00",
        "2026-01-15T10:30:00+0100", "2026-01-15T10:30:00+24:00", "2026-01-15T10:30:00ZZ", "-026-01-15T10:30:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text));
  }
}

TEST_CASE("every day of a century survives writing and reading", "[rfc3339]") {
  using namespace std::chrono;
  for (sys_days d = sys_days{year{1970} / 1 / 1}; d < sys_days{year{2070} / 1 / 1}; d += days{1}) {
    const callboard::time_point t = callboard::time_point{d} + 3h + 25min + 45s + 678ms;
    REQUIRE(parse_rfc3339(to_rfc3339(t)) == t);
  }
}
