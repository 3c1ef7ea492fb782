#include "cli/stream_wait.hpp"

#include "cli/exit_code.hpp"

namespace callboard {

void stream_wait::wait(scheduler_client& client, const std::string& filter, const std::function<bool()>& look) {
  if (refused_)
    return;
  // What happens before the stream has begun is seen by the look that its beginning causes.
  const auto why = client.follow("/api/events?kind=job&" + filter, {}, [&](std::string_view) { return look(); });
  refused_ = why && why->code() != exit_unreachable;
}

} // namespace callboard
