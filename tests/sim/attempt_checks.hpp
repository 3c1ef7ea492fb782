#pragma once

#include "tests/sim/history.hpp"

#include <map>
#include <set>
#include <string>

namespace callboard::sim {

/// A checkpoint as nodes save it: the attempt's fence and how many it has saved; the job it is of.
std::string checkpoint_text(job_id job, fence_token fence, uint32_t number);
/// An attempt begins with what an attempt of its job has saved, and with nothing older than what is durable of that.
/// @param saved    what attempts of the job have saved
/// @param durable  the latest that is safe on the disk; empty: none
void check_checkpoint(job_id job, const std::string& given, const std::set<std::string>& saved,
                      const std::string& durable);

/// A line of a log as attempts write them.
std::string log_line_text(job_id job, fence_token fence, uint64_t number);
/// A log has lines of one attempt of its job without a gap, by their numbers, and no more than it may have; of one that
/// completed the job, all up to the last.
/// @param logged  lines that attempts have written
void check_log(const job_record& rec, const std::map<fence_token, uint64_t>& logged);

/// Of some jobs: so short that a run sees the end of it.
inline constexpr duration short_timeout = std::chrono::seconds{7};
/// The timeout that clients give a job beside its soft one.
inline duration timeout_beside(duration soft_timeout, bool is_short = false) {
  return (is_short ? short_timeout : job_spec{}.timeout) + soft_timeout;
}
/// An attempt is told the soft timeout that belongs to its timeout, whatever became of its job before; 0: none.
void check_soft_timeout(job_id job, duration timeout, duration soft_timeout);

} // namespace callboard::sim
