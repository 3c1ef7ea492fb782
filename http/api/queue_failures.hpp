#pragma once

#include "core/job/views.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace callboard {

/// Adds queues that have neither live jobs nor limits, but jobs that failed since the scheduler started: who looks for
/// failures must find them although nothing is left of their queue. The page stays in the order of names, and has at
/// most `limit` rows.
/// @param after  the page shows names behind this one.
/// @param rows  `metrics_view::queues`
void add_failing_queues(limit_page& page, const std::string& after, uint32_t limit,
                        const std::map<std::string, queue_metrics>& rows);

} // namespace callboard
