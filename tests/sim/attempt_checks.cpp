#include "tests/sim/attempt_checks.hpp"

#include "tests/sim/cache_checks.hpp"

#include <algorithm>

namespace callboard::sim {

std::string checkpoint_text(job_id job, fence_token fence, uint32_t number) {
  // Such that a later one is greater as text.
  const auto padded = [](uint64_t n) {
    const auto digits = std::to_string(n);
    return std::string(20 - digits.size(), '0') + digits;
  };
  return to_string(job) + " " + padded(fence.value) + " " + padded(number);
}

void check_checkpoint(job_id job, const std::string& given, const std::set<std::string>& saved,
                      const std::string& durable) {
  if (!given.empty() && saved.count(given) == 0)
    throw violation("checkpoint: " + to_string(job) + " begins with \"" + given +
                    "\", which no attempt of it has saved");
  if (given < durable)
    throw violation("checkpoint: " + to_string(job) + " begins with \"" + given + "\", and \"" + durable +
                    "\" is on the disk");
}

std::string log_line_text(job_id job, fence_token fence, uint64_t number) {
  return to_string(job) + " " + std::to_string(fence.value) + " " + std::to_string(number);
}

void check_log(const job_record& rec, const std::map<fence_token, uint64_t>& logged) {
  const auto& log = rec.log;
  if (log.lines.empty())
    return;
  const auto wrong = [&](const std::string& what) {
    return violation("log: " + to_string(rec.id) + " at attempt " + std::to_string(rec.attempt) + " has of attempt " +
                     std::to_string(log.attempt) + " \"" + log.lines.front() + "\" and " +
                     std::to_string(log.lines.size() - 1) + " lines more from " + std::to_string(log.first) + " on, " +
                     what);
  };
  const auto wrote = std::find_if(logged.begin(), logged.end(), [&](const auto& w) {
    return log.lines.front() == log_line_text(rec.id, w.first, log.first);
  });
  if (wrote == logged.end())
    throw wrong("of which no attempt of it has written the first");
  uint64_t bytes = 0;
  for (size_t i = 0; i < log.lines.size(); ++i) {
    bytes += log.lines[i].size();
    if (log.lines[i] != log_line_text(rec.id, wrote->first, log.first + i))
      throw wrong("and then \"" + log.lines[i] + "\"");
  }
  if (bytes > log_bytes_max)
    throw wrong("which are " + std::to_string(bytes) + " bytes");
  if (log.end() > wrote->second)
    throw wrong("and its attempt has written " + std::to_string(wrote->second));
  // It may have its result from another job, after an attempt that was lost.
  if (rec.state == job_state::completed && !rec.cached_from && log.attempt == rec.attempt && log.end() != wrote->second)
    throw wrong("and the attempt that completed it has written " + std::to_string(wrote->second));
}

void check_soft_timeout(job_id job, duration timeout, duration soft_timeout) {
  if (timeout != timeout_beside(soft_timeout) && timeout != timeout_beside(soft_timeout, true))
    throw violation("soft timeout: an attempt of " + to_string(job) + " with a timeout of " +
                    std::to_string(timeout.count()) + " us is given a soft one of " +
                    std::to_string(soft_timeout.count()) + " us");
}

} // namespace callboard::sim
