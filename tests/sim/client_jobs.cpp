#include "core/job/unique_lane.hpp"
#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/clients.hpp"
#include "tests/sim/unique_jobs.hpp"

// The jobs that clients draw.

namespace callboard::sim {

using namespace std::chrono_literals;

dependency_condition clients::draw_condition() {
  return habits_.conditions && w_.chance(0.5) ? static_cast<dependency_condition>(w_.below(4))
                                              : dependency_condition::success;
}

job_spec clients::draw_job() {
  job_spec s;
  s.type = w_.chance(0.8) ? "noop" : "other";
  s.queue = "q" + std::to_string(w_.below(3));
  s.priority = static_cast<uint8_t>(w_.chance(0.5) ? 5 : w_.below(10));
  s.payload = blob{R"({"n":)" + std::to_string(w_.below(1'000'000)) + "}"};
  if (habits_.cache && w_.chance(0.4)) {
    s.type = pure_type;
    s.payload = blob{R"({"p":)" + std::to_string(w_.below(3)) + "}"};
  }
  s.max_retries = static_cast<uint32_t>(w_.below(4));
  s.retry = retry_policy{backoff::exponential, 200ms, 5s, true};
  const auto now = scheduler_.clock().wall();
  if (habits_.schedules && w_.chance(0.2))
    s.schedule_at = now + w_.between(10ms, 8s);
  if (habits_.deadlines && w_.chance(0.15))
    s.deadline = s.schedule_at.value_or(now) + w_.between(10ms, w_.chance(0.5) ? 500ms : 10s);
  if (habits_.dependencies)
    while (w_.chance(0.3))
      if (const auto dep = some_job(); dep && std::none_of(s.dependencies.begin(), s.dependencies.end(),
                                                           [&](const auto& d) { return d.job == *dep; }))
        s.dependencies.emplace_back(*dep, draw_condition());
  if (habits_.conditions && w_.chance(0.4))
    s.rule = static_cast<dependency_rule>(w_.below(4));
  if (habits_.keys && w_.chance(0.25)) {
    // Often a key that was used before, sometimes for another payload.
    const auto key = last_key_ == 0 || w_.chance(0.5) ? ++last_key_ : 1 + w_.below(last_key_);
    s.idempotency_key = "k" + std::to_string(key);
    s.type = "noop";
    s.payload = blob{R"({"key":)" + std::to_string(w_.chance(0.85) ? key : key + 1) + "}"};
  }
  if (habits_.unique && w_.chance(0.3))
    s.unique = draw_unique(w_, s.queue);
  if (habits_.results && !s.dependencies.empty() && s.idempotency_key.empty() && w_.chance(0.5)) {
    s.workflow = workflow_part{"w" + std::to_string(w_.below(40)), "w", "k", false};
    s.payload = blob{R"({"from":"${jobs.k.result}"})"};
  }
  if (habits_.fan_outs && !s.dependencies.empty() && s.idempotency_key.empty() && w_.chance(0.4)) {
    s.workflow = workflow_part{"w" + std::to_string(w_.below(40)), "w", "k", false};
    auto& f = s.for_each.emplace();
    f.over = "k";
    f.max = static_cast<uint32_t>(1 + w_.below(6));
    f.collect = w_.chance(0.7);
    f.rule = w_.chance(0.6) ? dependency_rule::all : dependency_rule::all_done;
  }
  if (habits_.lanes && w_.chance(0.5) && lane_key_of(s).empty())
    s.concurrency_key = "c" + std::to_string(w_.below(3));
  if (habits_.policies && !s.workflow && w_.chance(0.4)) { // a result that is missing may be so for ever
    const char* const codes[] = {"*", "TIMEOUT", "HANDLER_*"};
    s.retry.rules.push_back({codes[w_.below(3)], static_cast<failure_action>(w_.below(3)), w_.between(1ms, 500ms)});
    if (w_.chance(0.4))
      s.retry.total = w_.between(100ms, 5s);
  }
  if (habits_.preemption) {
    s.preempts = w_.chance(0.3);
    if (w_.chance(0.6))
      s.preemptible_after = w_.chance(0.3) ? duration{0} : w_.between(10ms, 1s);
  }
  if (habits_.policies && w_.chance(0.25)) {
    s.soft_timeout = w_.between(1ms, 2s);
    s.timeout = timeout_beside(*s.soft_timeout);
  }
  if (habits_.policies && w_.chance(0.3))
    s.timeout = timeout_beside(s.soft_timeout.value_or(duration{0}), true);
  if (habits_.policies && s.deadline)
    s.on_miss = static_cast<deadline_action>(w_.below(4));
  if (habits_.versions && w_.chance(0.3)) {
    const char* const ranges[] = {"*", "<1.2", "1.0.x || 1.2.x", "~1.0"}; // of which the first node has one
    s.resources.type_version = ranges[w_.below(4)];
  }
  if (habits_.holds && w_.chance(0.1))
    s.hold = job_hold{};
  if (habits_.weak_durability && w_.chance(0.35))
    s.level = w_.chance(0.5) ? durability::os : durability::memory;
  return s;
}

} // namespace callboard::sim
