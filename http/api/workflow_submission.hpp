#pragma once

#include "http/api/workflow.hpp"
#include "http/api/workflow_walk.hpp"
#include "http/message.hpp"

namespace callboard {

/// Hands a workflow to the scheduler, and answers with its jobs.
void submit_workflow(const api& a, parsed_workflow w, const responder& to);

/// The same of one with an idempotency key. First it is looked whether there is a workflow with that key: one with
/// other jobs is an idempotency_conflict before anything is accepted.
void submit_workflow_once(workflow_turn_ptr turn, parsed_workflow w, const responder& to);

} // namespace callboard
