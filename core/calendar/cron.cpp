#include "core/calendar/cron.hpp"

#include <algorithm>

namespace callboard {

using namespace std::chrono;

namespace {

/// Every date that can come comes within 40 years, also across 2100 (29 February on a given day of the week).
constexpr years looked_at{100};

unsigned last_day(year_month_day d) {
  return static_cast<unsigned>(year_month_day_last{d.year() / d.month() / last}.day());
}

unsigned weekday_of(year_month_day d) {
  return weekday{local_days{d}}.c_encoding();
}

/// The weekday (Monday to Friday) nearest to a day, within its month.
unsigned nearest_weekday(year_month_day d, unsigned day) {
  const auto at = weekday_of(d.year() / d.month() / std::chrono::day{day});
  if (at == 6)
    return day > 1 ? day - 1 : day + 2;
  if (at == 0)
    return day < last_day(d) ? day + 1 : day - 2;
  return day;
}

template <size_t N>
std::optional<unsigned> first_from(const std::bitset<N>& set, unsigned from) {
  for (auto i = from; i < N; ++i)
    if (set[i])
      return i;
  return std::nullopt;
}

} // namespace

bool cron::fits_day_of_month(year_month_day date) const {
  const auto day = static_cast<unsigned>(date.day());
  const auto end = last_day(date);
  if (days_[day])
    return true;
  for (auto n : from_last_)
    if (n < end && day == end - n)
      return true;
  for (auto n : nearest_weekday_)
    if (n <= end && day == nearest_weekday(date, n == 0 ? end : n))
      return true;
  return false;
}

bool cron::fits_day_of_week(year_month_day date) const {
  const auto at = weekday_of(date);
  if (weekdays_[at])
    return true;
  const auto day = static_cast<unsigned>(date.day());
  return std::any_of(weekday_rules_.begin(), weekday_rules_.end(), [&](const weekday_rule& r) {
    return r.weekday == at && (r.nth == 0 ? day + 7 > last_day(date) : (day + 6) / 7 == r.nth);
  });
}

bool cron::fits(year_month_day date) const {
  if (any_day_ || any_weekday_)
    return fits_day_of_month(date) && fits_day_of_week(date);
  return fits_day_of_month(date) || fits_day_of_week(date);
}

std::optional<seconds> cron::time_from(seconds from) const {
  const hh_mm_ss t{from};
  const auto h0 = static_cast<unsigned>(t.hours().count());
  for (auto h = first_from(hours_, h0); h; h = first_from(hours_, *h + 1)) {
    const auto m0 = *h == h0 ? static_cast<unsigned>(t.minutes().count()) : 0;
    for (auto m = first_from(minutes_, m0); m; m = first_from(minutes_, *m + 1)) {
      const bool same = *h == h0 && *m == static_cast<unsigned>(t.minutes().count());
      if (const auto s = first_from(seconds_, same ? static_cast<unsigned>(t.seconds().count()) : 0))
        return hours{*h} + minutes{*m} + seconds{*s};
    }
  }
  return std::nullopt;
}

std::optional<local_seconds> cron::next_local(local_seconds from) const {
  const auto first = floor<days>(from);
  const auto end = year_month_day{first}.year() + looked_at;
  for (auto day = first;; day += days{1}) {
    const year_month_day date{day};
    if (date.year() > end)
      return std::nullopt;
    if (!months_[static_cast<unsigned>(date.month())]) {
      day = local_days{date.year() / date.month() / last};
      continue;
    }
    if (fits(date))
      if (const auto t = time_from(day == first ? from - first : seconds{0}))
        return day + *t;
  }
}

std::optional<sys_seconds> cron::next(sys_seconds after, const zone_rules& zone) const {
  return follows_clock_ ? next_by_clock(after, zone) : next_by_day(after, zone);
}

/// Through the spans between changes of the clock: in each, what it shows is the moment plus the offset.
std::optional<sys_seconds> cron::next_by_clock(sys_seconds after, const zone_rules& zone) const {
  const auto end = after + looked_at;
  for (auto t = after + seconds{1}; t < end;) {
    const auto s = zone.at(t);
    const auto found = next_local(local_seconds{(t + s.offset).time_since_epoch()});
    if (!found)
      return std::nullopt;
    if (const sys_seconds m{found->time_since_epoch() - s.offset}; m < s.end)
      return m;
    t = s.end;
  }
  return std::nullopt;
}

/// Through the times of the calendar, each at its moment; those are never earlier for a later time. A gap may have
/// moved a time of the day before to after `after`.
std::optional<sys_seconds> cron::next_by_day(sys_seconds after, const zone_rules& zone) const {
  for (auto t = zone.local(after) - days{1};;) {
    const auto found = next_local(t);
    if (!found)
      return std::nullopt;
    if (const auto m = zone.moment(*found); m > after)
      return m;
    t = *found + seconds{1};
  }
}

} // namespace callboard
