#include "core/base/rfc3339.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

/// The last digits of a number, with zeros in front.
template <size_t Digits>
void put(char* at, unsigned value) {
  for (auto i = Digits; i-- > 0; value /= 10)
    at[i] = static_cast<char>('0' + value % 10);
}

/// Takes `digits` decimal digits off the front of `in`; -1 when there are fewer.
int take(std::string_view& in, size_t digits) {
  if (in.size() < digits)
    return -1;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (in[i] < '0' || in[i] > '9')
      return -1;
    value = value * 10 + (in[i] - '0');
  }
  in.remove_prefix(digits);
  return value;
}

bool take(std::string_view& in, char a, char b) {
  if (in.empty() || (in.front() != a && in.front() != b))
    return false;
  in.remove_prefix(1);
  return true;
}

/// Microseconds of a fraction (the dot is gone already), or -1.
int take_fraction(std::string_view& in) {
  int micros = 0;
  size_t n = 0;
  while (n < in.size() && in[n] >= '0' && in[n] <= '9') {
    if (n < 6)
      micros = micros * 10 + (in[n] - '0');
    ++n;
  }
  if (n == 0 || n > 9)
    return -1;
  for (size_t i = n; i < 6; ++i)
    micros *= 10;
  in.remove_prefix(n);
  return micros;
}

} // namespace

void append_rfc3339(std::string& out, time_point t) {
  using namespace std::chrono;
  const auto day = floor<days>(t);
  const year_month_day date{day};
  const auto ms = static_cast<unsigned>(floor<milliseconds>(t - day).count());
  char text[] = "0000-00-00T00:00:00.000Z";
  put<4>(text, static_cast<unsigned>(static_cast<int>(date.year())));
  put<2>(text + 5, static_cast<unsigned>(date.month()));
  put<2>(text + 8, static_cast<unsigned>(date.day()));
  put<2>(text + 11, ms / 3'600'000);
  put<2>(text + 14, ms / 60'000 % 60);
  put<2>(text + 17, ms / 1000 % 60);
  put<3>(text + 20, ms % 1000);
  out.append(text, sizeof text - 1);
}

std::string to_rfc3339(time_point t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

std::optional<time_point> parse_rfc3339(std::string_view in) {
  using namespace std::chrono;
  const auto y = take(in, 4);
  if (y < 0 || !take(in, '-', '-'))
    return std::nullopt;
  const auto mon = take(in, 2);
  if (mon < 0 || !take(in, '-', '-'))
    return std::nullopt;
  const auto d = take(in, 2);
  if (d < 0 || !take(in, 'T', 't'))
    return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(mon)}, day{static_cast<unsigned>(d)}};
  const auto h = take(in, 2);
  if (!date.ok() || h < 0 || h > 23 || !take(in, ':', ':'))
    return std::nullopt;
  const auto min = take(in, 2);
  if (min < 0 || min > 59 || !take(in, ':', ':'))
    return std::nullopt;
  const auto s = take(in, 2);
  if (s < 0 || s > 60)
    return std::nullopt;
  int micros = 0;
  if (take(in, '.', '.') && (micros = take_fraction(in)) < 0)
    return std::nullopt;
  int offset = 0;
  if (!take(in, 'Z', 'z')) {
    if (in.empty() || (in.front() != '+' && in.front() != '-'))
      return std::nullopt;
    const int sign = in.front() == '-' ? -1 : 1;
    in.remove_prefix(1);
    const auto oh = take(in, 2);
    if (oh < 0 || oh > 23 || !take(in, ':', ':'))
      return std::nullopt;
    const auto om = take(in, 2);
    if (om < 0 || om > 59)
      return std::nullopt;
    offset = sign * (oh * 60 + om);
  }
  if (!in.empty())
    return std::nullopt;
  return time_point{sys_days{date}} + hours{h} + minutes{min} + seconds{s} + microseconds{micros} - minutes{offset};
}

void append_http_date(std::string& out, time_point t) {
  using namespace std::chrono;
  static constexpr std::array<const char*, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto midnight = floor<days>(t);
  const year_month_day date{midnight};
  const auto s = static_cast<unsigned>(floor<seconds>(t - midnight).count());
  char text[] = "Sun, 00 Jan 0000 00:00:00 GMT";
  std::copy_n(weekdays[weekday{midnight}.c_encoding()], 3, text);
  put<2>(text + 5, static_cast<unsigned>(date.day()));
  std::copy_n(months[static_cast<unsigned>(date.month()) - 1], 3, text + 8);
  put<4>(text + 12, static_cast<unsigned>(static_cast<int>(date.year())));
  put<2>(text + 17, s / 3600);
  put<2>(text + 20, s / 60 % 60);
  put<2>(text + 23, s % 60);
  out.append(text, sizeof text - 1);
}

} // namespace callboard
