#pragma once

// Inside storage/ only: what every batch of writes is put together with.
#include "storage/store.hpp"

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <cstdint>
#include <string_view>

namespace callboard {

inline uint64_t& counter_of(store_counts& n, job_state s) {
  switch (s) {
  case job_state::completed:
    return n.completed;
  case job_state::failed:
    return n.failed;
  case job_state::cancelled:
    return n.cancelled;
  default:
    return n.live;
  }
}

/// A counter that would fall below zero says that the writer named a former version that is not there.
inline void decrease(uint64_t& n) {
  if (n > 0)
    --n;
}

// Putting something into a batch in memory fails only for a family that does not exist.
inline void put(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f, std::string_view key,
                std::string_view value) {
  out.Put(f, key, value).PermitUncheckedError();
}
inline void remove(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f, std::string_view key) {
  out.Delete(f, key).PermitUncheckedError();
}

} // namespace callboard
