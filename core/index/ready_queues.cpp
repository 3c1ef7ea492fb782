#include "core/index/ready_queues.hpp"

namespace callboard {

ready_queues::ready_queues(duration aging_step)
  : queues_(aging_step, rules_, [aging_step, this] {
      return queue_lanes{aging_step, lane_rules_};
    }) {
  CB_INVARIANT(aging_step >= duration{0}, "an aging step is not negative");
}

bool ready_queues::reprioritise(uint32_t queue, const ready_entry& e, uint8_t priority) {
  if (!remove(queue, e))
    return false;
  auto moved = e;
  moved.priority = priority;
  return add(queue, moved);
}

std::optional<ready_queues::pick> ready_queues::peek(steady_point now, const type_set& types) {
  const auto best = queues_.peek(now, types);
  return best ? std::optional{pick{best->line, best->entry, best->effective}} : std::nullopt;
}

std::optional<ready_queues::pick> ready_queues::pop(steady_point now, const type_set& types) {
  auto best = peek(now, types);
  if (best)
    take(*best);
  return best;
}

void ready_queues::set_rule(uint32_t queue, bool closed, uint32_t weight) {
  CB_INVARIANT(weight >= 1, "a share is not nothing");
  const line_rules::rule r{closed, weight, queue};
  if (rules_.of(queue) == r)
    return;
  rules_.set(queue, r);
  queues_.rule_changed(queue);
}

void ready_queues::set_lane_rule(uint32_t queue, uint32_t lane, bool closed, uint32_t weight) {
  CB_INVARIANT(weight >= 1, "a share is not nothing");
  const line_rules::rule r{closed, weight, queue};
  if (lane_rules_.of(lane) == r)
    return;
  lane_rules_.set(lane, r);
  if (const auto* lanes = queues_.find(queue); lanes && lanes->lane(lane))
    queues_.update(queue, [lane](queue_lanes& q) { q.rule_changed(lane); });
}

size_t ready_queues::ahead_of(uint8_t priority) const {
  size_t sum = 0;
  for (uint8_t level = priority; level < priority_count; ++level)
    sum += queues_.size(level);
  return sum;
}

} // namespace callboard
