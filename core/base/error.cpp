#include "core/base/error.hpp"

namespace callboard {

const error_row error_table[ec_count] = {
  {ec::none, 200, "none"},
  {ec::malformed_json, 400, "malformed_json"},
  {ec::invalid_value, 400, "invalid_value"},
  {ec::out_of_range, 400, "out_of_range"},
  {ec::unknown_field, 400, "unknown_field"},
  {ec::missing_field, 400, "missing_field"},
  {ec::unknown_job_type, 400, "unknown_job_type"},
  {ec::invalid_payload, 400, "invalid_payload"},
  {ec::time_in_past, 400, "time_in_past"},
  {ec::unknown_dependency, 400, "unknown_dependency"},
  {ec::dependency_cycle, 400, "dependency_cycle"},
  {ec::unknown_status, 400, "unknown_status"},
  {ec::unknown_job, 404, "unknown_job"},
  {ec::unknown_worker, 404, "unknown_worker"},
  {ec::not_found, 404, "not_found"},
  {ec::method_not_allowed, 405, "method_not_allowed"},
  {ec::invalid_state, 409, "invalid_state"},
  {ec::idempotency_conflict, 409, "idempotency_conflict"},
  {ec::unique_conflict, 409, "unique_conflict"},
  {ec::unsupported_media_type, 415, "unsupported_media_type"},
  {ec::body_too_large, 413, "body_too_large"},
  {ec::uri_too_long, 414, "uri_too_long"},
  {ec::header_too_large, 431, "header_too_large"},
  {ec::bad_request, 400, "bad_request"},
  {ec::request_timeout, 408, "request_timeout"},
  {ec::queue_full, 429, "queue_full"},
  {ec::overloaded, 503, "overloaded"},
  {ec::storage_unavailable, 503, "storage_unavailable"},
  {ec::shutting_down, 503, "shutting_down"},
  {ec::starting, 503, "starting"},
  {ec::internal_timeout, 504, "internal_timeout"},
  {ec::internal_error, 500, "internal_error"},
  {ec::wrong_version, 409, "wrong_version"},
  {ec::registration_refused, 403, "registration_refused"},
  {ec::stale_fence, 409, "stale_fence"},
  {ec::corrupt_record, 500, "corrupt_record"},
  {ec::misdirected_request, 421, "misdirected_request"},
  {ec::foreign_origin, 403, "foreign_origin"},
  {ec::unknown_schedule, 404, "unknown_schedule"},
  {ec::version_conflict, 409, "version_conflict"},
  {ec::unknown_template, 404, "unknown_template"},
};

namespace {

// A number that is no error code (from a newer peer) is told as an internal error.
const error_row& row(ec code) {
  const auto i = static_cast<size_t>(code);
  return error_table[i < ec_count ? i : static_cast<size_t>(ec::internal_error)];
}

} // namespace

int http_status(ec code) {
  return row(code).http_status;
}

std::string_view to_string(ec code) {
  return row(code).text;
}

} // namespace callboard
