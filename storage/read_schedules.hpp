#pragma once

#include "storage/schedule_codec.hpp"

#include <string>
#include <utility>
#include <vector>

namespace callboard {

struct found_schedules {
  std::vector<stored_schedule> schedules;
  std::vector<error> damaged; ///< of those that cannot be read: they stay in the store, and do not fire
};

using named_facts = std::vector<std::pair<std::string, std::string>>;

/// The schedules of a store, from its facts. @param schedules  those with `schedule_prefix`.  @param progress  those
/// with `schedule_progress_prefix`.
found_schedules read_schedules(const named_facts& schedules, const named_facts& progress, const zone_finder& zones);

/// The versions that a store keeps of a schedule, latest first, from its facts with `schedule_version_prefix`.
/// Errors: as `decode_schedule`.
result<schedule_versions> read_schedule_versions(const named_facts& versions, const zone_finder& zones);

} // namespace callboard
