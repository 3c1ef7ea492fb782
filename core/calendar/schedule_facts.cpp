#include "core/calendar/schedule_facts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace callboard {

namespace {

std::string key(std::string_view prefix, std::string_view name) {
  return std::string{prefix}.append(name);
}

std::string version_key(std::string_view name, uint32_t version) {
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "%010u", version);
  return schedule_version_prefix(name) + number.data();
}

} // namespace

std::string schedule_version_prefix(std::string_view name) {
  return std::string{"schedule-version/"}.append(name).append("/");
}

commit_part facts_of_version(const schedule_definition& d, const std::string& record, const schedule_progress& p,
                             uint32_t versions_max) {
  auto part = facts_of_progress(d.name, p);
  part.meta.emplace_back(key(schedule_prefix, d.name), record);
  part.meta.emplace_back(version_key(d.name, d.version), record);
  if (d.version > versions_max)
    part.meta_removed.push_back(version_key(d.name, d.version - versions_max));
  return part;
}

commit_part facts_of_progress(std::string_view name, const schedule_progress& p) {
  commit_part part;
  part.meta.emplace_back(key(schedule_progress_prefix, name), to_text(p));
  return part;
}

commit_part facts_of_removal(const schedule_definition& d, uint32_t versions_max) {
  commit_part part;
  part.meta_removed = {key(schedule_prefix, d.name), key(schedule_progress_prefix, d.name)};
  const auto kept = std::min(d.version, versions_max);
  for (uint32_t n = 0; n < kept; ++n)
    part.meta_removed.push_back(version_key(d.name, d.version - n));
  return part;
}

} // namespace callboard
