#pragma once

#include <string>

#include "simulate/field_reader.hpp"
#include "simulate/job_rules.hpp"
#include "simulate/scenario.hpp"

namespace callboard::simulate {

// The parts of a scenario's reader. All throw bad_scenario.

std::map<std::string, type_script, std::less<>> read_types(const nlohmann::json& v);

/// @param v  null: one worker of the usual kind
std::vector<worker_script> read_workers(const nlohmann::json* v, const scenario& plan);

/// Fills the steps, by time, and the names of the jobs.
void read_steps(const nlohmann::json& v, scenario& plan);

expectation_set read_expectations(const nlohmann::json& v, const std::string& path);

/// Throws when a step or an expectation names a job, a schedule, a queue or a worker that is not there (yet).
void check_names(const scenario& plan);

/// `+90s`, `-1h`, or a time of day.
std::variant<duration, time_point> read_clock(const nlohmann::json& v, const std::string& path);

/// Names among the dependencies of a batch's jobs that stand for several of its own become those. Throws when they wait
/// for each other in a circle.
void take_inner_names(batch_step& s, const scenario& plan, const std::string& path);

/// The body of a job, checked by the rules of REST as far as they do not depend on when it is sent.
void check_job_body(const nlohmann::json& body, const std::string& path, const job_rules& rules, time_point start);
/// The same of a workflow, whose name is set unless it has one.
void check_workflow_body(nlohmann::json& body, const std::string& name, const std::string& path, const job_rules& rules,
                         time_point start);
/// The same of a change.
void check_change_body(const nlohmann::json& body, const std::string& path, const job_rules& rules, time_point start);
/// The same of a schedule.
void check_schedule_body(const nlohmann::json& body, const std::string& path, const job_rules& rules, time_point start);
void check_limit_target(const limit_target& t, const std::string& path, const job_rules& rules);
void check_limit_body(limit_kind kind, const nlohmann::json& rule, const std::string& path, const job_rules& rules);

} // namespace callboard::simulate
