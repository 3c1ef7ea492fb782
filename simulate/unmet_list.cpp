#include "simulate/unmet_list.hpp"

#include "core/base/rfc3339.hpp"
#include "core/base/seconds_text.hpp"

#include <utility>

namespace callboard::simulate {

namespace {

std::string or_none(std::string text) {
  return text.empty() ? "none" : std::move(text);
}

} // namespace

std::string run_stamp_text(const run_stamp& at) {
  return seconds_text(at.elapsed) + "s (" + to_rfc3339(at.wall) + ")";
}

bool unmet_list::is_at(const expected_time& x, const run_stamp& at) const {
  if (const auto* d = std::get_if<duration>(&x.when))
    return std::chrono::abs(at.elapsed - *d) <= tolerance_;
  if (const auto* t = std::get_if<time_point>(&x.when))
    return std::chrono::abs(at.wall - *t) <= tolerance_;
  const auto& [from, to] = std::get<expected_time::window>(x.when);
  return from <= at.elapsed && at.elapsed <= to;
}

void unmet_list::add(const std::string& path, std::string expected, std::string was) {
  unmet_.push_back({now_, path, std::move(expected), std::move(was)});
}

void unmet_list::compare(const std::string& path, const std::optional<std::string>& expected, const std::string& was) {
  if (expected && *expected != was)
    add(path, or_none(*expected), or_none(was));
}

void unmet_list::compare(const std::string& path, const std::optional<uint64_t>& expected, uint64_t was) {
  if (expected && *expected != was)
    add(path, std::to_string(*expected), std::to_string(was));
}

void unmet_list::compare(const std::string& path, const std::optional<bool>& expected, bool was) {
  if (expected && *expected != was)
    add(path, *expected ? "true" : "false", was ? "true" : "false");
}

void unmet_list::compare(const std::string& path, const std::optional<expected_time>& expected,
                         const std::optional<run_stamp>& was) {
  if (expected && (!was || !is_at(*expected, *was)))
    add(path, expected->text, was ? run_stamp_text(*was) : "never");
}

void unmet_list::compare(const std::string& path, const std::optional<std::vector<expected_time>>& expected,
                         const std::vector<run_stamp>& was) {
  if (!expected)
    return;
  bool all = expected->size() == was.size();
  for (size_t i = 0; all && i < was.size(); ++i)
    all = is_at((*expected)[i], was[i]);
  if (all)
    return;
  std::string want, got;
  for (const auto& t : *expected)
    want += (want.empty() ? "" : ", ") + t.text;
  for (const auto& t : was)
    got += (got.empty() ? "" : ", ") + run_stamp_text(t);
  add(path, or_none(std::move(want)), or_none(std::move(got)));
}

void unmet_list::compare_part(const std::string& path, const std::optional<std::string>& expected,
                              const std::string& was) {
  if (expected && expected->empty())
    return compare(path, expected, was);
  if (expected && was.find(*expected) == std::string::npos)
    add(path, "something with \"" + *expected + "\"", "\"" + was + "\"");
}

} // namespace callboard::simulate
