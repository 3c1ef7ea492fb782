#include "core/scheduler/membership.hpp"

#include <charconv>
#include <optional>

namespace callboard {

namespace {

std::optional<membership> parse_membership(std::string_view text) {
  std::vector<uint64_t> numbers;
  const auto* at = text.data();
  const auto* const end = text.data() + text.size();
  while (at != end) {
    const auto [next, failed] = std::from_chars(at, end, numbers.emplace_back());
    if (failed != std::errc{} || (next != end && *next != ' '))
      return std::nullopt;
    at = next == end ? end : next + 1;
  }
  if (numbers.empty())
    return std::nullopt;
  membership m;
  m.process = numbers.front();
  for (size_t i = 1; i < numbers.size(); ++i)
    m.refused.insert(fence_token{numbers[i]});
  return m;
}

} // namespace

std::string membership_text(const membership& m) {
  auto text = std::to_string(m.process);
  for (auto f : m.refused)
    text += " " + std::to_string(f.value);
  return text;
}

std::map<std::string, membership> read_memberships(const std::vector<std::pair<std::string, std::string>>& stored) {
  std::map<std::string, membership> out;
  for (const auto& [key, text] : stored)
    out.emplace(key.substr(membership_prefix.size()), parse_membership(text).value_or(membership{}));
  return out;
}

} // namespace callboard
