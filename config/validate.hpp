#pragma once

#include "config/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A rule about settings that must go together.
struct setting_conflict {
  /// The settings that take part; the first is the one to blame.
  std::vector<std::string_view> keys;
  /// A sentence that names keys and values.
  std::string message;
};

/// What single values cannot tell: values that do not go together. Empty when all is well.
std::vector<setting_conflict> find_conflicts(const settings& s);

} // namespace callboard
