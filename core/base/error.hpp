#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace callboard {

/// Everything that can go wrong at an interface, in one place. HTTP status and stable text code: see `error_table`.
enum class ec : uint8_t {
  /// No error.
  none = 0,
  /// The body is not JSON; the message names the byte.
  malformed_json,
  /// A value has the wrong type or form.
  invalid_value,
  /// A number lies outside its documented range.
  out_of_range,
  /// A field this interface does not know.
  unknown_field,
  /// A required field is not there.
  missing_field,
  /// No handler of that name.
  unknown_job_type,
  /// The payload does not follow the JSON Schema of its type.
  invalid_payload,
  /// A time lies in the past, beyond the grace.
  time_in_past,
  /// A dependency names a job that does not exist.
  unknown_dependency,
  /// A batch whose jobs wait for each other in a circle.
  dependency_cycle,
  /// No such status.
  unknown_status,
  /// No such job.
  unknown_job,
  /// No such worker.
  unknown_worker,
  /// No such resource.
  not_found,
  /// The resource exists, the method does not.
  method_not_allowed,
  /// The request cannot be done in the job's present state.
  invalid_state,
  /// The idempotency key was used for a different job.
  idempotency_conflict,
  /// Another job holds the unique key.
  unique_conflict,
  /// The Content-Type is not one this endpoint reads.
  unsupported_media_type,
  /// The body is larger than the limit.
  body_too_large,
  /// The target is longer than the limit.
  uri_too_long,
  /// The header is larger than the limit.
  header_too_large,
  /// Not HTTP.
  bad_request,
  /// The client took too long to send its request.
  request_timeout,
  /// The queue has reached its limit; try later.
  queue_full,
  /// Too many requests are outstanding; try later.
  overloaded,
  /// The store cannot write at present; nothing was accepted.
  storage_unavailable,
  /// The scheduler is going down.
  shutting_down,
  /// The scheduler is still reading its store.
  starting,
  /// No answer from within in time; the outcome is unknown.
  internal_timeout,
  /// A bug.
  internal_error,
  /// A message or record of a wrong or unknown version.
  wrong_version,
  /// A worker's registration was refused.
  registration_refused,
  /// An attempt's fence is not the current one.
  stale_fence,
  /// A stored record cannot be read.
  corrupt_record,
  /// The request names a host that is not this scheduler's.
  misdirected_request,
  /// A web page of another origin asks, and is not allowed to.
  foreign_origin,
  /// No such schedule.
  unknown_schedule,
  /// It was changed since the version that the request names.
  version_conflict,
  /// No such template.
  unknown_template,
};

inline constexpr size_t ec_count = static_cast<size_t>(ec::unknown_template) + 1;

struct error_row {
  ec code;
  int http_status;
  std::string_view text;
};

/// The one table from an error to its HTTP status and its stable text code.
extern const error_row error_table[ec_count];

int http_status(ec code);
std::string_view to_string(ec code);

/// An error as a client sees it.
struct error {
  ec code = ec::internal_error;
  std::string message;
  /// The offending field as a dotted path (`payload.to`, `dependencies[2]`), or empty.
  std::string field = {};
};

/// A value or an error.
template <class T>
class [[nodiscard]] result {
public:
  result(const T& value) : state_(std::in_place_index<0>, value) {
  }
  result(T&& value) : state_(std::in_place_index<0>, std::move(value)) {
  }
  result(error e) : state_(std::in_place_index<1>, std::move(e)) {
  }

  explicit operator bool() const noexcept {
    return state_.index() == 0;
  }
  T& operator*() & {
    return std::get<0>(state_);
  }
  const T& operator*() const& {
    return std::get<0>(state_);
  }
  T&& operator*() && {
    return std::get<0>(std::move(state_));
  }
  T* operator->() {
    return &std::get<0>(state_);
  }
  const T* operator->() const {
    return &std::get<0>(state_);
  }
  const callboard::error& err() const& {
    return std::get<1>(state_);
  }
  callboard::error&& err() && {
    return std::get<1>(std::move(state_));
  }

private:
  std::variant<T, callboard::error> state_;
};

/// Nothing, successfully.
struct done {};

} // namespace callboard
