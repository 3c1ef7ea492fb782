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

constexpr std::string_view item_mark = "${item";
constexpr std::string_view index_text = "${index}";

/// The reference that begins at `at` with `item_mark`; nothing: it is none. Error: it is malformed.
result<std::optional<item_reference>> parse_item(std::string_view payload, size_t at) {
  const auto text = payload.substr(at, reference_bytes_max);
  const auto rest = text.substr(item_mark.size());
  if (rest.empty() || (rest.front() != '}' && rest.front() != '.'))
    return std::optional<item_reference>{};
  const auto end = rest.find_first_of("}\"\\");
  if (end != std::string_view::npos && rest[end] == '}') {
    item_reference r{false, parts_of(rest.substr(0, end)), at, at + item_mark.size() + end + 1};
    if (std::none_of(r.path.begin(), r.path.end(), [](const auto& p) { return p.empty(); }))
      return std::optional{std::move(r)};
  }
  return error{ec::invalid_value,
               "payload has '" + std::string{text.substr(0, 64)} +
                 "'; the element of a forEach is written ${item} or ${item.member}, its number ${index}",
               "payload"};
}

} // namespace

result<std::vector<item_reference>> find_item_references(std::string_view payload) {
  std::vector<item_reference> all;
  for (auto at = payload.find("${i"); at != std::string_view::npos; at = payload.find("${i", at)) {
    if (payload.substr(at).starts_with(index_text)) {
      all.push_back({true, {}, at, at + index_text.size()});
      at += index_text.size();
      continue;
    }
    auto found = payload.substr(at).starts_with(item_mark) ? parse_item(payload, at)
                                                           : result<std::optional<item_reference>>{std::nullopt};
    if (!found)
      return std::move(found).err();
    at = *found ? (*found)->end : at + 1;
    if (*found)
      all.push_back(std::move(**found));
  }
  return all;
}

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
