#pragma once

#include "actors/scheduler/quietly_dropped.hpp"
#include "core/job/job_life.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>

namespace callboard {

/// What all job actors share.
struct job_context {
  life_limits limits;
  uint64_t boot = 0; ///< of the queue manager
  store_keeper_actor keeper;
  queue_manager_actor manager;
};

/// One job. It applies every event to its record at once and sends what must be written on to the store keeper; if that
/// write fails, the queue manager drops this actor and loads the job again when it is needed, so nothing is rolled back
/// here. It needs no clock: every command carries its time.
struct job_actor_state {
  job_actor_state() = default;
  static constexpr const char* name = "job";

  std::shared_ptr<job_record> rec; ///< nobody else has it
  std::shared_ptr<const job_context> context;
};

using job_pointer = caf::stateful_actor<job_actor_state, quietly_dropped<job_actor::base>>*;

/// @param rec  a new job (its id and spec) or a loaded one, with its payload.
job_actor::behavior_type job(job_pointer self, std::shared_ptr<const job_context> context,
                             std::shared_ptr<job_record> rec);

} // namespace callboard
