#include "core/base/planted_bug.hpp"
#include "core/scheduler/job_index.hpp"

// Jobs that may make room in a full queue.

namespace callboard {

void job_index::set_sheds(std::string_view queue, bool sheds) {
  if (shed_.sheds(queue) == sheds)
    return;
  shed_.set(queue, sheds);
  graph_.watch_alone(shed_.any());
  const auto number = queues().find(queue);
  if (!number)
    return;
  shed_.begin(*number, queue);
  if (sheds)
    for (const auto& e : table_.entries())
      if (e.queue == *number && may_make_room(e))
        shed_.add(e);
}

/// A job of the queue is about to come. While it has none its number may have got another name.
void job_index::enter_queue(uint32_t queue) {
  if (!shed_.any() && !shed_.has_queue(queue))
    return;
  for (const auto n : table_.by_state(queue))
    if (n != 0)
      return;
  shed_.begin(queue, queues().name(queue));
}

bool job_index::may_make_room(const job_entry& e) const {
  const uint32_t kept = planted(bug::shed_begun) ? 0 : job_flag::begun | job_flag::placed | job_flag::awaits_former;
  const bool waits = counts_as_waiting(e.state) || (planted(bug::shed_begun) && e.state == job_state::running);
  return waits && e.has(job_flag::may_be_shed) && !e.has(kept) && !graph_.has_dependants(e.id);
}

/// Something of the job has changed. Precondition: it was taken out if it was there under another priority.
void job_index::look_at_shedding(job_id id) {
  if (!shed_.any())
    return;
  const auto* e = table_.find(id);
  if (!e || !shed_.has_queue(e->queue))
    return;
  if (may_make_room(*e))
    shed_.add(*e);
  else
    shed_.remove(*e);
}

/// Jobs that somebody waits for now.
void job_index::stay_for(const prerequisites& p) {
  if (!shed_.any())
    return;
  for (const auto& d : p.jobs)
    look_at_shedding(d.job);
}

void job_index::look_at_alone() {
  for (const auto id : graph_.take_alone())
    look_at_shedding(id);
}

void job_index::check_shedding() const {
  if (!shed_.any())
    return;
  std::unordered_map<uint32_t, size_t> found;
  for (const auto& e : table_.entries()) {
    CB_INVARIANT(shed_.has_queue(e.queue) == shed_.sheds(queues().name(e.queue)), "it is known which queues shed");
    if (!shed_.has_queue(e.queue))
      continue;
    const bool may = may_make_room(e);
    CB_INVARIANT(may == shed_.contains(e), "who may make room in a full queue is known");
    found[e.queue] += may;
  }
  for (const auto& [queue, n] : found)
    CB_INVARIANT(n == shed_.size(queue), "who may make room in a full queue is live");
}

} // namespace callboard
