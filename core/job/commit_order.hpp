#pragma once

#include "core/job/job_note.hpp"

namespace callboard {

/// Puts the jobs of a part in id order, which has dependencies before who waits for them, and fan-out jobs behind their
/// elements: the index meets their notes in this order. Several versions of a job stay in theirs. Frees what the part
/// was collected with. For the thread that writes, before it does: there may be a million jobs, which the thread that
/// decides has no time for.
void put_in_order(commit_part& part);

} // namespace callboard
