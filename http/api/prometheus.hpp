#pragma once

#include "core/job/views.hpp"

#include <string>

namespace callboard {

/// The Prometheus text format 0.0.4. Durations are seconds, names end in their unit, counters in `_total`.
/// Source: prometheus.io/docs/instrumenting/exposition_formats.
std::string prometheus_text(const metrics_view& m);

} // namespace callboard
