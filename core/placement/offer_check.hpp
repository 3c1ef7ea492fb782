#pragma once

#include "core/placement/resources.hpp"

#include <optional>

namespace callboard {

/// Resources or labels that one worker may name at most.
inline constexpr size_t offer_names_max = 256;

/// Whether an offer that came over the network is what a `resource_offer` says: placement searches its lists, and
/// everybody is shown its texts. Error: invalid_value, of the field `named` or `labels`.
std::optional<error> check_offer(const resource_offer& o);

} // namespace callboard
