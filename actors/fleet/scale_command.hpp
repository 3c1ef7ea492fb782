#pragma once

#include "core/base/time.hpp"

#include <sys/types.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "files/descriptor.hpp"

namespace callboard {

/// Runs a program now and then, one call after the other, and waits for its end on a thread of its own.
///
/// It is a program of the operator's, which may start workers that are to live on: nothing that it started is touched
/// when it ends, nor is the program itself when this object goes. Its output goes to our standard error.
class scale_command {
public:
  /// What went wrong with a call, in words; nothing: it succeeded.
  using failure = std::optional<std::string>;

  /// From SIGTERM to SIGKILL, both to the program's process group, for a call that takes too long.
  static constexpr duration kill_grace = std::chrono::seconds{5};

  /// @param program  a path, or a name that is looked for in PATH.
  /// @param limit  a call that takes longer is stopped and counts as failed.
  /// @param on_end  called on the object's thread when a call is over.
  scale_command(std::string program, duration limit, std::function<void(failure)> on_end);
  ~scale_command();
  scale_command(const scale_command&) = delete;
  scale_command& operator=(const scale_command&) = delete;

  /// What the program is called with.
  struct order {
    std::vector<std::string> arguments;
    std::vector<std::string> environment; ///< NAME=value, besides our own, or instead
  };

  /// Calls the program and does not wait. Only after the end of the call before. Thread-safe.
  void call(order o);

private:
  void work();
  failure run(const order& o) const;
  failure await_end(pid_t pid) const;

  const std::string program_;
  const duration limit_;
  const std::function<void(failure)> on_end_;
  const descriptor stop_; ///< an eventfd, readable once the object is to go
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<order> next_; // with the mutex held
  bool stopping_ = false;     // with the mutex held
  std::thread thread_;
};

} // namespace callboard
