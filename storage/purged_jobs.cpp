#include "storage/purged_jobs.hpp"

#include "core/base/planted_bug.hpp"

#include <algorithm>

namespace callboard {

void refuse_changes_of_purged(const store& db, commit_part& part) {
  std::erase_if(part.jobs, [&](const stored_job& j) {
    if (!j.was_terminal || planted(bug::purged_job_revived))
      return false;
    const auto found = db.load({j.id}, false);
    if (found && !found->empty())
      return false;
    for (auto& n : part.notes)
      if (n.job == j.id)
        n.refused = found ? error{ec::unknown_job, "no job " + to_string(j.id) + " is known here", "id"} : found.err();
    return true;
  });
}

} // namespace callboard
