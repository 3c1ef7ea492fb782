#include "core/scheduler/job_index.hpp"

// Jobs that wait for a time: a start that was asked for, a back-off, a deadline.

namespace callboard {

std::vector<timer> job_index::pop_due(const moment& now, size_t max,
                                      const std::function<steady_point(uint16_t)>& retry_turn, bool& more) {
  const auto over = backoffs_.pop_due(now.steady, max);
  for (const auto& [end, id] : over) {
    const auto& e = *table_.find(id);
    if (e.has(job_flag::held)) {
      // It takes its turn from nobody: it has one when it is released.
      table_.update(id, [](job_entry& x) {
        x.set(job_flag::backs_off, false);
        x.set(job_flag::owes_turn, !x.has(job_flag::retry_slot));
        x.set(job_flag::retry_slot, false);
      });
      line_up(id, now);
      continue;
    }
    const auto turn = e.has(job_flag::retry_slot) ? now.steady : retry_turn(type_of(e.shape));
    table_.update(id, [&](job_entry& x) {
      x.set(job_flag::backs_off, turn > now.steady);
      x.set(job_flag::retry_slot, turn > now.steady);
      if (turn > now.steady) {
        x.ready_at = turn;
        x.ready_seq = 0;
      }
    });
    if (turn > now.steady)
      backoffs_.add({turn, id});
    else
      line_up(id, now);
  }
  std::vector<timer> late;
  const auto due = timers_.pop_due(now.wall, max);
  more = due.size() == max || over.size() == max;
  for (const auto& t : due) {
    const auto* e = table_.find(t.id);
    CB_INVARIANT(e, "a timer is of a live job");
    if (t.kind == timer_kind::due) {
      table_.update(t.id, [](job_entry& x) { x.set(job_flag::due_timer, false); });
      line_up(t.id, now);
      continue;
    }
    table_.update(t.id, [](job_entry& x) { x.set(job_flag::start_timer, false); });
    if (e->state != job_state::running)
      late.push_back(t);
  }
  return late;
}

} // namespace callboard
