#include "storage/filter.hpp"
#include "storage/key_layout.hpp"
#include "storage/name_index.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_batch.hpp"
#include "storage/rocksdb_store.hpp"

#include <algorithm>
#include <memory>

namespace callboard {

/// One job's end, as a row of `finished` tells it.
struct told_end {
  finished_entry end;
  time_point row_time; ///< the job ended then or, by `finished_row_spread`, before
};

/// What is to be removed of a finished job besides its record and payload.
struct purged_job {
  job_id id;
  job_state state = job_state::completed;
  std::vector<std::string> keys; ///< those that are bound to it
  std::string queue, type;       ///< empty: its record cannot be read
  std::vector<std::string> tags;
  std::string workflow;
  bool first_of_workflow = false;
};

namespace {

/// Rows of format 1 hold one job, named by the key, and its state.
std::optional<std::vector<finished_entry>> finished_row(std::string_view key, std::string_view value) {
  std::vector<finished_entry> out;
  if (key.size() != 16)
    return std::nullopt;
  if (value.size() == 1) {
    out.push_back({finished_id_of(key), static_cast<job_state>(value[0])});
    return out;
  }
  if (value.empty() || value.size() % finished_entry_bytes != 0)
    return std::nullopt;
  for (size_t at = 0; at < value.size(); at += finished_entry_bytes)
    out.push_back({job_id{get_big_endian(value.data() + at)}, static_cast<job_state>(value[at + 8])});
  return out;
}

/// From the oldest end to the newest.
class finished_walk {
public:
  finished_walk(std::unique_ptr<rocksdb::Iterator> it, const std::string& from) : it_(std::move(it)) {
    it_->Seek(from);
  }

  /// The next ends, at most `max`, of rows before the cutoff or, of later ones, as long as there are fewer than
  /// `beyond`.
  result<std::vector<told_end>> take(size_t max, time_point cutoff, uint64_t beyond) {
    std::vector<told_end> out;
    while (out.size() < max && it_->Valid()) {
      if (row_.empty())
        if (auto ok = read_row(); !ok)
          return ok.err();
      const auto row_time = finished_at_of(it_->key().ToStringView());
      auto room = std::min(max - out.size(), row_.size() - taken_);
      if (row_time >= cutoff)
        room = std::min<uint64_t>(room, beyond - std::min<uint64_t>(beyond, out.size()));
      if (room == 0)
        break;
      for (; room > 0; --room)
        out.push_back({row_[taken_++], row_time});
      if (taken_ == row_.size())
        leave_row();
    }
    if (!it_->status().ok())
      return error_of(it_->status(), "read its index of finished jobs");
    return out;
  }

  /// Rows of which all was taken go, one of which some was keeps the rest.
  void remove_taken(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f) const {
    for (const auto& key : left_)
      remove(out, f, key);
    if (taken_ == 0)
      return;
    std::string rest;
    for (auto i = taken_; i < row_.size(); ++i)
      add_finished_entry(rest, row_[i]);
    put(out, f, it_->key().ToStringView(), rest);
  }

  /// The last row of which something was taken; empty if nothing was.
  std::string last() const {
    if (taken_ != 0)
      return it_->key().ToString();
    return left_.empty() ? std::string{} : left_.back();
  }

private:
  result<done> read_row() {
    auto row = finished_row(it_->key().ToStringView(), it_->value().ToStringView());
    if (!row)
      return error{ec::corrupt_record, "the index of finished jobs is damaged"};
    row_ = std::move(*row);
    return done{};
  }
  void leave_row() {
    left_.push_back(it_->key().ToString());
    row_.clear();
    taken_ = 0;
    it_->Next();
  }

  std::unique_ptr<rocksdb::Iterator> it_;
  std::vector<finished_entry> row_; ///< where the iterator stands, if it was read
  size_t taken_ = 0;                ///< of `row_`
  std::vector<std::string> left_;   ///< keys of the rows that were taken whole
};

} // namespace

/// Looks at the jobs whose ends these are, all at once, and puts down what belongs to them. Left out are those for
/// which it is not the last end any more: they live again, are gone already, or finished again since, in a later row.
result<done> rocksdb_store::look_up_ends(std::vector<told_end>& ends, std::vector<purged_job>& out) const {
  std::sort(ends.begin(), ends.end(), [](const auto& a, const auto& b) { return b.end.id > a.end.id; });
  std::vector<fixed_key<8>> keys;
  keys.reserve(ends.size());
  for (const auto& e : ends)
    keys.push_back(job_key(e.end.id));
  lookups records;
  records.keys.reserve(keys.size());
  for (const auto& k : keys)
    records.keys.emplace_back(k.view());
  if (auto e = get_many({}, family::done, records))
    return std::move(*e);
  for (size_t i = 0; i < ends.size(); ++i) {
    if (!records.statuses[i].ok())
      continue;
    purged_job job{.id = ends[i].end.id, .state = ends[i].end.state};
    // A record that cannot be read goes as well; only its keys and names, which nobody knows any more, stay.
    if (auto rec = decode_record(records.values[i].ToStringView())) {
      if (rec->finished_at.value_or(ends[i].row_time) > ends[i].row_time)
        continue;
      job.state = rec->state;
      job.queue = std::move(rec->spec.queue);
      job.type = std::move(rec->spec.type);
      job.tags = std::move(rec->spec.tags);
      if (rec->spec.workflow) {
        job.workflow = std::move(rec->spec.workflow->id);
        job.first_of_workflow = rec->spec.workflow->first;
      }
      std::vector<std::string> names;
      if (!rec->spec.idempotency_key.empty())
        names.push_back(std::move(rec->spec.idempotency_key));
      if (rec->spec.unique)
        names.push_back(unique_key_name(rec->spec.unique->key));
      for (auto& name : names) {
        const auto bound = get(family::keys, name);
        if (!bound)
          return bound.err();
        if (*bound == keys[i].view())
          job.keys.push_back(std::move(name));
      }
    }
    out.push_back(std::move(job));
  }
  return done{};
}

/// Family by family, each in id order, as in `add_jobs`.
result<done> rocksdb_store::remove_jobs(rocksdb::WriteBatch& out, const std::vector<purged_job>& jobs) const {
  const auto& db = *db_;
  for (const auto f : {family::done, family::payload})
    for (const auto& job : jobs)
      remove(out, db[f], job_key(job.id).view());
  for (const auto& job : jobs) {
    for (const auto& key : job.keys)
      remove(out, db[family::keys], key);
    if (has_status_row(job.state))
      remove(out, db[family::status], status_key(job.state, job.id).view());
  }
  std::vector<named_job> named;
  for (const auto& job : jobs)
    if (!job.type.empty())
      named.push_back({job.id, job.queue, job.type, &job.tags, job.workflow, job.first_of_workflow});
  return remove_names(out, *db.get(), db[family::names], named);
}

result<size_t> rocksdb_store::purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) {
  std::lock_guard writer{writer_mutex_};
  if (failed_)
    if (auto ok = recover(); !ok)
      return ok.err();
  if (writer_epoch < epoch_)
    return later_writer(epoch_, writer_epoch);
  std::shared_lock open{open_mutex_};
  const auto& db = *db_;
  auto n = counts();
  const auto kept = n.completed + n.failed + n.cancelled;
  const auto beyond = kept - std::min(kept, r.count_max);
  const auto cutoff = purge_before(r, now);
  std::vector<purged_job> gone;
  finished_walk walk{std::unique_ptr<rocksdb::Iterator>{db->NewIterator({}, db[family::finished])}, purge_from_};
  // Few ends are of jobs that live again: then more are looked at than go.
  for (size_t looks = 4 * jobs_max; looks > 0 && gone.size() < jobs_max;) {
    auto ends = walk.take(std::min(looks, jobs_max - gone.size()), cutoff, beyond - std::min(beyond, gone.size()));
    if (!ends)
      return ends.err();
    if (ends->empty())
      break;
    looks -= ends->size();
    if (auto ok = look_up_ends(*ends, gone); !ok)
      return ok.err();
  }
  if (walk.last().empty())
    return size_t{0};
  // Two ends of one job within a row's spread look alike.
  std::sort(gone.begin(), gone.end(), [](const auto& a, const auto& b) { return b.id > a.id; });
  gone.erase(std::unique(gone.begin(), gone.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
             gone.end());
  for (const auto& job : gone)
    decrease(counter_of(n, job.state));
  rocksdb::WriteBatch out;
  walk.remove_taken(out, db[family::finished]);
  if (auto ok = remove_jobs(out, gone); !ok)
    return ok.err();
  add_counters(out, n);
  if (auto ok = write(out, false); !ok)
    return ok.err();
  purge_from_ = walk.last();
  publish(n);
  return gone.size();
}

} // namespace callboard
