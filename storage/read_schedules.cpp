#include "storage/read_schedules.hpp"

#include "core/calendar/schedule_facts.hpp"
#include "core/calendar/schedule_step.hpp"

#include <algorithm>
#include <unordered_map>

namespace callboard {

found_schedules read_schedules(const named_facts& schedules, const named_facts& progress, const zone_finder& zones) {
  std::unordered_map<std::string_view, std::string_view> stands;
  for (const auto& [key, value] : progress)
    stands.emplace(std::string_view{key}.substr(schedule_progress_prefix.size()), value);
  found_schedules out;
  for (const auto& [key, record] : schedules) {
    auto d = decode_schedule(record, zones);
    if (!d) {
      out.damaged.push_back(std::move(d).err());
      continue;
    }
    const auto at = stands.find(d->name);
    auto p = at == stands.end() ? result<schedule_progress>{progress_of_version(*d, nullptr)}
                                : parse_schedule_progress(at->second);
    if (p)
      out.schedules.push_back({std::move(*d), std::move(*p)});
    else
      out.damaged.push_back(error{p.err().code, "schedule '" + d->name + "': " + p.err().message});
  }
  return out;
}

result<schedule_versions> read_schedule_versions(const named_facts& versions, const zone_finder& zones) {
  schedule_versions out;
  for (const auto& [key, record] : versions) {
    auto d = decode_schedule(record, zones);
    if (!d)
      return std::move(d).err();
    out.versions.push_back(std::make_shared<const schedule_definition>(std::move(*d)));
  }
  std::reverse(out.versions.begin(), out.versions.end());
  return out;
}

} // namespace callboard
