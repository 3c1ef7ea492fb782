#pragma once

#include "core/job/views.hpp"
#include "http/json/json_writer.hpp"

namespace callboard {

/// Writes a queue, a job type or a concurrency key with its limits, as `GET /api/queues/{name}` shows it.
void write_limit(json_writer& w, const limit_view& v);

} // namespace callboard
