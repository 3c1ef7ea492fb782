#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace callboard {

/// A thread for what would hold up a lane: requests with large bodies are read there, one after another, and their
/// answers written.
class side_thread {
public:
  side_thread() = default;
  side_thread(const side_thread&) = delete;
  side_thread& operator=(const side_thread&) = delete;

  void start();
  /// Any thread. Dropped after `stop`.
  void post(std::function<void()> work);
  /// Not on the thread itself. Ends after the work at hand; what waits is dropped.
  void stop();

private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> work_;
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace callboard
