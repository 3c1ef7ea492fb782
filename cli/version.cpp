#include "cli/version.hpp"

namespace callboard {

std::string_view version() {
  return CALLBOARD_VERSION;
}

} // namespace callboard
