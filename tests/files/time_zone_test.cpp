#include <catch2/catch.hpp>

#include "files/time_zone.hpp"

using namespace callboard;
using namespace std::chrono;

namespace {

sys_seconds utc(int y, unsigned m, unsigned d, int hour, int minute = 0) {
  return sys_days{year{y} / m / d} + hours{hour} + minutes{minute};
}
local_seconds local(int y, unsigned m, unsigned d, int hour, int minute = 0) {
  return local_seconds{utc(y, m, d, hour, minute).time_since_epoch()};
}

} // namespace

TEST_CASE("a time zone knows its clock changes, also in years that no table lists", "[files]") {
  const auto berlin = find_time_zone("Europe/Berlin");
  REQUIRE(berlin);
  const auto& z = **berlin;
  CHECK(z.at(utc(2026, 1, 1, 0)).offset == 1h);
  CHECK(z.at(utc(2026, 7, 1, 0)).offset == 2h);
  CHECK(z.at(utc(2026, 7, 1, 0)).begin == utc(2026, 3, 29, 1));
  CHECK(z.at(utc(2026, 7, 1, 0)).end == utc(2026, 10, 25, 1));
  CHECK(z.local(utc(2026, 3, 29, 1)) == local(2026, 3, 29, 3));
  CHECK(z.at(utc(2036, 7, 1, 0)).offset == 2h);
  CHECK(z.at(utc(2045, 7, 1, 0)).offset == 2h);
}

TEST_CASE("a local time is its first moment, or the end of the gap that skips it", "[files]") {
  const auto new_york = *find_time_zone("America/New_York");
  const auto& z = *new_york;
  CHECK(z.moment(local(2026, 6, 1, 9)) == utc(2026, 6, 1, 13));
  CHECK(z.moment(local(2026, 3, 8, 2, 30)) == utc(2026, 3, 8, 7));       // shown as 03:00
  CHECK(z.moment(local(2026, 11, 1, 1, 30)) == utc(2026, 11, 1, 5, 30)); // the first, before the clocks go back
  // 24 hours of a calendar were skipped.
  CHECK((*find_time_zone("Pacific/Apia"))->moment(local(2011, 12, 30, 12)) == utc(2011, 12, 30, 10));
  // Half an hour.
  CHECK((*find_time_zone("Australia/Lord_Howe"))->moment(local(2026, 10, 4, 2, 15)) == utc(2026, 10, 3, 15, 30));
}

TEST_CASE("a time zone that does not exist is refused with its name", "[files]") {
  for (const auto* name : {"Europe/Bonn", "", "../../etc/passwd", "europe/berlin"}) {
    const auto z = find_time_zone(name);
    REQUIRE_FALSE(z);
    CHECK(z.err().code == ec::invalid_value);
    CHECK(z.err().field == "timeZone");
    CHECK(z.err().message.find(name) != std::string::npos);
  }
  CHECK(find_time_zone("UTC"));
}
