#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace callboard {

/// Makes the id of a new workflow. Any thread.
using workflow_ids = std::function<std::string(time_point now)>;

/// `w-` and 26 characters of lower-case Crockford base32: 48 bits of milliseconds since 1970, then 80 random bits (as
/// ULID, https://github.com/ulid/spec). So ids sort by the time at which they were made.
std::string workflow_id(time_point now, uint16_t random_high, uint64_t random_low);

/// True for a text that `workflow_id` may have made.
bool is_workflow_id(std::string_view text);

/// Ids from a generator that is seeded by the system; all copies share it.
workflow_ids random_workflow_ids();

} // namespace callboard
