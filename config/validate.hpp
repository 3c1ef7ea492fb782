#pragma once

#include "config/settings.hpp"
#include "core/base/error.hpp"

#include <string_view>
#include <vector>

namespace callboard {

/// Everything that is wrong with the settings: values out of their range, and values that do not go together.
/// Each error names its key in `field`. Empty when all is well.
std::vector<error> validate(const settings& s);

/// A rule about settings that must go together.
struct setting_conflict {
  /// The settings that take part; the first is the one to blame.
  std::vector<std::string_view> keys;
  /// A sentence that names keys and values.
  std::string message;
};

/// The second half of `validate`: what single values cannot tell.
std::vector<setting_conflict> find_conflicts(const settings& s);

} // namespace callboard
