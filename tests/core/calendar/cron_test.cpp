#include "core/calendar/cron.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <string>
#include <vector>

using namespace callboard;
using namespace std::chrono;

namespace {

sys_seconds utc(int y, unsigned m, unsigned d, int hour = 0, int minute = 0, int second = 0) {
  return sys_days{year{y} / m / d} + hours{hour} + minutes{minute} + seconds{second};
}

cron must_parse(const std::string& text) {
  auto c = cron::parse(text);
  if (!c)
    FAIL(text + ": " + c.err().message);
  return std::move(*c);
}

std::vector<sys_seconds> fires(const std::string& text, sys_seconds after, size_t n,
                               const zone_rules& zone = utc_rules{}) {
  const auto c = must_parse(text);
  std::vector<sys_seconds> out;
  for (auto t = c.next(after, zone); t && out.size() < n; t = c.next(*t, zone))
    out.push_back(*t);
  return out;
}

using moments = std::vector<sys_seconds>;

/// A zone whose clocks go forward once and back once, an hour each.
class summer_time final : public zone_rules {
public:
  static inline const sys_seconds forward = utc(2026, 3, 29, 1), back = utc(2026, 10, 25, 1);
  span at(sys_seconds t) const override {
    if (t < forward)
      return {sys_seconds::min(), forward, 1h};
    if (t < back)
      return {forward, back, 2h};
    return {back, sys_seconds::max(), 1h};
  }
};

} // namespace

TEST_CASE("cron: minutes, hours, days, months, names, ranges, steps and lists", "[cron]") {
  const auto t = utc(2026, 2, 27, 10, 20, 30); // a Friday
  CHECK(fires("* * * * *", t, 2) == moments{utc(2026, 2, 27, 10, 21), utc(2026, 2, 27, 10, 22)});
  CHECK(fires("*/20 * * * *", t, 3) ==
        moments{utc(2026, 2, 27, 10, 40), utc(2026, 2, 27, 11, 0), utc(2026, 2, 27, 11, 20)});
  CHECK(fires("10-30/10,45 9 * * *", t, 4) ==
        moments{utc(2026, 2, 28, 9, 10), utc(2026, 2, 28, 9, 20), utc(2026, 2, 28, 9, 30), utc(2026, 2, 28, 9, 45)});
  CHECK(fires("0 50/4 12 * * *", t, 3) ==
        moments{utc(2026, 2, 27, 12, 50), utc(2026, 2, 27, 12, 54), utc(2026, 2, 27, 12, 58)});
  CHECK(fires("0 0 * jan,Mar MON", t, 2) == moments{utc(2026, 3, 2), utc(2026, 3, 9)});
  CHECK(fires("0 0 * * SAT-SUN", t, 3) == moments{utc(2026, 2, 28), utc(2026, 3, 1), utc(2026, 3, 7)});
  CHECK(fires("0 0 * * 7", t, 1) == moments{utc(2026, 3, 1)});
  CHECK(fires("15,45 59 23 31 12 *", t, 3) ==
        moments{utc(2026, 12, 31, 23, 59, 15), utc(2026, 12, 31, 23, 59, 45), utc(2027, 12, 31, 23, 59, 15)});
  CHECK(fires("@monthly", t, 1) == moments{utc(2026, 3, 1)});
  CHECK(fires("@Hourly", t, 1) == moments{utc(2026, 2, 27, 11)});
  CHECK(fires("0 0 29 2 *", t, 2) == moments{utc(2028, 2, 29), utc(2032, 2, 29)});
  CHECK(fires("0 0 29 2 *", utc(2096, 3, 1), 1) == moments{utc(2104, 2, 29)});
}

TEST_CASE("cron: a moment that fits is not its own next one", "[cron]") {
  CHECK(fires("0 12 * * *", utc(2026, 5, 1, 12), 1) == moments{utc(2026, 5, 2, 12)});
  CHECK(fires("0 12 * * *", utc(2026, 5, 1, 11, 59, 59), 1) == moments{utc(2026, 5, 1, 12)});
}

TEST_CASE("cron: one of two restricted day fields is enough, a field that begins with * restricts", "[cron]") {
  const auto t = utc(2026, 5, 1, 1); // a Friday
  CHECK(fires("0 0 13 * FRI", t, 3) == moments{utc(2026, 5, 8), utc(2026, 5, 13), utc(2026, 5, 15)});
  CHECK(fires("0 0 */2 * FRI", t, 2) == moments{utc(2026, 5, 15), utc(2026, 5, 29)});
  CHECK(fires("0 0 ? * FRI", t, 1) == moments{utc(2026, 5, 8)});
}

TEST_CASE("cron: last days, nearest weekdays, and the nth or last one of a month", "[cron]") {
  const auto t = utc(2026, 1, 1);
  CHECK(fires("0 0 L * *", t, 3) == moments{utc(2026, 1, 31), utc(2026, 2, 28), utc(2026, 3, 31)});
  CHECK(fires("0 0 L-2 * *", t, 2) == moments{utc(2026, 1, 29), utc(2026, 2, 26)});
  CHECK(fires("0 0 L-30 * *", t, 2) == moments{utc(2026, 3, 1), utc(2026, 5, 1)}); // January's is over
  CHECK(fires("0 0 LW * *", t, 3) == moments{utc(2026, 1, 30), utc(2026, 2, 27), utc(2026, 3, 31)});
  // 1 August 2026 is a Saturday: the nearest weekday in the month is Monday. 15 August: Friday the 14th.
  CHECK(fires("0 0 1W 8 *", t, 1) == moments{utc(2026, 8, 3)});
  CHECK(fires("0 0 15W 8 *", t, 1) == moments{utc(2026, 8, 14)});
  CHECK(fires("0 0 31W 5 *", t, 1) == moments{utc(2026, 5, 29)}); // a Sunday, and the last day
  CHECK(fires("0 0 31W * *", utc(2026, 2, 1), 1) == moments{utc(2026, 3, 31)});
  CHECK(fires("0 0 * * FRI#2", t, 2) == moments{utc(2026, 1, 9), utc(2026, 2, 13)});
  CHECK(fires("0 0 * * 5#5", t, 2) == moments{utc(2026, 1, 30), utc(2026, 5, 29)});
  CHECK(fires("0 0 * * 1L", t, 2) == moments{utc(2026, 1, 26), utc(2026, 2, 23)});
  CHECK(fires("0 0 * * SUN#1,WEDL", t, 2) == moments{utc(2026, 1, 4), utc(2026, 1, 28)});
}

TEST_CASE("cron x time zones: a time of day that is skipped fires when the gap ends, one that comes twice fires once",
          "[cron]") {
  const summer_time zone;
  CHECK(fires("30 2 * * *", utc(2026, 3, 28, 0), 3, zone) ==
        moments{utc(2026, 3, 28, 1, 30), utc(2026, 3, 29, 1), utc(2026, 3, 30, 0, 30)});
  // Two in the gap are one, and what comes after it comes too.
  CHECK(fires("15,45 2,3 * * *", utc(2026, 3, 29, 0), 3, zone) ==
        moments{utc(2026, 3, 29, 1), utc(2026, 3, 29, 1, 15), utc(2026, 3, 29, 1, 45)});
  CHECK(fires("30 2 * * *", utc(2026, 10, 24, 12), 2, zone) ==
        moments{utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30)});
  // Asked between the two: the second time is not it.
  CHECK(fires("30 2 * * *", utc(2026, 10, 25, 1), 1, zone) == moments{utc(2026, 10, 26, 1, 30)});
}

TEST_CASE("cron x time zones: what follows the clock comes twice in the hour that comes twice", "[cron]") {
  const summer_time zone;
  CHECK(fires("30 * * * *", utc(2026, 3, 29, 0), 2, zone) == moments{utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1, 30)});
  CHECK(fires("30 * * * *", utc(2026, 10, 25, 0), 3, zone) ==
        moments{utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 2, 30)});
  CHECK(fires("*/30 2 * * *", utc(2026, 3, 28, 12), 1, zone) == moments{utc(2026, 3, 30, 0)});
  CHECK(fires("*/30 2 * * *", utc(2026, 10, 24, 12), 4, zone) ==
        moments{utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 30)});
}

TEST_CASE("cron: a mistake names its field and says what is allowed", "[cron]") {
  struct mistake {
    std::string text, says;
  };
  for (const auto& m : {mistake{"", "five fields"},
                        {"* * * *", "this one has 4"},
                        {"* * * * * * *", "this one has 7"},
                        {"@often", "@yearly"},
                        {"60 * * * *", "minute, \"60\": allowed are 0 to 59"},
                        {"61 * * * * *", "second, \"61\""},
                        {"* 24 * * *", "hour, \"24\": allowed are 0 to 23"},
                        {"* * 0 * *", "day of month, \"0\": allowed are 1 to 31"},
                        {"* * * 13 *", "month, \"13\": allowed are 1 to 12, JAN to DEC"},
                        {"* * * * FUN", "day of week, \"FUN\": allowed are 0 to 7, SUN to SAT"},
                        {"* * * * 1#6", "which one of the month, 1 to 5"},
                        {"* * * * L", "day of week, \"L\""},
                        {"* * 32W * *", "before W comes one day"},
                        {"* * L-31 * *", "1 to 30"},
                        {"*/0 * * * *", "after / comes a step, 1 to 59"},
                        {"5-3 * * * *", "ends before it begins"},
                        {"1,,2 * * * *", "minute, \"\""},
                        {"-1 * * * *", "minute, \"-1\""},
                        {"1.5 * * * *", "minute"},
                        {"? * * * *", "minute, \"?\""},
                        {"0 0 30 2 *", "there is no such date"},
                        {"0 0 31W 2,4,6 *", "there is no such date"},
                        {std::string(501, '*'), "at most 500"}}) {
    CAPTURE(m.text);
    const auto c = cron::parse(m.text);
    REQUIRE_FALSE(c);
    CHECK(c.err().code == ec::invalid_value);
    CHECK(c.err().field == "cron");
    CHECK_THAT(c.err().message, Catch::Contains(m.says));
  }
}

TEST_CASE("cron: the same as looking at every minute of a week", "[cron]") {
  CHECK(rc::check([] {
    const auto set = [](int min, int max) {
      return *rc::gen::container<std::vector<int>>(3, rc::gen::inRange(min, max + 1));
    };
    const auto minutes_set = set(0, 59), hours_set = set(0, 23), weekdays_set = set(0, 6);
    const bool any_hour = *rc::gen::arbitrary<bool>();
    const auto text_of = [](const std::vector<int>& v) {
      std::string s;
      for (auto x : v)
        s += (s.empty() ? "" : ",") + std::to_string(x);
      return s;
    };
    const auto text =
      text_of(minutes_set) + " " + (any_hour ? "*" : text_of(hours_set)) + " * * " + text_of(weekdays_set);
    const auto has = [](const std::vector<int>& v, int x) { return std::find(v.begin(), v.end(), x) != v.end(); };
    const auto begin = utc(2026, 1, 1) + minutes{*rc::gen::inRange(0, 600'000)};
    const auto c = cron::parse(text);
    RC_ASSERT(static_cast<bool>(c));
    auto expected = begin;
    do
      expected += minutes{1};
    while (!(has(minutes_set, static_cast<int>((expected.time_since_epoch().count() / 60) % 60)) &&
             (any_hour || has(hours_set, static_cast<int>((expected.time_since_epoch().count() / 3600) % 24))) &&
             has(weekdays_set, static_cast<int>(weekday{floor<days>(expected)}.c_encoding()))));
    RC_ASSERT(c->next(begin, utc_rules{}) == std::optional{expected});
  }));
}
