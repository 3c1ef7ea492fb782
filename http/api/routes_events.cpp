#include "http/api/event_filter_reader.hpp"
#include "http/api/event_stream.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"

namespace callboard {

namespace {

/// Where the reader goes on: what its browser says of itself is newer than what stands in the address.
result<std::optional<event_id>> read_after(const request_context& c) {
  const auto* asked = c.target.find("after");
  const bool header = !c.request.last_event_id.empty();
  if (!header && asked == nullptr)
    return std::optional<event_id>{};
  const auto& text = header ? c.request.last_event_id : *asked;
  const auto id = parse_event_id(text);
  if (!id)
    return error{ec::invalid_value,
                 "it must be the id of an event, such as 7-1234, not " + shown(std::string_view{text}),
                 header ? "Last-Event-ID" : "after"};
  return std::optional{*id};
}

std::optional<http_response> follow(const request_context& c, const responder&) {
  auto filter = read_event_filter(c.target);
  if (!filter)
    return failed(std::move(filter).err());
  auto after = read_after(c);
  if (!after)
    return failed(std::move(after).err());
  if (!c.a.events)
    return failed({ec::not_found, "there are no events to follow here"});
  auto seat = c.a.events->sit();
  if (!seat)
    return failed({ec::overloaded, "there are " + std::to_string(c.a.events->settings().readers_max) +
                                     " streams of events already (events.readers_max); try again later"});
  http_response r;
  r.content_type = content_events;
  r.stream = std::make_shared<event_stream>(c.a.events, std::move(seat), std::move(*filter), *after);
  return r;
}

} // namespace

void add_event_routes(std::vector<route>& table) {
  table.push_back({http_method::get,
                   "/api/events",
                   body_kind::none,
                   follow,
                   {"kind", "id", "queue", "type", "workflow", "worker", "after"}});
}

} // namespace callboard
