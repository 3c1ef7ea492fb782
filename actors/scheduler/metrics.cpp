#include "actors/scheduler/metrics.hpp"

#include "messages/type_ids.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<metrics_actor, metrics_state>;

uint64_t whole_us(duration d) {
  return static_cast<uint64_t>(std::max<int64_t>(0, d.count()));
}

void record(histogram& h, duration d) {
  h.record(whole_us(d));
}

/// Tags are what clients like: so many are counted, the rest together.
constexpr size_t tags_max = 1000;

void add_usage(metrics_state& st, const metrics_delta::sample& s) {
  const auto count = [&](usage_total& t) { add_attempt(t, s.usage, s.asked, *s.run, st.prices); };
  count(st.usage);
  count(st.usage_by_type[s.type]);
  count(st.usage_by_queue[s.queue]);
  for (const auto& tag : s.tags)
    count(st.usage_by_tag[st.usage_by_tag.size() < tags_max || st.usage_by_tag.count(tag) != 0 ? tag : "(other)"]);
}

/// The row of a queue, or that of the others when it has none and there is no room for one more.
metrics_state::by_queue& queue_row(metrics_state& st, const std::string& name) {
  const auto at = st.queues.find(name);
  if (at != st.queues.end())
    return at->second;
  const auto named = st.queues.size() - st.queues.count(std::string{other_queues});
  return st.queues[named < st.queues_max ? name : std::string{other_queues}];
}

void add(self_pointer self, const metrics_delta& d) {
  auto& st = self->state;
  const auto now = time_source::steady(self);
  auto& t = st.total;
  t.submitted += d.submitted;
  t.started += d.started;
  t.completed += d.completed;
  t.failed += d.failed;
  t.cancelled += d.cancelled;
  t.retried += d.retried;
  t.lost += d.lost;
  t.returned += d.returned;
  t.deadline_missed += d.deadline_missed;
  t.preempted += d.preempted;
  t.shed += d.shed;
  t.checkpoints += d.checkpoints;
  t.cache_hits += d.cache_hits;
  t.stale_refused += d.stale_refused;
  t.duplicates += d.duplicates;
  t.rejected += d.rejected;
  t.commits += d.commits;
  t.committed_records += d.committed_records;
  t.clock_steps += d.clock_steps;
  t.workers_lost += d.workers_lost;
  st.submitted.record(now, d.submitted);
  st.finished.record(now, d.completed + d.failed + d.cancelled);
  for (auto x : d.commit_times)
    record(st.commit_time, x);
  for (auto x : d.submit_times)
    record(st.submit_time, x);
  for (auto x : d.dispatch_times)
    record(st.dispatch_time, x);
  for (auto x : d.deliver_times)
    record(st.deliver_time, x);
  for (auto x : d.settle_times)
    record(st.settle_time, x);
  for (const auto& name : d.queues)
    queue_row(st, name);
  if (d.samples.empty() && d.arrivals.empty())
    return;
  const auto at = st.clock.now(self);
  st.reports->add(d, at, st.prices, self);
  for (const auto& s : d.samples) {
    auto& type = st.types[s.type];
    if (s.wait) {
      record(st.wait_time, *s.wait);
      st.wait_exemplars.record(whole_us(*s.wait), s.job, at);
    }
    if (s.run) {
      record(st.run_time, *s.run);
      st.run_exemplars.record(whole_us(*s.run), s.job, at);
      record(type.run_time, *s.run);
      add_usage(st, s);
    }
    type.completed += s.after == job_state::completed;
    type.failed += s.after == job_state::failed;
    type.cancelled += s.after == job_state::cancelled;
    type.retried += s.charged && s.after == job_state::retrying;
    auto& queue = queue_row(st, s.queue);
    queue.completed += s.after == job_state::completed;
    queue.failed += s.after == job_state::failed;
    queue.cancelled += s.after == job_state::cancelled;
    if (s.wait && queue.good_wait > duration{0}) {
      ++queue.waits;
      queue.waits_good += *s.wait <= queue.good_wait;
    }
  }
}

/// From now on waits are counted by what the queues' objectives are now.
void take_objectives(metrics_state& st, const metrics_view& v) {
  for (auto& [name, row] : st.queues) {
    const auto at = v.queues.find(name);
    const bool given = at != v.queues.end() && at->second.objective && at->second.objective->wait_millionths > 0;
    const auto good = given ? at->second.objective->wait : duration{0};
    if (good != row.good_wait) {
      row.good_wait = good;
      row.waits = row.waits_good = 0;
    }
  }
}

void fill(const metrics_state& st, metrics_view& v, time_point now, steady_point steady_now) {
  const auto& t = st.total;
  v.taken_at = now;
  v.started_at = st.started_at;
  v.submitted = t.submitted;
  v.started = t.started;
  v.completed = t.completed;
  v.failed = t.failed;
  v.cancelled = t.cancelled;
  v.retried = t.retried;
  v.lost = t.lost;
  v.returned = t.returned;
  v.deadline_missed = t.deadline_missed;
  v.preempted = t.preempted;
  v.shed = t.shed;
  v.checkpoints = t.checkpoints;
  v.cache_hits = t.cache_hits;
  v.stale_refused = t.stale_refused;
  v.duplicates = t.duplicates;
  v.rejected = t.rejected;
  v.commits = t.commits;
  v.committed_records = t.committed_records;
  v.clock_steps = t.clock_steps;
  v.workers_lost = t.workers_lost;
  const auto ended = t.completed + t.failed;
  v.success_rate = ended == 0 ? 1.0 : static_cast<double>(t.completed) / static_cast<double>(ended);
  v.submitted_per_second = st.submitted.per_second(steady_now);
  v.finished_per_second = st.finished.per_second(steady_now);
  v.wait_time = st.wait_time.view();
  v.run_time = st.run_time.view();
  v.submit_time = st.submit_time.view();
  v.dispatch_time = st.dispatch_time.view();
  v.deliver_time = st.deliver_time.view();
  v.settle_time = st.settle_time.view();
  v.commit_time = st.commit_time.view();
  for (const auto& [name, x] : st.types)
    v.types[name] = {x.completed, x.failed, x.retried, x.cancelled, x.run_time.view()};
  v.wait_exemplars = st.wait_exemplars.view();
  v.run_exemplars = st.run_exemplars.view();
  for (const auto& [name, x] : st.queues) {
    auto& q = v.queues[name];
    q.completed = x.completed;
    q.failed = x.failed;
    q.cancelled = x.cancelled;
    q.waits = x.waits;
    q.waits_good = x.waits_good;
  }
  v.usage = st.usage;
  v.usage_by_type = st.usage_by_type;
  v.usage_by_queue = st.usage_by_queue;
  v.usage_by_tag = st.usage_by_tag;
}

} // namespace

metrics_actor::behavior_type metrics(self_pointer self, metrics_options options) {
  self->show_as("metrics", "root", [self]() -> actor_facts {
    const auto& st = self->state;
    return {{"types", std::to_string(st.types.size())},
            {"tags", std::to_string(st.usage_by_tag.size())},
            {"submitted", std::to_string(st.total.submitted)},
            {"completed", std::to_string(st.total.completed)},
            {"failed", std::to_string(st.total.failed)},
            {"reportRows", std::to_string(st.reports->rows())},
            {"reportWrites", std::to_string(st.reports->flushes())},
            {"reportWritesFailed", std::to_string(st.reports->flushes_failed())}};
  });
  const auto& prices = options.prices;
  self->state.clock = options.clock;
  self->state.reports.emplace(std::move(options.reports));
  constexpr double millionth = 1e-6;
  self->state.prices = {static_cast<double>(prices.cpu_hour) * millionth,
                        static_cast<double>(prices.memory_gib_hour) * millionth,
                        static_cast<double>(prices.slot_hour) * millionth};
  self->state.queues_max = options.settings.queues_max;
  self->state.started_at = options.clock.now(self);
  self->state.reports->start(self, time_source::steady(self));
  return {
    [self](metrics_delta& d) { add(self, d); },
    [self](metrics_call& call) {
      auto view = std::move(call.view);
      if (call.rows_only) {
        for (const auto& [name, x] : self->state.queues)
          view.queues[name];
        return call.reply.deliver(std::move(view));
      }
      take_objectives(self->state, view);
      fill(self->state, view, self->state.clock.now(self), time_source::steady(self));
      call.reply.deliver(std::move(view));
    },
    [self](report_call& call) { self->state.reports->on(call); },
    [self](wake_atom) { self->state.reports->on_wake(self, self->state.clock.now(self), time_source::steady(self)); },
    [self](report_facts_came& x) { self->state.reports->on(x, self, time_source::steady(self)); },
    [self](report_days_came& x) { self->state.reports->on(x, self); },
    [self](report_written& x) { self->state.reports->on(x, self); },
    [self](drain_atom) -> caf::result<caf::ok_atom> {
      auto promise = self->make_response_promise<caf::ok_atom>();
      self->state.reports->drain(promise, self);
      return promise;
    },
  };
}

} // namespace callboard
