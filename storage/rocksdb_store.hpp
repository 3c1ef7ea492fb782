#pragma once

// Inside storage/ only (and its tests): the one header that shows RocksDB's types.
//
// Column families (keys: key_layout.hpp):
//   default   facts of the store itself: format, writer epoch, counters
//   live      job_id -> record          jobs that are not terminal
//   done      job_id -> record          jobs that are
//   payload   job_id -> payload         written once, with the first version; none when it is empty
//   status    state job_id -> nothing   failed and cancelled jobs only
//   finished  finished_at job_id -> {job_id state[1]}...   what finished in one batch; may name jobs that live again
//             or finished again since, whose record tells; behind these rows, jobs that are kept for their workflow
//   ends      number of a row of `finished`, in the order in which they were written -> what ended (ended_row.hpp)
//   keys      idempotency key -> job_id
//   names     queue, type, tag or workflow of jobs, live or finished -> their ids (name_index.hpp)
//   meta      name -> value
//
// Payloads have a family of their own also when they are small: a payload inside the live record would have to be read
// when the job finishes, to be carried over into `done`; and finishing (delete live, put done) is the hot path, which
// reads nothing.
#include "storage/key_layout.hpp"
#include "storage/store.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace callboard {

enum class family : size_t { own, live, done, payload, status, finished, keys, meta, names, ends };
inline constexpr std::array<const char*, 10> family_names{"default",  "live", "done", "payload", "status",
                                                          "finished", "keys", "meta", "names",   "ends"};

/// An open database with its column families; closed when it goes.
class rocksdb_handle {
public:
  rocksdb_handle(std::unique_ptr<rocksdb::DB> db, std::vector<rocksdb::ColumnFamilyHandle*> families);
  rocksdb_handle(const rocksdb_handle&) = delete;
  rocksdb_handle& operator=(const rocksdb_handle&) = delete;
  ~rocksdb_handle();

  rocksdb::DB* operator->() const {
    return db_.get();
  }
  rocksdb::DB* get() const {
    return db_.get();
  }
  rocksdb::ColumnFamilyHandle* operator[](family f) const {
    return families_[static_cast<size_t>(f)];
  }
  const std::vector<rocksdb::ColumnFamilyHandle*>& all() const {
    return families_;
  }
  rocksdb::ColumnFamilyHandle* with_id(uint32_t id) const;

private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

struct told_end;
struct ended_slice;
struct purged_job;
struct purge_findings;
class finished_walk;
class id_walk;
struct id_range;

/// All rows of `finished` for jobs that are kept for their workflow are behind this.
inline const std::string first_parked = "\xf0";

class rocksdb_store final : public store {
public:
  /// @param env  where files are; tests give one that fails on demand. Must outlive the store.
  static result<std::unique_ptr<store>> open(const rocksdb_settings& s, rocksdb::Env* env);
  ~rocksdb_store() override;

  result<done> append(const write_batch& batch) override;
  result<done> for_each_live(job_id from, const std::function<bool(job_id, std::string_view)>& each) const override;
  result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool with_payload) const override;
  result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit,
                         size_t examine_max) const override;
  result<id_page> find(const job_filter& f, std::optional<job_id> below, size_t limit, size_t steps_max) const override;
  result<ended_page> ended(const ended_query& q) const override;
  result<ended_cursor> ended_so_far() const override;
  result<std::optional<job_id>> find_key(std::string_view key) const override;
  result<std::optional<std::string>> meta(std::string_view name) const override;
  result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view prefix) const override;
  store_counts counts() const override;
  std::optional<store_figures> figures() const override;
  result<size_t> purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) override;
  result<bool> is_open(const std::string& workflow) override;
  result<done> release_memory() override;
  result<done> backup(const std::string& directory) override;

private:
  rocksdb_store(const rocksdb_settings& s, rocksdb::Env* env);

  // rocksdb_open.cpp
  result<std::unique_ptr<rocksdb_handle>> open_database() const;
  result<done> read_own_facts();
  result<done> change_format(uint64_t from);
  result<done> index_names();
  result<done> index_priorities();

  // rocksdb_write.cpp
  static void count_job(const stored_job& job, store_counts& n);
  result<done> add_jobs(rocksdb::WriteBatch& out, const std::vector<stored_job>& jobs) const;
  std::string add_finished(rocksdb::WriteBatch& out, const std::vector<stored_job>& jobs, uint64_t& ends_row) const;
  void add_counters(rocksdb::WriteBatch& out, const store_counts& n) const;
  result<done> write(rocksdb::WriteBatch& batch, bool sync);
  void publish(const store_counts& n);

  // rocksdb_purge.cpp
  result<done> look_up_ends(std::vector<told_end>& ends, std::vector<purged_job>& out) const;
  result<done> remove_jobs(rocksdb::WriteBatch& out, const std::vector<purged_job>& jobs) const;
  result<done> park(const retention& r, std::vector<purged_job>& jobs, std::vector<purged_job>& parked);
  result<uint64_t> count_parked() const;
  result<size_t> take_ends(finished_walk& walk, const retention& r, time_point cutoff, uint64_t beyond, size_t jobs_max,
                           purge_findings& out);

  // rocksdb_ends.cpp
  result<done> index_ends();
  result<done> find_last_end();
  result<done> look_up_slice(ended_slice& slice, const ended_query& q, ended_page& out) const;
  result<uint64_t> trim_ends(rocksdb::WriteBatch& out, std::optional<time_point> oldest, time_point now) const;

  // rocksdb_workflows.cpp
  result<bool> has_live_job(const std::string& workflow);
  result<bool> is_live(job_id id) const;
  result<std::optional<job_id>> find_live(const std::vector<job_id>& ids) const;

  // rocksdb_recover.cpp
  result<done> recover();
  result<rocksdb::WriteBatch> undo_of(const rocksdb::WriteBatch& failed) const;
  result<done> probe_disk() const;

  // rocksdb_read.cpp
  struct lookups {
    std::vector<rocksdb::Slice> keys; ///< in order, none twice
    std::vector<rocksdb::PinnableSlice> values;
    std::vector<rocksdb::Status> statuses;
  };
  result<done_page> page_of(const std::vector<std::unique_ptr<id_walk>>& walks, const job_filter& f,
                            const id_range& range, size_t limit, size_t steps_max, const rocksdb::ReadOptions& o) const;
  result<done_page> page_of_done(const job_filter& f, const id_range& range, size_t limit, size_t examine_max,
                                 rocksdb::ReadOptions o) const;
  result<id_page> find_named(const job_filter& f, std::optional<job_id> below, size_t limit, size_t steps_max) const;
  std::optional<error> get_many(const rocksdb::ReadOptions& o, family f, lookups& l) const;
  size_t walk(const rocksdb::ReadOptions& o, family f, lookups& l) const;
  result<std::optional<std::string>> get(family f, std::string_view key) const;

  const rocksdb_settings settings_;
  rocksdb::Env* const env_;
  std::shared_ptr<rocksdb::Cache> cache_;

  /// Shared by everybody who uses `db_`; exclusive while `recover` replaces it. None when that went wrong.
  mutable std::shared_mutex open_mutex_;
  std::unique_ptr<rocksdb_handle> db_;

  /// One writer at a time; guards what follows.
  std::mutex writer_mutex_;
  uint64_t epoch_ = 0;
  /// Nothing lies below this in `finished`: a purge need not walk over the remains of the former one.
  std::string purge_from_;
  /// The same for jobs that are kept for their workflow, and how many there are, once somebody has counted.
  std::string parked_from_ = first_parked;
  std::optional<uint64_t> parked_;
  /// Nothing lies below this in `ends`.
  uint64_t ends_from_ = 0;
  /// Of workflows that were asked for: a job that had not ended, or that all had.
  std::unordered_map<std::string, std::optional<job_id>> workflow_ends_;
  /// The batch whose write failed, until `recover` has made sure that nothing of it is left.
  std::optional<rocksdb::WriteBatch> failed_;
  /// What takes it back, once known.
  std::optional<rocksdb::WriteBatch> undo_;

  /// Number of the next row of `ends`.
  std::atomic<uint64_t> ends_next_{0};

  std::atomic<uint64_t> live_{0};
  std::atomic<uint64_t> completed_{0};
  std::atomic<uint64_t> failed_jobs_{0};
  std::atomic<uint64_t> cancelled_{0};
};

/// storage_unavailable, or corrupt_record for damage, with RocksDB's words.
error error_of(const rocksdb::Status& s, std::string_view doing);
/// The answer while no database is open.
error not_open();

} // namespace callboard
