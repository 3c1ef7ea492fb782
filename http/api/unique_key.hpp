#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// The unique key of a job, made of some of its parts: a JSON object that has them by their names. Neither the order of
/// the parts counts nor how the payload is written: the order of members, white space, escapes, the form of a number.
/// Two jobs of which a part differs have different keys; no digit of a number is lost. A key of more than
/// `unique_key_bytes_max` is `sha256:` and its digest in hex, which no other key begins with.
/// @param by  as in `unique_request`.
/// @param depth_max  the nesting up to which the payload was read.
/// Errors: invalid_value when the payload has no such path, with the field (`unique.by[1]`).
result<std::string> unique_key_of(const job_spec& job, const std::vector<std::string>& by, uint32_t depth_max);

} // namespace callboard
