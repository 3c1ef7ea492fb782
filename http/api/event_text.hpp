#pragma once

#include "http/api/event_feed.hpp"

#include <string>

namespace callboard {

/// The JSON of an event, an object on one line. @param id  of number 0: it is left out
std::string event_json(const event_id& id, const scheduler_event& e);

/// An event in the format of Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines
/// `id:`, `event:` and `data:`, which is its JSON, and an empty one.
std::string event_text(const event_id& id, const scheduler_event& e);

/// Tells a reader that events are missing between what it has seen and `id`, after which it goes on.
std::string reset_text(const event_id& id);

} // namespace callboard
