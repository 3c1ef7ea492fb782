#include "http/api/trace_header.hpp"

namespace callboard {

boxed<trace_context> trace_of_request(const http_request& r) {
  const auto place = parse_traceparent(r.traceparent);
  if (!place)
    return {};
  return trace_context{traceparent_text(*place), is_tracestate(r.tracestate) ? r.tracestate : std::string{}};
}

void give_trace(const http_request& r, std::vector<job_spec>& jobs) {
  const auto trace = trace_of_request(r);
  if (!trace)
    return;
  for (auto& job : jobs)
    if (!job.trace)
      job.trace = trace;
}

} // namespace callboard
