#pragma once

#include "core/job/views.hpp"

#include <string>

namespace callboard {

struct audit_state;

/// The Prometheus text format 0.0.4. Durations are seconds, names end in their unit, counters in `_total`.
/// Source: prometheus.io/docs/instrumenting/exposition_formats.
/// @param audit  null: there is no audit log.
std::string prometheus_text(const metrics_view& m, const audit_state* audit = nullptr);

} // namespace callboard
