#pragma once

#include "core/base/boxed.hpp"
#include "core/base/ids.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// What came with the request that submitted a job, as W3C Trace Context has it (https://www.w3.org/TR/trace-context/):
/// the trace that the job belongs to.
struct trace_context {
  std::string parent; ///< `traceparent`; empty: none
  std::string state;  ///< `tracestate`, handed on as it came; only with a parent
  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Longest `tracestate` that is handed on, in bytes; the standard asks for at least this.
inline constexpr size_t tracestate_bytes_max = 512;

/// A place in a trace: the span below which others hang.
struct trace_place {
  uint64_t trace_high = 0, trace_low = 0; ///< the trace's id
  uint64_t span = 0;                      ///< 0: there is none, and a span here is the root of its trace
  bool sampled = false;                   ///< its spans are exported
  friend bool operator==(const trace_place&, const trace_place&) = default;
};

/// A `traceparent` of version 00, or of a later one by its first four parts. Nothing: it is none.
std::optional<trace_place> parse_traceparent(std::string_view text);
/// Of version 00.
std::string traceparent_text(const trace_place& p);
/// Printable ASCII of at most `tracestate_bytes_max` bytes.
bool is_tracestate(std::string_view text);

/// 32 lower-case hexadecimal digits.
std::string trace_id_text(const trace_place& p);
/// 16 lower-case hexadecimal digits.
std::string span_id_text(uint64_t span);

/// Below what the spans of a job hang: what came with it, or a trace of its own, whose id is made from the job's id and
/// so is the same after a restart.
/// @param came  nothing: none came
/// @param percent  of the jobs that came without a trace are sampled
trace_place trace_of(const boxed<trace_context>& came, job_id id, time_point created_at, uint32_t percent);

/// Ids of spans, made from what they are of, and so the same wherever they are made; never 0.
uint64_t span_of_job(job_id id);
uint64_t span_of_submit(job_id id);
uint64_t span_of_commit(job_id id);
uint64_t span_of_wait(job_id id, uint32_t attempt);
uint64_t span_of_attempt(job_id id, uint32_t attempt);

/// What an attempt's handler hands on: the job's trace, and the attempt as the span.
trace_context context_of_attempt(const boxed<trace_context>& came, job_id id, time_point created_at, uint32_t attempt,
                                 uint32_t percent);

} // namespace callboard
