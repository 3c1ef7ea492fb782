#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace callboard {

/// The states of a worker as the scheduler sees it. Suspect (heartbeat late) is a flag, not a state.
enum class worker_state : uint8_t { starting = 0, idle = 1, working = 2, stopping = 3, stopped = 4, failed = 5 };
inline constexpr size_t worker_state_count = 6;

std::string_view to_string(worker_state s);

enum class worker_event : uint8_t {
  join,    ///< it registered
  assign,  ///< its first attempt is placed
  drained, ///< its last attempt ended
  stop,    ///< it was asked to stop, or says that it will
  exit,    ///< it left as asked
  lose,    ///< its lease expired, its process died, or its registration failed
  restart, ///< its supervisor starts it again
};
inline constexpr size_t worker_event_count = 7;

std::string_view to_string(worker_event e);

struct worker_edge {
  worker_state from;
  worker_event on;
  worker_state to;
};

///   starting ──join──► idle ──assign──► working          failed ──restart──► starting
///      │                │ ▲──drained──────┘│ │
///      lose           stop               stop lose
///      ▼                ▼                  ▼ ▼
///    failed         stopping ──exit──► stopped     (stopping ──lose──► failed)
///
/// An idle worker that is lost goes to failed by way of stopping: two steps, one event (`lost_from`).
inline constexpr std::array worker_edges{
  worker_edge{worker_state::starting, worker_event::join, worker_state::idle},
  worker_edge{worker_state::starting, worker_event::lose, worker_state::failed},
  worker_edge{worker_state::idle, worker_event::assign, worker_state::working},
  worker_edge{worker_state::idle, worker_event::stop, worker_state::stopping},
  worker_edge{worker_state::working, worker_event::drained, worker_state::idle},
  worker_edge{worker_state::working, worker_event::stop, worker_state::stopping},
  worker_edge{worker_state::working, worker_event::lose, worker_state::failed},
  worker_edge{worker_state::stopping, worker_event::exit, worker_state::stopped},
  worker_edge{worker_state::stopping, worker_event::lose, worker_state::failed},
  worker_edge{worker_state::failed, worker_event::restart, worker_state::starting},
};

constexpr std::optional<worker_state> next(worker_state s, worker_event e) noexcept {
  for (const auto& edge : worker_edges)
    if (edge.from == s && edge.on == e)
      return edge.to;
  return std::nullopt;
}

} // namespace callboard
