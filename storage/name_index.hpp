#pragma once

// Inside storage/ only: which jobs have a queue, a type, a tag, are parts of a workflow. A job never changes them, so
// they are written once, when it is new, and removed when it is purged. And which finished jobs have a priority.
//
// A row of the family `names` is kind[1] length[4] name upper[8] -> varints, `upper` being its largest id. Jobs that
// became durable together and are of about the same age share rows: ids from the newest to the oldest, each as its
// distance from the one before, the first as that from `upper`. So a group commit adds a few rows, however many jobs it
// has.
#include "core/base/error.hpp"
#include "core/base/ids.hpp"
#include "core/job/job.hpp"
#include "storage/id_walk.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

enum class index_kind : char {
  queue = 'q',
  type = 't',
  tag = 'g',
  workflow = 'w',          ///< its id
  first_of_workflow = 'f', ///< of all workflows; the name is empty
  priority = 'p',          ///< a digit, or two; finished jobs only
};

/// What the index knows of one job. Views of somebody else's strings.
struct named_job {
  job_id id;
  std::string_view queue, type;
  const std::vector<std::string>* tags = nullptr;
  std::string_view workflow = {};
  bool first_of_workflow = false;
};

/// What the index knows of one finished job besides.
struct finished_priority {
  job_id id;
  uint8_t priority = priority_default;
};

/// Adds rows for jobs that are new. @param jobs  in the order of their ids.
void add_names(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* names, const std::vector<named_job>& jobs);
/// Adds rows for jobs that have finished, as above.
void add_names(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* names,
               const std::vector<finished_priority>& jobs);

/// Takes jobs out of the rows that have them. @param jobs  in the order of their ids. Error: storage_unavailable.
result<done> remove_names(rocksdb::WriteBatch& out, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names,
                          const std::vector<named_job>& jobs);
result<done> remove_names(rocksdb::WriteBatch& out, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names,
                          const std::vector<finished_priority>& jobs);

/// The name of a priority.
std::string priority_name(uint8_t priority);

/// Jobs with that name. @param o  its snapshot must live as long.
std::unique_ptr<id_walk> walk_name(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names, const rocksdb::ReadOptions& o,
                                   index_kind kind, std::string_view name);
} // namespace callboard
