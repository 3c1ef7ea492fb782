#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// Where an event stands: the scheduler's boot, and its number within this process, from 1.
struct event_id {
  uint64_t boot = 0;
  uint64_t number = 0;
  friend bool operator==(const event_id&, const event_id&) = default;
};
/// `7-1234`
std::string to_string(const event_id& id);
std::optional<event_id> parse_event_id(std::string_view text);

} // namespace callboard
