#pragma once

#include "actors/runtime/live_actors.hpp"
#include "messages/actors.hpp"
#include "messages/system_config.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>

namespace callboard {

struct registrar_options {
  worker_supervisor_actor supervisor;
  tls_files tls; ///< the scheduler's own: whom it trusts, and its certificate
};

struct registrar_state {
  registrar_state() = default;
  static constexpr const char* name = "registrar";
  registrar_options options;
};

/// The door: what is published is this actor and nothing else. A node that wants to join gets a challenge, and passes
/// when the key of a certificate has signed it that was issued to the name; see docs/operations.md for what that keeps
/// out. Detached: it reads the trusted certificates and the revocation list anew for each. Ends with the supervisor.
registrar_actor::behavior_type registrar(observed_pointer<registrar_actor, registrar_state> self,
                                         registrar_options options);

/// What is wrong with a registration, or nothing.
std::optional<error> check_registration(const worker_registration& r);

} // namespace callboard
