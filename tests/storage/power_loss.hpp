#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace callboard::test {

/// What is left of changes that were made but not synced when the power fails. Each file and each directory has a fate
/// of its own. Within a directory, names change in order, as in every file system with a journal: RocksDB needs that
/// (a new MANIFEST and the CURRENT that names it are synced together).
enum class leftovers {
  none,     ///< nothing
  some,     ///< the first few of a file's bytes, and of the changes in a directory
  reordered ///< as `some`, but with zeros in place of some of the file's pages: the disk has written later ones first
};

class disk_model;

/// A directory as a disk that can lose its power. It knows what of each file was synced, and which creations, renames
/// and removals in each directory were. A directory that was made without its knowledge counts as not synced; a file
/// that was (RocksDB's text log) is gone after a power loss.
///
/// A life of the disk: write through `env`, `cut`, destroy all who write, then `end_process` or `lose_power`.
class power_loss_disk {
public:
  /// @param root  a directory that exists and is empty
  explicit power_loss_disk(const std::string& root);
  power_loss_disk(const power_loss_disk&) = delete;
  power_loss_disk& operator=(const power_loss_disk&) = delete;
  ~power_loss_disk();

  rocksdb::Env* env() {
    return env_.get();
  }
  /// The path of something on this disk.
  std::string operator/(const std::string& name) const;

  /// From now on nothing changes, whatever the answer: whoever writes may as well be dead. What was answered counts if
  /// the disk is not cut after the answer.
  void cut();
  /// The same once so many more changes (bytes appended, syncs, names) have been made.
  void cut_after(uint64_t changes);
  bool is_cut() const;
  /// Until told otherwise no sync of a file succeeds.
  void fail_syncs(bool fail);

  /// After `cut`, when nobody has a file open: the process was killed. All changes are there, and no more of them are
  /// synced than before.
  void end_process();
  /// After `cut`, when nobody has a file open: the power was gone and is back. All that is there now is synced.
  void lose_power(leftovers left, std::mt19937_64& random);

private:
  std::shared_ptr<disk_model> model_;
  std::unique_ptr<rocksdb::Env> env_;
};

} // namespace callboard::test
