#include "core/job/unique_holder.hpp"

namespace callboard {

bool holds_unique_key(const job_record& rec, bool is_live, bool waits, time_point now) {
  const auto& u = rec.spec.unique;
  // Who has the key of a job that was shed is to be accepted when there is room again.
  const bool shed = rec.state == job_state::cancelled && rec.error && rec.error->code == job_error_code::shed;
  if (!u || shed)
    return false;
  switch (u->scope) {
  case unique_scope::queued:
    return waits;
  case unique_scope::unfinished:
    return is_live;
  case unique_scope::window:
    return now < rec.created_at + u->window;
  case unique_scope::running:
    break;
  }
  return false;
}

} // namespace callboard
