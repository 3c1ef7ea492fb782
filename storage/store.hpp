#pragma once

#include "core/base/error.hpp"
#include "core/job/ended_page.hpp"
#include "core/job/store_figures.hpp"
#include "core/job/stored_job.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// Changes that become visible together or not at all, applied in order: a batch may hold several versions of a job.
struct write_batch {
  /// The writer's boot counter. A store that has seen a later one refuses the batch: two schedulers on one
  /// store cannot overwrite each other. The highest is kept on disk, in the batch that raises it. Error: wrong_version.
  uint64_t writer_epoch = 0;
  /// true: on disk when `append` returns. false: handed to the operating system.
  bool sync = true;
  std::vector<stored_job> jobs;
  /// Small facts by name (`meta`): reserved ids, boot counter, members of the cluster, counters.
  /// Applied before `meta_removed`.
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<std::string> meta_removed;
};

/// Filter of a listing. Empty means any.
struct job_filter {
  std::vector<job_state> states;
  std::string type;
  std::string queue;
  std::string tag;
  std::string workflow;           ///< the id: its jobs
  bool first_of_workflow = false; ///< of each workflow the job that stands for it in lists
  std::optional<uint8_t> priority;
  /// By creation; from is inclusive, to exclusive. Found through the ids, whose time is that of creation, then
  /// compared with the record's `created_at`.
  std::optional<time_point> from;
  std::optional<time_point> to;
  /// No lower id is of interest.
  job_id down_to;
};

/// A page of finished jobs, newest first.
struct done_page {
  std::vector<job_record> jobs; ///< without payload and result
  /// Everything with an id of `examined_to` and above (below the start) was looked at: the next page starts
  /// below it. None when the end was reached.
  std::optional<job_id> examined_to;
};

/// Ids of jobs, newest first.
struct id_page {
  std::vector<job_id> ids;
  std::optional<job_id> examined_to; ///< as in done_page
};

struct retention {
  /// Finished jobs older than this go.
  duration age_max = std::chrono::hours{24 * 7};
  /// Finished jobs beyond this number go, oldest first. Those that are kept for their workflow do not count.
  uint64_t count_max = 1'000'000;
  /// Whether a job of this workflow, of which the store knows nothing, has not ended. None: the store knows all jobs.
  std::function<result<bool>(const std::string& workflow)> is_open_elsewhere = nullptr;

  /// A job that is kept for its workflow is looked at again after this long.
  duration look_again_after() const {
    constexpr duration min = std::chrono::seconds{10}, max = std::chrono::hours{1};
    return std::clamp(age_max, min, max);
  }
};

struct store_counts {
  uint64_t live = 0;
  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t cancelled = 0;
};

/// What keeps jobs. One writer (`append`, `purge`, `backup`), any number of concurrent readers (everything const).
/// Live jobs (not terminal) and finished ones are kept apart: recovery reads live ones only.
/// Errors of all functions: storage_unavailable (I/O, disk full; the same call may succeed later), corrupt_record.
///
/// A batch that failed is not visible, and never will be once a later call has succeeded. Only if the process dies
/// before that is its fate open: its bytes may have reached the disk although the disk reported an error (the whole
/// batch then appears at the next start, or nothing of it). So a failed append is "not done" to this process and
/// "unknown" to history. While writing fails, reading goes on.
class store {
public:
  virtual ~store() = default;

  /// All of the batch, or an error and nothing of it. After a failure each call first tries to get the store going
  /// again, so an empty batch is a probe: done means "writing works". In good health an empty batch writes nothing.
  /// Errors also: wrong_version (writer_epoch).
  virtual result<done> append(const write_batch& batch) = 0;

  /// Every live job with an id of `from` and above in id order, without payload (`record.spec.payload` is empty).
  /// `each` returns false to stop; it must not write to this store. Records are as appended, not looked at:
  /// `decode_index` tells a damaged one.
  virtual result<done> for_each_live(job_id from,
                                     const std::function<bool(job_id, std::string_view record)>& each) const = 0;

  /// Jobs by id, live or finished, with payload; those that do not exist are missing from the answer, which is
  /// otherwise in the order asked. One consistent view: a job that is just finishing is found once.
  virtual result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool with_payload = true) const = 0;

  /// Finished jobs below `below` (any id when none), newest first, that pass the filter: at most `limit` (at least
  /// one), after examining at most `examine_max` records (at least one). A page may be empty without being the last.
  virtual result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit,
                                 size_t examine_max) const = 0;

  /// Jobs below `below` (any id when none), live or finished, newest first, that have the filter's queue, type, tag and
  /// place in workflows: found by an index of these, at most `limit`, after at most `steps_max` steps in it (each at
  /// least one). The filter names one of them at least. Of states it is looked at whether they are final, and which one
  /// where an index knows that (failed, cancelled), times only as far as ids know them, priorities not at all: who asks
  /// compares the record.
  virtual result<id_page> find(const job_filter& f, std::optional<job_id> below, size_t limit,
                               size_t steps_max) const = 0;

  /// Finished jobs in the order in which their ends were written, behind a cursor: at most `limit` (at least one),
  /// after examining at most `examine_max` ends (at least one; of a row without any of interest, its first stands for
  /// all). A page may be empty without being the last: `complete` tells.
  ///
  /// Nothing that ends is ever skipped, whatever is written meanwhile: each write that ends jobs gets the next number,
  /// and a cursor is such a number. Neither a clock that is set nor a power loss leads back to a number that a cursor
  /// has passed. An end that is not the last one of its job is left out: the job lives again, is purged, or its later
  /// end follows. Of two ends in the same microsecond both are told. Jobs of durability `memory` are told after the
  /// durable ones. Ends of jobs that are kept beyond the retention for their workflow are not told any more.
  /// Errors also: invalid_value (field `after`; the cursor is ahead of the store, which was restored from a backup).
  virtual result<ended_page> ended(const ended_query& q) const = 0;
  /// Behind everything that has ended.
  virtual result<ended_cursor> ended_so_far() const = 0;

  virtual result<std::optional<job_id>> find_key(std::string_view idempotency_key) const = 0;

  virtual result<std::optional<std::string>> meta(std::string_view name) const = 0;
  /// All names with that prefix, with their values, in order.
  virtual result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view prefix) const = 0;

  virtual store_counts counts() const = 0;

  /// What the engine says of itself; nothing: it has nothing to say, or is not open. Takes no lock that `append` holds
  /// while it writes, and some microseconds.
  virtual std::optional<store_figures> figures() const {
    return std::nullopt;
  }

  /// Removes finished jobs beyond the retention, those that finished first, with all that belongs to them (payload,
  /// key, index). A job of a workflow of which another job has not ended is kept, and looked at again
  /// `look_again_after` later. Deals with at most `jobs_max`; returns how many went or were put off. Call again while
  /// it returns `jobs_max`. Not synced: after a power loss a purged job may be there again, to be purged again. A
  /// damaged record can be purged. Errors also: wrong_version (writer_epoch, as of a batch).
  virtual result<size_t> purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) = 0;

  /// Whether some job of the workflow has not ended. For the writer: it remembers what it found, until `append` brings
  /// a job of the workflow that lives (`stored_job::workflow`).
  virtual result<bool> is_open(const std::string& workflow) = 0;

  /// For a moment without work: begins to write to files what is kept in memory besides the log, so that the memory is
  /// given back and the next start has less of the log to read. Does not wait for it, and does nothing while it is too
  /// little to be worth a file. Nothing depends on it: what was appended is as safe before as after.
  virtual result<done> release_memory() = 0;

  /// A consistent copy into a directory that does not exist or is empty, while the store is in use; it can be opened
  /// as a store. May run beside `append`. Errors also: invalid_value (the directory has something in it),
  /// invalid_state (a store in memory).
  virtual result<done> backup(const std::string& directory) = 0;
};

struct rocksdb_settings {
  std::string directory;
  /// Bytes of memory for reading; write buffers come on top.
  size_t block_cache_bytes = 64u << 20;
  /// Bytes that one column family collects in memory before it writes a file. All together take at most four times
  /// this; the log that is replayed after a crash is bounded by twice this.
  size_t write_buffer_bytes = 16u << 20;
};

/// Opens or creates. One process at a time: a second one gets storage_unavailable.
/// Errors: storage_unavailable (with the reason), wrong_version (a newer format).
result<std::unique_ptr<store>> open_rocksdb_store(const rocksdb_settings& s);

/// In memory; for tests, and for jobs of durability `memory`.
std::unique_ptr<store> make_memory_store();

/// Routes jobs of durability `memory` to `volatile_jobs`, all else (and all meta) to `durable`. A batch of both is
/// appended to `durable` first and to memory only when that succeeded; a batch of `memory` jobs alone does not need the
/// disk. Reads look into both; pages and live jobs are merged by id. Retention applies to each of the two by itself.
/// A backup holds the durable jobs only.
std::unique_ptr<store> make_tiered_store(std::unique_ptr<store> durable, std::unique_ptr<store> volatile_jobs);

} // namespace callboard
