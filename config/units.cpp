#include "config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace callboard {

namespace {

/// Keeps every duration exact in a double (2^53 µs are 285 years) and far from overflow when durations are added.
constexpr double seconds_max = 100.0 * 366 * 86400;

struct time_unit {
  std::string_view name;
  int64_t micros;
};

// From large to small, as they are printed; `m` is a second name, which is only read.
constexpr std::array time_units{
  time_unit{"d", 86'400'000'000}, time_unit{"h", 3'600'000'000}, time_unit{"min", 60'000'000},
  time_unit{"s", 1'000'000},      time_unit{"ms", 1'000},        time_unit{"us", 1},
  time_unit{"m", 60'000'000},
};

struct byte_unit {
  std::string_view name; // lower case
  double factor;
};

constexpr std::array byte_units{
  byte_unit{"", 1},
  byte_unit{"b", 1},
  byte_unit{"kb", 1e3},
  byte_unit{"mb", 1e6},
  byte_unit{"gb", 1e9},
  byte_unit{"tb", 1e12},
  byte_unit{"kib", 1024},
  byte_unit{"mib", 1024.0 * 1024},
  byte_unit{"gib", 1073741824.0},
  byte_unit{"tib", 1099511627776.0},
};

/// Takes a number without sign or exponent off the front.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9')
    return std::nullopt;
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (code != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
}

/// Takes the letters off the front.
std::string_view take_word(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && ((text[n] >= 'a' && text[n] <= 'z') || (text[n] >= 'A' && text[n] <= 'Z')))
    ++n;
  const auto word = text.substr(0, n);
  text.remove_prefix(n);
  return word;
}

} // namespace

std::optional<duration> duration_of_seconds(double seconds) {
  // Written so that "not a number" is refused as well.
  if (!(seconds >= 0 && seconds <= seconds_max))
    return std::nullopt;
  return duration{std::llround(seconds * 1e6)};
}

std::optional<duration> parse_duration(std::string_view text) {
  auto number = take_number(text);
  if (!number)
    return std::nullopt;
  if (text.empty())
    return duration_of_seconds(*number);
  double micros = 0;
  int64_t former = INT64_MAX;
  while (true) {
    skip_blanks(text);
    const auto name = take_word(text);
    const time_unit* unit = nullptr;
    for (const auto& u : time_units)
      if (u.name == name)
        unit = &u;
    // Units go from large to small, each at most once.
    if (unit == nullptr || unit->micros >= former)
      return std::nullopt;
    former = unit->micros;
    micros += *number * static_cast<double>(unit->micros);
    if (text.empty())
      break;
    skip_blanks(text);
    number = take_number(text);
    if (!number)
      return std::nullopt;
  }
  if (micros > seconds_max * 1e6)
    return std::nullopt;
  return duration{std::llround(micros)};
}

std::string format_duration(duration d) {
  if (d.count() == 0)
    return "0s";
  const auto* unit = time_units.begin();
  while (d.count() % unit->micros != 0) // ends at the microsecond
    ++unit;
  return std::to_string(d.count() / unit->micros) + std::string{unit->name};
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  // Whole bytes without a unit need no detour over a floating-point number.
  uint64_t whole = 0;
  if (const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), whole);
      code == std::errc{} && end == text.data() + text.size())
    return whole;
  const auto number = take_number(text);
  if (!number)
    return std::nullopt;
  skip_blanks(text);
  std::string name;
  for (const char c : take_word(text))
    name += static_cast<char>(c | 0x20);
  if (!text.empty())
    return std::nullopt;
  for (const auto& u : byte_units)
    if (u.name == name) {
      const double bytes = *number * u.factor;
      if (bytes > 9e18 || bytes != std::floor(bytes))
        return std::nullopt;
      return static_cast<uint64_t>(bytes);
    }
  return std::nullopt;
}

std::string format_bytes(uint64_t bytes) {
  static constexpr std::array<std::pair<std::string_view, unsigned>, 4> units{
    {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
  for (const auto& [name, bits] : units)
    if (bytes != 0 && (bytes & ((uint64_t{1} << bits) - 1)) == 0)
      return std::to_string(bytes >> bits) + std::string{name};
  return std::to_string(bytes);
}

} // namespace callboard
