#pragma once

#include <sys/types.h>

#include <chrono>
#include <mutex>
#include <vector>

namespace callboard {

/// A process of a session, see setsid(2).
struct session_member {
  pid_t pid = 0;
  pid_t group = 0;
};

/// Which processes belong to which session. That is found by going through all processes of the machine, so who asks
/// soon after another gets the same answer. Thread-safe.
class process_sessions {
public:
  /// @param age_max  an older answer is not given again.
  explicit process_sessions(std::chrono::milliseconds age_max) : age_max_(age_max) {
  }
  std::vector<session_member> members(pid_t session);

private:
  using clock = std::chrono::steady_clock;
  struct entry {
    pid_t session;
    session_member member;
  };
  void refresh();

  const std::chrono::milliseconds age_max_;
  std::mutex mutex_;
  std::vector<entry> entries_; ///< by session
  clock::time_point read_at_ = clock::time_point::min();
};

} // namespace callboard
