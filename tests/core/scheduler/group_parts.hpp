#pragma once

#include "core/job/commit_order.hpp"
#include "core/scheduler/write_groups.hpp"

#include <optional>
#include <vector>

namespace callboard::test {

using ids = std::vector<job_id>;

inline job_id job(uint64_t n) {
  return job_id{n};
}

inline group_part part(uint64_t group, uint64_t n, job_state after = job_state::cancelled,
                       durability level = durability::fsync) {
  group_part p;
  p.group = group;
  p.job.id = job(n);
  p.job.level = level;
  p.note.job = job(n);
  p.note.after = after;
  return p;
}

/// In the order in which they are written.
inline ids jobs_of(std::optional<commit_part> c) {
  ids out;
  if (!c)
    return out;
  put_in_order(*c);
  for (const auto& j : c->jobs)
    out.push_back(j.id);
  return out;
}

using joining = write_groups::joining;

} // namespace callboard::test
