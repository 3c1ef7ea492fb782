#include "core/scheduler/take_decision.hpp"

#include <utility>

namespace callboard {

admission::decision take_decision(scheduler_state& s, uint64_t request, const read_answer* known, const moment& now) {
  const admission_facts facts{now,
                              [&s](job_id id) { return s.desk.may_end(id); },
                              [&](uint8_t priority) { return s.dispatch.estimate(priority, now); },
                              [&s](uint16_t type) { return s.dispatch.measured().usual_run(type); },
                              s.recovered,
                              [&s](job_id id) { return s.desk.is_busy(id) || s.groups.of(id) != 0; },
                              s.perhaps_running_below};
  auto d = s.requests.decide(request, known, facts);
  s.tally.rejected += d.refused;
  s.tally.duplicates += d.duplicates;
  s.counted = s.counted || d.refused + d.duplicates > 0;
  if (!d.create.empty() && d.id_bound) {
    commit_part p;
    p.boot = s.boot;
    p.meta.emplace_back("id_bound", std::to_string(d.id_bound->value));
    s.port.commit(std::move(p));
  }
  return d;
}

} // namespace callboard
