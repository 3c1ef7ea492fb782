#pragma once

#include "actors/runtime/live_actors.hpp"
#include "messages/actors.hpp"
#include "messages/system_config.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace callboard {

struct registrar_state {
  registrar_state() = default;
  static constexpr const char* name = "registrar";
  worker_supervisor_actor supervisor;
};

/// The door: what is published is this actor and nothing else. A node that wants to join gets a challenge, and passes
/// when the key of a certificate has signed it that was issued to the name, which the supervisor checks; see
/// docs/operations.md for what that keeps out. Ends with the supervisor. Never detached: what the network still holds
/// of a published actor when the system ends keeps its thread waiting for ever (CAF 0.17).
registrar_actor::behavior_type registrar(observed_pointer<registrar_actor, registrar_state> self,
                                         worker_supervisor_actor supervisor);

/// What is wrong with the proof of a node that is no local worker, or nothing; a local worker shows a secret that only
/// the supervisor knows. Reads the trusted certificates and the revocation list anew. @param tls  the scheduler's own
std::optional<error> check_proof(const tls_files& tls, const node_joins& x);

/// What is wrong with a registration, or nothing.
std::optional<error> check_registration(const worker_registration& r);

} // namespace callboard
