#include "core/base/invariant.hpp"
#include "storage/key_layout.hpp"
#include "storage/name_index.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_store.hpp"
#include "storage/synced_names.hpp"

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>

#include <algorithm>

namespace callboard {

namespace {

/// The layout of the families and keys; records have a version of their own.
///   1  completed jobs had rows in `status`, and each finished job one of its own in `finished`
///   2  see rocksdb_store.hpp. Rows of `finished` in the old form are read, those of `status` are removed at opening
///   3  `names`: made at opening from what is there
///   4  `ends`: likewise
///   5  priorities of finished jobs in `names`: likewise
constexpr uint64_t store_format = 5;
/// Buffers of all families together, in write buffers.
constexpr size_t buffers_max = 4;
/// The log, in write buffers. After a crash it is replayed, at about 2 s for 64 MB of small records; a close writes
/// the buffers out and leaves nothing to replay.
constexpr size_t log_buffers_max = 2;
constexpr double bloom_bits_per_key = 10;
constexpr size_t block_bytes = 16u << 10;
/// Of RocksDB's own text log.
constexpr size_t info_log_bytes_max = 4u << 20;
constexpr size_t info_log_files_max = 3;
/// Jobs that enter an index that is new, in one write.
constexpr size_t indexed_at_once = 10'000;
/// The list of files is written anew when it has grown to this.
constexpr uint64_t manifest_bytes_max = 16u << 20;
/// A table in which so many of so many neighbouring entries, or this part of all, are deletions is compacted at once.
constexpr size_t deletion_window = 16384;
constexpr size_t deletion_trigger = 4096;
constexpr double deletion_ratio = 0.4;
/// A file of `live` that deletions are merged into is written anew with all that it holds, and 64 MB, RocksDB's usual
/// size, hold more than a million jobs: the smaller the file, the less is written again per job that ends.
constexpr uint64_t live_file_bytes = 4u << 20;

/// After "no space" RocksDB polls the disk on a thread of its own and resumes, at a moment that nobody knows: also in
/// the middle of a close, where its writer of the log takes the next flush for one without its data, and aborts.
class no_recovery_by_itself final : public rocksdb::EventListener {
public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::DBOptions database_options(const rocksdb_settings& s, rocksdb::Env* env) {
  rocksdb::DBOptions o;
  o.env = env;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.max_background_jobs = 2;
  o.db_write_buffer_size = buffers_max * s.write_buffer_bytes;
  o.max_total_wal_size = log_buffers_max * s.write_buffer_bytes;
  o.max_manifest_file_size = manifest_bytes_max;
  // kill -9 or power loss can tear the last record of the log: it was never acknowledged and is dropped. A damaged
  // record with good ones after it is something else, namely acknowledged data that the disk lost, so opening fails
  // instead of dropping what follows (kPointInTimeRecovery would do that without a word). This mode rules out
  // recycling of log files (rocksdb/options.h at recycle_log_file_num): old bytes at the end would look like damage.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.recycle_log_file_num = 0;
  // Each write reaches the operating system before it is answered, hence survives kill -9 also without a sync.
  o.manual_wal_flush = false;
  // There is one writer: nothing to pipeline, nobody to share the insertion into the memtables with.
  o.enable_pipelined_write = false;
  o.allow_concurrent_memtable_write = false;
  o.enable_write_thread_adaptive_yield = false;
  o.avoid_flush_during_shutdown = false;
  // What was replayed stays in the buffers, and in the log that it came from, until they are full: a start does not
  // wait for files to be written. Older logs count towards max_total_wal_size.
  o.avoid_flush_during_recovery = true;
  // rocksdb_recover.cpp decides when it goes on after an error.
  o.max_bgerror_resume_count = 0;
  o.listeners.push_back(std::make_shared<no_recovery_by_itself>());
  o.bytes_per_sync = 1u << 20;
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.max_log_file_size = info_log_bytes_max;
  o.keep_log_file_num = info_log_files_max;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

rocksdb::ColumnFamilyOptions family_options(family f, const rocksdb_settings& s,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  table.format_version = 5;
  // Counts index and filters as part of the cache: else the memory they take has no bound.
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Only these are looked up by whole key where the key may be absent; the others are scanned.
  if (f == family::live || f == family::done || f == family::payload || f == family::keys)
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bloom_bits_per_key));

  rocksdb::ColumnFamilyOptions o;
  // Who asks for a record or a payload nearly always asks for one that is there. In the last level, which holds nine
  // tenths of all, a filter would only save what the block would tell anyway, and all filters together would not fit
  // into the cache of a deep queue: each is for a whole file, and is read in one piece.
  o.optimize_filters_for_hits = f != family::keys;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  o.write_buffer_size = s.write_buffer_bytes;
  o.max_write_buffer_number = 3;
  if (f == family::live)
    o.target_file_size_base = live_file_bytes;
  // Keeps the number of levels small, so that a deletion soon meets what it deletes and both are gone.
  o.level_compaction_dynamic_level_bytes = true;
  // Level 0 is written while jobs wait for the processor and is soon merged: not worth compressing.
  o.compression_per_level = {rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  // Every job that finishes leaves a deletion in `live`, every purged one in the others. A start, a listing or a purge
  // must not crawl over millions of them, so tables full of deletions are compacted without waiting for their size.
  o.table_properties_collector_factories.push_back(
    rocksdb::NewCompactOnDeletionCollectorFactory(deletion_window, deletion_trigger, deletion_ratio));
  return o;
}

std::string fixed_bytes(uint64_t v) {
  std::string s(8, '\0');
  put_big_endian(s.data(), v);
  return s;
}

} // namespace

error error_of(const rocksdb::Status& s, std::string_view doing) {
  return error{s.IsCorruption() ? ec::corrupt_record : ec::storage_unavailable,
               "the store cannot " + std::string{doing} + ": " + s.ToString()};
}

error not_open() {
  return error{ec::storage_unavailable,
               "the store is closed after a disk error; it is opened again with the next write"};
}

rocksdb_handle::rocksdb_handle(std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families)
  : db_(std::move(db)), families_(std::move(families)) {
}

rocksdb_handle::~rocksdb_handle() {
  for (auto* f : families_)
    db_->DestroyColumnFamilyHandle(f).PermitUncheckedError();
  // What was acknowledged is in the log; an error here loses nothing and there is nobody to tell.
  db_->Close().PermitUncheckedError();
}

rocksdb::ColumnFamilyHandle* rocksdb_handle::with_id(uint32_t id) const {
  const auto it = std::find_if(families_.begin(), families_.end(), [&](auto* f) { return f->GetID() == id; });
  CB_INVARIANT(it != families_.end(), "every batch is made for these families");
  return *it;
}

rocksdb_store::rocksdb_store(const rocksdb_settings& s, rocksdb::Env* env)
  : settings_(s), env_(env), cache_(rocksdb::NewLRUCache(s.block_cache_bytes)) {
}

rocksdb_store::~rocksdb_store() {
  // Writing the buffers out now is quicker than replaying the log at the next start. After a failed write it must not
  // be tried, and where it fails now the log still has everything.
  if (db_ && !failed_)
    (*db_)->Flush(rocksdb::FlushOptions{}, db_->all()).PermitUncheckedError();
}

result<std::unique_ptr<rocksdb_handle>> rocksdb_store::open_database() const {
  const auto options = database_options(settings_, env_);
  if (env_->FileExists(settings_.directory + "/CURRENT").ok()) {
    std::vector<std::string> found;
    if (auto s = rocksdb::DB::ListColumnFamilies(options, settings_.directory, &found); !s.ok())
      return error{ec::storage_unavailable, "cannot read the store in " + settings_.directory + ": " + s.ToString()};
    for (const auto& name : found)
      if (std::find(family_names.begin(), family_names.end(), name) == family_names.end())
        return error{ec::wrong_version, "the store in " + settings_.directory + " has a column family '" + name +
                                          "': it was written by a newer version of this program"};
  }
  // A killed process left writes in the log that only the operating system has. What follows them goes into a log of
  // its own and may be synced; a power loss would then take writes from the middle: jobs whose payload is missing.
  if (auto r = sync_logs(*env_, settings_.directory); !r)
    return r.err();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < family_names.size(); ++i)
    families.emplace_back(family_names[i], family_options(static_cast<family>(i), settings_, cache_));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  if (auto s = rocksdb::DB::Open(options, settings_.directory, families, &handles, &raw); !s.ok())
    return error{ec::storage_unavailable, "cannot open the store in " + settings_.directory + ": " + s.ToString()};
  return std::make_unique<rocksdb_handle>(std::unique_ptr<rocksdb::DB>{raw}, std::move(handles));
}

/// May be cut short: then it begins again at the next start.
result<done> rocksdb_store::change_format(uint64_t from) {
  if (from < 3)
    if (auto ok = index_names(); !ok)
      return ok;
  if (from < 4)
    if (auto ok = index_ends(); !ok)
      return ok;
  if (auto ok = index_priorities(); !ok)
    return ok;
  rocksdb::WriteBatch change;
  const char first = static_cast<char>(job_state::completed), end = static_cast<char>(first + 1);
  if (from < 2)
    change.DeleteRange((*db_)[family::status], {&first, 1}, {&end, 1}).PermitUncheckedError();
  change.Put((*db_)[family::own], "format", fixed_bytes(store_format)).PermitUncheckedError();
  return write(change, true);
}

/// Some microseconds a job.
result<done> rocksdb_store::index_names() {
  rocksdb::ReadOptions o;
  o.fill_cache = false;
  for (const auto f : {family::live, family::done}) {
    const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator(o, (*db_)[f])};
    it->SeekToFirst();
    while (it->Valid()) {
      std::vector<job_record> jobs;
      for (; it->Valid() && jobs.size() < indexed_at_once; it->Next())
        if (auto rec = decode_record(it->value().ToStringView())) // a damaged one cannot be found by its names
          jobs.push_back(std::move(*rec));
      std::vector<named_job> named;
      named.reserve(jobs.size());
      for (const auto& rec : jobs)
        named.push_back({rec.id, rec.spec.queue, rec.spec.type, &rec.spec.tags});
      rocksdb::WriteBatch rows;
      add_names(rows, (*db_)[family::names], named);
      if (auto ok = write(rows, false); !ok)
        return ok;
    }
    if (!it->status().ok())
      return error_of(it->status(), "make its index of queues, types and tags");
  }
  return done{};
}

/// A microsecond or two a job.
result<done> rocksdb_store::index_priorities() {
  rocksdb::ReadOptions o;
  o.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator(o, (*db_)[family::done])};
  it->SeekToFirst();
  while (it->Valid()) {
    std::vector<finished_priority> jobs;
    for (; it->Valid() && jobs.size() < indexed_at_once; it->Next())
      if (const auto front = decode_index(it->value().ToStringView()))
        jobs.push_back({front->id, front->priority});
    rocksdb::WriteBatch rows;
    add_names(rows, (*db_)[family::names], jobs);
    if (auto ok = write(rows, false); !ok)
      return ok;
  }
  if (!it->status().ok())
    return error_of(it->status(), "make its index of priorities");
  return done{};
}

result<done> rocksdb_store::read_own_facts() {
  const auto format = get(family::own, "format");
  if (!format)
    return format.err();
  if (!*format) {
    rocksdb::WriteBatch first;
    first.Put((*db_)[family::own], "format", fixed_bytes(store_format)).PermitUncheckedError();
    return write(first, true);
  }
  if ((*format)->size() != 8 || get_big_endian((*format)->data()) > store_format)
    return error{ec::wrong_version, "the store in " + settings_.directory +
                                      " has a newer format; this program reads formats up to " +
                                      std::to_string(store_format)};
  if (const auto found = get_big_endian((*format)->data()); found < store_format)
    if (auto ok = change_format(found); !ok)
      return ok;
  const auto epoch = get(family::own, "epoch");
  if (!epoch)
    return epoch.err();
  const auto counters = get(family::own, "counters");
  if (!counters)
    return counters.err();
  if ((*epoch && (*epoch)->size() != 8) || (*counters && (*counters)->size() != 32))
    return error{ec::corrupt_record, "the store in " + settings_.directory + " has damaged counters"};
  if (*epoch)
    epoch_ = get_big_endian((*epoch)->data());
  if (auto ok = find_last_end(); !ok)
    return ok;
  if (*counters) {
    const char* at = (*counters)->data();
    publish({get_big_endian(at), get_big_endian(at + 8), get_big_endian(at + 16), get_big_endian(at + 24)});
  }
  return done{};
}

result<std::unique_ptr<store>> rocksdb_store::open(const rocksdb_settings& s, rocksdb::Env* env) {
  if (auto r = make_directories(*env, s.directory); !r)
    return r.err();
  // Of a new store: a process before this one may have been killed between making the directory and syncing its name.
  // Where somebody else made it, in a directory that we may not read, the name is theirs to sync.
  if (!env->FileExists(s.directory + "/CURRENT").ok())
    static_cast<void>(sync_name(*env, s.directory));
  std::unique_ptr<rocksdb_store> out{new rocksdb_store{s, env}};
  auto db = out->open_database();
  if (!db)
    return db.err();
  out->db_ = std::move(*db);
  if (auto r = out->read_own_facts(); !r)
    return r.err();
  return std::unique_ptr<store>{std::move(out)};
}

result<std::unique_ptr<store>> open_rocksdb_store(const rocksdb_settings& s) {
  return rocksdb_store::open(s, rocksdb::Env::Default());
}

} // namespace callboard
