#pragma once

#include "core/error.hpp"
#include "core/job.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// The record without payload, progress and the current attempt's placement (those are known to the workers), in the
/// newest format. A running job is written as what it would be without its attempt: see `durable_state`.
std::string encode_record(const job_record& rec);

/// Reads any format ever written. The payload is left empty. Error: corrupt_record, wrong_version (newer than this).
result<job_record> decode_record(std::string_view bytes);

} // namespace callboard
