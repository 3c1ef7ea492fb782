#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "process/cgroup/cgroup.hpp"

namespace callboard {

/// A group in which groups can be made, or why there is none.
struct found_cgroup_base {
  std::optional<cgroup> group;
  std::string directory; ///< of the group
  std::string origin;    ///< the directory of the group that this process is in; empty if that cannot be seen
  std::string why_not;
};

/// @param setting  handlers.exec.cgroup: "off", a directory, or "auto" for the one that this process was started in.
found_cgroup_base find_cgroup_base(const std::string& setting);

/// Lets groups in `base` be limited in this respect ("memory", "cpu"). The kernel allows that only where no process is
/// in the group itself; if all of them are of this very program, they are moved to `main.callboard` below.
/// @returns why it cannot be, empty on success.
std::string enable_controller(const cgroup& base, std::string_view controller);

} // namespace callboard
