#pragma once

#include "core/job/job.hpp"
#include "http/message.hpp"

#include <vector>

namespace callboard {

/// The trace that the request belongs to, by its headers `traceparent` and `tracestate`. One that is malformed counts
/// as none, as W3C Trace Context asks for: whoever made it may be a proxy that the client does not know.
boxed<trace_context> trace_of_request(const http_request& r);

/// Gives it to the jobs that do not say themselves to which trace they belong.
void give_trace(const http_request& r, std::vector<job_spec>& jobs);

} // namespace callboard
