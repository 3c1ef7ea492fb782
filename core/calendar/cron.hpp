#pragma once

#include "core/base/error.hpp"
#include "core/calendar/zone_rules.hpp"

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// When a schedule fires, in the language of crontab(5): minute, hour, day of month, month, day of week, with seconds
/// in front when there are six fields. Each field: `*`, numbers, names (`JAN`, `MON`), ranges `a-b`, steps `*/n`,
/// `a-b/n`, `a/n`, and lists of these; `?` in the days is `*`. Day of month also: `L` (the last), `L-3`, `15W` (the
/// weekday nearest to the 15th in its month), `LW`. Day of week (0 and 7 are Sunday) also: `5L` (the last Friday),
/// `5#2` (the second). Also `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`.
///
/// A day has to match both the day of month and the day of week; if neither field begins with `*` or `?`, one of them
/// is enough (POSIX).
///
/// When clocks are set forward or back, schedules with a time of day (no field of seconds, minutes or hours begins with
/// `*`) fire once a day: what is skipped fires when the gap ends, what comes twice fires the first time. All others
/// follow the clock as it is: they fire at every moment that it shows a time of theirs, hence twice in the hour that
/// comes twice, and not in the one that does not come. That is how Debian's cron(8) does it.
class cron {
public:
  /// Errors: invalid_value, with the field of the expression, what is wrong and what is allowed; also when no date
  /// fits.
  static result<cron> parse(std::string_view text);

  /// The first moment after `after`; none within the next century.
  std::optional<std::chrono::sys_seconds> next(std::chrono::sys_seconds after, const zone_rules& zone) const;

private:
  cron() = default;
  friend class cron_parser;

  /// Days of a month that only the month's calendar tells.
  struct weekday_rule {
    unsigned weekday = 0;
    unsigned nth = 0; ///< 0: the last
  };

  bool fits(std::chrono::year_month_day date) const;
  bool fits_day_of_month(std::chrono::year_month_day date) const;
  bool fits_day_of_week(std::chrono::year_month_day date) const;
  /// The first fitting time of any day that is not before `from`.
  std::optional<std::chrono::seconds> time_from(std::chrono::seconds from) const;
  std::optional<local_seconds> next_local(local_seconds from) const;
  std::optional<std::chrono::sys_seconds> next_by_clock(std::chrono::sys_seconds after, const zone_rules& zone) const;
  std::optional<std::chrono::sys_seconds> next_by_day(std::chrono::sys_seconds after, const zone_rules& zone) const;

  std::bitset<60> seconds_, minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  std::vector<unsigned> from_last_;       ///< `L-n`: so many days before the last one
  std::vector<unsigned> nearest_weekday_; ///< `15W`; 0: `LW`
  std::vector<weekday_rule> weekday_rules_;
  bool any_day_ = false, any_weekday_ = false; ///< the field begins with `*` or `?`
  bool follows_clock_ = false;
};

} // namespace callboard
