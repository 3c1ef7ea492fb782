#pragma once

#include "http/api/api.hpp"
#include "http/api/exposition.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alerts/alert_board.hpp"
#include "audit/audit_log.hpp"
#include "files/own_process.hpp"
#include "webhooks/webhook_board.hpp"

namespace callboard {

/// All that GET /metrics tells of, at one moment.
struct measured {
  const metrics_view& jobs;
  const process_figures& process;
  std::string_view version;
  const std::vector<certificate_end>& certificates;
  const std::optional<audit_state>& audit;             ///< empty: there is no audit log
  const alert_view* alerts = nullptr;                  ///< null: nobody looks
  std::optional<trace_figures> traces = {};            ///< empty: no spans are exported
  std::optional<webhook_board::figures> webhooks = {}; ///< empty: there are none
};

/// Since when a counter counts.
enum class counted_since { nobody_knows, metrics_began, process_began };

/// A family, and where its samples are.
struct measured_family {
  /// Writes samples of the family; none when there is nothing to tell.
  using writer = void (*)(exposition& e, const measured& m);
  /// One sample without labels, or whatever the writer writes.
  using samples = std::variant<uint64_t metrics_view::*, double metrics_view::*, latency_view metrics_view::*, writer>;

  metric_family what;
  samples from;
  counted_since since = counted_since::nobody_knows;
};

// By subject; docs/metrics.md has them all.
std::span<const measured_family> job_families();
std::span<const measured_family> place_families(); ///< queues, types, workers, schedules
std::span<const measured_family> host_families();  ///< store, server, process

/// All of them, in the order in which they are told. Every family is told with its head, also without samples, so that
/// what there is can be seen before anything has happened.
std::vector<measured_family> metric_families();

std::string metrics_text(const measured& m, exposition_format f);

} // namespace callboard
