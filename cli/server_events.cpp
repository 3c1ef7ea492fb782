#include "cli/server_events.hpp"

namespace callboard {

void server_event_parser::put(std::string_view part, const std::function<void(const server_event&)>& each) {
  rest_ += part;
  size_t at = 0;
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', at)) {
    auto line = std::string_view{rest_}.substr(at, end - at);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    read_line(line, each);
    at = end + 1;
  }
  rest_.erase(0, at);
}

void server_event_parser::read_line(std::string_view line, const std::function<void(const server_event&)>& each) {
  if (line.empty()) {
    last_id_ = event_.id.empty() ? last_id_ : event_.id;
    if (!event_.data.empty())
      each(event_);
    event_ = {};
    return;
  }
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (name == "id")
    event_.id = value;
  else if (name == "event")
    event_.kind = value;
  else if (name == "data")
    event_.data.append(event_.data.empty() ? "" : "\n").append(value);
}

void server_event_parser::restart() {
  rest_.clear();
  event_ = {};
}

} // namespace callboard
