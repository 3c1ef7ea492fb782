#include "core/calendar/schedule_facts.hpp"
#include "core/scheduler/explain.hpp"
#include "core/scheduler/limit_views.hpp"
#include "storage/read_schedules.hpp"

#include <algorithm>

#include "files/time_zone.hpp"
#include "simulate/scheduler_host.hpp"

// Schedules and limits: as they are stored, and as they are shown.

namespace callboard::simulate {

std::vector<stored_schedule> scheduler_host::stored_schedules() const {
  const auto& db = around_.store.db();
  const auto facts = db.meta_with_prefix(schedule_prefix), progress = db.meta_with_prefix(schedule_progress_prefix);
  auto found = read_schedules(*facts, *progress, find_time_zone);
  for (const auto& damaged : found.damaged)
    around_.story.fault("a schedule cannot be read: " + damaged.message);
  return std::move(found.schedules);
}

std::vector<stored_limit> scheduler_host::stored_limits() const {
  std::vector<std::string> damaged;
  auto found = read_limits(*around_.store.db().meta_with_prefix(limit_prefix), damaged);
  for (const auto& name : damaged)
    around_.story.fault("a limit cannot be read: " + name);
  return found;
}

std::optional<schedule_view> scheduler_host::schedule(const std::string& name) const {
  if (up()) {
    auto page = page_of(core_->state(), schedule_list_call{{}, 1, name, {}});
    return page ? std::optional{std::move(page->schedules.front())} : std::nullopt;
  }
  auto all = stored_schedules();
  const auto i = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.definition.name == name; });
  if (i == all.end())
    return std::nullopt;
  schedule_view v;
  v.next = upcoming_fires(i->definition, i->progress, 1);
  v.definition = std::make_shared<const schedule_definition>(std::move(i->definition));
  v.progress = std::move(i->progress);
  return v;
}

std::optional<limit_view> scheduler_host::limit(const limit_target& t) const {
  if (!up())
    return std::nullopt;
  return view_of(core_->state(), t, around_.time.now());
}

std::vector<std::string> scheduler_host::reasons(job_id id) const {
  std::vector<std::string> codes;
  if (!up())
    return codes;
  const auto why = explain(*core_, id, around_.time.now());
  for (const auto& r : why ? why->reasons : std::vector<wait_reason>{})
    codes.push_back(r.code);
  return codes;
}

} // namespace callboard::simulate
