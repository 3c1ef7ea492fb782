#pragma once

#include "core/base/ids.hpp"
#include "core/job/outcome.hpp"
#include "messages/wire.hpp"

#include <optional>
#include <string>

namespace callboard {

/// Times on the wire are microseconds since 1970 UTC; 0 is none.
inline int64_t to_wire(time_point t) {
  return t.time_since_epoch().count();
}
inline time_point time_from_wire(int64_t us) {
  return time_point{duration{us}};
}

attempt_ended to_wire(job_id job, fence_token fence, attempt_outcome&& o);

/// Tells whether results are JSON. Attempts of one kind often give the same short result: the last one that was good is
/// remembered and not parsed again.
class result_check {
public:
  bool is_json(const std::string& text);

private:
  std::string good_;
};

/// Nothing when the kind is not one we know: a decoder checks no ranges. A result goes into answers as it is: one that
/// is no JSON, or has more than `result_bytes_max` bytes, is dropped, and the attempt's log says so.
std::optional<attempt_outcome> outcome_from_wire(attempt_ended&& x, size_t result_bytes_max, result_check& check);

/// Stands in the place of a result that was dropped.
blob dropped_result(size_t bytes);

} // namespace callboard
