#include "core/job/debounce.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>

namespace callboard {

void put_off(job_spec& s, const job_record* former, time_point now) {
  auto& rule = *s.unique;
  rule.since.reset();
  if (const auto* theirs = former && former->spec.unique ? &*former->spec.unique : nullptr;
      theirs && theirs->conflict == on_unique_conflict::debounce && !planted(bug::debounce_forgets_first))
    // A clock that was set back makes nobody wait longer.
    rule.since = std::min(now, theirs->since.value_or(former->created_at));
  auto at = now + rule.quiet;
  if (rule.quiet_max > duration{0})
    at = std::min(at, rule.since.value_or(now) + rule.quiet_max);
  s.schedule_at = std::max(now, at);
}

} // namespace callboard
