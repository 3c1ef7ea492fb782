#pragma once

#include "tests/storage/power_loss.hpp"

#include <rocksdb/io_status.h>

#include <limits>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard::test {

/// What of a file or directory is where.
struct disk_node {
  using pointer = std::shared_ptr<disk_node>;
  using names = std::map<std::string, pointer>;

  bool is_directory = false;
  std::string bytes; ///< of a file
  size_t synced = 0; ///< so many of them
  names now;         ///< of a directory, as processes see it
  names stored;      ///< as synced
  /// What leads from `stored` to `now`: names and what they stand for, null when for nothing. A rename is one change.
  std::vector<std::vector<std::pair<std::string, pointer>>> unsynced;
};

/// The files and directories below a real directory, and what a power loss would leave of them.
class disk_model {
public:
  explicit disk_model(std::string root);

  const std::string root;
  mutable std::mutex mutex; ///< held by who calls what follows
  static constexpr uint64_t no_end = std::numeric_limits<uint64_t>::max();
  uint64_t changes_left = no_end;
  bool syncs_fail = false;

  /// No change succeeds any more. Takes the lock.
  bool is_cut() const {
    std::lock_guard lock{mutex};
    return changes_left == 0;
  }

  /// Makes a change, unless the disk is cut; answers `when_cut` then. Takes the lock.
  template <class F>
  rocksdb::IOStatus change(F&& make, const rocksdb::IOStatus& when_cut) {
    std::lock_guard lock{mutex};
    if (changes_left == 0)
      return when_cut;
    --changes_left;
    return make();
  }
  /// Of the bytes of a file, or a sync. On a disk that is cut it is said to have been made: RocksDB 7.8 ends the
  /// process (an assertion in `WritableFileWriter::Sync`) when a log that had an error once is synced by the next
  /// flush.
  template <class F>
  rocksdb::IOStatus change_bytes(F&& make) {
    return change(std::forward<F>(make), rocksdb::IOStatus::OK());
  }
  template <class F>
  rocksdb::IOStatus change_names(F&& make) {
    return change(std::forward<F>(make), rocksdb::IOStatus::IOError("the power is off, says the test"));
  }
  /// Syncs a file. Takes the lock.
  rocksdb::IOStatus sync(disk_node& file) {
    return change_bytes([&] {
      if (syncs_fail)
        return rocksdb::IOStatus::IOError("no sync, says the test");
      file.synced = file.bytes.size();
      return rocksdb::IOStatus::OK();
    });
  }

  /// What is at that path, or null.
  disk_node::pointer find(const std::string& path);
  /// An empty file, or directory.
  disk_node::pointer add(const std::string& path, bool is_directory);
  /// The path stands for that from now on; null: for nothing.
  void set_name(const std::string& path, disk_node::pointer to);
  void rename(const std::string& from, const std::string& to);
  void sync_directory(const std::string& path);
  /// Puts what is left in the place of what is there.
  void lose_power(leftovers left, std::mt19937_64& random);

private:
  disk_node::pointer top_;
};

} // namespace callboard::test
