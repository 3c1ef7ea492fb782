#pragma once

#include <string>

#include "simulate/run_scenario.hpp"

namespace callboard::simulate {

/// `1d 02:03:04.005`: a time since the beginning, to the millisecond.
std::string clock_text(duration d);

/// One line of a trace for people, without its end.
std::string trace_line(const trace_event& e);
/// The same as one JSON object.
std::string trace_json(const trace_event& e);

/// What did not hold and must not happen, a line for each, and the summary. @param real  the time that the run took
std::string summary_text(const scenario& plan, const run_report& r, duration real);
/// The same as one JSON object.
std::string summary_json(const scenario& plan, const run_report& r, duration real);

} // namespace callboard::simulate
