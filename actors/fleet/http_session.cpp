#include "actors/fleet/http_session.hpp"

#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

namespace {

using self_pointer = http_workers_pointer;
using session = http_session;

/// The supervisor waits until the queue manager is there; a client asks again much sooner.
constexpr std::chrono::seconds admission_patience{60};

void set_alarm(self_pointer self, session& s) {
  auto& st = self->state;
  auto at = std::min(s.book.next_due(), s.claim ? s.claim_until : steady_point::max());
  if (s.link && s.book.stuck())
    at = std::min({at, s.kept_up_at + s.heartbeat, s.lease_end});
  if (at == s.alarm)
    return;
  st.alarms.erase({s.alarm, s.token});
  s.alarm = at;
  if (at != steady_point::max())
    st.alarms.emplace(at, s.token);
}

void leave_if_over(self_pointer self, session& s) {
  if (!s.leaving || !s.book.empty() || !s.link || std::exchange(s.left, true))
    return;
  const auto over = [self, token = s.token] {
    if (auto* gone = find_session(self, token)) {
      gone->leaving.deliver(done{});
      drop(self, token, no_session());
    }
  };
  self->request(s.link, caf::duration{admission_patience}, leave_atom{}, s.registration.boot_epoch)
    .then([over](caf::ok_atom) { over(); }, [over](caf::error&) { over(); });
}

/// An attempt is over its time and does not stop. The lease of the client is not renewed any more, so it is dead when
/// that has run out; until then its proxy is kept up, so that the attempt ends as timed out and not as lost.
void give_up_when_due(self_pointer self, session& s, const moment& now) {
  if (now.steady < s.lease_end) {
    if (now.steady >= s.kept_up_at + s.heartbeat) {
      s.kept_up_at = now.steady;
      self
        ->request(s.link, caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(s.lease)}, beat_atom{},
                  load_of(s))
        .then([](caf::ok_atom) {}, [](caf::error&) {});
    }
    return;
  }
  s.book.give_up(now);
  auto report = s.book.take_report();
  report.boot_epoch = s.registration.boot_epoch;
  self->send(s.link, std::move(report));
  self->send(caf::actor_cast<worker_proxy_actor>(s.link), stop_atom{}, std::string{"it did not stop an attempt"});
  drop(self, s.token, no_session());
}

void joined(self_pointer self, session& s, const welcome& w, worker_link_actor link,
            const answer<work_session>& reply) {
  auto& st = self->state;
  s.link = std::move(link);
  st.by_link.emplace(s.link.address(), s.token);
  self->monitor(s.link);
  s.lease = duration{w.lease_us};
  s.heartbeat = duration{w.heartbeat_us};
  s.lease_end = time_source::steady(self) + s.lease;
  s.told_taking = true;
  s.registration.again = true;
  // It may get work from now on.
  self->send(st.options.admission, node_welcomed{s.link});
  s.book.tell_again(now_of(self));
  const auto& config = *st.options.config;
  reply.deliver(work_session{s.registration.name, s.token, s.heartbeat, s.lease, config.workers.kill_grace,
                             claim_wait_max(config)});
  follow_up(self, s);
}

} // namespace

node_load load_of(const session& s) {
  const auto n = s.book.count();
  node_load l;
  l.boot_epoch = s.registration.boot_epoch;
  l.running = n.running;
  l.waiting = n.waiting;
  l.unacknowledged = n.ended;
  return l;
}

moment now_of(self_pointer self) {
  return {self->state.options.clock.now(self), time_source::steady(self)};
}

session* find_session(self_pointer self, const std::string& token) {
  auto& sessions = self->state.sessions;
  const auto i = sessions.find(token);
  return i == sessions.end() ? nullptr : &i->second;
}

error no_session() {
  return {ec::unknown_worker,
          "there is no such session: its lease ran out, or the scheduler was started anew; register again, with the "
          "attempts that are still here",
          "session"};
}

duration claim_wait_max(const settings& s) {
  return std::min(s.http_workers.wait_max, s.jobs.request_timeout / 2);
}

void arm(self_pointer self) {
  auto& st = self->state;
  const auto first = st.alarms.empty() ? steady_point::max() : st.alarms.begin()->first;
  if (first == st.armed_for || first == steady_point::max())
    return;
  st.armed_for = first;
  self->send(st.options.timekeeper, wake_request{first, caf::actor_cast<caf::actor>(self)});
}

void drop(self_pointer self, const std::string& token, const error& why) {
  auto& st = self->state;
  const auto i = st.sessions.find(token);
  if (i == st.sessions.end())
    return;
  auto& s = i->second;
  s.claim.deliver(why);
  for (auto& [fence, reply] : s.outcomes)
    reply.deliver(why);
  s.leaving.deliver(why);
  st.alarms.erase({s.alarm, token});
  if (s.link)
    st.by_link.erase(s.link.address());
  st.sessions.erase(i);
}

void answer_claim(session& s, std::vector<claimed_attempt> got) {
  if (s.claim && got.empty())
    s.book.close_claim(s.asked.number);
  std::exchange(s.claim, {}).deliver(claim_answer{std::move(got), s.book.news()});
}

void follow_up(self_pointer self, session& s) {
  const auto now = now_of(self);
  s.book.on_time(now);
  if (s.claim) {
    auto got = s.book.claim(s.asked.number, s.asked.max, now);
    if (!got)
      std::exchange(s.claim, {}).deliver(std::move(got).err());
    else if (!got->empty() || now.steady >= s.claim_until)
      answer_claim(s, std::move(*got));
  }
  if (s.link) {
    // First: what goes back is not to come here again.
    if (std::exchange(s.told_taking, s.book.takes_work()) != s.book.takes_work())
      self->send(caf::actor_cast<worker_proxy_actor>(s.link), claim_atom{}, s.book.takes_work());
    if (auto r = s.book.take_report();
        !r.started.empty() || !r.ended.empty() || !r.progress.empty() || !r.checkpoints.empty() || !r.logs.empty()) {
      r.boot_epoch = s.registration.boot_epoch;
      self->send(s.link, std::move(r));
    }
    leave_if_over(self, s);
  }
  const auto token = s.token;
  if (s.link && s.book.stuck())
    give_up_when_due(self, s, now);
  if (auto* there = find_session(self, token))
    set_alarm(self, *there);
  arm(self);
}

void join(self_pointer self, session& s, answer<work_session> reply) {
  auto& st = self->state;
  node_joins x;
  x.registration = s.registration;
  x.registration.held = s.book.held();
  x.node = worker_node_actor{self};
  x.over_http = true;
  self->request(st.options.admission, caf::duration{admission_patience}, std::move(x))
    .then(
      [self, token = s.token, reply](welcome& w, worker_link_actor& link) {
        if (auto* there = find_session(self, token))
          return joined(self, *there, w, std::move(link), reply);
        self->send(caf::actor_cast<worker_proxy_actor>(link), stop_atom{}, std::string{"its session is over"});
      },
      [self, token = s.token, reply](caf::error& e) {
        auto why = from_caf(e);
        reply.deliver(why);
        drop(self, token, no_session());
      });
}

} // namespace callboard
