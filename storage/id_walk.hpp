#pragma once

// Inside storage/ only: walks over the ids of jobs, from the newest down, and what several of them have in common.
#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/job/job.hpp"
#include "storage/filter.hpp"
#include "storage/store.hpp"

#include <rocksdb/db.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace callboard {

/// Ids in descending order, of one index. Errors show in `failure`, and no more ids come then.
class id_walk {
public:
  virtual ~id_walk() = default;
  /// The largest id that is at most `x`. From call to call `x` must not grow.
  virtual std::optional<job_id> at_most(job_id x) = 0;
  virtual std::optional<error> failure() const = 0;
};

/// Finished jobs in one of these states. Precondition: `have_status_rows`.
std::unique_ptr<id_walk> walk_states(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* status,
                                     const rocksdb::ReadOptions& o, const std::vector<job_state>& states);
/// Finished jobs, however they ended.
std::unique_ptr<id_walk> walk_done(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* done, const rocksdb::ReadOptions& o);

/// The largest ids of the range that all walks have. @param steps_max  in all walks together; at least one in each is
/// taken. Precondition: a walk, and an id in the range.
result<id_page> common_ids(const std::vector<std::unique_ptr<id_walk>>& walks, const id_range& range, size_t limit,
                           size_t steps_max);

} // namespace callboard
