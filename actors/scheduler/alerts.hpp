#pragma once

#include "actors/runtime/live_actors.hpp"
#include "actors/runtime/time_source.hpp"
#include "config/settings.hpp"
#include "core/scheduler/event.hpp"
#include "http/api/backend.hpp"
#include "messages/actors.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/alert_board.hpp"

namespace callboard {

/// What the alerts look at besides the figures of the scheduler, and whom they tell. All functions are called on the
/// thread of the actor.
struct alert_surroundings {
  std::shared_ptr<alert_board> board; ///< null: nobody looks
  std::string webhook_secret;         ///< empty: webhooks are not signed
  std::function<std::vector<certificate_end>()> certificates = [] { return std::vector<certificate_end>{}; };
  /// Whether the audit log cannot be written; nothing: there is none.
  std::function<std::optional<bool>()> audit_fails = [] { return std::optional<bool>{}; };
  /// For followers of events.
  std::function<void(std::vector<scheduler_event>&&)> tell = [](std::vector<scheduler_event>&&) {};
};

struct alerts_options {
  std::shared_ptr<const settings> config;
  alert_surroundings around;
  /// Asked for the figures, given the jobs that tell of alerts.
  std::shared_ptr<backend> back;
  timekeeper_actor timekeeper;
  time_source clock = time_source::system();
};

/// Looks at the figures every `alerts.every`: those that GET /metrics tells, the certificates, the audit log. What
/// changes goes to the log, to followers of events, and as jobs to those whom the settings name.
///
/// Figures that do not come until the next look (the scheduler reads its store, or hangs) are not waited for: what
/// needs no figures is looked at all the same. It is detached, because it reads certificates and waits for the disk
/// when the board keeps something. It holds nothing that a restart would lose: the board outlives it.
struct alerts_state {
  alerts_state() = default;
  static constexpr const char* name = "alerts";

  alerts_options options;
  uint64_t asked = 0;    ///< number of the last question for figures
  bool awaiting = false; ///< it is not answered yet
  uint64_t looks = 0, looks_blind = 0, notices = 0, notices_refused = 0;
};

alerts_actor::behavior_type alerts(observed_pointer<alerts_actor, alerts_state> self, alerts_options options);

} // namespace callboard
