#pragma once

#include "core/base/error.hpp"
#include "core/calendar/zone_rules.hpp"

#include <memory>
#include <string_view>

namespace callboard {

/// The rules of a time zone of IANA's database, as this machine has it in /usr/share/zoneinfo (`tzdata`): read once per
/// process, from any thread. Errors: invalid_value for a name that it does not have, internal_error when there is none.
result<std::shared_ptr<const zone_rules>> find_time_zone(std::string_view name);

} // namespace callboard
