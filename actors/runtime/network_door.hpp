#pragma once

#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>

#include <atomic>
#include <cstdint>

namespace caf {
class actor_system;
}

namespace callboard {

/// What other processes may say to the actors of a scheduler. CAF delivers whatever a peer sends to any actor that the
/// network has heard of, and to those of a name, with any sender that the peer makes up; an `exit_msg` ends an actor.
/// While a door exists, observed actors of its system take from the network only what nodes have to say: a join, a
/// heartbeat, a report, a leave, an answer to a request, and the end of a remote actor. Everything else is dropped,
/// counted and logged. CAF's own named servers (spawning by name, configuration) can be reached no more.
///
/// It goes by the thread that delivers, which no peer can make up: what the network brings is delivered on CAF's
/// network thread, so no actor of such a system may live on that one. At most one door at a time in a process.
class network_door {
public:
  /// @param system  has a middleman, and outlives the door.
  explicit network_door(caf::actor_system& system);
  ~network_door();
  network_door(const network_door&) = delete;
  network_door& operator=(const network_door&) = delete;

  /// Any thread. @param unit  on which the message is delivered
  static bool admits(const caf::mailbox_element& x, const caf::execution_unit* unit) noexcept {
    const auto* network = network_.load(std::memory_order_acquire);
    return unit == nullptr || unit != network || admits_from_network(x);
  }
  /// How many messages were dropped since the process started.
  static uint64_t refused() noexcept {
    return refused_.load(std::memory_order_relaxed);
  }

private:
  static bool admits_from_network(const caf::mailbox_element& x) noexcept;
  static inline std::atomic<const caf::execution_unit*> network_{nullptr};
  static inline std::atomic<const caf::actor_system*> system_{nullptr};
  static inline std::atomic<uint64_t> refused_{0};
};

} // namespace callboard
