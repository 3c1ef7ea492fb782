#pragma once

#include "bench/load.hpp"
#include "bench/peers/protocol.hpp"
#include "bench/report.hpp"
#include "bench/server_process.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace callboard::bench {

struct submit_plan {
  uint32_t connections = 16;
  /// Submits that one connection keeps under way.
  uint32_t window = 1;
  /// Ends with whichever comes first; 0: no such end.
  uint64_t jobs = 0;
  double seconds = 0;
  /// Jobs per second, sent whatever the answers do; 0: as fast as answers come.
  double rate = 0;
};

struct submitted {
  uint64_t jobs = 0;
  std::chrono::nanoseconds elapsed{0};
  /// From when a job was sent, or with a rate should have been, until its answer.
  latencies latency;
};

/// Makes the payload of a job that is or was due at a time.
using payload_fn = std::function<std::string_view(steady::time_point due)>;

/// Submits from the calling thread. Throws std::runtime_error when a submit is refused or a connection lost.
submitted submit_jobs(const peer_protocol& protocol, const endpoint& server, const submit_plan& plan,
                      const payload_fn& payload);

/// Connections that work, some per thread, until this object ends.
class work_force {
public:
  struct plan {
    uint32_t threads = 2;
    /// Of each thread.
    uint32_t connections = 4;
    /// Jobs that a connection may hold at once.
    uint32_t ahead = 1;
  };

  /// Connects and asks for jobs. `run` is called on the threads, with the payload.
  work_force(const peer_protocol& protocol, const endpoint& server, const plan& p,
             std::function<void(std::string_view)> run);
  ~work_force();
  work_force(const work_force&) = delete;
  work_force& operator=(const work_force&) = delete;

  /// Waits until so many jobs are done; when that was. Throws what a thread threw, or std::runtime_error when nothing
  /// is done for a minute.
  steady::time_point wait_for(uint64_t jobs);

private:
  void work(const peer_protocol& protocol, const endpoint& server, const plan& p);

  std::function<void(std::string_view)> run_;
  std::atomic<uint64_t> done_{0};
  std::atomic<uint64_t> wanted_{UINT64_MAX};
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t reached_ = 0; ///< the number last waited for that was reached
  steady::time_point reached_at_;
  std::exception_ptr failure_;
  int stop_ = -1; ///< an eventfd
  std::vector<std::thread> threads_;
};

} // namespace callboard::bench
