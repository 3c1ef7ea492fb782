#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/scheduler/event_source.hpp"
#include "http/api/backend.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <memory>

#include "webhooks/webhook_board.hpp"

namespace callboard {

/// What outlives the actor.
struct webhook_surroundings {
  std::shared_ptr<webhook_board> board; ///< null: there are no webhooks
  std::shared_ptr<event_source> events;
};

struct webhooks_options {
  std::shared_ptr<const settings> config;
  webhook_surroundings around;
  /// Given the jobs that deliver, asked for the jobs that have ended.
  std::shared_ptr<backend> back;
  store_keeper_actor keeper;
  timekeeper_actor timekeeper;
  time_source clock = time_source::system();
};

/// Follows the stream of events for the webhooks that clients have defined, and submits a job for each event that one
/// of them wants. While there is no webhook, or all are paused, it follows nothing.
///
/// A delivery is pending until its submit is acknowledged, and submitted again until then; its idempotency key makes it
/// one job. How far the ends of jobs have been told is written down every `webhooks.cursor_every`; what ended behind
/// that place is looked for in the store after a crash, or when events were missed.
///
/// It is detached, because it signs what is sent. What a restart must not lose is on the board.
struct webhooks_state {
  webhooks_state() = default;
  static constexpr const char* name = "webhooks";

  webhooks_options options;
  std::deque<std::shared_ptr<webhook_request>> requests; ///< that wait for the one before
  bool changing = false;                                 ///< a request is being carried out
  bool loading = false;                                  ///< the webhooks are being read from the store
  bool submitting = false;                               ///< deliveries are on their way to become jobs
  bool walking = false;                                  ///< a page of ends is being read
  bool placing = false;                                  ///< a place behind all ends is being asked for, or written
  steady_point retry_at{};                               ///< not before it is anything submitted, or read again
  steady_point tick_at = steady_point::max();
  bool refused = false;      ///< the last submit did not work; it was told
  uint64_t dropped_told = 0; ///< events that found no room, as far as the log has it
  uint64_t jobs_made = 0, submits_refused = 0, ends_looked_at = 0;
};

webhooks_actor::behavior_type webhooks(observed_pointer<webhooks_actor, webhooks_state> self, webhooks_options options);

} // namespace callboard
