#pragma once

#include "messages/local.hpp"
#include "storage/store.hpp"

namespace callboard {

/// Lays what only the queue manager knows over a record that was stored.
void lay_over(job_record& rec, const live_overlay& live);

/// One page of a list: the live jobs that the queue manager found, merged with finished ones, newest first. For the
/// store reader; takes some milliseconds at most.
result<job_list> read_page(const store& db, const page_request& r);

} // namespace callboard
