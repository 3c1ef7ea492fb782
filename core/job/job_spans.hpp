#pragma once

#include "core/job/job.hpp"
#include "core/job/views.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace callboard {

/// What a span tells of itself.
using span_attribute = std::pair<std::string, std::variant<std::string, int64_t>>;

/// The kinds of OpenTelemetry that there are here, with the numbers that OTLP has for them.
enum class span_kind : uint8_t { internal = 1, producer = 4, consumer = 5 };

/// A time within a trace, as OpenTelemetry has it.
struct trace_span {
  trace_place below; ///< its trace, and the span that it is a part of
  uint64_t id = 0;
  std::string state; ///< `tracestate`
  std::string name;  ///< of few different ones
  span_kind kind = span_kind::internal;
  time_point begin{}, end{};
  std::vector<span_attribute> attributes;
  bool failed = false;
  std::string message; ///< of what failed
};

/// The spans of a job that has ended, from what its record says: the job itself, and in it each wait and each attempt.
/// Attempts that its history does not have any more (jobs.history_entries_max) have none. Empty: it is not sampled, or
/// has not ended.
/// @param percent  as of `trace_of`
std::vector<trace_span> spans_of_job(const job_record& rec, uint32_t percent);

/// The spans of a submit that was answered: the submit itself, and in it the commit. Empty: the job is not sampled, or
/// existed before.
/// @param begun, answered  when the scheduler got the request, and when it was on the disk
std::vector<trace_span> spans_of_submit(const boxed<trace_context>& came, const submit_answer& a, time_point begun,
                                        time_point answered, uint32_t percent);

} // namespace callboard
