#pragma once

#include "http/api/api.hpp"
#include "http/api/bulk_walk.hpp"
#include "http/api/workflow_view.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace callboard {

/// What a request about workflows holds while it runs: a seat among those of bulk requests, which bounds them, and the
/// time until which it may run.
struct workflow_turn {
  const api& a;
  bulk_seat seat;
  std::chrono::steady_clock::time_point until;
};
using workflow_turn_ptr = std::shared_ptr<workflow_turn>;

/// Null when all seats are taken: answer with `no_bulk_seat`.
workflow_turn_ptr begin_workflow_turn(const api& a);

/// Whose results are read as well.
enum class workflow_results : uint8_t {
  none,
  of_completed, ///< when the workflow has completed
  all,
};

/// Reads the jobs of a workflow page by page.
/// @param done  called once, on any thread. Errors: not_found; those of a list; overloaded when it takes too long.
void load_workflow(workflow_turn_ptr turn, const std::string& id, workflow_results results,
                   std::function<void(result<workflow_view>)> done);

/// Visits the jobs that a list finds, newest first, page by page, until there are no more.
/// @param done  as above; without an error when all were visited.
void visit_jobs(workflow_turn_ptr turn, list_request query, std::function<void(const job_record&)> visit,
                std::function<void(std::optional<error>)> done);

} // namespace callboard
