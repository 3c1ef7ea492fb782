#pragma once

#include "actors/runtime/network_door.hpp"
#include "core/measure/recent_max.hpp"
#include "messages/local.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace callboard {

/// What can be seen of a running actor from outside. Written by whoever sends to it and by itself; read by anybody.
struct actor_gauge {
  std::string name;
  std::string parent;
  std::chrono::system_clock::time_point started_at;
  caf::weak_actor_ptr self;
  std::atomic<uint64_t> received{0};
  std::atomic<uint64_t> handled{0};
  recent_max turns; ///< how long its turns took

  uint64_t mailbox() const noexcept {
    const auto h = handled.load(std::memory_order_relaxed), r = received.load(std::memory_order_relaxed);
    return r > h ? r - h : 0;
  }
};
using gauge_ptr = std::shared_ptr<actor_gauge>;

/// What turns are timed with, also in tests whose actors live by another clock.
inline steady_point turn_clock() {
  const auto t = std::chrono::steady_clock::now().time_since_epoch();
  return steady_point{std::chrono::duration_cast<duration>(t)};
}

/// All observed actors of this process. Thread-safe.
class live_actors {
public:
  static live_actors& instance();

  /// An actor is in it as long as somebody holds its gauge.
  void add(const gauge_ptr& g);
  /// A supervisor starts the actor again, for this reason.
  void note_restart(const std::string& name, std::string reason);

  struct restarts {
    uint32_t count = 0;
    std::string last_reason;
  };
  struct row {
    std::shared_ptr<const actor_gauge> gauge;
    restarts again;
  };
  /// In the order of their start.
  std::vector<row> all() const;

private:
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<actor_gauge>> gauges_;
  std::map<std::string, restarts> restarts_;
};

/// What an actor that threw ends with, so that whoever watches it can say why.
caf::error reason_of(const std::exception_ptr& thrown);

/// An actor whose mailbox and work can be seen: counts what arrives, and after each turn what is left;
/// times its turns.
/// Use as the base of a stateful actor (`observed_pointer`).
template <class Base>
class observed : public Base {
public:
  using Base::Base;

  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit* unit) override {
    if (!network_door::admits(*element, unit))
      return;
    gauge_->received.fetch_add(1, std::memory_order_relaxed);
    auto* const io = io_.load(std::memory_order_acquire);
    Base::enqueue(std::move(element), io ? io : unit);
  }
  /// What CAF's multiplexer goes by when it decides whether an actor runs on its thread (exec_later).
  caf::resumable::subtype_t subtype() const override {
    return io_.load(std::memory_order_acquire) ? caf::resumable::io_actor : Base::subtype();
  }
  caf::resumable::resume_result resume(caf::execution_unit* unit, size_t max_throughput) override {
    const auto begun = turn_clock();
    const auto r = Base::resume(unit, max_throughput);
    const auto ended = turn_clock();
    gauge_->turns.record(ended, ended - begun);
    // A turn ends when nothing is left, or when it has had as many messages as it may. A message that arrives right
    // now is counted at the next turn.
    const auto arrived = gauge_->received.load(std::memory_order_relaxed);
    const auto before = gauge_->handled.load(std::memory_order_relaxed);
    const bool more = r == caf::resumable::resume_later && arrived - before > max_throughput;
    gauge_->handled.store(more ? before + max_throughput : arrived, std::memory_order_relaxed);
    return r;
  }
  /// From its next turn on it runs on the thread of the network: what comes from there, or goes there, wakes no other
  /// thread. For actors that never block and have little to do. @param io  the multiplexer of this actor's system.
  void run_on(caf::execution_unit& io) {
    io_.store(&io, std::memory_order_release);
  }
  /// Makes it visible. Call once, from the function of the actor. @param describe  tells what it holds, in its own
  /// turn, when somebody asks.
  void show_as(std::string name, std::string parent, std::function<actor_facts()> describe) {
    gauge_->name = std::move(name);
    gauge_->parent = std::move(parent);
    gauge_->started_at = std::chrono::system_clock::now();
    gauge_->self = caf::actor_cast<caf::weak_actor_ptr>(this->address());
    live_actors::instance().add(gauge_);
    this->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& x) { return reason_of(x); });
    // A `dump_call` is in no actor's interface: every observed one takes it besides.
    this->set_default_handler([this, describe = std::move(describe)](
                                caf::scheduled_actor* self, caf::message_view& x) -> caf::result<caf::message> {
      if (!x.content().match_elements<dump_call>())
        return caf::print_and_drop(self, x);
      const auto& call = x.content().get_as<dump_call>(0);
      call.reply.deliver(actor_dump{gauge_->name, call.node, describe()});
      return caf::message{};
    });
  }

private:
  gauge_ptr gauge_ = std::make_shared<actor_gauge>();
  std::atomic<caf::execution_unit*> io_{nullptr};
};

/// Pointer type for the function of an observed actor with state; as `Handle::stateful_pointer<State>` otherwise.
template <class Handle, class State>
using observed_pointer = caf::stateful_actor<State, observed<typename Handle::base>>*;

} // namespace callboard
