#pragma once

#include "core/base/time.hpp"

#include <cstdint>
#include <string>

namespace callboard {

/// [tracing] Spans of jobs, exported to an OpenTelemetry collector (docs/tracing.md).
struct tracing_settings {
  std::string endpoint;                            ///< URL that takes OTLP over HTTP; empty: nothing is exported
  std::string headers_file;                        ///< with headers for each request, `Name: value` on each line
  std::string service = "callboard";               ///< what spans say of whom they come from
  uint32_t sample_percent = 100;                   ///< of the jobs that came without a trace
  duration export_every = std::chrono::seconds{1}; ///< longest wait of a span that has ended
  uint32_t batch_max = 512;                        ///< spans in one request
  uint32_t queue_max = 16'384;                     ///< spans that wait for the collector; more are dropped
  duration timeout = std::chrono::seconds{10};     ///< of one request

  bool on() const {
    return !endpoint.empty();
  }
  /// Of the jobs that came without a trace, how many get one.
  uint32_t percent() const {
    return on() ? sample_percent : 0;
  }
};

} // namespace callboard
