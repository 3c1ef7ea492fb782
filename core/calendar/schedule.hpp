#pragma once

#include "core/base/time.hpp"
#include "core/calendar/cron.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace callboard {

/// Fires every `period`, counted from `anchor`; the wall clock and its zones do not matter.
struct fire_every {
  /// At least a second.
  duration period{std::chrono::hours{1}};
  time_point anchor{};
};

/// Fires at one moment.
struct fire_once {
  time_point at{};
};

/// What happens to fire times that passed while nobody could serve them: the scheduler was down, its clock was set
/// forward, the schedule was paused.
enum class catch_up_rule : uint8_t {
  none, ///< they are counted as missed
  last, ///< the latest of them is served
  all,  ///< all of them are served, the latest `schedule_rules::catch_up_max`
};

/// What happens at a fire time while jobs of former ones are unfinished.
enum class overlap_rule : uint8_t {
  allow,   ///< they run side by side
  skip,    ///< this fire time is left out
  queue,   ///< it waits until they are finished; one waits at most, the latest
  replace, ///< they are cancelled, and the new one runs
};

/// When jobs of a definition are submitted.
struct schedule_rules {
  std::variant<cron, fire_every, fire_once> when = fire_once{};
  std::shared_ptr<const zone_rules> zone; ///< of a cron expression; null: UTC
  std::optional<time_point> starts_at;    ///< no fire time before this
  std::optional<time_point> ends_at;      ///< none at or after this
  /// Each fire time is served up to so much later, by its own and always the same amount, so that many schedules with
  /// one fire time do not all come at once.
  duration jitter{0};
  catch_up_rule missed = catch_up_rule::last;
  uint32_t catch_up_max = 100; ///< of `catch_up_rule::all`
  overlap_rule when_unfinished = overlap_rule::allow;
};

/// The first fire time after `t`; none: the schedule is over.
std::optional<time_point> next_fire(const schedule_rules& r, time_point t);

/// The delay of a fire time by jitter: 0 to `r.jitter`, a function of the name and the time, so that it is the same
/// after a restart.
duration jitter_of(const schedule_rules& r, std::string_view name, time_point fire);

/// What is to be done about fire times that have come.
struct due_fires {
  std::vector<time_point> serve; ///< in order
  uint64_t missed = 0;           ///< passed and not served; of the latest `fires_counted_max`
  time_point handled{};          ///< the fire time up to which all is decided
};

/// A fire time that is not older than this is not late: it is served whatever `catch_up_rule` says.
inline constexpr duration fire_grace = std::chrono::minutes{1};
/// Passed fire times that are looked at; of more, the latest. Bounds the time that a schedule of every second takes
/// after a year without anybody.
inline constexpr size_t fires_counted_max = 1000;

/// @param handled  the last fire time that was decided, or when the schedule began.
/// @param name     of the schedule, for its jitter.
due_fires fires_due(const schedule_rules& r, std::string_view name, time_point handled, time_point now);

enum class fire_decision : uint8_t {
  submit,
  skip,
  wait, ///< in the place of one that waits already
  cancel_others_and_submit,
};

/// A fire time has come. @param unfinished  jobs that were submitted for the schedule and have not ended.
fire_decision decide_fire(overlap_rule rule, size_t unfinished);

} // namespace callboard
