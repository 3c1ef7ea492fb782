#pragma once

#include "core/base/ids.hpp"
#include "core/job/node_protocol.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// What the nodes are to be told, collected during a turn: the one way for everything that goes to a worker, so that
/// a cancellation never overtakes the order it is about.
class outbox {
public:
  void run(worker_id w, attempt_order order) {
    of(w).run.push_back(std::move(order));
  }
  void cancel(worker_id w, attempt_ref x) {
    of(w).cancelled.push_back(x);
  }
  void preempt(worker_id w, preempted_attempt x) {
    of(w).preempted.push_back(x);
  }
  void acknowledge(worker_id w, attempt_ref x) {
    of(w).acknowledged.push_back(x);
  }
  /// The worker is gone, or its connection: what it was to be told is moot.
  void forget(worker_id w) {
    waiting_.erase(w);
  }
  bool empty() const {
    return waiting_.empty();
  }
  /// Hands out everything, `send(worker, orders)`, in the order in which workers first got something.
  template <class Send>
  void flush(Send&& send) {
    for (auto w : std::exchange(order_, {}))
      if (auto i = waiting_.find(w); i != waiting_.end()) {
        auto orders = std::move(i->second);
        waiting_.erase(i);
        send(w, std::move(orders));
      }
  }

private:
  node_orders& of(worker_id w) {
    const auto [i, fresh] = waiting_.try_emplace(w);
    if (fresh)
      order_.push_back(w);
    return i->second;
  }

  std::unordered_map<worker_id, node_orders> waiting_;
  std::vector<worker_id> order_;
};

} // namespace callboard
