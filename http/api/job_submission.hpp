#pragma once

#include "core/job/job.hpp"
#include "http/api/api.hpp"
#include "http/message.hpp"

namespace callboard {

/// Submits a job that was read, and answers with what the scheduler says of it: 201, or 200 for one that existed
/// already.
void submit_job(const api& a, job_spec&& spec, const responder& to);

} // namespace callboard
