#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"
#include "core/job/result_reference.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A filled payload is never longer than this.
inline constexpr size_t filled_payload_bytes_max = size_t{8} << 20;

/// The payload with each reference replaced by what it stands for, as text: a string as it is, anything else as its
/// JSON text. So what is a string in the payload stays one, and the type's schema holds as it did.
/// Errors: not_found for a job or a part that is not there, out_of_range when it becomes too long; the message says
/// which. @param jobs  of the workflow, those with a result
result<std::string> fill_in_results(std::string_view payload, const std::vector<job_record>& jobs);

/// The payloads of a fan-out job's elements are never longer than this, all together: they are one write.
inline constexpr size_t element_payloads_bytes_max = size_t{64} << 20;

/// One payload for each element of the array that `f` names: `${item}`, a part of it and `${index}` are replaced as
/// results are, and what they bring is never taken for a reference of its own; `${jobs…}` stays.
/// @param jobs  that the fan-out job depended on, those with a result. Errors: not_found for an array or a part that is
/// not there; out_of_range for more than `f.max` elements, or too many bytes. The message says which.
result<std::vector<std::string>> element_payloads(const fan_out& f, std::string_view payload,
                                                  const std::vector<job_record>& jobs);

} // namespace callboard
