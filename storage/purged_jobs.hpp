#pragma once

#include "core/job/job_note.hpp"
#include "storage/store.hpp"

namespace callboard {

/// A finished job that an operator brings back or discards may have been purged since it was read: what is about to be
/// written would then be a job without payload and key. Such a job is taken out of the part, and its note says so
/// (`refused`: unknown_job, or the error of the store that could not tell). Call it between the last purge and the
/// commit.
void refuse_changes_of_purged(const store& db, commit_part& part);

} // namespace callboard
