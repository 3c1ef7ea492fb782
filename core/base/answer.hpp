#pragma once

#include "core/base/error.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace callboard {

/// The obligation to answer one request, which travels with the request from actor to actor.
///
/// Whoever has the answer delivers it; only the first delivery counts. If every copy is dropped without one (an actor
/// died with the request in its mailbox or state), the requester gets `internal_error` at that moment: no request is
/// ever left waiting. (CAF 0.17 has no broken promises, hence this.) The callback runs on the delivering thread.
template <class T>
class answer {
public:
  using callback = std::function<void(result<T>)>;

  answer() = default;
  explicit answer(callback f) : state_(std::make_shared<state>(std::move(f))) {
  }

  void deliver(result<T> x) const {
    if (state_ && !state_->done.exchange(true, std::memory_order_acq_rel))
      std::exchange(state_->f, nullptr)(std::move(x));
  }
  void operator()(result<T> x) const {
    deliver(std::move(x));
  }
  explicit operator bool() const noexcept {
    return state_ != nullptr;
  }

private:
  struct state {
    explicit state(callback g) : f(std::move(g)) {
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      if (!done.load(std::memory_order_acquire) && f)
        f(error{ec::internal_error, "the part of the scheduler that had this request stopped; the outcome is unknown"});
    }
    callback f;
    std::atomic<bool> done{false};
  };
  std::shared_ptr<state> state_;
};

} // namespace callboard
