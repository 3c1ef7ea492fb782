// How the store goes on after a write that failed.
//
// What RocksDB (7.8) does: a batch goes to the log first, is synced, and enters the memtables only when both succeeded;
// a failure stops all writes until `DB::Resume`. So a failed batch is never visible in this process. But:
//   - its bytes may be in the log, whole, when only the sync failed, and a later start would replay them;
//   - `Resume` gets a new log only by flushing memtables: with empty ones it changes nothing, and the old log refuses
//     every further write (https://github.com/facebook/rocksdb/issues/11447 and /11643);
//   - it goes on with the sequence numbers that the failed batch had already used in the log
//     (https://github.com/facebook/rocksdb/pull/15193).
// So `Resume` is not used. Instead, with the next call that writes:
//   1. what the failed batch would have overwritten is read, which gives a batch that takes it back; reads still work
//      and show the state before it;
//   2. it is made sure that the disk takes bytes again (else: still unavailable, reading goes on);
//   3. the database is closed and opened again: a new log, and from the old one either all of the failed batch or
//      nothing of it (a log record has a checksum);
//   4. the batch that takes it back is written and synced. Where nothing had come back it changes nothing.
// Readers wait during 3 and 4. If one of them fails, the store stays closed until a later call succeeds.
#include "storage/rocksdb_store.hpp"

#include <rocksdb/env.h>

#include <set>

namespace callboard {

namespace {

/// Written and synced to see whether the disk works.
constexpr size_t probe_bytes = 256u << 10;
/// Free space that opening again may need on top of writing what is in the log.
constexpr uint64_t free_bytes_margin = 16u << 20;

/// The keys that a batch touches.
class key_collector : public rocksdb::WriteBatch::Handler {
public:
  rocksdb::Status PutCF(uint32_t family_id, const rocksdb::Slice& key, const rocksdb::Slice&) override {
    keys.emplace(family_id, key.ToString());
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t family_id, const rocksdb::Slice& key) override {
    keys.emplace(family_id, key.ToString());
    return rocksdb::Status::OK();
  }
  std::set<std::pair<uint32_t, std::string>> keys;
};

} // namespace

result<rocksdb::WriteBatch> rocksdb_store::undo_of(const rocksdb::WriteBatch& failed) const {
  key_collector touched;
  if (auto s = failed.Iterate(&touched); !s.ok())
    return error_of(s, "take back a failed write");
  rocksdb::WriteBatch undo;
  std::string value;
  for (const auto& [family_id, key] : touched.keys) {
    auto* f = db_->with_id(family_id);
    auto s = (*db_)->Get({}, f, key, &value);
    if (s.ok())
      s = undo.Put(f, key, value);
    else if (s.IsNotFound())
      s = undo.Delete(f, key);
    if (!s.ok())
      return error_of(s, "take back a failed write");
  }
  return undo;
}

result<done> rocksdb_store::probe_disk() const {
  uint64_t free_bytes = 0;
  // Opening writes out what the log holds. Not every file system can tell its space; then opening tells.
  uint64_t log_bytes = 0;
  std::vector<rocksdb::Env::FileAttributes> files;
  if (env_->GetChildrenFileAttributes(settings_.directory, &files).ok())
    for (const auto& file : files)
      if (file.name.ends_with(".log"))
        log_bytes += file.size_bytes;
  if (env_->GetFreeSpace(settings_.directory, &free_bytes).ok() && free_bytes < log_bytes + free_bytes_margin)
    return error{ec::storage_unavailable, "the disk of " + settings_.directory +
                                            " is full: " + std::to_string(free_bytes) + " bytes are free, " +
                                            std::to_string(log_bytes + free_bytes_margin) + " are needed to go on"};
  const std::string name = settings_.directory + "/probe";
  std::unique_ptr<rocksdb::WritableFile> file;
  auto s = env_->NewWritableFile(name, &file, rocksdb::EnvOptions{});
  if (s.ok())
    s = file->Append(std::string(probe_bytes, 'p'));
  if (s.ok())
    s = file->Sync();
  if (s.ok())
    s = file->Close();
  file.reset();
  env_->DeleteFile(name).PermitUncheckedError();
  if (!s.ok())
    return error{ec::storage_unavailable,
                 "the disk of " + settings_.directory + " does not take writes: " + s.ToString()};
  return done{};
}

result<done> rocksdb_store::recover() {
  if (!undo_) {
    auto undo = undo_of(*failed_);
    if (!undo)
      return undo.err();
    undo_ = std::move(*undo);
  }
  if (auto r = probe_disk(); !r)
    return r;
  std::unique_lock closed{open_mutex_};
  db_.reset();
  auto db = open_database();
  if (!db)
    return db.err();
  rocksdb::WriteOptions o;
  o.sync = true;
  if (auto s = (**db)->Write(o, &*undo_); !s.ok())
    return error_of(s, "take back a failed write");
  db_ = std::move(*db);
  failed_.reset();
  undo_.reset();
  return done{};
}

} // namespace callboard
