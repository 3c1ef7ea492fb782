#pragma once

#include "core/base/ids.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// What is on disk of a worker that may run attempts. A scheduler that starts later waits for it, and takes from it the
/// attempts of the schedulers before.
struct membership {
  uint64_t process = 0;          ///< worker_registration::boot_epoch
  std::set<fence_token> refused; ///< it brought them along, and their jobs may have been given to others
  friend bool operator==(const membership&, const membership&) = default;
};

/// Keys of `meta`: this and the worker's name.
inline constexpr std::string_view membership_prefix = "member/";

/// The process and the fences, decimal, with spaces between.
std::string membership_text(const membership& m);

/// By name. @param stored  what `meta` has under the prefix. Of a damaged record nothing is known but the name, so
/// nothing is taken from that worker.
std::map<std::string, membership> read_memberships(const std::vector<std::pair<std::string, std::string>>& stored);

} // namespace callboard
