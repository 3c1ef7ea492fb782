#pragma once

#include "core/job/job_life.hpp"

#include <string>
#include <string_view>

namespace callboard {

/// The steps of which a job's life is made (job_life.cpp, job_failure.cpp); nobody else takes them.

/// One line of the audit trail. The birth and the latest lines are kept: how it began and how it came to this.
void note(job_record& rec, time_point at, std::string_view reason, const life_limits& l);

/// Moves the job along an edge of its state machine. The only place that changes a state.
void step(job_record& rec, job_event on, time_point at, std::string_view reason, const life_limits& l);

/// A step that ends the job.
void turn_terminal(job_record& rec, job_event on, time_point now, std::string_view reason, const life_limits& l);

/// A step after which the job is tried again, `wait` from now.
void turn_retrying(job_record& rec, job_event on, time_point now, duration wait, std::string_view reason,
                   const life_limits& l);

/// `CODE: message`
std::string in_words(std::string_view code, std::string_view message);

/// `1.5 s`, rounded up: whoever waits that long finds the job ready.
std::string wait_text(duration d);

} // namespace callboard
