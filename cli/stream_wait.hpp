#pragma once

#include "cli/client.hpp"

#include <functional>
#include <string>

namespace callboard {

/// Waits by a stream of events instead of looking again and again. For who looks anew at whatever is told: that is the
/// truth, an event only says when to look.
class stream_wait {
public:
  /// Calls `look` once the stream has begun, and then for all that comes together, also for a comment; until it returns
  /// false, the stream ends, or there is none. Without a stream it returns at once; a scheduler that has refused one is
  /// not asked again.
  /// @param filter  of the query of `GET /api/events`
  void wait(scheduler_client& client, const std::string& filter, const std::function<bool()>& look);

private:
  bool refused_ = false;
};

} // namespace callboard
