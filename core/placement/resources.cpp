#include "core/placement/resources.hpp"

#include "core/base/name.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace callboard {

namespace {

constexpr uint32_t milli = 1000;
constexpr uint64_t cores_max = 1'000'000;

struct unit {
  std::string_view text;
  uint64_t factor;
};
/// As in the settings: K, M, G and T are powers of 1024 here, kB to TB of 1000.
constexpr std::array units{unit{"", 1},
                           unit{"B", 1},
                           unit{"K", uint64_t{1} << 10},
                           unit{"M", uint64_t{1} << 20},
                           unit{"G", uint64_t{1} << 30},
                           unit{"T", uint64_t{1} << 40},
                           unit{"KiB", uint64_t{1} << 10},
                           unit{"MiB", uint64_t{1} << 20},
                           unit{"GiB", uint64_t{1} << 30},
                           unit{"TiB", uint64_t{1} << 40},
                           unit{"kB", 1'000},
                           unit{"KB", 1'000},
                           unit{"MB", 1'000'000},
                           unit{"GB", 1'000'000'000},
                           unit{"TB", 1'000'000'000'000}};

error bad(std::string_view part, std::string_view allowed) {
  return {ec::invalid_value, "\"" + std::string{part} + "\": " + std::string{allowed}};
}

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T n{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

std::optional<uint32_t> cores(std::string_view text) {
  const auto dot = std::min(text.find('.'), text.size());
  const auto whole = whole_number<uint64_t>(text.substr(0, dot));
  if (!whole || *whole > cores_max)
    return std::nullopt;
  uint32_t fraction = 0;
  if (dot < text.size()) {
    std::string digits{text.substr(dot + 1)};
    if (digits.empty() || digits.size() > 3)
      return std::nullopt;
    digits.resize(3, '0');
    const auto n = whole_number<uint32_t>(digits);
    if (!n)
      return std::nullopt;
    fraction = *n;
  }
  return static_cast<uint32_t>(*whole * milli + fraction);
}

template <class Each>
std::optional<error> for_each_part(std::string_view text, name_kind kind, std::string_view form, Each each) {
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    auto part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (!part.empty() && part.front() == ' ')
      part.remove_prefix(1);
    while (!part.empty() && part.back() == ' ')
      part.remove_suffix(1);
    const auto equals = part.find('=');
    if (equals == std::string_view::npos)
      return bad(part, form);
    if (!is_name(kind, part.substr(0, equals)))
      return bad(part, name_rule(kind));
    if (auto e = each(part, part.substr(0, equals), part.substr(equals + 1)))
      return e;
  }
  return std::nullopt;
}

/// Sets the value of a name in a sorted list.
template <class T>
void put(std::vector<std::pair<std::string, T>>& list, std::string_view name, T value) {
  const auto at = std::lower_bound(list.begin(), list.end(), name, [](const auto& a, auto b) { return a.first < b; });
  if (at != list.end() && at->first == name)
    at->second = std::move(value);
  else
    list.emplace(at, name, std::move(value));
}

} // namespace

result<uint64_t> parse_memory(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto n = whole_number<uint64_t>(text.substr(0, digits));
  auto name = text.substr(digits);
  while (!name.empty() && name.front() == ' ')
    name.remove_prefix(1);
  const auto* u = std::find_if(units.begin(), units.end(), [&](const unit& x) { return x.text == name; });
  if (!n || u == units.end() || *n > UINT64_MAX / u->factor)
    return bad(text,
               "memory is a number of bytes with an optional unit: K, M, G, T, KiB, MiB, GiB, TiB, kB, MB, GB, TB");
  return *n * u->factor;
}

result<done> parse_resources(std::string_view text, resource_offer& into) {
  auto e = for_each_part(text, name_kind::resource, "must be NAME=VALUE, as cpu=8,memory=16G,gpu=1",
                         [&](auto part, auto name, auto value) -> std::optional<error> {
                           if (name == "cpu") {
                             const auto n = cores(value);
                             if (!n)
                               return bad(part, "cpu is a number of cores with up to three decimals");
                             into.cpu_milli = *n;
                           } else if (name == "memory") {
                             auto n = parse_memory(value);
                             if (!n)
                               return std::move(n).err();
                             into.memory_bytes = *n;
                           } else if (name == "slots") {
                             return bad(part, "slots have a setting of their own (workers.slots)");
                           } else {
                             const auto n = whole_number<uint32_t>(value);
                             if (!n)
                               return bad(part, "must be a whole number of units");
                             put(into.named, name, *n);
                           }
                           return std::nullopt;
                         });
  if (e)
    return std::move(*e);
  return done{};
}

result<std::vector<std::pair<std::string, std::string>>> parse_labels(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  auto e =
    for_each_part(text, name_kind::label, "must be NAME=VALUE, as zone=eu,disk=ssd",
                  [&](auto part, auto name, auto value) -> std::optional<error> {
                    // A worker may have an empty one.
                    if (value.size() > label_value_bytes_max || control_character_in(value))
                      return bad(part, "the value of a label has at most " + std::to_string(label_value_bytes_max) +
                                         " bytes without control characters");
                    put(out, name, std::string{value});
                    return std::nullopt;
                  });
  if (e)
    return std::move(*e);
  return out;
}

} // namespace callboard
