#pragma once

#include "core/job/dependency.hpp"
#include "core/job/job.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace callboard {

/// Where a job stands with the jobs that it depends on. `runs` and `never` are final: what becomes known later changes
/// neither, as long as no ended job is brought back.
enum class prospect : uint8_t { waits, runs, never };

prospect prospect_of(dependency_rule rule, std::span<const dependency> jobs);

/// Why a job will never run.
struct refusal_to_run {
  std::string_view code; ///< of job_error_code; empty: there is none
  std::string reason;
  explicit operator bool() const {
    return !code.empty();
  }
};
/// Precondition: its prospect is `never`. The code is the gravest of what its dependencies came to: a failure before a
/// cancellation before a skip. The reason names the first job of that kind.
refusal_to_run refusal_of(dependency_rule rule, std::span<const dependency> jobs);

/// Whether the prospect depends on more than all conditions being `success`: then it must be known of an ended job how
/// it ended for as long as the job waits for others.
bool is_conditional(dependency_rule rule, std::span<const dependency> jobs);

/// How a job ended: its state, and for a cancelled one the code of its error. @param code  of its error, or empty.
job_ending ending_of(job_state state, std::string_view code);
job_ending ending_of(const job_record& rec);

/// The fact of a store (`meta`) by which the end of a job is remembered for those that are conditional on it: they may
/// wait longer than its record is kept. It is written with the end, and removed when nobody needs it any more.
inline constexpr std::string_view ended_job_prefix = "ended-job/";
std::string ended_job_key(job_id job);
std::string to_text(const prerequisite_end& e);
/// @param name  without the prefix. Nothing when it is not what `to_text` wrote.
std::optional<prerequisite_end> parse_end(std::string_view name, std::string_view text);

} // namespace callboard
