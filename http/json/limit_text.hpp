#pragma once

#include "core/job/views.hpp"
#include "http/json/json_writer.hpp"

namespace callboard {

/// Writes a queue or a job type with its limits, as `GET /api/queues/{name}` shows it.
void write_limit(json_writer& w, const limit_view& v);

} // namespace callboard
