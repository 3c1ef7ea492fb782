#pragma once

#include "http/api/bulk_reader.hpp"
#include "http/api/bulk_walk.hpp"
#include "http/json/json_writer.hpp"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace callboard {

/// What one slice of a bulk request did.
struct bulk_outcome {
  bulk_action action = bulk_action::cancel;
  bool dry_run = false;
  uint64_t matched = 0; ///< changed and refused ones; of a dry run: those that would be acted on
  uint64_t changed = 0;
  uint64_t refused_count = 0;
  /// The first of the refused ones, in the order of their answers.
  std::vector<std::pair<job_id, error>> refused;
  /// Where the next slice goes on; none: there are no more.
  std::optional<job_id> next;
  /// Why the slice ended before its time: the scheduler could not do it. `next` goes on with the first job of that.
  std::optional<error> stopped;
};

/// Acts on one slice of the jobs, or counts them. At most `bulk_outstanding_max` calls to the scheduler are under way.
/// A job that has another state by now is refused, and the others go on.
/// @param done  called once, on any thread. Errors, when nothing was done: those of a list, and overloaded, starting,
///              shutting_down, storage_unavailable, internal_timeout.
void run_bulk(const api& a, bulk_seat seat, bulk_request r, std::function<void(result<bulk_outcome>)> done);

/// Writes it as the answer of `POST /api/bulk`.
void write_bulk(json_writer& w, const bulk_outcome& o);

} // namespace callboard
