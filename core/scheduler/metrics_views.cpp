#include "core/scheduler/live_views.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace callboard {

namespace {

/// A queue with more concurrency keys does not tell since when its oldest job is ready: each key would have to be
/// asked.
constexpr size_t keys_asked_max = 1000;

double share(uint64_t used, uint64_t max) {
  return max == 0 ? 0 : static_cast<double>(used) / static_cast<double>(max);
}

void add_jobs(const scheduler_state& s, uint32_t queue, const moment& now, queue_metrics& q) {
  const auto& states = s.index.table().by_state(queue);
  const auto in = [&](job_state x) { return states[static_cast<size_t>(x)]; };
  q.running = in(job_state::running);
  q.retrying = in(job_state::retrying);
  const auto* lanes = s.index.line().find(queue);
  q.ready = lanes ? lanes->size() : 0;
  const auto live = in(job_state::queued) + in(job_state::scheduled) + q.retrying;
  q.waiting = live > q.ready ? live - q.ready : 0;
  if (!lanes || lanes->empty())
    q.oldest_ready = duration{0};
  else if (lanes->keys() <= keys_asked_max)
    if (const auto since = lanes->oldest_ready())
      q.oldest_ready = std::max(duration{0}, std::chrono::duration_cast<duration>(now.steady - *since));
}

void add_rule(const scheduler_state& s, const std::string& name, std::optional<uint32_t> number, queue_metrics& q) {
  const auto scope = s.limits.find({limit_kind::queue, name, {}});
  if (scope)
    q.objective = scope->rule.objective;
  if (!scope || (scope->rule.waiting_max == 0 && scope->rule.waiting_bytes_max == 0))
    return;
  const auto counted = number ? s.index.table().waiting(*number) : waiting_sum{};
  q.fullness = std::max(share(static_cast<uint64_t>(counted.jobs), scope->rule.waiting_max),
                        share(static_cast<uint64_t>(counted.bytes), scope->rule.waiting_bytes_max));
}

/// Rows for queues that have none yet, as long as there is room.
std::vector<std::string> add_rows(const scheduler_state& s, metrics_view& v, size_t rows_max) {
  std::vector<std::string> fresh;
  auto room = rows_max - std::min<size_t>(rows_max, v.queues.size() - v.queues.count(std::string{other_queues}));
  const auto add = [&](std::string_view name) {
    if (room > 0 && v.queues.try_emplace(std::string{name}).second) {
      fresh.emplace_back(name);
      --room;
    }
    return room > 0;
  };
  for (const auto& [name, scope] : s.limits.all(limit_kind::queue))
    if (!add(name))
      break;
  // Once there is no room nothing is looked at. Until then each queue that is looked at has a row or gets one, apart
  // from the few idle ones that the table remembers.
  const auto& queues = s.index.queues();
  for (uint32_t number = 0; room > 0 && number < queues.size(); ++number)
    if (queues.is_used(number))
      add(queues.name(number));
  return fresh;
}

void add_queues(const scheduler_state& s, metrics_view& v, const moment& now) {
  queue_metrics others;
  const auto& states = s.index.table().by_state();
  const auto in = [&](job_state x) { return states[static_cast<size_t>(x)]; };
  others.ready = s.index.line().size();
  others.running = in(job_state::running);
  others.retrying = in(job_state::retrying);
  others.waiting = in(job_state::queued) + in(job_state::scheduled) + others.retrying;
  others.waiting -= std::min(others.waiting, others.ready);
  const auto without = [](uint64_t& all, uint64_t own) { all -= std::min(all, own); };
  for (auto& [name, q] : v.queues) {
    if (name == other_queues)
      continue;
    const auto number = s.index.queues().find(name);
    if (number)
      add_jobs(s, *number, now, q);
    else
      q.oldest_ready = duration{0};
    add_rule(s, name, number, q);
    without(others.ready, q.ready);
    without(others.waiting, q.waiting);
    without(others.running, q.running);
    without(others.retrying, q.retrying);
  }
  auto& row = v.queues[std::string{other_queues}];
  others.completed = row.completed;
  others.failed = row.failed;
  others.cancelled = row.cancelled;
  row = others;
}

void add_schedules(const schedule_book& schedules, metrics_view& v, const moment& now) {
  v.schedules = schedules.all().size();
  v.schedules_faulty =
    static_cast<uint64_t>(std::count_if(schedules.all().begin(), schedules.all().end(), [](const auto& x) {
      return !x.second.definition->fault.empty() || !x.second.trouble.empty();
    }));
  const auto due = schedules.next_due();
  v.schedule_lag = due < now.wall ? now.wall - due : duration{0};
}

} // namespace

std::vector<std::string> fill(const scheduler_state& s, metrics_view& v, const moment& now, size_t rows_max) {
  v.by_state = s.index.table().by_state();
  for (const auto& [queue, jobs] : s.index.held().by_queue())
    v.held_by_queue[std::string{s.index.queues().name(queue)}] = jobs;
  v.jobs_live = s.index.table().size();
  v.jobs_live_max = s.settings.waiting_max;
  v.job_actors = s.desk.size();
  v.store_writable = !s.store_error;
  v.workers = s.ledger.seats().size();
  for (const auto& [w, at] : s.ledger.seats())
    v.worker_slots += at.slots;
  v.worker_slots_busy = s.ledger.busy_slots();
  add_schedules(s.schedules, v, now);
  auto fresh = add_rows(s, v, rows_max);
  add_queues(s, v, now);
  return fresh;
}

} // namespace callboard
