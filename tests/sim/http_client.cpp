#include "tests/sim/http_client.hpp"

#include "tests/sim/http_session.hpp"

#include <algorithm>

namespace callboard::sim {

using namespace std::chrono_literals;

http_client::http_client(world& w, scheduler_process& s, history& h, const weather& sky, worker_traits t)
  : sim_worker(w, std::move(t)), w_(w), scheduler_(s), history_(h), sky_(sky), name_(traits().name),
    lease_(w, clock(), life_, [this](const stamp& renewed) { on_lease_over(renewed); }),
    line_(w, s, sky, *this, life_) {
}

// -- its process ------------------------------------------------------------------------------------------------------

void http_client::start() {
  if (std::exchange(up_, true))
    return;
  instance_ = 1 + w_.below(UINT64_MAX - 1);
  sign_ups_ = 0;
  careful_ = w_.chance(0.5);
  w_.after(w_.between(0ms, 200ms), life_, "a worker begins", [this] { sign_up(); });
}

void http_client::crash() {
  end_process("is dead");
}

void http_client::end_process(const char* why) {
  if (!std::exchange(up_, false))
    return;
  disturb(w_.now());
  for (auto& [f, h] : held_)
    if (h.run && !h.ended)
      history_.attempts[*h.run].ended = asleep_since_.value_or(w_.now()); // a sleeper has done nothing since
  asleep_since_.reset();
  history_.asleep.erase(name_);
  held_.clear();
  life_.end();
  line_.forget();
  lease_.forget();
  token_.clear();
  ++session_;
  joining_ = claiming_ = leaving_ = goodbye_ = false;
  w_.note(name_ + " " + why);
  w_.after(w_.between(50ms, 3s), "a worker starts", [this] { start(); });
}

/// Nothing happens in it meanwhile. What runs at the end of the lease is killed by the guard, which sleeps only with
/// the machine.
void http_client::doze(duration d, bool machine_sleeps) {
  if (!up_ || asleep_since_)
    return;
  w_.note(name_ + (machine_sleeps ? "'s machine is suspended" : " is stopped"));
  disturb(w_.now() + d);
  asleep_since_ = w_.now();
  history_.asleep.insert(name_);
  life_.doze_until(w_.now() + d);
  for (auto& [f, h] : held_)
    h.alive.doze_until(w_.now() + d);
  const auto too_late = [this] {
    const bool running = std::any_of(held_.begin(), held_.end(), [](const auto& h) { return !h.second.ended; });
    return running && lease_.granted() && lease_.left(own_lease::kill_percent) <= duration{0};
  };
  const auto wake = [this, machine_sleeps, too_late, who = life_.token(), asleep = clock().boot()] {
    if (!who->alive)
      return;
    if (machine_sleeps)
      clock().woke(asleep);
    if (too_late())
      return crash();
    asleep_since_.reset();
    history_.asleep.erase(name_);
  };
  w_.after(d - duration{1}, "a worker wakes up", wake);
  const auto left = std::max(clock().true_time(lease_.left(own_lease::kill_percent)) + duration{1}, duration{0});
  if (!machine_sleeps && lease_.granted() && left < d)
    w_.after(left, "the guard looks at a worker", [this, too_late, who = life_.token()] {
      if (who->alive && too_late())
        crash();
    });
}

void http_client::stop_for(duration d) {
  doze(d, false);
}

void http_client::suspend_for(duration d) {
  doze(d, true);
}

void http_client::cut() {
  disturb(w_.now() + 2s); // when it is noticed
  line_.cut();
}

void http_client::stall(duration d, bool to_worker, bool to_scheduler) {
  line_.stall(d, to_worker, to_scheduler);
  if (to_worker || to_scheduler)
    disturb(w_.now() + d);
}

void http_client::isolate_until(duration t) {
  line_.isolate_until(t);
  disturb(t);
  cut();
}

void http_client::lose_scheduler() {
  disturb(w_.now());
  line_.cut();
}

void http_client::behave() {
  well_behaved_ = true;
  line_.behave();
}

/// Everything that runs is stopped at 80 % of the lease; what does not stop dies with the process.
void http_client::on_lease_over(const stamp& renewed) {
  history_.lapsed.push_back(
    {name_, "the worker", w_.now(), renewed.truly, disturbed_until(), history_.clock_set >= renewed.truly});
  std::vector<fence_value> running;
  bool hangs = false;
  for (const auto& [f, h] : held_) {
    if (!h.ended && !h.hangs)
      running.push_back(f);
    hangs = hangs || (h.hangs && !h.ended);
  }
  for (auto f : running)
    stop(f);
  if (hangs)
    w_.after(clock().true_time(lease_.left(own_lease::kill_percent)), life_, "the guard looks at a worker", [this] {
      if (lease_.left(own_lease::kill_percent) <= duration{0})
        crash();
    });
}

// -- its session ------------------------------------------------------------------------------------------------------

duration http_client::patience() {
  return w_.between(sky_.message_max * 6 + 20ms, 2s);
}

duration http_client::pause() {
  return w_.between(10ms, 600ms);
}

void http_client::sign_up() {
  if (goodbye_ || std::exchange(joining_, true))
    return;
  token_.clear();
  ++session_;
  claiming_ = false;
  for (auto& [f, h] : held_)
    h.asking = false;
  sign_up_request r;
  r.registration = registration_of(traits(), instance_, sky_);
  r.number = ++sign_ups_;
  r.registration.again = r.number > 1;
  for (const auto& [f, h] : held_) {
    r.registration.held.push_back({h.order.job, f, h.order.number, h.started.time_since_epoch().count()});
    r.left.push_back(std::max(h.deadline - clock().steady(), steady_point::duration{0}));
  }
  const auto sent = lease_.now();
  line_.ask<work_session>(
    "register", patience(),
    [this, r](const answer<work_session>& reply) { scheduler_.http().sign_up(r, *this, reply); },
    [this, sent](const result<work_session>& s) { on_signed_up(s, sent); });
}

void http_client::on_signed_up(const result<work_session>& r, const stamp& sent) {
  joining_ = false;
  if (!r)
    return w_.after(pause(), life_, "register again", [this] { sign_up(); });
  token_ = r->token;
  claim_number_ = 1;
  unanswered_ = false;
  lease_.renew(sent, r->lease);
  std::vector<fence_value> all;
  for (auto& [f, h] : held_) {
    // The session before may have lost what the scheduler had heard.
    h.told = h.log.first;
    h.checkpoint_told = h.saves == 0;
    all.push_back(f);
  }
  for (auto f : all)
    tell(f);
  leave_if_over();
  w_.after(clock().true_time(sky_.heartbeat), life_, "time to beat", [this, s = session_] {
    if (s == session_)
      beat();
  });
  claim();
}

bool http_client::still_known(const error& e) {
  if (e.code != ec::unknown_worker)
    return true;
  sign_up();
  return false;
}

void http_client::beat() {
  if (token_.empty())
    return;
  line_.ask<work_news>(
    "heartbeat", patience(),
    [this, r = session_request{token_}](const answer<work_news>& reply) { scheduler_.http().renew(r, reply); },
    [this, s = session_, sent = lease_.now()](const result<work_news>& n) {
      if (s != session_)
        return;
      if (n) {
        lease_.renew(sent, sky_.lease);
        follow(*n);
        claim();
      } else if (!still_known(n.err())) {
        return;
      } else if (n.err().code == ec::invalid_state) {
        // Something neither ends nor stops: this process shall end. If it cannot, the guard sees to that.
        disturb(w_.now());
        if (w_.chance(0.5))
          return crash();
      }
      w_.after(clock().true_time(sky_.heartbeat), life_, "time to beat", [this, s] {
        if (s == session_)
          beat();
      });
    });
}

void http_client::claim_later(duration d) {
  w_.after(d, life_, "time to claim", [this] { claim(); });
}

void http_client::claim() {
  uint32_t running = 0;
  for (const auto& [f, h] : held_)
    running += !h.ended;
  if (token_.empty() || claiming_ || !lease_.has() || running >= traits().slots)
    return;
  // One that was sent and not answered may have begun something.
  if (goodbye_ || (leaving_ && !unanswered_))
    return;
  claiming_ = unanswered_ = true;
  const claim_request r{token_, claim_number_, traits().slots - running, w_.between(0ms, 2s)};
  line_.ask<claim_answer>(
    "claim", r.wait + patience(), [this, r](const answer<claim_answer>& reply) { scheduler_.http().claim(r, reply); },
    [this, s = session_](result<claim_answer> got) {
      if (s == session_) // else those jobs are not this worker's any more
        on_claimed(std::move(got));
    });
}

void http_client::on_claimed(result<claim_answer> r) {
  claiming_ = false;
  if (!r) {
    if (still_known(r.err()))
      claim_later(pause()); // the same claim again: what its answer would have brought is in the next one
    return;
  }
  scheduler_.http().has_arrived(token_, claim_number_);
  ++claim_number_;
  unanswered_ = false;
  for (const auto& x : r->attempts)
    take_over(x);
  follow(r->news);
  // One that dawdles is kept back until it claims again.
  if (!well_behaved_ && w_.chance(0.05))
    return claim_later(w_.between(0ms, 4s));
  claim();
}

void http_client::follow(const work_news& n) {
  for (const auto& s : n.stops) {
    auto* h = find(s.attempt.fence);
    if (h == nullptr || h->ended || h->hangs || std::exchange(h->stopping, s.why != stop_reason::soft_timeout))
      continue;
    const auto f = s.attempt.fence;
    if (s.why == stop_reason::soft_timeout && !w_.chance(0.7))
      continue;
    w_.after(w_.chance(0.5) ? duration{0} : w_.between(1ms, 300ms), h->alive, "an attempt heeds a stop", [this, f] {
      if (w_.chance(0.2))
        end(f, outcome_kind::succeeded); // it was about to
      else
        stop(f);
    });
  }
  if (n.draining && !std::exchange(leaving_, true))
    leave_if_over();
}

// -- its end ----------------------------------------------------------------------------------------------------------

void http_client::leave() {
  if (!up_ || asleep_since_ || std::exchange(leaving_, true))
    return;
  w_.note(name_ + " is about to leave");
  if (std::any_of(held_.begin(), held_.end(), [](const auto& h) { return h.second.hangs && !h.second.ended; }))
    return crash();   // nothing else ends that
  if (w_.chance(0.5)) // at once
    for (auto& [f, h] : held_)
      if (!h.ended)
        cease(h, std::nullopt);
  if (token_.empty() || std::any_of(held_.begin(), held_.end(), [](const auto& h) { return !h.second.ended; }))
    return leave_if_over();
  // What it had is given back by that.
  held_.clear();
  say_goodbye(3);
}

void http_client::leave_if_over() {
  if (leaving_ && !goodbye_ && held_.empty() && !token_.empty())
    say_goodbye(3);
}

/// Some never hear that they may go.
void http_client::say_goodbye(int tries) {
  goodbye_ = true;
  if (tries == 0)
    return end_process("has left unheard");
  line_.ask<done>(
    "leave", patience(),
    [this, r = session_request{token_}](const answer<done>& reply) { scheduler_.http().leave(r, reply); },
    [this, tries](const result<done>& r) {
      if (r || r.err().code == ec::unknown_worker)
        return end_process("has left");
      w_.after(pause(), life_, "leave again", [this, tries] { say_goodbye(tries - 1); });
    });
}

} // namespace callboard::sim
