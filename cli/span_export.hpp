#pragma once

#include "actors/scheduler/gateway.hpp"
#include "config/settings.hpp"
#include "core/scheduler/event_source.hpp"
#include "http/api/backend.hpp"

#include <functional>
#include <memory>
#include <string>

#include "tracing/trace_exporter.hpp"

namespace callboard {

/// What exports the spans of the scheduler's jobs, not yet started; null when `tracing.endpoint` is empty.
/// @param back  where jobs are looked up, once it has started
/// @param send  of a request; on the exporter's thread
/// @param warn  for people
std::unique_ptr<trace_exporter> make_span_export(const settings& s, std::shared_ptr<const event_source> events,
                                                 std::function<backend&()> back,
                                                 std::function<export_answer(const std::string&)> send,
                                                 std::function<void(const std::string&)> warn);

/// Exports a span for each submit.
submit_observer observer_for(trace_exporter& to, const tracing_settings& s);

} // namespace callboard
