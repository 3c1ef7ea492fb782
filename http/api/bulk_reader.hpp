#pragma once

#include "core/job/requests.hpp"
#include "http/api/api.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace callboard {

/// What a bulk request does to each of its jobs.
enum class bulk_action : uint8_t {
  cancel,
  retry,
  discard, ///< a failed job becomes cancelled: nobody is to look at it any more
  change,  ///< priority, start or deadline of a job that has not started
  hold,    ///< no attempt of it is begun until it is released
  release,
};

std::string_view to_string(bulk_action a);
/// The states in which a job can have it done.
std::span<const job_state> states_of(bulk_action a);

/// A bulk request, checked by everything that needs no scheduler.
struct bulk_request {
  bulk_action action = bulk_action::cancel;
  /// Which jobs; its states are never empty, and are among those of the action.
  list_request jobs;
  job_patch change; ///< of change, hold and release
  std::string reason;
  bool dry_run = false;
  /// Most jobs that are acted on.
  uint32_t limit = 0;
};

/// Reads the body of `POST /api/bulk`. Pure; any thread.
/// @param fixed  the action of an address that stands for one; then the body has neither `action` nor `change`.
/// Errors: malformed_json; missing_field (also an empty filter that does not say `all`); unknown_field, invalid_value,
/// out_of_range; those of a filter as of the query of `GET /api/jobs`, those of `change` as of `PATCH /api/jobs/{id}`.
result<bulk_request> read_bulk(const api& a, std::string_view body, std::optional<bulk_action> fixed = std::nullopt);

} // namespace callboard
