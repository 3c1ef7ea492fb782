#include "actors/runtime/log.hpp"
#include "actors/scheduler/manager.hpp"
#include "messages/convert.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

namespace {

resource_offer offer_of(const worker_registration& r) {
  return {r.slots, r.cpu_milli, r.memory_bytes, r.named, r.labels};
}

breaker_policy policy_of(const breaker_settings& s) {
  return {s.enabled, s.samples_min, s.window, s.failure_percent, s.peer_percent, s.open_for, s.open_max};
}

} // namespace

void manager::on(worker_joined& x) {
  if (park(x))
    return;
  auto [i, fresh] = seats_.try_emplace(x.worker);
  auto& s = i->second;
  s.name = x.name;
  s.handle = x.handle;
  s.slots = x.registration.slots;
  s.boot_epoch = x.registration.boot_epoch;
  s.types = {};
  for (const auto& type : x.registration.types)
    if (auto number = types_.intern(type))
      s.types.add(*number);
  s.prefetch_version = UINT64_MAX;
  fit_.set_worker(x.worker, offer_of(x.registration), s.types);
  if (config().breaker.enabled)
    s.breaker = &breakers_.try_emplace(*s.name, policy_of(config().breaker)).first->second;
  std::set<uint64_t> held;
  for (const auto& h : x.registration.held) {
    held.insert(h.fence);
    take_over(x.worker, s, h);
  }
  // What was on its way when the connection broke never arrived.
  lose_attempts(x.worker, "it was not with the worker when that joined again", &held);
  write_types(x.registration.types);
  awaited_members_.erase(*s.name);
  s.local = x.registration.local;
  s.accepts = true;
  // A local worker dies with this process (lifeline), or is stopped by the next one before it opens its store.
  s.member_written = s.member_written || s.local;
  set_accepting(x.worker, s);
  if (!s.member_written)
    write_member(*s.name, std::to_string(x.registration.boot_epoch), x.worker);
  turn_over();
}

/// An attempt that a node brings along: ours still, or of a scheduler before this one, or not wanted any more.
void manager::take_over(worker_id w, seat& s, const held_attempt& h) {
  const job_id id{h.job};
  if (auto i = attempts_.find(h.fence); i != attempts_.end() && i->second.job == id) {
    auto& a = i->second;
    if (a.worker != w && !a.released) {
      give_slot(a);
      a.released = false;
      take_slot(w, s, a.asked);
    }
    a.worker = w;
    return;
  }
  const auto* e = table_.find(id);
  // Of this scheduler, and not known any more: it was lost or has ended, and a later attempt may have been given out.
  const bool forgotten = h.fence >> 32 == boot_;
  if (!e || forgotten || e->has(job_flag::placed) || e->has(job_flag::waits_for_jobs) || h.started_at_us == 0) {
    s.orders.cancelled.push_back({h.job, h.fence});
    return;
  }
  const fence proof{h.fence};
  const auto started = time_from_wire(h.started_at_us);
  unindex(*e);
  const auto& asked = shapes_.at(e->shape).request;
  attempts_.emplace(h.fence, attempt_slot{.job = id, .worker = w, .started_at = started, .asked = asked});
  take_slot(w, s, asked);
  placed_[id] = proof;
  table_.update(id, [](job_entry& x) {
    x.set(job_flag::placed, true);
    x.state = job_state::running;
  });
  route(id, job_command::adopt{s.name, proof, h.number, started},
        pending{.why = purpose::adopt, .job = id, .proof = proof, .worker = w});
}

void manager::write_member(const std::string& name, std::optional<std::string> value, worker_id w) {
  commit_part part;
  part.boot = boot_;
  if (value) {
    part.meta.emplace_back("member/" + name, std::move(*value));
    // It gets work once its membership is on disk: a scheduler that starts after us must know that it may be running.
    job_note n;
    n.token = next_token();
    members_in_flight_.emplace(n.token, w);
    part.notes.push_back(std::move(n));
  } else {
    part.meta_removed.push_back("member/" + name);
    part.level = durability::os;
  }
  self_->send(options_.keeper, std::move(part));
}

/// What a restarted scheduler must know of these types goes to the disk with the next commit.
void manager::write_types(const std::vector<std::string>& types) {
  if (!options_.types)
    return;
  commit_part part;
  part.boot = boot_;
  for (const auto& type : types) {
    auto record = options_.types->record(type);
    const auto written = type_records_.find(type);
    if (record && (written == type_records_.end() || written->second != *record)) {
      part.meta.emplace_back("type/" + type, *record);
      type_records_[type] = std::move(*record);
    } else if (!record && written != type_records_.end()) {
      part.meta_removed.push_back("type/" + type);
      type_records_.erase(written);
    }
  }
  if (!part.meta.empty() || !part.meta_removed.empty())
    self_->send(options_.keeper, std::move(part));
}

void manager::on(worker_changed& x) {
  if (park(x))
    return;
  if (auto s = seats_.find(x.worker); s != seats_.end()) {
    s->second.accepts = x.accepts;
    set_accepting(s->first, s->second);
    turn_over();
  }
}

void manager::on(worker_reported& x) {
  if (park(x))
    return;
  auto i = seats_.find(x.worker);
  if (i == seats_.end())
    return;
  auto& s = i->second;
  for (const auto& started : x.report.started) {
    auto a = attempts_.find(started.fence);
    if (a == attempts_.end() || a->second.job != job_id{started.job} || a->second.orphan)
      continue;
    a->second.started_at = time_from_wire(started.at_us);
    route(a->second.job, job_command::start{fence{started.fence}, a->second.started_at},
          pending{.why = purpose::start, .job = a->second.job, .proof = fence{started.fence}, .worker = x.worker});
  }
  const auto t = steady();
  for (auto& ended : x.report.ended)
    on_ended(x.worker, s, ended, t);
  for (auto& p : x.report.progress)
    if (auto a = attempts_.find(p.fence); a != attempts_.end() && !a->second.orphan)
      if (auto r = residents_.find(a->second.job); r != residents_.end() && r->second.handle)
        tell(r->second.handle, job_progress{fence{p.fence}, std::min<uint8_t>(p.percent, 100), std::move(p.message)});
  turn_over();
}

void manager::on_ended(worker_id w, seat& s, attempt_ended& x, steady_point t) {
  const attempt_ref ref{x.job, x.fence};
  auto i = attempts_.find(x.fence);
  if (i == attempts_.end() || i->second.job != job_id{x.job} || i->second.worker != w) {
    ++delta_.stale_refused;
    ++s.late;
    delta_dirty_ = true;
    s.orders.acknowledged.push_back(ref);
    return;
  }
  auto& a = i->second;
  // What is handed back keeps its slot until it is in the line again, or a job behind it would pass it.
  const bool returned = x.kind == static_cast<uint8_t>(outcome_kind::returned);
  if (!returned)
    give_slot(a);
  if (a.orphan) {
    s.orders.acknowledged.push_back(ref);
    return release_attempt(fence{ref.fence});
  }
  if (std::exchange(a.routed, true))
    return; // told twice; the first one is on its way to the disk
  auto outcome = outcome_from_wire(std::move(x), config().workers.result_bytes_max);
  if (!outcome) {
    log().error("worker {} ended {} in a way this scheduler does not know", *s.name, to_string(a.job));
    outcome = attempt_outcome{.kind = outcome_kind::failed_retryable,
                              .code = "BAD_OUTCOME",
                              .message = "the worker's report could not be understood"};
  }
  if (outcome->started_at != time_point{})
    a.started_at = outcome->started_at;
  a.reported_at = t;
  judge(s, outcome->kind);
  set_accepting(w, s);
  if (outcome->kind == outcome_kind::returned) {
    ++delta_.returned;
    delta_dirty_ = true;
  }
  const auto group = group_for(a.job);
  route(a.job, job_command::finish{fence{ref.fence}, std::move(*outcome), random_()},
        pending{.why = purpose::finish, .job = a.job, .proof = fence{ref.fence}, .worker = w, .group = group}, false,
        group);
}

void manager::on(worker_gone& x) {
  if (park(x))
    return;
  auto i = seats_.find(x.worker);
  if (i == seats_.end())
    return;
  const auto name = *i->second.name;
  const bool local = i->second.local;
  lose_attempts(x.worker, x.reason, nullptr);
  fit_.remove_worker(x.worker);
  seats_.erase(i);
  if (!local)
    write_member(name, std::nullopt, x.worker);
  turn_over();
}

/// @param keep  fences of attempts that are not lost; null: none.
void manager::lose_attempts(worker_id w, const std::string& reason, const std::set<uint64_t>* keep) {
  std::vector<uint64_t> lost;
  for (const auto& [proof, a] : attempts_)
    if (a.worker == w && (!keep || keep->count(proof) == 0))
      lost.push_back(proof);
  std::sort(lost.begin(), lost.end());
  // Starts are reported a moment late, so a job that kills its worker at once was never reported. A node starts its
  // attempts in order: those that had a slot of their own count as started, or a poison job would live for ever.
  auto presumed = seats_.count(w) != 0 && !keep ? seats_.at(w).slots : 0;
  for (auto proof : lost) {
    auto& a = attempts_.at(proof);
    if (presumed > 0 && !a.orphan && !a.routed) {
      presumed -= std::min(presumed, a.asked.slots);
      judge_loss(seats_.at(w));
      if (a.started_at == time_point{})
        route(a.job, job_command::start{fence{proof}, now()},
              pending{.why = purpose::start, .job = a.job, .proof = fence{proof}, .worker = w});
    }
    if (a.orphan) {
      give_slot(a);
      attempts_.erase(proof);
      continue;
    }
    if (a.routed)
      continue; // its end is on its way to the disk
    a.routed = true;
    const auto group = group_for(a.job);
    route(a.job, job_command::lose{fence{proof}, reason},
          pending{.why = purpose::lose, .job = a.job, .proof = fence{proof}, .worker = w, .group = group}, false,
          group);
  }
}

void manager::send_orders() {
  for (auto& [w, s] : seats_)
    if (!s.orders.empty())
      self_->send(s.handle, std::exchange(s.orders, {}));
}

} // namespace callboard
