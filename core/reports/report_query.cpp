#include "core/reports/report_query.hpp"

#include "core/base/enum_names.hpp"
#include "core/base/invariant.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace callboard {

namespace {

constexpr std::array<std::string_view, 6> by_names{"day", "type", "queue", "tag", "tenant", "code"};
constexpr std::string_view fact_prefix = "report/";
constexpr size_t day_characters = 10;

/// A number of exactly these digits.
std::optional<int> digits(std::string_view text) {
  int n = 0;
  for (const auto c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    n = 10 * n + (c - '0');
  }
  return n;
}

void append_padded(std::string& out, unsigned n, size_t width) {
  const auto text = std::to_string(n);
  out.append(width > text.size() ? width - text.size() : 0, '0').append(text);
}

} // namespace

std::string_view to_string(report_by b) {
  return name_of(by_names, b);
}

std::optional<report_by> parse_report_by(std::string_view text) {
  return value_of<report_by>(by_names, text);
}

std::string to_text(report_day d) {
  const std::chrono::year_month_day date{d};
  std::string out;
  append_padded(out, static_cast<unsigned>(std::max(0, static_cast<int>(date.year()))), 4);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  return out;
}

std::optional<report_day> parse_report_day(std::string_view text) {
  if (text.size() != day_characters || text[4] != '-' || text[7] != '-')
    return std::nullopt;
  const auto year = digits(text.substr(0, 4)), month = digits(text.substr(5, 2)), day = digits(text.substr(8, 2));
  if (!year || !month || !day)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return std::chrono::sys_days{date};
}

std::string report_prefix(report_day d, std::optional<report_kind> kind) {
  auto out = std::string{fact_prefix} + to_text(d) + "/";
  if (kind)
    out.append(to_string(*kind)).append("/");
  return out;
}

std::string report_fact_name(const report_key& k) {
  return report_prefix(k.day, k.kind) + k.name;
}

std::optional<report_key> parse_report_fact_name(std::string_view name) {
  if (!name.starts_with(fact_prefix))
    return std::nullopt;
  name.remove_prefix(fact_prefix.size());
  const auto day = parse_report_day(name.substr(0, std::min(name.size(), day_characters)));
  if (!day || name.size() <= day_characters || name[day_characters] != '/')
    return std::nullopt;
  name.remove_prefix(day_characters + 1);
  const auto slash = name.find('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  const auto kind = parse_report_kind(name.substr(0, slash));
  if (!kind)
    return std::nullopt;
  return report_key{*day, *kind, std::string{name.substr(slash + 1)}};
}

bool report_sum::wants(report_kind kind, std::string_view name) const {
  return kind == query_.kind && (query_.name.empty() || query_.name == name);
}

void report_sum::add(report_day day, std::string_view name, const report_row& row) {
  CB_INVARIANT(query_.from <= day && day <= query_.to, "only days of the range are added");
  const auto line = [&](std::string_view of) -> report_row& {
    const auto at = lines_.find(of);
    return at != lines_.end() ? at->second : lines_[std::string{of}];
  };
  switch (query_.by) {
  case report_by::day:
    return line(to_text(day)).merge(row);
  case report_by::code:
    for (const auto& [code, times] : row.codes)
      line(code).failed += times;
    return;
  default:
    line(name).merge(row);
  }
}

report_answer report_sum::take() {
  report_answer out;
  const auto ended = [](const report_row& r) { return r.completed + r.failed + r.cancelled; };
  for (auto& [name, row] : std::exchange(lines_, {})) {
    if (query_.by != report_by::tag)
      out.total.merge(row);
    out.lines.push_back({name, std::move(row)});
  }
  if (query_.by != report_by::day)
    std::stable_sort(out.lines.begin(), out.lines.end(),
                     [&](const auto& a, const auto& b) { return ended(a.row) > ended(b.row); });
  out.query = query_;
  return out;
}

} // namespace callboard
