#pragma once

#include "core/error.hpp"
#include "core/job.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// One job's new version, encoded by the job's own actor (record_codec.hpp).
struct stored_job {
  job_id id;
  job_state state = job_state::queued;
  /// The record without its payload (`encode_record`).
  std::string record;
  /// The payload, with the first version only: it never changes.
  std::optional<blob> payload;
  /// With the first version only: the key is bound to the job in the same batch.
  std::string idempotency_key;
  /// Terminal versions: when it finished; orders retention.
  time_point finished_at{};
  /// The job's durability; `memory` jobs never touch the disk (make_tiered_store).
  durability level = durability::fsync;
};

/// Changes that become visible together or not at all.
struct write_batch {
  /// The writer's boot counter. A store that has seen a later one refuses the batch: two schedulers on one
  /// store cannot overwrite each other. Error: wrong_version.
  uint64_t writer_epoch = 0;
  /// true: on disk when `append` returns. false: handed to the operating system.
  bool sync = true;
  std::vector<stored_job> jobs;
  /// Small facts by name (`meta`): reserved ids, boot counter, members of the cluster, counters.
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<std::string> meta_removed;
};

/// Filter of a listing. Empty means any.
struct job_filter {
  std::optional<job_state> state;
  std::string type;
  std::string queue;
  std::string tag;
  std::optional<uint8_t> priority;
  /// By creation; from is inclusive, to exclusive.
  std::optional<time_point> from;
  std::optional<time_point> to;
};

/// A page of finished jobs, newest first.
struct done_page {
  std::vector<job_record> jobs; ///< without payload and result unless asked
  /// Everything with an id of `examined_to` and above (below the start) was looked at: the next page starts
  /// below it. None when the end was reached.
  std::optional<job_id> examined_to;
};

struct retention {
  /// Finished jobs older than this go.
  duration age_max = std::chrono::hours{24 * 7};
  /// Finished jobs beyond this number go, oldest first.
  uint64_t count_max = 1'000'000;
};

struct store_counts {
  uint64_t live = 0;
  uint64_t completed = 0;
  uint64_t failed = 0;
  uint64_t cancelled = 0;
};

/// What keeps jobs. One writer (`append`, `purge`, `backup`), any number of concurrent readers (everything const).
/// Live jobs (not terminal) and finished ones are kept apart: recovery reads live ones only.
/// Errors of all functions: storage_unavailable (I/O, disk full; the same call may succeed later, nothing of a
/// failed batch is visible), corrupt_record.
class store {
public:
  virtual ~store() = default;

  virtual result<done> append(const write_batch& batch) = 0;

  /// Every live job in id order, without payload (`record.spec.payload` is empty). `each` returns false to stop.
  virtual result<done> for_each_live(const std::function<bool(job_id, std::string_view record)>& each) const = 0;

  /// Jobs by id, live or finished, with payload; those that do not exist are missing from the answer, which is
  /// otherwise in the order asked.
  virtual result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool with_payload = true) const = 0;

  /// Finished jobs below `below` (any id when none), newest first, that pass the filter: at most `limit`, after
  /// examining at most `examine_max` records.
  virtual result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit,
                                 size_t examine_max) const = 0;

  virtual result<std::optional<job_id>> find_key(std::string_view idempotency_key) const = 0;

  virtual result<std::optional<std::string>> meta(std::string_view name) const = 0;
  /// All names with that prefix, with their values, in order.
  virtual result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view prefix) const = 0;

  virtual store_counts counts() const = 0;

  /// Removes finished jobs beyond the retention, with all that belongs to them (payload, key, index). Works at most
  /// `jobs_max` jobs; returns how many went. Call again while it returns `jobs_max`.
  virtual result<size_t> purge(const retention& r, time_point now, size_t jobs_max) = 0;

  /// A consistent copy into an empty directory, while the store is in use.
  virtual result<done> backup(const std::string& directory) = 0;
};

struct rocksdb_settings {
  std::string directory;
  /// Bytes of memory for reading; write buffers come on top (see write_buffer_bytes).
  size_t block_cache_bytes = 64u << 20;
  size_t write_buffer_bytes = 32u << 20;
};

/// Opens or creates. Errors: storage_unavailable (with the reason), wrong_version (a newer format).
result<std::unique_ptr<store>> open_rocksdb_store(const rocksdb_settings& s);

/// In memory; for tests, and for jobs of durability `memory`.
std::unique_ptr<store> make_memory_store();

/// Routes jobs of durability `memory` to `volatile_jobs`, all else (and all meta) to `durable`. A batch of both is
/// appended to `durable` first and to memory only when that succeeded. Reads look into both; pages are merged by id.
std::unique_ptr<store> make_tiered_store(std::unique_ptr<store> durable, std::unique_ptr<store> volatile_jobs);

} // namespace callboard
