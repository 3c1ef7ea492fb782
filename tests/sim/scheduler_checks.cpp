#include "core/base/planted_bug.hpp"
#include "core/job/unique_lane.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/scheduler_process.hpp"

// What the scheduler decides is judged at once: by facts that it has, counted in another way than it does.

namespace callboard::sim {

/// P4 and P5, at the moment of the decision.
void scheduler_process::check_order_of_dispatch(job_id id, const job_command::place& p) {
  const auto& s = core_->state();
  const auto* e = s.index.find(id);
  const auto now = machine_.now();
  const auto rec = disk_.db().load({id});
  if (!rec || rec->empty())
    throw violation("P1: " + to_string(id) + " is placed and not on the disk");
  if (is_terminal(rec->front().state))
    return; // it ended while this waited for it: it refuses the slot
  // An operator's retry is due at once, whatever it was scheduled for; and what has run had its time.
  // So had one that was with a worker when that was lost, which counts as a start, and one that was claimed, though its
  // worker may never have heard of it.
  const bool ran = rec->front().attempt > 0 || history_.begun.count(id) != 0;
  const auto& at = rec->front().spec.schedule_at;
  if (at && *at > now.wall && !ran && history_.retried.count(id) == 0)
    throw violation("P4: " + to_string(id) + " is placed before its time");
  if (const auto h = history_.held.find(id); h != history_.held.end() && !h->second.may_be_undone())
    throw violation("hold: " + to_string(id) + " is placed, and was held");
  const auto begun = [this](job_id dep) {
    return counted_as_begun_.count(dep) == 1 || std::any_of(history_.attempts.begin(), history_.attempts.end(),
                                                            [dep](const auto& a) { return a.job == dep; });
  };
  const auto& spec = rec->front().spec;
  const auto may = allowed_by({spec.rule, spec.dependencies}, disk_.ends(), begun);
  if (!may.run && !may.unclear && !ran && history_.retried.count(id) == 0)
    throw violation("P4: " + to_string(id) + " is placed, and what it depends on does not allow it: " +
                    in_words({spec.rule, spec.dependencies}, disk_.ends()));
  if (const auto lane = lane_key_of(spec); is_unique_lane(lane)) {
    auto& turn = history_.turns[p.fence];
    turn.key = key_name(spec.queue, lane);
    // Of an attempt that is only waited for, and whose job is not live, the key is not known.
    for (const auto& a : history_.attempts)
      if (const auto* slot = a.fence.value >> 32 == s.boot ? nullptr : s.ledger.find(a.fence))
        if (!slot->orphan || s.index.find(slot->job))
          turn.known.insert(a.fence);
  }
  // A job that had to be loaded first hears of its placement later than it was decided.
  if (s.ledger.find(p.fence)->placed_at != now.wall)
    return;
  check_limits(*e, now.steady);
  if (settings_.aging_step != duration{0})
    return;
  const auto mine = s.index.class_of(*e);
  const auto my_urgency = s.index.urgency_of(*e);
  for (const auto& other : s.index.table().entries())
    if (other.has(job_flag::ready) && other.queue == e->queue && other.shape == e->shape) {
      const auto theirs = s.index.class_of(other);
      const auto urgency = s.index.urgency_of(other);
      const bool more = urgency.priority > my_urgency.priority;
      const bool sooner = urgency.priority == my_urgency.priority && urgency.must_start_by < my_urgency.must_start_by;
      if (theirs.lane == mine.lane ? more || sooner : more && !is_held(target_of(other, limit_kind::key), now.steady))
        throw violation("P5: " + to_string(id) + " is placed before " + to_string(other.id));
    }
}

limit_target scheduler_process::target_of(const job_entry& e, limit_kind kind) const {
  const auto& index = core_->state().index;
  const auto c = index.class_of(e);
  limit_target t{kind, std::string{index.queues().name(c.queue)}, {}};
  if (kind == limit_kind::type)
    t.name = index.types().name(index.type_of(c.shape));
  else if (kind == limit_kind::key)
    t.key = index.classes().key_of(c.lane);
  return t;
}

bool scheduler_process::is_held(const limit_target& t, steady_point now) const {
  const auto scope = core_->state().limits.find(t);
  return scope && scope->held(now) != limit_scope::hold::none;
}

/// Limits hold at each placement: what is under way is counted from the attempts themselves.
void scheduler_process::check_limits(const job_entry& e, steady_point now) {
  const auto& s = core_->state();
  for (auto kind : {limit_kind::queue, limit_kind::type, limit_kind::key}) {
    const auto t = target_of(e, kind);
    if (kind == limit_kind::key && t.key.empty())
      continue;
    const auto rule = s.limits.rule_of(t);
    const auto scope = s.limits.find(t);
    const auto broken = [&](const std::string& what) {
      return violation("limit: " + to_string(e.id) + " of " + t.name + " " + t.key + " is placed, and " + what);
    };
    if (rule.paused)
      throw broken("that is paused");
    uint64_t under_way = 0;
    s.ledger.for_each_taken([&](const attempt_slot& a) {
      const auto* x = s.index.find(a.job);
      const auto& unit = a.units.of(kind);
      under_way += (unit && unit == scope) || (x && !a.orphan && target_of(*x, kind) == t);
    });
    if (rule.concurrency != 0 && under_way > rule.concurrency)
      throw broken(std::to_string(under_way) + " are under way; allowed are " + std::to_string(rule.concurrency));
    auto& [rate, starts] = starts_[t];
    if (rate != rule.rate)
      starts.clear();
    rate = rule.rate;
    if (!rate)
      continue;
    starts.push_back(now);
    while (starts.front() <= now - rate->period)
      starts.pop_front();
    if (starts.size() > uint64_t{rate->jobs} + rate->burst)
      throw broken(std::to_string(starts.size()) + " have started within its period");
  }
}

/// One that was set meanwhile may have been ahead when the attempt was placed.
void scheduler_process::check_hit(job_id id, const job_command::finish& x) {
  constexpr duration placed_long_ago = std::chrono::seconds{30};
  const auto* a = core_->state().ledger.find(x.fence);
  const auto* at = a ? core_->state().ledger.find(a->worker) : nullptr;
  if (!at)
    return; // its worker is gone since
  const bool clock_set = history_.clock_set >= duration{0} && w_.now() - history_.clock_set < placed_long_ago;
  disk_.results().on_hit({id, *x.cached_from, x.fence, version_of_types(*at->name),
                          clock_set ? time_point{} : a->placed_at, sky_.cache_for});
}

/// A queue that is full takes nobody in, unless others make room: it grows no further then.
void scheduler_process::check_room(const job_record& fresh) {
  const auto& s = core_->state();
  const auto rule = s.limits.rule_of({limit_kind::queue, fresh.spec.queue, {}});
  const auto own = static_cast<int64_t>(fresh.spec.payload.size());
  new_ones_[fresh.id] = {fresh.spec.queue, own};
  std::erase_if(new_ones_, [&](const auto& x) { return !s.requests.has_unborn(x.first); });
  if (fresh.spec.priority >= rule.full_accepts_from.value_or(priority_max + 1))
    return;
  waiting_sum waits, freed;
  for (const auto& [id, job] : new_ones_)
    if (job.first == fresh.spec.queue)
      waits += {1, job.second};
  const auto group = s.groups.of(fresh.id);
  for (const auto& e : s.index.table().entries()) {
    if (!counts_as_waiting(e.state) || s.index.queues().name(e.queue) != fresh.spec.queue)
      continue;
    if (group != 0 && s.groups.of(e.id) == group)
      freed += {1, e.payload_bytes};
    if (!s.desk.may_end(e.id)) // who makes room is still there
      waits += {1, e.payload_bytes};
  }
  const auto check = [&](uint64_t bound, int64_t n, int64_t room, int64_t grows, const std::string& what) {
    if (bound != 0 && n > static_cast<int64_t>(bound) && room < grows)
      throw violation("a full queue: " + to_string(fresh.id) + " is accepted into " + fresh.spec.queue + ", where " +
                      std::to_string(n) + what + " wait; allowed are " + std::to_string(bound));
  };
  check(rule.waiting_max, waits.jobs, freed.jobs, 1, " jobs");
  check(rule.waiting_bytes_max, waits.bytes, freed.bytes, own, " bytes");
}

/// At the moment of the decision: by what is stored, by what really runs, and by a count of its own.
void scheduler_process::check_preemptions(const std::vector<preempted_attempt>& all) {
  std::set<uint64_t> others;
  for (const auto& x : all) {
    const auto stored = disk_.db().load({job_id{x.job}, job_id{x.by}});
    if (!stored || stored->size() != 2)
      throw violation("preemption: " + to_string(job_id{x.job}) + " or " + to_string(job_id{x.by}) + " is not stored");
    const auto& first = stored->front();
    const auto& second = stored->back();
    const auto& victim = first.id == job_id{x.job} ? first : second;
    const auto& other = first.id == job_id{x.job} ? second : first;
    const fence_token f{x.fence};
    const auto run =
      std::find_if(history_.attempts.begin(), history_.attempts.end(), [f](const auto& a) { return a.fence == f; });
    const auto claimed = history_.claimed.find(f); // it has begun then, wherever its answer is
    const bool runs = run != history_.attempts.end() || claimed != history_.claimed.end();
    if (!runs && !x.if_waiting)
      throw violation("preemption: " + to_string(job_id{x.job}) + " is stopped and does not run");
    observed_preemption p{run == history_.attempts.end() ? attempt_run{victim.id, f, "", {}, {}, {}} : *run,
                          x.if_waiting, w_.now(), victim.spec, other.spec};
    if (claimed != history_.claimed.end())
      p.victim.begun = claimed->second.at;
    // What is on the disk may not have been noted yet.
    for (auto* spec : {&p.of_victim, &p.of_other})
      if (const auto* e = core_->state().index.find(spec == &p.of_victim ? victim.id : other.id))
        spec->priority = e->priority;
    check_preemption(other.id, p);
    if (!others.insert(x.by).second)
      continue;
    const auto now = machine_.now().steady;
    const auto& rule = core_->state().limits.rule_of({limit_kind::queue, other.spec.queue, {}}).preemption;
    if (!rule)
      throw violation("preemption: " + to_string(other.id) + " preempts, and its queue does not allow that");
    auto& [before, times] = preemptions_[other.spec.queue];
    if (std::exchange(before, rule) != rule)
      times.clear();
    while (!times.empty() && times.front() <= now - rule->period)
      times.pop_front();
    times.push_back(now);
    if (times.size() > rule->jobs)
      throw violation("preemption: " + other.spec.queue + " preempts " + std::to_string(times.size()) +
                      " times within its period, allowed are " + std::to_string(rule->jobs));
  }
}

} // namespace callboard::sim
