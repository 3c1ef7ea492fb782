#include "core/scheduler/event_id.hpp"

#include <charconv>

namespace callboard {

std::string to_string(const event_id& id) {
  return std::to_string(id.boot) + '-' + std::to_string(id.number);
}

std::optional<event_id> parse_event_id(std::string_view text) {
  event_id id;
  const auto* const end = text.data() + text.size();
  const auto [dash, bad] = std::from_chars(text.data(), end, id.boot);
  if (bad != std::errc{} || dash == end || *dash != '-')
    return std::nullopt;
  const auto [rest, worse] = std::from_chars(dash + 1, end, id.number);
  if (worse != std::errc{} || rest != end)
    return std::nullopt;
  return id;
}

} // namespace callboard
