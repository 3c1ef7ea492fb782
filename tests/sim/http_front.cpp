#include "tests/sim/http_front.hpp"

#include "tests/sim/http_session.hpp"

namespace callboard::sim {

http_front::http_front(world& w, scheduler_process& s, history& h, const weather& sky)
  : w_(w), scheduler_(s), history_(h), sky_(sky) {
}
http_front::~http_front() = default;

template <class T>
http_session* http_front::joined(const std::string& token, const answer<T>& reply) {
  const auto i = sessions_.find(token);
  if (i == sessions_.end())
    reply.deliver(error{ec::unknown_worker, "there is no such session"});
  else if (!i->second->has_joined())
    reply.deliver(error{ec::starting, "this worker is about to join"});
  else
    return i->second.get();
  return nullptr;
}

void http_front::sign_up(sign_up_request r, sim_worker& from, const answer<work_session>& reply) {
  // The same process again: its answer got lost, or it was cut off. What it has not brought along, it has not.
  for (const auto& [token, s] : sessions_)
    if (s->is_of(r.registration)) {
      if (!s->has_joined())
        return reply.deliver(error{ec::starting, "this worker is about to join"});
      if (s->is_older(r))
        return reply.deliver(error{ec::invalid_state, "this registration was overtaken by a later one"});
      drop(std::string{token});
      break;
    }
  auto token = "session " + std::to_string(w_.below(UINT64_MAX));
  auto& s = sessions_[token];
  s = std::make_unique<http_session>(w_, scheduler_, history_, sky_, token, from, std::move(r));
  s->join(reply);
}

void http_front::claim(claim_request r, const answer<claim_answer>& reply) {
  if (auto* s = joined(r.session, reply))
    s->claim(std::move(r), reply);
}

void http_front::renew(const session_request& r, const answer<work_news>& reply) {
  if (auto* s = joined(r.session, reply))
    s->renew(reply);
}

void http_front::end(outcome_request r, const answer<done>& reply) {
  if (auto* s = joined(r.session, reply))
    s->end(std::move(r), reply);
}

void http_front::note(progress_request r, const answer<work_news>& reply) {
  if (auto* s = joined(r.session, reply))
    s->note(std::move(r), reply);
}

void http_front::leave(const session_request& r, const answer<done>& reply) {
  if (auto* s = joined(r.session, reply))
    s->leave(reply);
}

void http_front::has_arrived(const std::string& token, uint64_t claim) {
  if (const auto i = sessions_.find(token); i != sessions_.end())
    i->second->has_arrived(claim);
}

void http_front::drop(const std::string& token) {
  const auto i = sessions_.find(token);
  if (i == sessions_.end())
    return;
  i->second->close();
  over_.push_back(std::move(i->second));
  sessions_.erase(i);
}

void http_front::forget() {
  sessions_.clear();
  over_.clear();
}

} // namespace callboard::sim
