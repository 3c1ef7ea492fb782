#include "actors/fleet/http_workers.hpp"

#include "actors/fleet/http_session.hpp"
#include "actors/fleet/registrar.hpp"
#include "actors/runtime/log.hpp"
#include "config/host_port.hpp"
#include "core/base/hex.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <variant>

#include "pki/node_proof.hpp"

namespace callboard {

namespace {

using self_pointer = http_workers_pointer;
using session = http_session;

error joining() {
  return {ec::starting, "this worker is about to join; try again"};
}

error overtaken(uint64_t number) {
  return {ec::invalid_state,
          "registration " + std::to_string(number) +
            " came after a later one of this process, which counts; number them in the order in which they are sent",
          "number"};
}

claim_rules rules_of(const settings& s, const worker_registration& r) {
  return {r.slots,
          s.http_workers.claim_within,
          s.workers.prefetch_return,
          s.workers.kill_grace,
          s.http_workers.stop_grace,
          s.workers.log_lines_max};
}

session* of_sender(self_pointer self) {
  const auto& links = self->state.by_link;
  const auto i = links.find(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  return i == links.end() ? nullptr : find_session(self, i->second);
}

/// Null, and the error is given, when there is no session of that token, or it has not joined yet.
template <class Call>
session* joined_session(self_pointer self, const Call& c) {
  auto* s = find_session(self, c.request.session);
  if (s == nullptr)
    c.reply.deliver(no_session());
  else if (!s->link)
    c.reply.deliver(joining());
  else
    return s;
  return nullptr;
}

void on(self_pointer self, sign_up_call& c) {
  auto& st = self->state;
  auto& r = c.request.registration;
  const auto refuse = [&](error e) {
    log().warn("worker {} over HTTP was refused: {}", r.name, e.message);
    c.reply.deliver(std::move(e));
  };
  if (!st.open)
    return refuse({ec::registration_refused, "workers do not join over HTTP here (http_workers.accept is " +
                                               st.options.config->http_workers.accept + ", http.listen is " +
                                               st.options.config->http.listen + ")"});
  r.protocol = protocol_version;
  r.local = false;
  r.guardian = r.boot_epoch; // of nobody else
  if (auto e = check_registration(r))
    return refuse(std::move(*e));
  // The same process again: its answer got lost, or it was cut off. What it has not brought along, it has not.
  for (auto& [token, s] : st.sessions)
    if (s.registration.name == r.name && s.registration.boot_epoch == r.boot_epoch) {
      if (!s.link)
        return c.reply.deliver(joining());
      if (s.book.is_older(c.request))
        return refuse(overtaken(c.request.number));
      drop(self, token, no_session());
      break;
    }
  if (st.sessions.size() >= st.options.config->http_workers.sessions_max)
    return refuse(
      {ec::overloaded, "there are as many workers over HTTP as there may be (http_workers.sessions_max is " +
                         std::to_string(st.options.config->http_workers.sessions_max) + ")"});
  auto secret = make_secret();
  if (!secret)
    return refuse(std::move(secret).err());
  auto token = to_hex(*secret);
  claim_book book{rules_of(*st.options.config, r), c.request, now_of(self)};
  const auto [i, fresh] = st.sessions.emplace(token, session{token, std::move(r), std::move(book)});
  join(self, i->second, c.reply);
}

// -- what clients ask ------------------------------------------------------------------------------------------------

void on(self_pointer self, claim_call& c) {
  auto* s = joined_session(self, c);
  if (s == nullptr)
    return;
  const auto now = now_of(self);
  auto got = s->book.claim(c.request.number, c.request.max, now);
  if (!got) // what waits already is a later claim
    return c.reply.deliver(std::move(got).err());
  // One that waits already is the same again, or one that its client has given up. It is not answered with nothing:
  // that would be the answer to this one, too.
  std::exchange(s->claim, {})
    .deliver(error{ec::internal_timeout, "the same claim was sent again meanwhile, and that request is answered"});
  s->asked = std::move(c.request);
  s->claim_until = now.steady + std::min(s->asked.wait, claim_wait_max(*self->state.options.config));
  if (got->empty() && !s->book.is_closed(s->asked.number))
    s->claim = std::move(c.reply);
  else
    c.reply.deliver(claim_answer{std::move(*got), s->book.news()});
  follow_up(self, *s);
}

void on(self_pointer self, renew_call& c) {
  auto* s = joined_session(self, c);
  if (s == nullptr)
    return;
  if (s->book.stuck())
    return c.reply.deliver(error{ec::invalid_state,
                                 "the lease is not renewed any more, because an attempt that is over its time has "
                                 "neither ended nor stopped; end this process"});
  const auto sent = time_source::steady(self);
  self
    ->request(s->link, caf::duration{std::chrono::duration_cast<std::chrono::milliseconds>(s->lease)}, beat_atom{},
              load_of(*s))
    .then(
      [self, token = s->token, reply = c.reply, sent](caf::ok_atom) {
        auto* there = find_session(self, token);
        if (there == nullptr)
          return reply.deliver(no_session());
        there->lease_end = std::max(there->lease_end, sent + there->lease);
        there->book.on_time(now_of(self));
        reply.deliver(there->book.news());
        follow_up(self, *there);
      },
      [reply = c.reply](caf::error&) { reply.deliver(joining()); });
}

void on(self_pointer self, outcome_call& c) {
  auto* s = joined_session(self, c);
  if (s == nullptr)
    return;
  const auto fence = c.request.end.fence;
  const auto said = s->book.end(std::move(c.request.end), now_of(self));
  if (!said)
    return c.reply.deliver(said.err());
  if (*said == claim_book::told::settled)
    return c.reply.deliver(done{});
  auto& waiter = s->outcomes[fence];
  waiter.deliver(
    error{ec::internal_timeout, "the same outcome was sent again meanwhile, and that request is answered"});
  waiter = std::move(c.reply);
  follow_up(self, *s);
}

void on(self_pointer self, progress_call& c) {
  auto* s = joined_session(self, c);
  if (s == nullptr)
    return;
  if (auto e = s->book.note(std::move(c.request), now_of(self)))
    return c.reply.deliver(std::move(*e));
  c.reply.deliver(s->book.news());
  follow_up(self, *s);
}

void on(self_pointer self, leave_call& c) {
  auto* s = joined_session(self, c);
  if (s == nullptr)
    return;
  s->book.release_all(now_of(self));
  answer_claim(*s);
  s->leaving.deliver(error{ec::internal_timeout, "the worker has sent this again, and that request is answered"});
  s->leaving = std::move(c.reply);
  follow_up(self, *s);
}

// -- what the proxies say --------------------------------------------------------------------------------------------

void on_orders(self_pointer self, node_orders& orders) {
  auto* s = of_sender(self);
  if (s == nullptr)
    return;
  const auto now = now_of(self);
  for (const auto& a : orders.acknowledged) {
    s->book.acknowledge(a);
    if (auto waiter = s->outcomes.extract(a.fence))
      waiter.mapped().deliver(done{});
  }
  s->book.run(std::move(orders.run), now);
  for (const auto& a : orders.cancelled)
    s->book.cancel(a, now);
  for (const auto& a : orders.preempted)
    s->book.preempt(a, now);
  follow_up(self, *s);
}

void on_drain(self_pointer self, int64_t grace_us) {
  auto* s = of_sender(self);
  if (s == nullptr)
    return;
  s->book.drain(duration{grace_us}, now_of(self));
  answer_claim(*s);
  follow_up(self, *s);
}

void on_down(self_pointer self, const caf::down_msg& x) {
  auto& st = self->state;
  const auto i = st.by_link.find(x.source);
  if (i == st.by_link.end())
    return;
  const auto token = i->second;
  st.by_link.erase(i);
  auto* s = find_session(self, token);
  s->link = nullptr;
  // Gone by its lease, or because it left; anything else was the end of that actor only.
  if (x.reason == caf::exit_reason::normal)
    return drop(self, token, no_session());
  s->left = false;
  join(self, *s, {});
}

void on_wake(self_pointer self) {
  auto& st = self->state;
  st.armed_for = steady_point::max();
  const auto now = time_source::steady(self);
  std::vector<std::string> due;
  for (const auto& [at, token] : st.alarms) {
    if (at > now)
      break;
    due.push_back(token);
  }
  for (const auto& token : due)
    if (auto* s = find_session(self, token))
      follow_up(self, *s);
  arm(self);
}

actor_facts facts_of(self_pointer self) {
  const auto& st = self->state;
  actor_facts f{{"open", st.open ? "true" : "false"}, {"sessions", std::to_string(st.sessions.size())}};
  for (const auto& [token, s] : st.sessions) {
    const auto n = s.book.count();
    f.emplace_back("worker " + s.registration.name,
                   std::string{s.link ? "joined" : "joining"} + ", " + std::to_string(n.running) + " running, " +
                     std::to_string(n.waiting) + " not claimed, " + std::to_string(n.ended) + " not acknowledged" +
                     (s.claim ? ", claims" : "") + (s.book.draining() ? ", draining" : "") +
                     (s.book.stuck() ? ", stuck" : ""));
  }
  return f;
}

} // namespace

bool accepts_http_workers(const settings& s) {
  if (s.http_workers.accept != "loopback")
    return s.http_workers.accept == "on";
  const auto at = parse_host_port(s.http.listen);
  return at && (at->host == "localhost" || at->host == "::1" || at->host.starts_with("127."));
}

http_workers_actor::behavior_type http_workers(self_pointer self, http_workers_options options) {
  auto& init = self->state;
  self->show_as("http-workers", "root", [self] { return facts_of(self); });
  init.options = std::move(options);
  init.open = accepts_http_workers(*init.options.config);
  self->set_down_handler([self](caf::down_msg& x) { on_down(self, x); });
  return {
    [self](node_orders& orders) { on_orders(self, orders); },
    [self](drain_atom, int64_t grace_us) { on_drain(self, grace_us); },
    [](prove_atom, const std::string&) -> caf::result<node_proof> {
      return to_caf({ec::invalid_state, "a worker over HTTP proves nothing"});
    },
    [](view_atom, const std::string&) { return node_dump{}; },
    [self](work_call& call) { std::visit([self](auto& c) { on(self, c); }, call); },
    [self](wake_atom) { on_wake(self); },
  };
}

} // namespace callboard
