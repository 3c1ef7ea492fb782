#include "storage/rocksdb_store.hpp"

#include <filesystem>

namespace callboard {

/// RocksDB takes its own lock for some of these, for as long as it takes to read a number, as it does for many a read.
std::optional<store_figures> rocksdb_store::figures() const {
  using named = rocksdb::DB::Properties;
  std::shared_lock open{open_mutex_};
  if (!db_)
    return std::nullopt;
  const auto of_database = [&](const std::string& property) {
    uint64_t value = 0;
    return (*db_)->GetIntProperty(property, &value) ? value : 0;
  };
  const auto sum = [&](const std::string& property) {
    uint64_t all = 0;
    for (auto* f : db_->all())
      if (uint64_t value = 0; (*db_)->GetIntProperty(f, property, &value))
        all += value;
    return all;
  };
  store_figures x;
  x.memtable_bytes = sum(named::kCurSizeAllMemTables);
  x.live_data_bytes = sum(named::kEstimateLiveDataSize);
  x.pending_compaction_bytes = sum(named::kEstimatePendingCompactionBytes);
  x.background_errors = sum(named::kBackgroundErrors);
  x.compactions_running = of_database(named::kNumRunningCompactions);
  x.delayed_write_rate = of_database(named::kActualDelayedWriteRate);
  x.writes_stopped = of_database(named::kIsWriteStopped) != 0;
  open.unlock();
  x.block_cache_bytes = cache_->GetUsage();
  x.block_cache_bytes_max = cache_->GetCapacity();
  std::error_code unknown;
  if (const auto disk = std::filesystem::space(settings_.directory, unknown); !unknown) {
    x.disk_bytes_free = disk.available;
    x.disk_bytes = disk.capacity;
  }
  return x;
}

} // namespace callboard
