#include "core/job/job_log.hpp"

#include "core/base/planted_bug.hpp"
#include "core/base/utf8.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace callboard {

void append(job_log& log, uint32_t attempt, log_lines more, uint64_t bytes_max) {
  if (more.lines.empty())
    return;
  if (log.attempt != attempt || log.end() < more.first) {
    static_cast<log_lines&>(log) = std::move(more);
    log.attempt = attempt;
  } else if (log.end() < more.end()) {
    const auto known = planted(bug::log_line_twice) ? 0 : static_cast<ptrdiff_t>(log.end() - more.first);
    log.lines.insert(log.lines.end(), std::make_move_iterator(more.lines.begin() + known),
                     std::make_move_iterator(more.lines.end()));
  }
  uint64_t bytes = 0;
  auto kept = log.lines.rbegin();
  while (kept != log.lines.rend() && bytes + kept->size() <= bytes_max)
    bytes += (kept++)->size();
  if (kept == log.lines.rbegin()) { // not even the last one
    log.lines.back().resize(utf8_prefix(log.lines.back(), bytes_max));
    ++kept;
  }
  const auto dropped = log.lines.rend() - kept;
  log.lines.erase(log.lines.begin(), log.lines.begin() + dropped);
  log.first += static_cast<uint64_t>(dropped);
}

log_lines lines_from(const log_lines& all, uint64_t from) {
  const auto at = std::clamp(from, all.first, all.end());
  return {at, {all.lines.begin() + static_cast<ptrdiff_t>(at - all.first), all.lines.end()}};
}

} // namespace callboard
