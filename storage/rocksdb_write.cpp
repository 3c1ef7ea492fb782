#include "storage/filter.hpp"
#include "storage/key_layout.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_store.hpp"

#include <rocksdb/utilities/checkpoint.h>

#include <algorithm>
#include <filesystem>

namespace callboard {

namespace {

/// Keys, index entries and RocksDB's own bytes around each record of a batch.
constexpr size_t batch_bytes_per_job = 160;

uint64_t& counter_of(store_counts& n, job_state s) {
  switch (s) {
  case job_state::completed:
    return n.completed;
  case job_state::failed:
    return n.failed;
  case job_state::cancelled:
    return n.cancelled;
  default:
    return n.live;
  }
}

/// A counter that would fall below zero says that the writer named a former version that is not there.
void decrease(uint64_t& n) {
  if (n > 0)
    --n;
}

// Putting something into a batch in memory fails only for a family that does not exist.
void put(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f, std::string_view key, std::string_view value) {
  out.Put(f, key, value).PermitUncheckedError();
}
void remove(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f, std::string_view key) {
  out.Delete(f, key).PermitUncheckedError();
}

} // namespace

void rocksdb_store::add_job(rocksdb::WriteBatch& out, const stored_job& job, store_counts& n) const {
  const auto& db = *db_;
  const auto key = job_key(job.id);
  const bool terminal = is_terminal(job.state);
  if (job.payload) {
    if (!job.payload->empty())
      put(out, db[family::payload], key.view(), job.payload->view());
    if (!job.idempotency_key.empty())
      put(out, db[family::keys], job.idempotency_key, key.view());
    ++counter_of(n, job.state);
  } else if (job.was_terminal) {
    remove(out, db[family::status], status_key(job.former_state, job.id).view());
    remove(out, db[family::finished], finished_key(job.former_finished_at, job.id).view());
    if (!terminal)
      remove(out, db[family::done], key.view());
    decrease(counter_of(n, job.former_state));
    ++counter_of(n, job.state);
  } else if (terminal) {
    remove(out, db[family::live], key.view());
    decrease(n.live);
    ++counter_of(n, job.state);
  }
  put(out, db[terminal ? family::done : family::live], key.view(), job.record);
  if (terminal) {
    const char state = static_cast<char>(job.state);
    put(out, db[family::status], status_key(job.state, job.id).view(), {});
    put(out, db[family::finished], finished_key(job.finished_at, job.id).view(), {&state, 1});
  }
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
    return error{ec::wrong_version, "the store has a later writer (epoch " + std::to_string(epoch_) +
                                      "), this one has " + std::to_string(batch.writer_epoch)};
  std::shared_lock open{open_mutex_};
  size_t bytes = batch_bytes_per_job;
  for (const auto& job : batch.jobs)
    bytes += batch_bytes_per_job + job.record.size() + (job.payload ? job.payload->size() : 0);
  rocksdb::WriteBatch out{bytes};
  auto n = counts();
  std::string purge_from = purge_from_;
  for (const auto& job : batch.jobs) {
    add_job(out, job, n);
    if (!is_terminal(job.state))
      continue;
    // Nearly always later than what was purged last.
    if (const auto key = finished_key(job.finished_at, job.id); key.view() < purge_from)
      purge_from = key.view();
  }
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
  purge_from_ = std::move(purge_from);
  publish(n);
  return done{};
}

result<size_t> rocksdb_store::purge(const retention& r, time_point now, size_t jobs_max) {
  std::lock_guard writer{writer_mutex_};
  if (failed_)
    if (auto ok = recover(); !ok)
      return ok.err();
  std::shared_lock open{open_mutex_};
  const auto& db = *db_;
  auto n = counts();
  const auto cutoff = purge_before(r, now);
  rocksdb::WriteBatch out;
  size_t gone = 0;
  std::string last;
  const std::unique_ptr<rocksdb::Iterator> it{db->NewIterator({}, db[family::finished])};
  for (it->Seek(purge_from_); gone < jobs_max && it->Valid(); it->Next()) {
    const auto key = it->key().ToStringView();
    if (key.size() != 16 || it->value().size() != 1)
      return error{ec::corrupt_record, "the index of finished jobs is damaged"};
    if (n.completed + n.failed + n.cancelled <= r.count_max && finished_at_of(key) >= cutoff)
      break;
    const auto id = finished_id_of(key);
    const auto state = static_cast<job_state>(it->value()[0]);
    const auto id_key = job_key(id);
    const auto record = get(family::done, id_key.view());
    if (!record)
      return record.err();
    // A record that cannot be read goes as well; only its idempotency key, which nobody knows any more, stays.
    if (*record)
      if (const auto index = decode_index(**record); index && !index->idempotency_key.empty()) {
        const auto bound = get(family::keys, index->idempotency_key);
        if (!bound)
          return bound.err();
        if (*bound == id_key.view())
          remove(out, db[family::keys], index->idempotency_key);
      }
    remove(out, db[family::done], id_key.view());
    remove(out, db[family::payload], id_key.view());
    remove(out, db[family::status], status_key(state, id).view());
    remove(out, db[family::finished], key);
    decrease(counter_of(n, state));
    last = key;
    ++gone;
  }
  if (!it->status().ok())
    return error_of(it->status(), "read its index of finished jobs");
  if (gone == 0)
    return gone;
  add_counters(out, n);
  if (auto ok = write(out, false); !ok)
    return ok.err();
  purge_from_ = std::move(last);
  publish(n);
  return gone;
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
    fs::create_directories(parent, failure);
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
  return done{};
}

} // namespace callboard
