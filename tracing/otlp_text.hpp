#pragma once

#include "core/job/job_spans.hpp"

#include <string>
#include <vector>

namespace callboard {

/// Who exports.
struct span_origin {
  std::string service;  ///< service.name
  std::string version;  ///< of this program
  std::string instance; ///< service.instance.id
};

/// The body of a request that exports spans by OTLP over HTTP, as JSON
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
std::string otlp_text(const span_origin& from, const std::vector<trace_span>& spans);

} // namespace callboard
