#pragma once

#include "core/job/job.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace callboard {

/// What can happen to a job. `created` is not here: it is the birth in `queued`.
enum class job_event : uint8_t {
  arm,            ///< its start is decided: a future time is armed or a slot is reserved
  start,          ///< the worker confirmed the start of an attempt
  succeed,        ///< the attempt ended with a result
  fail_retryable, ///< the attempt ended without success, and another is allowed
  fail_final,     ///< the attempt ended without success, and none is allowed
  snooze,         ///< the handler asks to be run again later; nothing is charged
  lose,           ///< the attempt was lost with its worker, or handed back; nothing is charged
  cancel,         ///< someone no longer wants it, or a dependency of it failed
  miss_deadline,  ///< it has not started by its deadline
  poison,         ///< it was lost with its worker too often
  retry,          ///< an operator wants a failed job tried again
};
inline constexpr size_t job_event_count = 11;

std::string_view to_string(job_event e);

struct job_edge {
  job_state from;
  job_event on;
  job_state to;
};

///            cancel                                cancel
///   queued ───────────────┐           ┌─────────────────────────── retrying ◄──────────┐
///     │ arm               ▼           ▼      miss_deadline, poison │   │ start         │ retry
///     ▼       cancel                       ┌───────────────────────┘   │ (→ running)   │ (by an operator)
///  scheduled ────────► cancelled ◄───────── │ ──────────── running ◄───┘               │
///     │ start             ▲    cancel      ▼   fail_final    │ │ fail_retryable, snooze, lose (→ retrying)
///     └──────► running    └──────────── failed ◄─────────────┘ │                       │
///                                          └───────────────────┼───────────────────────┘
///                                                   succeed    ▼
///                                                          completed
///
/// A job that misses its deadline or is cancelled on its way is in `scheduled` first (two steps, one write).
/// `lose` before the start leaves a job `scheduled`: that is not an edge, the job did not move.
inline constexpr std::array job_edges{
  job_edge{job_state::queued, job_event::arm, job_state::scheduled},
  job_edge{job_state::queued, job_event::cancel, job_state::cancelled},
  job_edge{job_state::scheduled, job_event::start, job_state::running},
  job_edge{job_state::scheduled, job_event::cancel, job_state::cancelled},
  job_edge{job_state::scheduled, job_event::miss_deadline, job_state::failed},
  job_edge{job_state::scheduled, job_event::poison, job_state::failed},
  job_edge{job_state::running, job_event::succeed, job_state::completed},
  job_edge{job_state::running, job_event::fail_final, job_state::failed},
  job_edge{job_state::running, job_event::poison, job_state::failed},
  job_edge{job_state::running, job_event::cancel, job_state::cancelled},
  job_edge{job_state::running, job_event::fail_retryable, job_state::retrying},
  job_edge{job_state::running, job_event::snooze, job_state::retrying},
  job_edge{job_state::running, job_event::lose, job_state::retrying},
  job_edge{job_state::retrying, job_event::start, job_state::running},
  job_edge{job_state::retrying, job_event::miss_deadline, job_state::failed},
  job_edge{job_state::retrying, job_event::poison, job_state::failed},
  job_edge{job_state::retrying, job_event::cancel, job_state::cancelled},
  job_edge{job_state::failed, job_event::retry, job_state::retrying},
  job_edge{job_state::failed, job_event::cancel, job_state::cancelled},
};

/// Where `e` leads from `s`, or nothing when there is no such edge.
constexpr std::optional<job_state> next(job_state s, job_event e) noexcept {
  for (const auto& edge : job_edges)
    if (edge.from == s && edge.on == e)
      return edge.to;
  return std::nullopt;
}

static_assert(next(job_state::queued, job_event::arm) == job_state::scheduled);
static_assert(!next(job_state::completed, job_event::cancel));

} // namespace callboard
