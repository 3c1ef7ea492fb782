#pragma once

#include "http/api/workflow_walk.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace callboard {

/// A workflow after something was done to it.
struct workflow_change {
  workflow_view after;
  uint64_t jobs = 0; ///< that were cancelled, held, released, or submitted anew
};

/// Cancels the jobs of a workflow that have not ended, those first that others do not wait for: nothing behind a job
/// starts because of it. When the time is up it ends early, and `after` shows what has not ended.
/// @param done  called once, on any thread. Errors: as of `load_workflow`, and those of the scheduler, when some of it
///              may have been cancelled.
void cancel_workflow(workflow_turn_ptr turn, const std::string& id, std::string reason,
                     std::function<void(result<workflow_change>)> done);

/// Holds or releases the jobs of a workflow that have not ended and are not so already: to hold, those first that
/// others do not wait for. When the time is up it ends early, and `after` shows what was done.
/// @param reason  of each; may be empty. @param done  as of `cancel_workflow`.
void hold_workflow(workflow_turn_ptr turn, const std::string& id, bool held, std::string reason,
                   std::function<void(result<workflow_change>)> done);

/// Submits what did not complete once more, as one atomic batch. A job that was not needed is decided anew when one
/// that it waits for is submitted.
/// @param done  called once, on any thread. Errors: as of `load_workflow` and of a submit; invalid_state when some of
///              it has not ended, or there is nothing to retry.
void retry_workflow(workflow_turn_ptr turn, const std::string& id, std::function<void(result<workflow_change>)> done);

/// Of the answers to an atomic batch the first error that is the cause, with the key of its job; nothing if there is
/// none. @param keys  of the jobs, in the order of the answers.
std::optional<error> refusal_of(const std::vector<result<submit_answer>>& answers,
                                const std::vector<std::string>& keys);

} // namespace callboard
