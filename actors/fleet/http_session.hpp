#pragma once

#include "actors/fleet/http_workers.hpp"

#include <string>
#include <vector>

namespace callboard {

// What happens within one session of a worker over HTTP. In the context of the actor of all of them.

using http_workers_pointer = observed_pointer<http_workers_actor, http_workers_state>;
using http_session = http_workers_state::session;

/// Both clocks.
moment now_of(http_workers_pointer self);

/// Null: there is none of that token.
http_session* find_session(http_workers_pointer self, const std::string& token);

/// Has the worker supervisor make a worker proxy for it. @param reply  to the client; none when a proxy has ended
void join(http_workers_pointer self, http_session& s, answer<work_session> reply);

/// Answers the claim that waits, if one does. @param got  what it gets
void answer_claim(http_session& s, std::vector<claimed_attempt> got = {});

/// What follows from whatever has happened to the session: reports, the answer to a claim, the next alarm. May end it.
void follow_up(http_workers_pointer self, http_session& s);

/// Has the timekeeper wake the actor when the first of all sessions needs it.
void arm(http_workers_pointer self);

/// The session is over; whoever waits for something of it is told so.
void drop(http_workers_pointer self, const std::string& token, const error& why);

/// The longest wait of a claim.
duration claim_wait_max(const settings& s);

error no_session();

/// What its heartbeats tell.
node_load load_of(const http_session& s);

} // namespace callboard
