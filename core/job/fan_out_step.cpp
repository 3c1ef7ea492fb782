#include "core/job/fan_out_step.hpp"

#include "core/job/job_steps.hpp"
#include "core/job/unique_lane.hpp"

#include <utility>

namespace callboard {

result<life_change> fan_out_into(job_record& rec, fence_token fence, const std::vector<job_id>& elements,
                                 time_point now, const life_limits& l) {
  if (!fence || fence != rec.current_fence)
    return error{ec::stale_fence,
                 "fence " + std::to_string(fence.value) + " is not the current attempt of " + to_string(rec.id)};
  auto& f = rec.spec.for_each;
  const bool placed = rec.state == job_state::scheduled || rec.state == job_state::retrying;
  if (!placed || !f || f->stage != fan_out_stage::planned)
    return error{ec::invalid_state, to_string(rec.id) + " is " + std::string{to_string(rec.state)} +
                                      ": it cannot fan out; allowed: a job with forEach that is placed and has not"};
  f->before = std::exchange(rec.spec.dependencies, {elements.begin(), elements.end()});
  f->stage = fan_out_stage::expanded;
  f->count = static_cast<uint32_t>(elements.size());
  rec.spec.rule = f->rule;
  rec.spec.deadline.reset();
  rec.current_fence = fence_token{};
  rec.worker.clear();
  note(rec, now, "fanned out into " + std::to_string(elements.size()) + (elements.size() == 1 ? " job" : " jobs"), l);
  return life_change{rec.state, rec.state, true};
}

job_spec element_of(const job_spec& whole, uint32_t index, blob payload) {
  auto s = whole;
  s.payload = std::move(payload);
  s.workflow->key = element_key(whole.workflow->key, index);
  s.workflow->first = false;
  s.for_each->stage = fan_out_stage::element;
  s.for_each->count = index;
  s.for_each->before = std::exchange(s.dependencies, {});
  s.rule = dependency_rule::all;
  s.idempotency_key.clear();
  if (s.unique && is_bound(*s.unique))
    s.unique.reset();
  s.origin.reset();
  return s;
}

} // namespace callboard
