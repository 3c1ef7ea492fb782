#pragma once

#include "core/job/views.hpp"
#include "http/json/json_writer.hpp"

#include <array>

namespace callboard {

struct audit_state;

/// The JSON of what is measured. Durations are milliseconds, as their names say.
void write_job_metrics(json_writer& w, const metrics_view& m);
/// `{"queued":n,…}`
void write_by_state(json_writer& w, const std::array<uint64_t, job_state_count>& counts);
void write_worker_metrics(json_writer& w, const std::vector<worker_view>& workers, const scale_view& scaling);
void write_worker(json_writer& w, const worker_view& v, bool with_running);
void write_actor(json_writer& w, const actor_view& a);
/// The answer to a scale call: what was wanted before, and what is now.
void write_scale_answer(json_writer& w, const scale_view& v);
void write_status(json_writer& w, const status_view& s);
/// @param audit  null: there is no audit log.
void write_health(json_writer& w, const health_view& h, std::string_view version, const audit_state* audit);

/// All states of jobs, in the order of their numbers.
inline constexpr std::array all_job_states{job_state::queued,   job_state::scheduled, job_state::running,
                                           job_state::retrying, job_state::completed, job_state::failed,
                                           job_state::cancelled};
static_assert(all_job_states.size() == job_state_count);

} // namespace callboard
