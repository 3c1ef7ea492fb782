#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/scheduler/claim_book.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace callboard {

struct http_workers_options {
  std::shared_ptr<const settings> config;
  admission_actor admission;
  timekeeper_actor timekeeper;
  time_source clock = time_source::system();
};

/// Stands for all workers that join over the REST interface (docs/http-workers.md). Each has a session: a book of what
/// it was given, and a worker proxy, which takes this actor for the node. So the scheduler sees a worker like any
/// other. What a client waits for is an answer that is kept here: its claim, and the commit of its outcomes.
///
/// The lease is the proxy's. A heartbeat of the client is passed on to it, and answered when the proxy has renewed.
struct http_workers_state {
  http_workers_state() = default;
  static constexpr const char* name = "http-workers";

  struct session {
    session(std::string t, worker_registration r, claim_book b)
      : token(std::move(t)), registration(std::move(r)), book(std::move(b)) {
    }
    const std::string token;
    worker_registration registration;
    claim_book book;
    worker_link_actor link; ///< null while it joins
    bool told_taking = true;
    answer<claim_answer> claim; ///< of the client that waits for attempts
    claim_request asked;
    steady_point claim_until = steady_point::max();
    std::map<uint64_t, answer<done>> outcomes; ///< by fence: who waits for the commit
    answer<done> leaving;
    bool left = false;        ///< its proxy was told
    steady_point lease_end{}; ///< as the client can count it at most
    duration lease{0}, heartbeat{0};
    steady_point kept_up_at{}; ///< stuck: when its proxy was last told that it lives
    steady_point alarm = steady_point::max();
  };

  http_workers_options options;
  bool open = false;
  std::map<std::string, session> sessions; ///< by token
  std::map<caf::actor_addr, std::string> by_link;
  std::set<std::pair<steady_point, std::string>> alarms;
  steady_point armed_for = steady_point::max();
};

http_workers_actor::behavior_type http_workers(observed_pointer<http_workers_actor, http_workers_state> self,
                                               http_workers_options options);

/// Whether workers may join over the REST interface.
bool accepts_http_workers(const settings& s);

} // namespace callboard
