#pragma once

#include <cstdint>

namespace callboard {

/// What the engine of a store on disk says of itself, at one moment. Sizes are bytes.
struct store_figures {
  uint64_t memtable_bytes = 0;           ///< written, and in memory besides the log
  uint64_t live_data_bytes = 0;          ///< in its files, without what was deleted or overwritten since; estimated
  uint64_t pending_compaction_bytes = 0; ///< that are to be rewritten; estimated
  uint64_t compactions_running = 0;
  uint64_t delayed_write_rate = 0; ///< bytes a second to which writes are slowed down; 0: they are not
  bool writes_stopped = false;     ///< until compactions have caught up
  uint64_t background_errors = 0;
  uint64_t block_cache_bytes = 0, block_cache_bytes_max = 0;
  uint64_t disk_bytes_free = 0, disk_bytes = 0; ///< of the file system that it lies on
};

} // namespace callboard
