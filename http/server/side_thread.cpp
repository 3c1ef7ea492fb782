#include "http/server/side_thread.hpp"

#include <pthread.h>

#include <utility>

namespace callboard {

void side_thread::start() {
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "http-large");
}

void side_thread::post(std::function<void()> work) {
  const std::lock_guard lock{mutex_};
  if (stopped_)
    return;
  work_.push_back(std::move(work));
  changed_.notify_one();
}

void side_thread::stop() {
  std::deque<std::function<void()>> dropped; // outside the lock: what it holds may end with it
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    dropped.swap(work_);
    changed_.notify_one();
  }
  if (thread_.joinable())
    thread_.join();
}

void side_thread::run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !work_.empty(); });
      if (stopped_)
        return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
}

} // namespace callboard
