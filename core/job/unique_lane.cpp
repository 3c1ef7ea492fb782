#include "core/job/unique_lane.hpp"

#include "core/base/invariant.hpp"

namespace callboard {

namespace {

constexpr char mark = '\x01'; // names have no control characters

} // namespace

std::string lane_key_of(std::string_view concurrency_key, const boxed<unique_rule>& unique) {
  return unique && !is_bound(*unique) ? mark + unique->key : std::string{concurrency_key};
}

bool is_unique_lane(std::string_view lane_key) noexcept {
  return lane_key.starts_with(mark);
}

std::string_view unique_key_of_lane(std::string_view lane_key) {
  CB_INVARIANT(is_unique_lane(lane_key), "the lane is one of a unique key");
  return lane_key.substr(1);
}

} // namespace callboard
