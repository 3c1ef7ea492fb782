#include "core/base/name.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

struct rule {
  name_kind kind;
  std::string_view whose;
  size_t bytes_max;
  /// Besides the letters a to z, A to Z and the digits.
  std::string_view marks;
  /// All of them in words.
  std::string_view allowed;
};

constexpr std::string_view usual_marks = ".-_", usual_words = "letters, digits, dots, dashes and underscores";
constexpr std::string_view listed_marks = "._-/", listed_words = "of a-z A-Z 0-9 . _ - /";

constexpr std::array<rule, name_kind_count> rules{{
  {name_kind::worker, "a worker", 64, usual_marks, usual_words},
  {name_kind::job_type, "a job type", 128, usual_marks, usual_words},
  {name_kind::resource, "a resource", 63, listed_marks, listed_words},
  {name_kind::label, "a label", 63, listed_marks, listed_words},
  {name_kind::schedule, "a schedule", 100, usual_marks, usual_words},
  {name_kind::job_template, "a template", 100, usual_marks, usual_words},
  {name_kind::webhook, "a webhook", 64, usual_marks, usual_words},
}};

constexpr bool are_in_order() {
  for (size_t i = 0; i < rules.size(); ++i)
    if (rules[i].kind != static_cast<name_kind>(i))
      return false;
  return true;
}
static_assert(are_in_order());

const rule& rule_of(name_kind kind) noexcept {
  return rules[static_cast<size_t>(kind)];
}

// Not the functions of <cctype>: what they take for a letter depends on the locale.
bool allows(const rule& r, char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         r.marks.find(c) != std::string_view::npos;
}

} // namespace

size_t name_bytes_max(name_kind kind) noexcept {
  return rule_of(kind).bytes_max;
}

bool is_name(name_kind kind, std::string_view text) noexcept {
  const auto& r = rule_of(kind);
  return !text.empty() && text.size() <= r.bytes_max &&
         std::all_of(text.begin(), text.end(), [&r](char c) { return allows(r, c); });
}

std::string name_rule(name_kind kind) {
  const auto& r = rule_of(kind);
  return std::string{r.whose} + "'s name has 1 to " + std::to_string(r.bytes_max) + ' ' + std::string{r.allowed};
}

std::string to_name(name_kind kind, std::string_view text, std::string_view end) {
  const auto& r = rule_of(kind);
  std::string out{text.substr(0, r.bytes_max - std::min(end.size(), r.bytes_max))};
  std::replace_if(
    out.begin(), out.end(), [&r](char c) { return !allows(r, c); }, '-');
  return out.append(end);
}

std::optional<char> control_character_in(std::string_view text) noexcept {
  const auto found =
    std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return found == text.end() ? std::nullopt : std::optional{*found};
}

std::string free_text_rule(size_t bytes_max) {
  return "1 to " + std::to_string(bytes_max) + " bytes without control characters";
}

} // namespace callboard
