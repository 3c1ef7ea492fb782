#include "core/scheduler/scheduler.hpp"

#include "core/base/planted_bug.hpp"
#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace callboard {

namespace {

/// Jobs whose urgency is passed on in a turn: some milliseconds at most.
constexpr size_t urgency_per_turn = 1000;

} // namespace

scheduler::scheduler(const decision_settings& s, scheduler_port& port, uint64_t seed)
  : s_(s, port, seed), jobs_(s_), submits_(s_, jobs_), members_(s_), fleet_(s_, jobs_, members_),
    schedules_(s_, jobs_, submits_), limits_(s_), templates_(s_) {
}

std::optional<error> scheduler::closed_for() const {
  if (s_.draining)
    return error{ec::shutting_down, "the scheduler is shutting down"};
  if (!opened_)
    return error{ec::starting, "the scheduler is opening its store"};
  return std::nullopt;
}

std::optional<error> scheduler::incomplete() const {
  if (!s_.recovered)
    return error{ec::starting, "the scheduler is still reading its store"};
  return std::nullopt;
}

// -- the store --------------------------------------------------------------------------------------------------------

void scheduler::on_opened(opened_store x, const moment& now) {
  s_.boot = x.boot;
  s_.requests.start_ids(x.id_floor);
  schedules_.restore(std::move(x.schedules));
  limits_.restore(x.limits, now);
  templates_.restore(std::move(x.templates));
  s_.index.recover_ends(x.ended_jobs);
  // Workers of the former scheduler may still be running attempts. Local ones have been stopped by now; others come
  // back within their lease, or their lease has run out.
  for (const auto& [name, m] : x.members)
    awaited_.insert(name);
  members_.restore(std::move(x.members));
  if (!awaited_.empty()) {
    hold_until_ = now.steady + s_.settings.lease;
    s_.perhaps_running_below = x.id_floor;
  }
  opened_ = true;
}

void scheduler::on_recovered(const std::vector<recovered_job>& jobs, const moment& now) {
  for (const auto& f : jobs) {
    if (s_.index.find(f.id) || s_.requests.has_unborn(f.id))
      continue; // it came while the others were read
    if (auto c = s_.index.acquire(f.queue, f.type, f.concurrency_key, f.resources, f.preempts))
      s_.index.recover(f, *c, s_.limits.rule_of({limit_kind::type, f.type, {}}).retry_rate.has_value(), now);
    else
      s_.port.say(scheduler_port::tone::error, to_string(f.id) + " waits for the next start: " + c.err().message);
  }
}

void scheduler::on_recovery_complete(const moment& now) {
  s_.recovered = true;
  s_.index.recovered(now);
  tell_scheduler(s_, event_kind::scheduler_recovered, now);
  for (auto request : std::exchange(s_.look_at_when_recovered, {}))
    s_.look_at.push_back(request);
  for (auto& event : std::exchange(early_, {}))
    std::visit([&](auto& x) { on(x, now); }, event);
}

void scheduler::on_loaded(const std::vector<job_id>& asked, read_answer& x, const moment& now) {
  jobs_.on_loaded(asked, x, now);
}

void scheduler::on(commit_report& x, const moment& now) {
  notes_.add(std::move(x));
  take_notes(now);
}

void scheduler::take_notes(const moment& now) {
  notes_.take(
    s_.settings.notes_per_turn, [this](const commit_report& r) { jobs_.on_report(r); },
    [&](job_note& n, const std::optional<error>& failed) {
      if (n.job)
        return jobs_.on_written(n, failed, now);
      members_.on_note(n.token, !failed, now);
      schedules_.on_note(n.token, failed, now);
      limits_.on_note(n.token, failed, now);
      templates_.on_note(n.token, failed, now);
    });
  jobs_.go_on(now);
}

void scheduler::on_read(uint64_t request, const read_answer& x, const moment& now) {
  if ((request & result_reads::request_bit) != 0)
    return jobs_.on_results(fence_token{request & ~result_reads::request_bit}, x, now);
  if ((request & fan_out_flow::request_bit) != 0)
    return jobs_.on_fan_out_read(fence_token{request & ~fan_out_flow::request_bit}, x, now);
  if ((request & result_cache_flow::request_bit) != 0)
    return jobs_.on_cache_read(fence_token{request & ~result_cache_flow::request_bit}, x, now);
  submits_.on_read(request, x, now);
}

// -- clients ----------------------------------------------------------------------------------------------------------

void scheduler::on(submit_call& x, const moment& now) {
  if (auto e = closed_for())
    return x.reply.deliver(*e);
  submits_.on(x, now);
}

/// What concerns jobs that may not have been read yet waits until all are.
template <class Event>
bool scheduler::early(Event& x) {
  if constexpr (requires { x.reply; })
    if (s_.draining) {
      x.reply.deliver(*closed_for());
      return true;
    }
  if (!s_.recovered)
    early_.push_back(std::move(x));
  return !s_.recovered;
}

void scheduler::on(cancel_call& x, const moment& now) {
  if (early(x))
    return;
  auto e = make_errand(purpose::cancel, job_command::cancel{job_error_code::cancelled,
                                                            x.reason.empty() ? "cancelled by a client" : x.reason});
  e->reply = std::move(x.reply);
  jobs_.give(x.job, std::move(e), now);
}

void scheduler::on(retry_call& x, const moment& now) {
  if (early(x))
    return;
  auto e = make_errand(purpose::retry, job_command::retry{});
  e->reply = std::move(x.reply);
  jobs_.give(x.job, std::move(e), now);
}

void scheduler::on(modify_call& x, const moment& now) {
  if (early(x))
    return;
  auto e = make_errand(purpose::modify, job_command::modify{x.patch});
  e->reply = std::move(x.reply);
  jobs_.give(x.job, std::move(e), now);
}

// -- schedules --------------------------------------------------------------------------------------------------------

void scheduler::on(schedule_put_call& x, const moment& now) {
  if (!early(x))
    schedules_.on(x, now);
}
void scheduler::on(schedule_change_call& x, const moment& now) {
  if (!early(x))
    schedules_.on(x, now);
}
void scheduler::on(schedule_run_call& x, const moment& now) {
  if (!early(x))
    schedules_.on(x, now);
}

void scheduler::on(limit_call& x, const moment& now) {
  if (!early(x))
    limits_.on(x, now);
}

void scheduler::on(template_put_call& x, const moment& now) {
  if (!early(x))
    templates_.on(x, now);
}
void scheduler::on(template_remove_call& x, const moment& now) {
  if (!early(x))
    templates_.on(x, now);
}

// -- jobs -------------------------------------------------------------------------------------------------------------

void scheduler::on(job_placed& x, const moment& now) {
  jobs_.on(x, now);
}
void scheduler::on(job_note& x, const moment& now) {
  jobs_.on(x, now);
}
void scheduler::on(group_part& x, const moment& now) {
  jobs_.on(x, now);
}
void scheduler::on(job_crashed& x, const moment& now) {
  jobs_.on(x, now);
}

// -- workers ----------------------------------------------------------------------------------------------------------

void scheduler::on(worker_arrival& x, const moment& now) {
  if (early(x))
    return;
  awaited_.erase(*x.name);
  fleet_.on(x, now);
  if (awaited_.empty())
    s_.perhaps_running_below = {};
}
void scheduler::on(worker_changed& x, const moment& now) {
  if (!early(x))
    fleet_.on(x, now);
}
void scheduler::on(worker_news& x, const moment& now) {
  if (!early(x))
    fleet_.on(x, now);
}
void scheduler::on(worker_gone& x, const moment& now) {
  if (!early(x))
    fleet_.on(x, now);
}

/// True while workers of the former scheduler may run attempts that have not been reported to this one, or a scheduler
/// after this one would believe a worker that has lost its attempts.
bool scheduler::holds(const moment& now) {
  if (!hold_until_ || planted(bug::no_hold_after_restart))
    return members_.removes();
  if (!awaited_.empty() && now.steady < *hold_until_)
    return true;
  for (const auto& name : std::exchange(awaited_, {})) {
    s_.port.say(scheduler_port::tone::warning, "worker " + name + " did not come back within its lease");
    members_.remove(name, true);
  }
  hold_until_.reset();
  s_.perhaps_running_below = {};
  return members_.removes();
}

// -- turns ------------------------------------------------------------------------------------------------------------

void scheduler::on_time(const moment& now) {
  take_notes(now);
  if (!s_.recovered)
    return;   // a deadline that passes now may concern jobs that have not been read yet
  holds(now); // an end that nobody waits for is one all the same
  if (members_.owes() && now.steady >= s_.rests_until)
    members_.on_time(now);
  if (s_.schedules.any_resting() && now.steady >= s_.rests_until)
    s_.schedules.wake();
  s_.ledger.admit_again(now);
  s_.limits.on_time(now.steady);
  jobs_.on_time(now);
}

moment scheduler::next_wake() const {
  constexpr moment at_once{time_point::max(), steady_point{}};
  if (notes_.any() || (s_.recovered && s_.index.has_unspread_urgency()))
    return at_once;
  if (!s_.recovered)
    return {time_point::max(), steady_point::max()};
  auto next = s_.index.next_timer();
  next.steady =
    std::min({next.steady, s_.ledger.next_probe(), s_.limits.next_open(), s_.dispatch.preempting().next_look()});
  if (!s_.draining)
    next.wall = std::min(next.wall, s_.schedules.next_due());
  if (s_.desk.resting() > 0 || members_.owes() || s_.schedules.any_resting())
    next.steady = std::min(next.steady, s_.rests_until);
  if (hold_until_)
    next.steady = std::min(next.steady, *hold_until_);
  return next;
}

/// The job that is next gets the worker that was chosen for it.
void scheduler::place(worker_id w, const ready_queues::pick& p, const moment& now) {
  const auto id = p.entry.id;
  const fence_token f{s_.boot << 32 | ++fences_};
  attempt_slot slot;
  slot.job = id;
  slot.worker = w;
  slot.asked = s_.index.shapes().at(p.entry.type).request;
  slot.units = units_of(s_, {p.queue, p.entry.type, p.entry.lane});
  slot.placed_at = now.wall;
  if (!s_.index.find(id)->has(job_flag::released))
    s_.tally.dispatch_times.push_back(now.steady - p.entry.ready_at);
  s_.counted = true;
  s_.index.take(p);
  auto e = make_errand(purpose::place,
                       job_command::place{s_.ledger.find(w)->name, f, slot.asked.memory_bytes, slot.asked.cpu_milli});
  e->attempt = f;
  e->worker = w;
  s_.ledger.open(f, std::move(slot), now);
  jobs_.give(id, std::move(e), now);
}

/// Whoever follows what happens.
void scheduler::tell_followers() {
  if (s_.events.empty())
    return;
  // The next turn is most likely as busy as this one.
  constexpr size_t reserved_max = 1000;
  const auto usual = std::min(s_.events.size(), reserved_max);
  s_.port.tell(std::exchange(s_.events, {}));
  s_.events.reserve(usual);
}

void scheduler::end_turn(const moment& now) {
  if (s_.draining && !std::exchange(drain_told_, true))
    tell_scheduler(s_, event_kind::scheduler_draining, now);
  if (s_.recovered && !s_.draining)
    schedules_.go_on(now);
  submits_.look_again(now);
  s_.index.spread_urgency(urgency_per_turn, [this](uint16_t type) { return s_.dispatch.measured().usual_run(type); });
  s_.dispatch.apply_limits(now);
  const bool any = (!s_.index.line().empty() && !s_.ledger.seats().empty()) || s_.dispatch.preempting().any_pending();
  if (s_.recovered && !s_.draining && any && !holds(now))
    s_.dispatch.run(
      now, [&](worker_id w, const ready_queues::pick& p) { place(w, p, now); },
      [&](worker_id w, const preempted_attempt& x) {
        s_.out.preempt(w, x);
        ++s_.tally.preempted;
        s_.counted = true;
      });
  else
    s_.dispatch.rest();
  if (s_.recovered)
    jobs_.forget_ends();
  jobs_.load_wanted();
  s_.out.flush([this](worker_id w, node_orders orders) { s_.port.order(w, std::move(orders)); });
  if (std::exchange(s_.counted, false))
    s_.port.measured(std::exchange(s_.tally, {}));
  tell_followers();
#ifndef NDEBUG
  // Longer than that and tests with many jobs would take hours.
  constexpr size_t checked_jobs_max = 200;
  if (s_.index.table().size() <= checked_jobs_max)
    sanity_check();
#endif
}

void scheduler::drain() {
  s_.draining = true;
  const auto why = *closed_for();
  for (auto& event : early_)
    std::visit(
      [&](auto& x) {
        if constexpr (requires { x.reply; })
          x.reply.deliver(why);
      },
      event);
  std::erase_if(early_, [](const auto& event) {
    return std::visit(
      [](const auto& x) {
        return requires {
          x.reply;
        };
      },
      event);
  });
  s_.requests.refuse_all(why);
  schedules_.refuse_waiting(why);
  limits_.refuse_waiting(why);
  templates_.refuse_waiting(why);
}

bool scheduler::drained() const {
  return s_.draining && s_.desk.busy() == 0 && s_.requests.unborn() == 0 && schedules_.at_rest() && limits_.at_rest() &&
         templates_.at_rest();
}

void scheduler::sanity_check() const {
  s_.index.sanity_check();
  s_.ledger.sanity_check();
  s_.requests.sanity_check();
  s_.groups.sanity_check();
  s_.desk.sanity_check();
  s_.dispatch.preempting().sanity_check();
  s_.schedules.sanity_check();
  s_.dispatch.sanity_check();
  for (const auto& e : s_.index.table().entries()) {
    const auto f = s_.ledger.of_job(e.id);
    CB_INVARIANT(f.has_value() == e.has(job_flag::placed), "a placed job has an attempt, and no other has");
    CB_INVARIANT(s_.ledger.has_orphan(e.id) == e.has(job_flag::awaits_former) || planted(bug::orphan_not_awaited),
                 "a job waits while its former attempt may run");
  }
  for (const auto& [w, seat] : s_.ledger.seats())
    for (auto f : seat.attempts) {
      const auto& a = *s_.ledger.find(fence_token{f});
      CB_INVARIANT(a.orphan || s_.index.find(a.job), "an attempt of a job that is not live is an orphan");
    }
}

} // namespace callboard
