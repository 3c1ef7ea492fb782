#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "messages/actors.hpp"
#include "storage/group_commit.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <deque>
#include <functional>
#include <memory>

namespace callboard {

/// Opens the store; called inside the actor, so that a restart opens it anew.
using store_factory = std::function<result<std::unique_ptr<store>>()>;

/// The one writer. What arrives while a commit is on its way to the disk goes into the next one: under load one fsync
/// serves hundreds of jobs, and an idle store answers a single one at once. A write that the store refuses because a
/// later scheduler has written to it (wrong_version) is never tried again: the actor quits with that error, and the
/// root ends the process.
struct store_keeper_state {
  store_keeper_state() = default;
  static constexpr const char* name = "store-keeper";

  store_factory open;
  store_settings settings;
  time_source clock = time_source::system();
  timekeeper_actor timekeeper;
  queue_manager_actor manager;
  std::shared_ptr<store> db;
  uint64_t boot = 0;

  /// Parts that wait for the next commit, in order of arrival.
  std::deque<commit_part> waiting;
  size_t waiting_jobs = 0;
  bool flush_pending = false;
  group_commit group;
  std::optional<error> cannot_write;
  bool fenced_out = false; ///< another scheduler has taken over; this actor has quit with wrong_version

  steady_point wrote_at{};                       ///< the last commit that succeeded
  steady_point purge_at = steady_point::max();   ///< the next look for finished jobs to remove
  steady_point release_at = steady_point::max(); ///< the next look whether writing rests; none when it was seen to
};

store_keeper_actor::behavior_type store_keeper(observed_pointer<store_keeper_actor, store_keeper_state> self,
                                               store_factory open, store_settings settings, timekeeper_actor timekeeper,
                                               time_source clock);

} // namespace callboard
