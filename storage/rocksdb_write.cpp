#include "storage/ended_row.hpp"
#include "storage/filter.hpp"
#include "storage/key_layout.hpp"
#include "storage/name_index.hpp"
#include "storage/rocksdb_batch.hpp"
#include "storage/rocksdb_store.hpp"
#include "storage/synced_names.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>

namespace callboard {

namespace {

/// Keys, index entries and RocksDB's own bytes around each record of a batch.
constexpr size_t batch_bytes_per_job = 160;
/// A row of `finished` is kept until the last of its jobs may go, so they must have finished at about the same time.
constexpr duration finished_row_spread = std::chrono::seconds{1};
constexpr size_t finished_row_jobs_max = 512;
/// A file for less than this part of a write buffer is not worth it: it would only have to be merged with others.
constexpr size_t buffer_parts_released = 2;

} // namespace

void rocksdb_store::count_job(const stored_job& job, store_counts& n) {
  if (job.payload) {
    ++counter_of(n, job.state);
  } else if (job.was_terminal || is_terminal(job.state)) {
    decrease(counter_of(n, job.was_terminal ? job.former_state : job_state::queued));
    ++counter_of(n, job.state);
  }
}

/// Family by family, each in id order: a memtable finds the place for an entry next to the one before without a
/// search, and jobs that are accepted and jobs that end are far from each other. Versions of one job stay in order.
result<done> rocksdb_store::add_jobs(rocksdb::WriteBatch& out, const std::vector<stored_job>& jobs) const {
  const auto& db = *db_;
  std::vector<const stored_job*> sorted;
  sorted.reserve(jobs.size());
  for (const auto& job : jobs)
    sorted.push_back(&job);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return b->id > a->id; });
  for (const auto* job : sorted)
    if (job->payload && !job->payload->empty())
      put(out, db[family::payload], job_key(job->id).view(), job->payload->view());
  for (const auto* job : sorted)
    if (job->payload && !job->idempotency_key.empty())
      put(out, db[family::keys], job->idempotency_key, job_key(job->id).view());
  for (const auto* job : sorted)
    if (job->payload && !job->unique_key.empty())
      put(out, db[family::keys], unique_key_name(job->unique_key), job_key(job->id).view());
  for (const auto* job : sorted)
    if (!job->cache_key.empty())
      put(out, db[family::keys], job->cache_key, job_key(job->id).view());
  std::vector<named_job> fresh;
  for (const auto* job : sorted)
    if (job->payload)
      fresh.push_back({job->id, job->queue, job->type, &job->tags, job->workflow, job->first_of_workflow});
  if (!fresh.empty())
    add_names(out, db[family::names], fresh);
  for (const auto* job : sorted) {
    if (!is_terminal(job->state))
      put(out, db[family::live], job_key(job->id).view(), job->record);
    else if (!job->payload && !job->was_terminal)
      remove(out, db[family::live], job_key(job->id).view());
  }
  for (const auto* job : sorted) {
    if (is_terminal(job->state))
      put(out, db[family::done], job_key(job->id).view(), job->record);
    else if (job->was_terminal)
      remove(out, db[family::done], job_key(job->id).view());
  }
  for (const auto* job : sorted) {
    if (job->was_terminal)
      remove(out, db[family::status], status_key(job->former_state, job->id).view());
    if (has_status_row(job->state))
      put(out, db[family::status], status_key(job->state, job->id).view(), {});
  }
  // Of several versions of one job the first tells whether it had finished before, the last whether it has now.
  std::vector<finished_priority> finished, left;
  for (auto first = sorted.begin(), next = first; first != sorted.end(); first = next) {
    next = std::find_if(first, sorted.end(), [&](const auto* job) { return job->id != (*first)->id; });
    const auto& last = **std::prev(next);
    const bool had = (*first)->was_terminal, has = is_terminal(last.state);
    if (had && has && (*first)->priority == last.priority)
      continue;
    if (had)
      left.push_back({last.id, (*first)->priority});
    if (has)
      finished.push_back({last.id, last.priority});
  }
  if (!finished.empty())
    add_names(out, db[family::names], finished);
  return left.empty() ? done{} : remove_names(out, *db.get(), db[family::names], left);
}

/// Jobs that finish together share rows of `finished`, and of `ends`: one put for hundreds. Returns the smallest key,
/// empty if none. @param ends_row  number of the next row of `ends`.
std::string rocksdb_store::add_finished(rocksdb::WriteBatch& out, const std::vector<stored_job>& jobs,
                                        uint64_t& ends_row) const {
  std::vector<const stored_job*> ended;
  for (const auto& job : jobs)
    if (is_terminal(job.state))
      ended.push_back(&job);
  // Of several ends of one job the last one counts.
  std::stable_sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) { return a->id > b->id; });
  const auto same = [](const auto* a, const auto* b) { return a->id == b->id; };
  ended.erase(ended.begin(), std::unique(ended.rbegin(), ended.rend(), same).base());
  std::sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) { return a->finished_at < b->finished_at; });
  std::string first_key, value;
  for (size_t begin = 0, end; begin < ended.size(); begin = end) {
    value.clear();
    for (end = begin; end < ended.size() && end - begin < finished_row_jobs_max &&
                      ended[end]->finished_at - ended[begin]->finished_at < finished_row_spread;
         ++end)
      add_finished_entry(value, {ended[end]->id, ended[end]->state});
    const auto key = finished_key(ended[end - 1]->finished_at, ended[begin]->id);
    put(out, (*db_)[family::finished], key.view(), value);
    ended_row told{ended[end - 1]->finished_at, {}};
    for (auto i = begin; i < end; ++i)
      told.ends.push_back({ended[i]->id, ended[i]->state, ended[i]->finished_at});
    put(out, (*db_)[family::ends], ended_row_key(ends_row++).view(), encode_ended_row(told));
    if (first_key.empty())
      first_key = key.view();
  }
  return first_key;
}

void rocksdb_store::add_counters(rocksdb::WriteBatch& out, const store_counts& n) const {
  char bytes[32];
  put_big_endian(bytes, n.live);
  put_big_endian(bytes + 8, n.completed);
  put_big_endian(bytes + 16, n.failed);
  put_big_endian(bytes + 24, n.cancelled);
  put(out, (*db_)[family::own], "counters", {bytes, sizeof bytes});
}

void rocksdb_store::publish(const store_counts& n) {
  live_.store(n.live, std::memory_order_relaxed);
  completed_.store(n.completed, std::memory_order_relaxed);
  failed_jobs_.store(n.failed, std::memory_order_relaxed);
  cancelled_.store(n.cancelled, std::memory_order_relaxed);
}

result<done> rocksdb_store::write(rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions o;
  o.sync = sync;
  const auto s = (*db_)->Write(o, &batch);
  if (s.ok())
    return done{};
  failed_ = std::move(batch);
  undo_.reset();
  // Also damage that RocksDB finds while writing means: writing is not possible now.
  return error{ec::storage_unavailable, "the store cannot write: " + s.ToString()};
}

result<done> rocksdb_store::append(const write_batch& batch) {
  std::lock_guard writer{writer_mutex_};
  if (failed_)
    if (auto r = recover(); !r)
      return r;
  if (batch.writer_epoch < epoch_)
    return later_writer(epoch_, batch.writer_epoch);
  std::shared_lock open{open_mutex_};
  size_t bytes = batch_bytes_per_job;
  for (const auto& job : batch.jobs)
    bytes += batch_bytes_per_job + job.record.size() + (job.payload ? job.payload->size() : 0);
  rocksdb::WriteBatch out{bytes};
  auto n = counts();
  std::string purge_from = purge_from_;
  for (const auto& job : batch.jobs) {
    count_job(job, n);
    if (!is_terminal(job.state) && !job.workflow.empty())
      workflow_ends_.erase(job.workflow);
  }
  if (auto r = add_jobs(out, batch.jobs); !r)
    return r;
  // Nearly always later than what was purged last.
  auto ends_row = std::max(ends_next_.load(std::memory_order_relaxed), first_ended_row(batch.writer_epoch));
  if (auto first = add_finished(out, batch.jobs, ends_row); !first.empty() && first < purge_from)
    purge_from = std::move(first);
  for (const auto& [name, value] : batch.meta)
    put(out, (*db_)[family::meta], name, value);
  for (const auto& name : batch.meta_removed)
    remove(out, (*db_)[family::meta], name);
  if (batch.writer_epoch > epoch_) {
    char epoch[8];
    put_big_endian(epoch, batch.writer_epoch);
    put(out, (*db_)[family::own], "epoch", {epoch, sizeof epoch});
  }
  if (out.Count() == 0)
    return done{};
  if (!batch.jobs.empty())
    add_counters(out, n);
  if (auto r = write(out, batch.sync); !r)
    return r;
  epoch_ = batch.writer_epoch;
  ends_next_.store(ends_row, std::memory_order_relaxed);
  purge_from_ = std::move(purge_from);
  publish(n);
  return done{};
}

result<done> rocksdb_store::release_memory() {
  std::lock_guard writer{writer_mutex_};
  std::shared_lock open{open_mutex_};
  uint64_t bytes = 0;
  if (failed_ || !(*db_)->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes) ||
      bytes < settings_.write_buffer_bytes / buffer_parts_released)
    return done{};
  rocksdb::FlushOptions o;
  o.wait = false;
  o.allow_write_stall = true; // else it waits until there is no danger of one
  if (auto s = (*db_)->Flush(o, db_->all()); !s.ok())
    return error_of(s, "write its buffers out");
  return done{};
}

result<done> rocksdb_store::backup(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (fs::exists(directory, failure)) {
    if (!fs::is_directory(directory, failure) || !fs::is_empty(directory, failure))
      return error{ec::invalid_value, "'" + directory + "' must be an empty directory, or not exist", "directory"};
    // RocksDB wants to make it itself, complete, by renaming.
    fs::remove(directory, failure);
  } else if (const auto parent = fs::path{directory}.parent_path(); !parent.empty()) {
    if (auto r = make_directories(*env_, parent.string()); !r)
      return r;
  }
  if (failure)
    return error{ec::storage_unavailable, "cannot prepare the directory '" + directory + "': " + failure.message()};
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  rocksdb::Checkpoint* raw = nullptr;
  auto s = rocksdb::Checkpoint::Create(db_->get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint{raw};
  if (s.ok())
    s = checkpoint->CreateCheckpoint(directory);
  if (!s.ok())
    return error_of(s, "make a backup in '" + directory + "'");
  return sync_name(*env_, directory); // RocksDB has synced what is in it
}

} // namespace callboard
