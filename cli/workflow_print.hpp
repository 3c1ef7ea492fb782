#pragma once

#include "cli/format.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <string>

namespace callboard {

/// `3 of 5, 1 running, 1 failed`, of a workflow's `progress`.
std::string workflow_progress_text(const nlohmann::ordered_json& workflow);

/// A workflow with a table of its jobs, and its result.
void print_workflow(std::ostream& out, const nlohmann::ordered_json& workflow, time_point now, const palette& colours);

/// The jobs of a graph by levels: each stands below all that it waits for, an arrow shows who waits for it, and a star
/// marks the critical path.
void print_workflow_graph(std::ostream& out, const nlohmann::ordered_json& graph, const palette& colours);

/// The graph as Graphviz reads it; the critical path is bold.
void print_workflow_dot(std::ostream& out, const nlohmann::ordered_json& graph);

} // namespace callboard
