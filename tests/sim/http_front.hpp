#pragma once

#include "core/base/answer.hpp"
#include "core/job/work_requests.hpp"
#include "tests/sim/sim_worker.hpp"

#include <map>
#include <memory>

namespace callboard::sim {

class scheduler_process;
class http_session;

/// What the scheduler's process has for workers over HTTP: one session for each, as actors/fleet/http_workers.hpp.
class http_front {
public:
  http_front(world& w, scheduler_process& s, history& h, const weather& sky);
  ~http_front();

  // -- requests, as they arrive
  void sign_up(sign_up_request r, sim_worker& from, const answer<work_session>& reply);
  void claim(claim_request r, const answer<claim_answer>& reply);
  void renew(const session_request& r, const answer<work_news>& reply);
  void end(outcome_request r, const answer<done>& reply);
  void note(progress_request r, const answer<work_news>& reply);
  void leave(const session_request& r, const answer<done>& reply);

  /// The answer to a claim has arrived at its worker. Nobody tells the scheduler that: it is for the checks.
  void has_arrived(const std::string& token, uint64_t claim);
  /// The session is over.
  void drop(const std::string& token);
  /// The scheduler's process is gone, and all sessions with it.
  void forget();

private:
  /// Null, and the error is given, when there is no session of that token, or it has not joined yet.
  template <class T>
  http_session* joined(const std::string& token, const answer<T>& reply);

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  const weather& sky_;
  std::map<std::string, std::unique_ptr<http_session>> sessions_; ///< by token
  /// Of this process: what is on its way to them is let in vain.
  std::vector<std::unique_ptr<http_session>> over_;
};

} // namespace callboard::sim
