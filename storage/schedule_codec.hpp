#pragma once

#include "core/base/error.hpp"
#include "core/calendar/schedule_definition.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace callboard {

/// How this machine knows a time zone; an error when it does not.
using zone_finder = std::function<result<std::shared_ptr<const zone_rules>>(std::string_view name)>;

/// A version of a schedule as it is stored, in the newest format.
std::string encode_schedule(const schedule_definition& d);

/// Reads any format ever written. A schedule whose time zone is not known here gets a `fault`. Errors: corrupt_record,
/// wrong_version (a newer format).
result<schedule_definition> decode_schedule(std::string_view bytes, const zone_finder& zones);

} // namespace callboard
