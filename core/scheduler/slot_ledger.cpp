#include "core/scheduler/slot_ledger.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"

#include <algorithm>

namespace callboard {

namespace {

/// Breakers of workers that are not here are kept up to this many, so that a failing worker which reconnects is not
/// taken for a new one.
constexpr size_t breakers_kept = 4096;

} // namespace

slot_ledger::slot_ledger(const shape_table& shapes, limit_book& limits, breaker_policy breakers)
  : policy_(breakers), limits_(limits), fit_(shapes), all_ends_(breakers.window) {
}

seat& slot_ledger::join(worker_id w, seat facts, const resource_offer& offer, const moment& now) {
  auto [i, fresh] = seats_.try_emplace(w);
  auto& s = i->second;
  if (!fresh)
    count(s, -1);
  facts.in_flight = s.in_flight;
  facts.late = s.late;
  facts.attempts = std::move(s.attempts);
  facts.member_written = s.member_written || facts.member_written;
  s = std::move(facts);
  fit_.set_worker(w, offer, s.types, s.versions);
  if (policy_.enabled)
    s.breaker = &breakers_.try_emplace(*s.name, policy_).first->second;
  count(s, 1);
  refresh(w, s, now);
  return s;
}

void slot_ledger::leave(worker_id w) {
  const auto i = seats_.find(w);
  if (i == seats_.end())
    return;
  count(i->second, -1);
  if (i->second.breaker)
    i->second.breaker->on_probe_void();
  // They end without it: it may join again under its number before their ends are written, and has no slots of theirs
  // then.
  for (auto f : i->second.attempts)
    attempts_.at(f).worker = {};
  fit_.remove_worker(w);
  probes_.erase(w);
  seats_.erase(i);
  if (breakers_.size() <= breakers_kept)
    return;
  std::set<std::string> here;
  for (const auto& [id, s] : seats_)
    here.insert(*s.name);
  std::erase_if(breakers_, [&](const auto& kv) { return here.count(kv.first) == 0; });
}

seat* slot_ledger::find(worker_id w) {
  const auto i = seats_.find(w);
  return i == seats_.end() ? nullptr : &i->second;
}

const seat* slot_ledger::find(worker_id w) const {
  const auto i = seats_.find(w);
  return i == seats_.end() ? nullptr : &i->second;
}

void slot_ledger::set_accepts(worker_id w, bool accepts, const moment& now) {
  if (auto* s = find(w)) {
    count(*s, -1);
    s->accepts = accepts;
    count(*s, 1);
    refresh(w, *s, now);
  }
}

void slot_ledger::set_member_written(worker_id w, const moment& now) {
  if (auto* s = find(w)) {
    s->member_written = true;
    refresh(w, *s, now);
  }
}

/// Whether it gets jobs follows from what is known of it.
void slot_ledger::refresh(worker_id w, seat& s, const moment& now) {
  fit_.set_accepting(w, s.accepts && s.member_written && (!s.breaker || s.breaker->allows(now.steady)));
  const auto reopens = s.breaker ? s.breaker->reopens_at() : steady_point::max();
  if (reopens != steady_point::max() && (!s.breaker || s.breaker->state(now.steady) == breaker_state::open))
    probes_[w] = reopens;
  else
    probes_.erase(w);
}

void slot_ledger::count(const seat& s, int sign) {
  if (!s.accepts)
    return;
  const auto add = [sign](uint64_t& to, uint64_t n) { to = sign > 0 ? to + n : to - n; };
  add(sums_.slots, s.slots);
  add(sums_.used, std::min(s.in_flight, s.slots));
  add(sums_.ahead, s.in_flight > s.slots ? s.in_flight - s.slots : 0);
}

uint32_t slot_ledger::busy_slots() const {
  uint32_t busy = 0;
  for (const auto& [w, s] : seats_)
    busy += std::min(s.in_flight, s.slots);
  return busy;
}

void slot_ledger::take(worker_id w, seat& s, const resource_request& r) {
  count(s, -1);
  s.in_flight += r.slots;
  count(s, 1);
  fit_.take(w, r);
}

void slot_ledger::list(fence_token f, attempt_slot& a, seat& s) {
  a.position = static_cast<uint32_t>(s.attempts.size());
  s.attempts.push_back(f.value);
}

void slot_ledger::unlist(const attempt_slot& a, seat& s) {
  CB_INVARIANT(a.position < s.attempts.size(), "a worker's attempts are listed");
  s.attempts[a.position] = s.attempts.back();
  attempts_.at(s.attempts[a.position]).position = a.position;
  s.attempts.pop_back();
}

attempt_slot& slot_ledger::open(fence_token f, attempt_slot a, const moment& now) {
  auto* s = find(a.worker);
  CB_INVARIANT(s, "an attempt is given to a worker that is here");
  const auto [i, fresh] = attempts_.emplace(f.value, std::move(a));
  CB_INVARIANT(fresh, "a fence is given once");
  auto& slot = i->second;
  list(f, slot, *s);
  placed_[slot.job] = f;
  take(slot.worker, *s, slot.asked);
  limits_.take(slot.units, now.steady);
  if (s->breaker && s->breaker->state(now.steady) != breaker_state::closed) {
    s->breaker->on_placed(now.steady);
    slot.probe = true;
    refresh(slot.worker, *s, now);
  }
  return slot;
}

attempt_slot* slot_ledger::find(fence_token f) {
  const auto i = attempts_.find(f.value);
  return i == attempts_.end() ? nullptr : &i->second;
}

const attempt_slot* slot_ledger::find(fence_token f) const {
  const auto i = attempts_.find(f.value);
  return i == attempts_.end() ? nullptr : &i->second;
}

std::optional<fence_token> slot_ledger::of_job(job_id id) const {
  const auto i = placed_.find(id);
  return i == placed_.end() ? std::nullopt : std::optional{i->second};
}

std::vector<fence_token> slot_ledger::of_worker(worker_id w) const {
  std::vector<fence_token> out;
  if (const auto* s = find(w))
    for (auto f : s->attempts)
      out.emplace_back(f);
  std::sort(out.begin(), out.end());
  return out;
}

void slot_ledger::set_preemptible(fence_token f, const std::optional<duration>& after) {
  auto* a = find(f);
  if (!a || !after || a->slot_free || a->orphan)
    return;
  a->preemptible_after = after;
  preemptible_.insert(f.value);
}

void slot_ledger::move(fence_token f, worker_id to) {
  auto* a = find(f);
  auto* s = find(to);
  CB_INVARIANT(a && s, "a known attempt moves to a worker that is here");
  if (a->worker == to)
    return;
  if (!a->slot_free)
    leave_seat(*a);
  if (auto* from = find(a->worker))
    unlist(*a, *from);
  a->worker = to;
  list(f, *a, *s);
  if (!a->slot_free)
    take(to, *s, a->asked);
}

void slot_ledger::free_slot(fence_token f) {
  auto* a = find(f);
  if (!a || a->slot_free)
    return;
  leave_seat(*a);
  a->slot_free = true;
  preemptible_.erase(f.value);
  if (!a->orphan || !planted(bug::limit_unit_leaks))
    limits_.give(a->units);
}

void slot_ledger::leave_seat(attempt_slot& a) {
  auto* s = find(a.worker);
  if (!s)
    return;
  count(*s, -1);
  s->in_flight -= std::min(s->in_flight, a.asked.slots);
  count(*s, 1);
  fit_.give(a.worker, a.asked);
}

std::optional<job_id> slot_ledger::close(fence_token f, const moment& now) {
  auto* a = find(f);
  if (!a)
    return std::nullopt;
  free_slot(f);
  if (auto* s = find(a->worker)) {
    unlist(*a, *s);
    if (a->probe && s->breaker) { // if nobody has judged it, it has said nothing
      s->breaker->on_probe_void();
      refresh(a->worker, *s, now);
    }
  }
  if (const auto p = placed_.find(a->job); p != placed_.end() && p->second == f)
    placed_.erase(p);
  std::optional<job_id> freed;
  if (const auto o = orphans_.find(a->job); a->orphan && --o->second == 0) {
    freed = a->job;
    orphans_.erase(o);
  }
  attempts_.erase(f.value);
  return freed;
}

std::optional<fence_token> slot_ledger::orphan(job_id id) {
  const auto p = placed_.find(id);
  if (p == placed_.end())
    return std::nullopt;
  const auto f = p->second;
  placed_.erase(p);
  attempts_.at(f.value).orphan = true;
  preemptible_.erase(f.value);
  ++orphans_[id];
  return f;
}

std::optional<std::string> slot_ledger::judge(worker_id w, outcome_kind kind, const moment& now) {
  auto* s = find(w);
  if (!s || !s->breaker)
    return std::nullopt;
  auto& b = *s->breaker;
  const bool failed =
    kind == outcome_kind::failed_retryable || kind == outcome_kind::failed_final || kind == outcome_kind::timed_out;
  std::optional<std::string> line;
  if (!failed && kind != outcome_kind::succeeded) {
    b.on_probe_void();
  } else {
    const auto t = now.steady;
    const auto before = b.state(t);
    const auto ended = all_ends_.ended(t), failures = all_ends_.failed(t);
    b.record(t, failed, {ended - std::min(ended, b.own().ended(t)), failures - std::min(failures, b.own().failed(t))});
    all_ends_.record(t, failed);
    if (const auto after = b.state(t); after == breaker_state::open && before != after)
      line = "worker " + *s->name + " is kept back: jobs fail on it more often than elsewhere";
    else if (after != before)
      line = "worker " + *s->name + ": breaker " + std::string{to_string(after)};
  }
  refresh(w, *s, now);
  return line;
}

void slot_ledger::judge_loss(worker_id w, const moment& now) {
  if (const auto* s = find(w); s && s->breaker)
    s->breaker->record(now.steady, true, {all_ends_.ended(now.steady), all_ends_.failed(now.steady)});
}

void slot_ledger::admit_again(const moment& now) {
  std::vector<worker_id> due;
  for (const auto& [w, at] : probes_)
    if (at <= now.steady)
      due.push_back(w);
  for (auto w : due)
    refresh(w, *find(w), now);
}

steady_point slot_ledger::next_probe() const {
  auto next = steady_point::max();
  for (const auto& [w, at] : probes_)
    next = std::min(next, at);
  return next;
}

void slot_ledger::sanity_check() const {
  fit_.sanity_check();
  totals sums;
  size_t listed = 0, current = 0;
  std::map<const limit_scope*, uint64_t> units;
  for (const auto& [w, s] : seats_) {
    uint64_t taken = 0;
    for (size_t i = 0; i < s.attempts.size(); ++i) {
      const auto& a = attempts_.at(s.attempts[i]);
      CB_INVARIANT(a.worker == w && a.position == i, "a worker's list is of its attempts");
      taken += a.slot_free ? 0 : a.asked.slots;
    }
    listed += s.attempts.size();
    CB_INVARIANT(taken == s.in_flight, "the slots in flight are those of attempts that have one");
    if (s.accepts) {
      sums.slots += s.slots;
      sums.used += std::min(s.in_flight, s.slots);
      sums.ahead += s.in_flight > s.slots ? s.in_flight - s.slots : 0;
    }
  }
  CB_INVARIANT(sums.slots == sums_.slots && sums.used == sums_.used && sums.ahead == sums_.ahead,
               "the sums are those of the workers that accept work");
  for (const auto& [f, a] : attempts_) {
    if (!a.slot_free) {
      for (const auto* u : a.units.all())
        ++units[u->get()];
    }
    const auto p = placed_.find(a.job);
    const bool is_current = p != placed_.end() && p->second.value == f;
    CB_INVARIANT(is_current || a.orphan, "an attempt is its job's, or nobody's");
    current += is_current;
    CB_INVARIANT(seats_.count(a.worker) != 0 || a.ending, "an attempt without a worker is ending");
    listed += seats_.count(a.worker) == 0;
  }
  for (auto f : preemptible_)
    CB_INVARIANT(attempts_.count(f) != 0 && attempts_.at(f).preemptible_after && !attempts_.at(f).slot_free,
                 "what may be stopped has a slot");
  CB_INVARIANT(listed == attempts_.size(), "each attempt is listed at its worker");
  CB_INVARIANT(current == placed_.size(), "each placed job has its attempt");
  limits_.sanity_check(units);
}

} // namespace callboard
