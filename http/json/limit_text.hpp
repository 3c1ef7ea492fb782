#pragma once

#include "core/job/views.hpp"
#include "http/json/json_writer.hpp"

namespace callboard {

/// Writes a queue, a job type or a concurrency key with its limits, as `GET /api/queues/{name}` shows it.
/// @param counted  of a queue in a list: what is known of the jobs that ended; null: nothing.
void write_limit(json_writer& w, const limit_view& v, const queue_metrics* counted = nullptr);

} // namespace callboard
