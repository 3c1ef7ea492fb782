#include "core/alerts/alert.hpp"

#include "core/base/enum_names.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 3> state_names{"pending", "firing", "resolved"};
constexpr std::string_view alert_prefix = "alert_", silence_prefix = "silence_";
constexpr size_t id_digits = 16;

/// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): ids only have to differ, nobody is kept out by them.
void mix(uint64_t& hash, std::string_view bytes) {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
}

std::optional<uint64_t> parse_number(std::string_view text, std::string_view prefix, int base) {
  if (!text.starts_with(prefix))
    return std::nullopt;
  text.remove_prefix(prefix.size());
  uint64_t n = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  return bad == std::errc{} && end == text.data() + text.size() ? std::optional{n} : std::nullopt;
}

/// Four significant digits, which is what people read.
std::string short_text(double v) {
  std::array<char, 32> buffer{};
  const int n = std::snprintf(buffer.data(), buffer.size(), "%.4g", v);
  return {buffer.data(), static_cast<size_t>(n)};
}

} // namespace

std::string_view to_string(alert_state s) {
  return name_of(state_names, s);
}

std::optional<alert_state> parse_alert_state(std::string_view name) {
  return value_of<alert_state>(state_names, name);
}

std::string alert_id_text(uint64_t id) {
  std::array<char, id_digits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(id));
  return std::string{alert_prefix}.append(digits.data(), id_digits);
}

std::optional<uint64_t> parse_alert_id(std::string_view text) {
  return text.size() == alert_prefix.size() + id_digits ? parse_number(text, alert_prefix, 16) : std::nullopt;
}

uint64_t alert_id_of(alert_rule r, std::string_view target, time_point since) {
  uint64_t hash = 0xcbf29ce484222325;
  mix(hash, to_string(r));
  mix(hash, std::string_view{"\0", 1});
  mix(hash, target);
  mix(hash, std::string_view{"\0", 1});
  mix(hash, std::to_string(since.time_since_epoch().count()));
  return hash;
}

std::string summary_of(const alert& a) {
  const auto& row = row_of(a.rule);
  std::string text = a.target.empty() ? std::string{} : a.target + ": ";
  text += row.says;
  if (row.unit.empty())
    return text;
  text += " " + short_text(a.value);
  if (row.unit != "ratio")
    text.append(" ").append(row.unit);
  return text + " (threshold " + short_text(a.threshold) + ")";
}

std::string silence_id_text(uint64_t id) {
  return std::string{silence_prefix} + std::to_string(id);
}

std::optional<uint64_t> parse_silence_id(std::string_view text) {
  return parse_number(text, silence_prefix, 10);
}

} // namespace callboard
