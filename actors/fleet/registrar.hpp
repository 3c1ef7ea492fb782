#pragma once

#include "messages/actors.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace callboard {

/// The door: what is published is this actor and nothing else. It passes registrations on to the supervisor.
registrar_actor::behavior_type registrar(registrar_actor::pointer self, worker_supervisor_actor supervisor);

/// What is wrong with a registration, or nothing.
std::optional<error> check_registration(const worker_registration& r);

} // namespace callboard
