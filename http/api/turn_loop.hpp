#pragma once

#include <functional>
#include <memory>
#include <mutex>

namespace callboard {

/// Runs a step again and again, each time when the one before has called `next`: once, on any thread, or not at all,
/// which ends the loop. A step that calls it before it returns does not make the stack grow.
class turn_loop : public std::enable_shared_from_this<turn_loop> {
public:
  using step = std::function<void(std::function<void()> next)>;

  static void run(step s) {
    const std::shared_ptr<turn_loop> loop{new turn_loop{std::move(s)}};
    loop->go();
  }

private:
  explicit turn_loop(step s) : step_(std::move(s)) {
  }

  void go() {
    while (true) {
      {
        const std::lock_guard lock{mutex_};
        within_ = true;
        called_ = false;
      }
      step_([self = shared_from_this()] { self->next(); });
      const std::lock_guard lock{mutex_};
      within_ = false;
      if (!called_)
        return;
    }
  }

  void next() {
    {
      const std::lock_guard lock{mutex_};
      called_ = true;
      if (within_)
        return; // whoever is in the step goes on
    }
    go();
  }

  const step step_;
  std::mutex mutex_;
  bool within_ = false; // in a step
  bool called_ = false; // `next`, since it began
};

} // namespace callboard
