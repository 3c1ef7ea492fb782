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

} // namespace callboard
