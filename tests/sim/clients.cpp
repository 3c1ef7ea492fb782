#include "tests/sim/clients.hpp"

#include "tests/sim/checkers.hpp"
#include "tests/sim/unique_jobs.hpp"

namespace callboard::sim {

using namespace std::chrono_literals;

clients::clients(world& w, scheduler_process& s, history& h, disk& d, const habits& x)
  : w_(w), scheduler_(s), history_(h), disk_(d), habits_(x) {
}

void clients::act_until(duration end, duration pause_max) {
  if (w_.now() >= end)
    return;
  act();
  w_.after(w_.between(1ms, pause_max), "a client acts", [this, end, pause_max] { act_until(end, pause_max); });
}

std::optional<job_id> clients::some_job() {
  if (!history_.elements.empty() && w_.chance(0.15)) {
    const auto n = std::min<size_t>(history_.elements.size(), 8);
    return history_.elements[history_.elements.size() - 1 - w_.below(n)];
  }
  if (known_.empty())
    return std::nullopt;
  // Mostly a recent one: the others are over.
  const auto n = std::min<size_t>(known_.size(), w_.chance(0.8) ? 8 : known_.size());
  return known_[known_.size() - 1 - w_.below(n)];
}

/// An operator looks at what failed last.
std::optional<job_id> clients::failed_job() const {
  constexpr size_t looked_at = 40;
  for (size_t i = 0; i < std::min(looked_at, known_.size()); ++i) {
    const auto id = known_[known_.size() - 1 - i];
    if (const auto f = disk_.facts().find(id); f != disk_.facts().end() && f->second.state == job_state::failed)
      return id;
  }
  return std::nullopt;
}

void clients::submit() {
  auto r = std::make_shared<submit_request>();
  const auto n = habits_.batches && w_.chance(0.3) ? 2 + w_.below(4) : 1;
  for (uint64_t i = 0; i < n; ++i)
    r->jobs.push_back(draw_job());
  if (n > 1) {
    r->atomic = w_.chance(0.6);
    if (habits_.dependencies && w_.chance(0.5))
      for (size_t i = 1; i < n; ++i)
        if (w_.chance(0.6))
          r->inner.push_back({i, w_.below(i), draw_condition()});
  }
  if (n > 1 && (r->atomic || !r->inner.empty())) {
    // Its jobs can be told on the disk; those with a key may be another batch's.
    const auto batch = ++last_batch_;
    uint64_t of = 0;
    for (const auto& s : r->jobs)
      of += s.idempotency_key.empty() && !s.unique;
    for (auto& s : r->jobs)
      if (s.idempotency_key.empty() && !s.unique)
        s.payload = blob{R"({"batch":)" + std::to_string(batch) + R"(,"of":)" + std::to_string(of) + R"(,"n":)" +
                         std::to_string(w_.below(1000)) + "}"};
  }
  // The request's jobs are moved from while they are accepted.
  auto asked = std::make_shared<submit_request>(*r);
  scheduler_.post(
    submit_call{std::move(r), answer<submit_answers>{[this, asked](result<submit_answers> a) { told(asked, a); }}});
}

void clients::told(const std::shared_ptr<submit_request>& asked, const result<submit_answers>& a) {
  if (!a)
    return; // refused, or nobody knows
  // The holder of a unique key is an answer that binds no idempotency key to it.
  const bool by_holder = std::any_of(asked->jobs.begin(), asked->jobs.end(), [](const auto& s) { return s.unique; });
  for (size_t i = 0; i < a->size(); ++i) {
    if (!(*a)[i])
      continue;
    const auto& x = *(*a)[i];
    const auto& spec = asked->jobs[i];
    w_.note("accepted " + to_string(x.id));
    if (!spec.idempotency_key.empty() && !(x.duplicate && by_holder)) {
      const auto [k, fresh] = history_.keys.emplace(spec.idempotency_key, x.id);
      const auto before = history_.accepted.find(k->second);
      const bool kept = before != history_.accepted.end() && !before->second.kept.may_be_undone() &&
                        disk_.facts().count(k->second) != 0; // a purge frees it
      if (k->second != x.id && kept)
        throw violation("the key " + spec.idempotency_key + " was answered with " + to_string(k->second) +
                        " and with " + to_string(x.id));
      k->second = x.id;
    }
    history_.accepted.try_emplace(x.id, accepted_job{{x.level}, w_.now(), spec.idempotency_key});
    known_.push_back(x.id);
    if (spec.hold && !x.duplicate && releases_.count(x.id) == 0)
      history_.held.try_emplace(x.id, promise{x.level});
  }
}

schedule_definition clients::draw_schedule() {
  const auto now = scheduler_.clock().wall();
  schedule_definition d;
  d.rules.when = fire_every{w_.between(1s, 4s), now + w_.between(0ms, 2s)};
  d.rules.ends_at = now + w_.between(3s, 30s);
  if (w_.chance(0.4))
    d.rules.jitter = w_.between(1ms, 900ms);
  d.rules.missed = static_cast<catch_up_rule>(w_.below(3));
  d.rules.catch_up_max = static_cast<uint32_t>(1 + w_.below(5));
  d.rules.when_unfinished = static_cast<overlap_rule>(w_.below(4));
  d.job.type = "noop";
  d.job.queue = "q" + std::to_string(w_.below(3));
  d.job.max_retries = static_cast<uint32_t>(w_.below(3));
  d.job.retry = retry_policy{backoff::fixed, 300ms, 1s, false};
  d.job.payload = blob{R"({"at":"${schedule.time}"})"};
  d.job.level = w_.chance(0.3) ? durability::os : durability::fsync;
  if (habits_.holds && w_.chance(0.1))
    d.job.hold = job_hold{};
  if (w_.chance(0.2))
    d.start_within = w_.between(10ms, 2s);
  return d;
}

void clients::use_schedules() {
  constexpr size_t schedules_max = 4;
  const auto nobody = answer<schedule_view>{[](const result<schedule_view>&) {}};
  const auto what = w_.below(10);
  if (schedules_.empty() || (schedules_.size() < schedules_max && w_.chance(0.5))) {
    auto d = draw_schedule();
    d.name = "s" + std::to_string(++last_schedule_);
    schedules_.push_back(d.name);
    return scheduler_.post(schedule_put_call{std::move(d), w_.chance(0.5), {}, nobody});
  }
  const auto at = schedules_.begin() + static_cast<ptrdiff_t>(w_.below(schedules_.size()));
  const auto name = *at;
  using action = schedule_change_call::action;
  if (what < 3) {
    auto d = draw_schedule();
    d.name = name;
    scheduler_.post(schedule_put_call{std::move(d), false, {}, nobody});
  } else if (what < 7) {
    scheduler_.post(schedule_change_call{name, what < 5 ? action::pause : action::resume, nobody});
  } else if (what < 9) {
    scheduler_.post(schedule_run_call{name, answer<submit_answer>{[this](const result<submit_answer>& a) {
                                        if (!a)
                                          return;
                                        history_.accepted.try_emplace(a->id, accepted_job{{a->level}, w_.now(), {}});
                                        known_.push_back(a->id);
                                      }}});
  } else if (w_.chance(0.3)) {
    schedules_.erase(at); // a name that comes again would be another schedule
    scheduler_.post(schedule_change_call{name, action::remove, nobody});
  }
}

const std::vector<limit_target>& clients::all_limits() {
  static const auto all = [] {
    std::vector<limit_target> out{
      {limit_kind::type, "noop", {}}, {limit_kind::type, "other", {}}, {limit_kind::type, pure_type, {}}};
    for (const std::string queue : {"q0", "q1", "q2"}) {
      out.push_back({limit_kind::queue, queue, {}});
      for (const std::string key : {"c0", "c1", "c2"})
        out.push_back({limit_kind::key, queue, key});
    }
    return out;
  }();
  return all;
}

void clients::set_limits() {
  limit_call c;
  const auto what = w_.below(10);
  c.target.kind = what < 5 ? limit_kind::queue : what < 7 || !habits_.lanes ? limit_kind::type : limit_kind::key;
  c.target.name = c.target.kind == limit_kind::type ? (w_.chance(0.3)   ? pure_type
                                                       : w_.chance(0.5) ? "noop"
                                                                        : "other")
                                                    : "q" + std::to_string(w_.below(3));
  if (c.target.kind == limit_kind::key)
    c.target.key = "c" + std::to_string(w_.below(3));
  const auto draw_rate = [this] {
    return rate_limit{static_cast<uint32_t>(1 + w_.below(20)), w_.between(100ms, 3s),
                      static_cast<uint32_t>(1 + w_.below(3))};
  };
  if (w_.chance(0.3)) {
    c.paused = w_.chance(0.3);
  } else {
    auto& r = c.rule.emplace();
    if (c.target.kind != limit_kind::type)
      r.weight = static_cast<uint32_t>(1 + w_.below(3));
    if (w_.chance(0.6))
      r.concurrency = static_cast<uint32_t>(1 + w_.below(3));
    if (w_.chance(0.4))
      r.rate = draw_rate();
    if (c.target.kind == limit_kind::type && w_.chance(0.4))
      r.retry_rate = draw_rate();
    if (c.target.kind == limit_kind::type && w_.chance(0.4))
      r.cache_for = w_.chance(0.3) ? duration{0} : w_.between(100ms, 1s);
    if (c.target.kind == limit_kind::queue && habits_.lanes && w_.chance(0.7)) {
      r.per_key.concurrency = static_cast<uint32_t>(w_.below(3));
      if (w_.chance(0.3))
        r.per_key.rate = draw_rate();
    }
    if (c.target.kind == limit_kind::queue && habits_.preemption && w_.chance(0.8))
      r.preemption = rate_limit{static_cast<uint32_t>(1 + w_.below(20)), w_.between(100ms, 3s), 1};
    if (c.target.kind == limit_kind::queue && w_.chance(0.3)) {
      if (w_.chance(0.7))
        r.waiting_max = 1 + w_.below(20);
      if (r.waiting_max == 0 || w_.chance(0.3))
        r.waiting_bytes_max = 10 + w_.below(200);
      if (w_.chance(0.4))
        r.full_accepts_from = static_cast<uint8_t>(w_.below(10));
      r.sheds = w_.chance(0.6);
    }
  }
  c.reply = answer<limit_view>{[](const result<limit_view>&) {}};
  scheduler_.post(std::move(c));
}

void clients::lift_limits() {
  for (const auto& t : all_limits()) {
    limit_call c;
    c.target = t;
    c.rule.emplace();
    c.reply = answer<limit_view>{[this, t](const result<limit_view>& r) {
      if (r)
        lifted_.insert(t);
    }};
    scheduler_.post(std::move(c));
  }
}

void clients::hold(job_id id, bool held) {
  job_patch p;
  p.held = held;
  if (!held) {
    ++releases_[id];
    history_.held.erase(id);
  }
  scheduler_.post(
    modify_call{id, p, answer<job_ptr>{[this, id, held, releases = releases_[id]](const result<job_ptr>& r) {
                  if (!r || !held || releases_[id] != releases)
                    return;
                  w_.note("held " + to_string(id));
                  history_.held.try_emplace(id, promise{(*r)->spec.level});
                }}});
}

void clients::release_all() {
  if (!scheduler_.up() || !scheduler_.core()->is_recovered())
    return;
  std::vector<job_id> held;
  for (const auto& e : scheduler_.core()->state().index.table().entries())
    if (e.has(job_flag::held))
      held.push_back(e.id);
  for (auto id : held)
    hold(id, false);
}

/// One change at a time for each, so that it is known what an answer is about.
void clients::use_templates() {
  const auto name = "t" + std::to_string(w_.below(3));
  auto& t = templates_[name];
  if (std::exchange(t.asked, true))
    return;
  const bool removes = w_.chance(0.2);
  const auto content = removes ? "" : std::to_string(w_.chance(0.8) ? ++last_definition_ : last_definition_);
  t.may_be.insert(content);
  const auto told = [&t, content](bool done) {
    t.asked = false;
    if (done)
      t.may_be = {content};
  };
  if (removes)
    return scheduler_.post(template_remove_call{
      name, answer<template_head>{[told](const auto& x) { told(x || x.err().code == ec::unknown_template); }}});
  scheduler_.post(template_put_call{{name, template_kind::job, content, "about", blob{content}},
                                    {},
                                    answer<template_change>{[told](const auto& x) { told(static_cast<bool>(x)); }}});
}

void clients::check_templates() const {
  std::map<std::string, std::string> stored;
  for (const auto& h : stored_templates(disk_.db()))
    stored.emplace(h.name, h.digest);
  for (const auto& [name, t] : templates_)
    if (t.may_be.count(stored[name]) == 0)
      throw violation("template " + name + " is '" + stored[name] + "' on the disk, and a client was told '" +
                      *t.may_be.rbegin() + "'");
}

void clients::act() {
  if (habits_.templates && w_.chance(0.05))
    return use_templates();
  if (habits_.holds && w_.chance(0.15))
    if (const auto id = some_job())
      return hold(*id, w_.chance(0.6));
  if ((habits_.limits || habits_.preemption) && w_.chance(0.05))
    return set_limits();
  if (habits_.clock && w_.chance(0.08))
    return use_schedules();
  const auto what = habits_.eager_retries && w_.chance(0.2) ? 1 : w_.below(10);
  auto id = some_job();
  if (what == 1 && habits_.retries)
    if (const auto failed = failed_job())
      id = failed;
  const auto then = [this, id](job_state expected) {
    return answer<job_ptr>{[this, id, expected](result<job_ptr> r) {
      if (r && expected == job_state::cancelled) {
        w_.note("cancelled " + to_string(*id));
        history_.cancelled.try_emplace(*id, promise{(*r)->spec.level});
      }
    }};
  };
  if (id && what == 0 && habits_.cancels)
    scheduler_.post(cancel_call{*id, "", then(job_state::cancelled)});
  else if (id && what == 1 && habits_.retries) {
    history_.retried.insert(*id);
    scheduler_.post(retry_call{*id, then(job_state::retrying)});
  } else if (id && what == 2 && habits_.changes) {
    job_patch p;
    p.priority = static_cast<uint8_t>(w_.below(10));
    if (w_.chance(0.3))
      p.schedule_at = scheduler_.clock().wall() + w_.between(1ms, 4s);
    scheduler_.post(modify_call{*id, p, then(job_state::queued)});
  } else {
    submit();
  }
}

} // namespace callboard::sim
