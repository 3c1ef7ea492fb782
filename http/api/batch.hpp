#pragma once

#include "core/base/boxed.hpp"
#include "core/job/requests.hpp"
#include "http/api/job_reader.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// The jobs of `POST /api/jobs/batch`, each read or refused.
struct parsed_batch {
  /// Those that were read, in the order in which they came. Positions of `inner` are those of the batch, which are the
  /// same where no job was refused. `atomic` is what the body says; the query may say so too.
  submit_request request;
  /// Of each job of the batch why it was refused; nothing: it is the next one of the request.
  std::vector<boxed<error>> refused;
};

/// Reads one job. Errors: as of its fields; malformed_json.
result<parsed_job> parse_job(const api& a, std::string_view text, time_point now, job_place place = job_place::alone);

/// Checks the fields of a job some of which are not known yet, each by itself; for one that would be read with
/// `parse_job` when they are. Errors: as of the fields; malformed_json.
std::optional<error> parse_job_fields(const api& a, std::string_view text, time_point now);

/// Reads an array of jobs, or `{"atomic": …, "jobs": […]}`. The error of a job stays with the job; an error of the
/// whole is malformed JSON or too many jobs.
result<parsed_batch> parse_batch(const api& a, std::string_view text, time_point now);

/// Reads newline-delimited JSON: a job per line, empty lines are skipped. A malformed line is that job's error.
result<parsed_batch> parse_batch_lines(const api& a, std::string_view text, time_point now);

/// A circle among the dependencies inside a batch as `#0 -> #2 -> #0`, or nothing. Positions are below `jobs`.
std::optional<std::string> find_cycle(size_t jobs, const std::vector<batch_dependency>& inner);

} // namespace callboard
