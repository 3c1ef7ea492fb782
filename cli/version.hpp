#pragma once

#include <string_view>

namespace callboard {

/// `0.1.0`
std::string_view version();

} // namespace callboard
