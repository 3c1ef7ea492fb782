#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace callboard {

/// One event of a stream, as it came.
struct server_event {
  std::string id, kind;
  std::string data; ///< JSON, one line
};

/// Reads Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) from parts of any size.
class server_event_parser {
public:
  /// Calls `each(event)` for every one that is complete now.
  void put(std::string_view part, const std::function<void(const server_event&)>& each);
  /// Where to go on after a break; empty: the stream has said nothing of it.
  const std::string& last_id() const {
    return last_id_;
  }
  /// A new connection: what was incomplete never comes.
  void restart();

private:
  void read_line(std::string_view line, const std::function<void(const server_event&)>& each);

  std::string rest_; ///< a line without its end
  server_event event_;
  std::string last_id_;
};

} // namespace callboard
