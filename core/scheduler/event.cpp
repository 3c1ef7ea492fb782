#include "core/scheduler/event.hpp"

#include "core/base/utf8.hpp"

namespace callboard {

namespace {

// clang-format off
constexpr std::array<std::string_view, event_kind_count> names{
  "job.created", "job.scheduled", "job.started", "job.progress", "job.logged", "job.retrying", "job.completed", "job.failed",
  "job.cancelled", "job.held", "job.released", "job.changed",
  "worker.joined", "worker.ready", "worker.suspect", "worker.draining", "worker.left", "worker.lost",
  "queue.changed", "queue.paused", "queue.resumed", "type.changed", "key.changed",
  "schedule.created", "schedule.changed", "schedule.removed", "schedule.fired",
  "template.changed", "template.removed", "alert.fired", "alert.resolved",
  "scheduler.recovered", "scheduler.draining"};
// clang-format on
static_assert(!names.back().empty(), "each kind has a name");

} // namespace

std::string_view to_string(event_kind k) {
  return name_of(names, k);
}

std::optional<event_kind> parse_event_kind(std::string_view name) {
  return value_of<event_kind>(names, name);
}

std::string_view family_of(event_kind k) {
  const auto name = to_string(k);
  return name.substr(0, name.find('.'));
}

const event_details& scheduler_event::details() const noexcept {
  static const event_details none;
  return details_ ? *details_ : none;
}

void scheduler_event::set(std::string event_details::*which, std::string text) {
  if (text.empty())
    return;
  auto& all = details_ ? *details_ : details_.emplace();
  all.*which = std::move(text);
}

std::string event_reason(std::string_view text) {
  return std::string{text.substr(0, utf8_prefix(text, event_reason_bytes_max))};
}

} // namespace callboard
