#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>

#include "files/descriptor.hpp"

namespace callboard {

/// A process with one thread and little memory that forks others on request.
///
/// A worker has many threads, and what forks a process with many threads gets one in which the locks of the others are
/// held for ever. The usual way out is to start the own program anew for every attempt; that costs the loading and
/// linking of all libraries, and main runs again, with all that it does before it comes to its worker. The server is
/// forked before the first thread is there; what it forks has everything that main had made by then.
///
/// What it forks leads a process group of its own, and ends with the server, which ends with the worker.
class fork_server {
public:
  /// What a forked process does with its end of the channel. It may start threads.
  using task = std::function<void(descriptor channel)>;

  /// Forks the server. Call before any thread is started. Throws std::system_error.
  /// @param on_lost  called when the server has ended: nothing can be isolated any more.
  fork_server(task body, std::function<void()> on_lost);
  /// Kills what still runs, and waits for the server's end.
  ~fork_server();
  fork_server(const fork_server&) = delete;
  fork_server& operator=(const fork_server&) = delete;

  /// What the server says about one process, in packets.
  struct notice {
    enum class kind : uint8_t { not_started, ended };
    kind what = kind::ended;
    int error = 0;  ///< errno, for not_started
    int status = 0; ///< as of waitpid(2)
    rusage usage{};
  };

  /// One process, seen from the worker.
  struct child {
    descriptor channel; ///< a stream to the process; does not block
    /// Notices come from here. Shutting down its other direction, or closing it, kills the process and its group.
    /// Nothing is written to it: what is not read when the server closes would drop the notice.
    descriptor control;
  };
  /// Thread-safe. Throws std::system_error.
  child start();
  /// To be called when a control descriptor ended without a notice.
  void lost() const;

private:
  std::function<void()> on_lost_;
  descriptor requests_;
  pid_t server_ = 0;
};

} // namespace callboard
