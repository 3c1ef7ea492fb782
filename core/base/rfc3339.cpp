#include "core/base/rfc3339.hpp"

#include <array>

namespace callboard {

namespace {

void put(std::string& out, unsigned value, int digits) {
  char text[8];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(text, static_cast<size_t>(digits));
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
  const auto ms = static_cast<uint64_t>(floor<milliseconds>(t - day).count());
  put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  put(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  put(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  put(out, static_cast<unsigned>(ms / 3'600'000), 2);
  out += ':';
  put(out, static_cast<unsigned>(ms / 60'000 % 60), 2);
  out += ':';
  put(out, static_cast<unsigned>(ms / 1000 % 60), 2);
  out += '.';
  put(out, static_cast<unsigned>(ms % 1000), 3);
  out += 'Z';
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
  const auto s = static_cast<uint64_t>(floor<seconds>(t - midnight).count());
  out += weekdays[weekday{midnight}.c_encoding()];
  out += ", ";
  put(out, static_cast<unsigned>(date.day()), 2);
  out += ' ';
  out += months[static_cast<unsigned>(date.month()) - 1];
  out += ' ';
  put(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += ' ';
  put(out, static_cast<unsigned>(s / 3600), 2);
  out += ':';
  put(out, static_cast<unsigned>(s / 60 % 60), 2);
  out += ':';
  put(out, static_cast<unsigned>(s % 60), 2);
  out += " GMT";
}

} // namespace callboard
