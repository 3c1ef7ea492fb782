#include "core/job/result_reference.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace callboard {

namespace {

constexpr std::string_view result_word = ".result";
/// Longest reference that is looked for, so that an error can show it.
constexpr size_t reference_bytes_max = 512;

error malformed(std::string_view text) {
  return {ec::invalid_value,
          "payload has '" + std::string{text.substr(0, 64)} +
            "'; a result of another job is written ${jobs.KEY.result} or ${jobs.KEY.result.member}",
          "payload"};
}

std::vector<std::string> parts_of(std::string_view dotted) {
  std::vector<std::string> parts;
  while (!dotted.empty()) {
    dotted.remove_prefix(1); // a point
    const auto end = std::min(dotted.find('.'), dotted.size());
    parts.emplace_back(dotted.substr(0, end));
    dotted.remove_prefix(end);
  }
  return parts;
}

/// The reference that begins at `at`.
std::optional<result_reference> parse(std::string_view payload, size_t at) {
  const auto text = payload.substr(at, reference_bytes_max);
  const auto end = text.find_first_of("}\"\\");
  if (end == std::string_view::npos || text[end] != '}')
    return std::nullopt;
  const auto inner = text.substr(result_mark.size(), end - result_mark.size());
  const auto word = inner.find(result_word);
  if (word == 0 || word == std::string_view::npos)
    return std::nullopt;
  const auto rest = inner.substr(word + result_word.size());
  if (!rest.empty() && rest.front() != '.')
    return std::nullopt;
  result_reference r{std::string{inner.substr(0, word)}, parts_of(rest), at, at + end + 1};
  const bool complete = std::none_of(r.path.begin(), r.path.end(), [](const auto& p) { return p.empty(); });
  return complete ? std::optional{std::move(r)} : std::nullopt;
}

} // namespace

result<std::vector<result_reference>> find_result_references(std::string_view payload) {
  std::vector<result_reference> all;
  for (auto at = payload.find(result_mark); at != std::string_view::npos; at = payload.find(result_mark, at)) {
    auto r = parse(payload, at);
    if (!r)
      return malformed(payload.substr(at, reference_bytes_max));
    at = r->end;
    all.push_back(std::move(*r));
  }
  return all;
}

} // namespace callboard
