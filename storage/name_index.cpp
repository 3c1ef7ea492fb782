#include "storage/name_index.hpp"

#include "storage/byte_io.hpp"
#include "storage/key_layout.hpp"
#include "storage/rocksdb_batch.hpp"
#include "storage/rocksdb_store.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace callboard {

namespace {

constexpr size_t row_jobs_max = 512;
/// The ids of one row lie within a second of each other: a page that begins in the middle of the rows has to look at
/// those of one more second only.
constexpr uint64_t row_spread = uint64_t{1000} << (job_id_shard_bits + job_id_seq_bits);

uint64_t plus_spread(uint64_t id) {
  return id > UINT64_MAX - row_spread ? UINT64_MAX : id + row_spread;
}

std::string prefix_of(index_kind kind, std::string_view name) {
  std::string key(5, '\0');
  key[0] = static_cast<char>(kind);
  for (int i = 0; i < 4; ++i)
    key[static_cast<size_t>(i) + 1] = static_cast<char>(name.size() >> (24 - 8 * i));
  return key.append(name);
}

std::string key_of(const std::string& prefix, uint64_t upper) {
  fixed_key<8> number;
  put_big_endian(number.bytes.data(), upper);
  return prefix + std::string{number.view()};
}

/// By the beginning of their keys; of each name the ids, ascending.
using ids_by_name = std::map<std::string, std::vector<uint64_t>>;

ids_by_name by_name(const std::vector<finished_priority>& jobs) {
  ids_by_name out;
  for (const auto& job : jobs)
    out[prefix_of(index_kind::priority, priority_name(job.priority))].push_back(job.id.value);
  return out;
}

ids_by_name by_name(const std::vector<named_job>& jobs) {
  ids_by_name out;
  const auto add = [&](index_kind kind, std::string_view name, job_id id) {
    auto& ids = out[prefix_of(kind, name)];
    if (ids.empty() || ids.back() != id.value) // a tag may be there twice
      ids.push_back(id.value);
  };
  for (const auto& job : jobs) {
    add(index_kind::queue, job.queue, job.id);
    add(index_kind::type, job.type, job.id);
    if (job.tags)
      for (const auto& tag : *job.tags)
        add(index_kind::tag, tag, job.id);
    if (!job.workflow.empty())
      add(index_kind::workflow, job.workflow, job.id);
    if (job.first_of_workflow)
      add(index_kind::first_of_workflow, {}, job.id);
  }
  return out;
}

/// @param ids  ascending, not empty
std::string row_of(uint64_t upper, const uint64_t* begin, const uint64_t* end) {
  std::string out;
  byte_writer w{out};
  for (auto before = upper; end != begin; before = *end)
    w.varint(before - *--end);
  return out;
}

/// Appends the ids, descending. False: the row is damaged.
bool read_row(uint64_t upper, std::string_view row, std::vector<uint64_t>& out) {
  byte_reader r{row};
  for (auto id = upper; r.left() > 0;) {
    const auto distance = r.varint();
    if (!r.ok() || distance > id || upper - (id - distance) > row_spread)
      return false;
    out.push_back(id -= distance);
  }
  return true;
}

class name_walk final : public id_walk {
public:
  name_walk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* f, rocksdb::ReadOptions o, std::string prefix)
    : prefix_(std::move(prefix)), first_(key_of(prefix_, 0)), end_(key_of(prefix_, UINT64_MAX) + '\0') {
    o.iterate_lower_bound = &first_slice_;
    o.iterate_upper_bound = &end_slice_;
    it_.reset(db.NewIterator(o, f));
  }

  std::optional<job_id> at_most(job_id x) override {
    while (!ids_.empty() && ids_.back() > x.value)
      ids_.pop_back();
    // Rows further up cannot have an id that small.
    if (const auto highest = plus_spread(x.value); !begun_ || (it_->Valid() && upper() > highest)) {
      it_->SeekForPrev(key_of(prefix_, highest));
      begun_ = true;
    }
    // Rows further down cannot have one that large.
    for (; it_->Valid() && !damaged_ && (ids_.empty() || upper() > ids_.back()); it_->Prev())
      take_row(x.value);
    if (ids_.empty() || damaged_)
      return std::nullopt;
    return job_id{ids_.back()};
  }

  std::optional<error> failure() const override {
    if (damaged_)
      return error{ec::corrupt_record, "the index of queues, types and tags is damaged"};
    if (!it_->status().ok())
      return error_of(it_->status(), "read its index of queues, types and tags");
    return std::nullopt;
  }

private:
  uint64_t upper() const {
    return get_big_endian(it_->key().data() + prefix_.size());
  }
  void take_row(uint64_t highest) {
    row_.clear();
    damaged_ = it_->key().size() != prefix_.size() + 8 || !read_row(upper(), it_->value().ToStringView(), row_);
    std::erase_if(row_, [&](uint64_t id) { return id > highest; });
    const auto middle = static_cast<ptrdiff_t>(ids_.size());
    ids_.insert(ids_.end(), row_.rbegin(), row_.rend());
    std::inplace_merge(ids_.begin(), ids_.begin() + middle, ids_.end());
  }

  const std::string prefix_, first_, end_;
  const rocksdb::Slice first_slice_{first_}, end_slice_{end_};
  std::unique_ptr<rocksdb::Iterator> it_; ///< at the next row to take
  std::vector<uint64_t> ids_;             ///< of the rows taken, those that may still be asked for; ascending
  std::vector<uint64_t> row_;
  bool begun_ = false;
  bool damaged_ = false;
};

/// Takes the ids out of the rows of one name. @param gone  ascending
void remove_from(rocksdb::WriteBatch& out, rocksdb::Iterator& it, rocksdb::ColumnFamilyHandle* f,
                 const std::string& prefix, const std::vector<uint64_t>& gone) {
  std::vector<uint64_t> row;
  auto next = gone.begin(); // the first that a row from here on may have
  it.Seek(key_of(prefix, *next));
  while (it.Valid() && it.key().starts_with(prefix) && it.key().size() == prefix.size() + 8) {
    const auto upper = get_big_endian(it.key().data() + prefix.size());
    next = std::find_if(next, gone.end(), [&](uint64_t id) { return plus_spread(id) >= upper; });
    if (next == gone.end())
      return;
    if (*next > upper) {
      it.Seek(key_of(prefix, *next));
      continue;
    }
    row.clear();
    // One that is damaged is left alone: who lists by that name is told.
    if (read_row(upper, it.value().ToStringView(), row)) {
      const auto before = row.size();
      std::erase_if(row, [&](uint64_t id) { return std::binary_search(next, gone.end(), id); });
      std::reverse(row.begin(), row.end());
      // The key of a row has an id of its own: a job that comes in again takes the place of no row.
      if (row.empty() || row.back() != upper)
        remove(out, f, it.key().ToStringView());
      if (!row.empty() && row.size() != before)
        put(out, f, key_of(prefix, row.back()), row_of(row.back(), row.data(), row.data() + row.size()));
    }
    it.Next();
  }
}

void add_rows(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* names, const ids_by_name& jobs) {
  for (const auto& [prefix, ids] : jobs)
    for (size_t begin = 0, end; begin < ids.size(); begin = end) {
      for (end = begin + 1; end < ids.size() && end - begin < row_jobs_max && ids[end] - ids[begin] <= row_spread;
           ++end) {}
      put(out, names, key_of(prefix, ids[end - 1]), row_of(ids[end - 1], ids.data() + begin, ids.data() + end));
    }
}

result<done> remove_from_rows(rocksdb::WriteBatch& out, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names,
                              const ids_by_name& jobs) {
  const std::unique_ptr<rocksdb::Iterator> it{db.NewIterator({}, names)};
  for (const auto& [prefix, ids] : jobs)
    remove_from(out, *it, names, prefix, ids);
  if (!it->status().ok())
    return error_of(it->status(), "read its index of queues, types and tags");
  return done{};
}

} // namespace

std::string priority_name(uint8_t priority) {
  return std::to_string(priority);
}

void add_names(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* names, const std::vector<named_job>& jobs) {
  add_rows(out, names, by_name(jobs));
}

void add_names(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* names,
               const std::vector<finished_priority>& jobs) {
  add_rows(out, names, by_name(jobs));
}

result<done> remove_names(rocksdb::WriteBatch& out, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names,
                          const std::vector<named_job>& jobs) {
  return remove_from_rows(out, db, names, by_name(jobs));
}

result<done> remove_names(rocksdb::WriteBatch& out, rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names,
                          const std::vector<finished_priority>& jobs) {
  return remove_from_rows(out, db, names, by_name(jobs));
}

std::unique_ptr<id_walk> walk_name(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* names, const rocksdb::ReadOptions& o,
                                   index_kind kind, std::string_view name) {
  return std::make_unique<name_walk>(db, names, o, prefix_of(kind, name));
}

} // namespace callboard
