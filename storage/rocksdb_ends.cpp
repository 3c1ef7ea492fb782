// What ended, in the order in which it was written.
#include "storage/ended_row.hpp"
#include "storage/filter.hpp"
#include "storage/finished_walk.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_batch.hpp"
#include "storage/rocksdb_store.hpp"

#include <rocksdb/snapshot.h>

#include <algorithm>
#include <numeric>
#include <span>

namespace callboard {

namespace {

/// Rows that one purge removes at most: it makes no more than some hundred.
constexpr size_t rows_trimmed_max = 4096;
/// Rows that enter the family at opening, in one write.
constexpr size_t rows_at_once = 100;

error damaged() {
  return {ec::corrupt_record, "the list of what has ended is damaged"};
}

result<ended_row> row_at(const rocksdb::Iterator& it) {
  auto row = it.key().size() == 8 ? decode_ended_row(it.value().ToStringView()) : std::nullopt;
  if (!row)
    return damaged();
  return std::move(*row);
}

} // namespace

/// Some ends of one row, to be looked up together.
struct ended_slice {
  std::span<const told_finish> ends;
  const rocksdb::Snapshot* moment = nullptr;
  size_t told = 0;    ///< of `ends`: they are in the page, or are not wanted
  uint64_t bytes = 0; ///< of what is in the page
};

/// Adds those of the slice that are wanted to the page, which may be full before all of them are in it.
result<done> rocksdb_store::look_up_slice(ended_slice& slice, const ended_query& q, ended_page& out) const {
  const auto n = slice.ends.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return slice.ends[b].id > slice.ends[a].id; });
  std::vector<fixed_key<8>> keys;
  keys.reserve(n);
  lookups records;
  for (const auto i : order)
    keys.push_back(job_key(slice.ends[i].id));
  for (const auto& key : keys)
    records.keys.emplace_back(key.view());
  rocksdb::ReadOptions o;
  o.snapshot = slice.moment;
  if (auto e = get_many(o, family::done, records))
    return std::move(*e);
  std::vector<size_t> place(n);
  for (size_t k = 0; k < n; ++k)
    place[order[k]] = k;
  for (; slice.told < n; ++slice.told) {
    const auto& end = slice.ends[slice.told];
    const auto k = place[slice.told];
    if (!records.statuses[k].ok())
      continue; // it lives again, or is purged
    auto rec = decode_record(records.values[k].ToStringView());
    if (!rec)
      return error{rec.err().code, to_string(end.id) + ": " + rec.err().message};
    if (rec->finished_at != end.at || rec->state != end.state || !wants(q, *rec))
      continue;
    if (!q.result)
      rec->result = blob{};
    if (q.payload) {
      rocksdb::PinnableSlice payload;
      const auto s = (*db_)->Get(o, (*db_)[family::payload], keys[k].view(), &payload);
      if (!s.ok() && !s.IsNotFound())
        return error_of(s, "read a payload");
      if (s.ok())
        rec->spec.payload = blob{payload.ToString()};
    }
    slice.bytes += bytes_told(*rec);
    if (slice.bytes > q.bytes_max && !out.jobs.empty())
      return done{};
    out.jobs.push_back(std::move(*rec));
  }
  return done{};
}

result<ended_page> rocksdb_store::ended(const ended_query& q) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  if (q.after.row > ends_next_.load(std::memory_order_relaxed))
    return error{ec::invalid_value,
                 "the cursor is ahead of what this store has seen: was it restored from a backup? Begin with a time",
                 "after"};
  const auto limit = std::max<size_t>(q.limit, 1), examine_max = std::max<size_t>(q.examine_max, 1);
  const auto& db = *db_;
  ended_page out;
  out.next = q.after;
  // Of one moment: what a row says and what the records say.
  rocksdb::ManagedSnapshot moment{db.get()};
  rocksdb::ReadOptions o;
  o.snapshot = moment.snapshot();
  const std::unique_ptr<rocksdb::Iterator> it{db->NewIterator(o, db[family::ends])};
  size_t examined = 0;
  ended_slice slice{.moment = moment.snapshot()};
  for (it->Seek(ended_row_key(q.after.row).view()); it->Valid(); it->Next()) {
    const auto row = row_at(*it);
    if (!row)
      return row.err();
    const auto number = get_big_endian(it->key().data());
    if (number != out.next.row)
      out.next.row = number, out.next.taken = 0;
    if (q.from && row->latest < *q.from) {
      if (examined == examine_max)
        return out;
      ++examined;
      out.next.row = number + 1, out.next.taken = 0;
      continue;
    }
    while (out.next.taken < row->ends.size()) {
      const auto room = std::min(limit - out.jobs.size(), examine_max - examined);
      if (room == 0)
        return out;
      const auto n = std::min<size_t>(room, row->ends.size() - out.next.taken);
      slice.ends = std::span{row->ends}.subspan(out.next.taken, n);
      slice.told = 0;
      if (auto ok = look_up_slice(slice, q, out); !ok)
        return ok.err();
      examined += slice.told;
      out.next.taken += static_cast<uint32_t>(slice.told);
      if (slice.told < n)
        return out;
    }
    out.next.row = number + 1, out.next.taken = 0;
  }
  if (!it->status().ok())
    return error_of(it->status(), "read what has ended");
  out.complete = true;
  return out;
}

result<ended_cursor> rocksdb_store::ended_so_far() const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  return ended_cursor{.row = ends_next_.load(std::memory_order_relaxed)};
}

/// The number behind the last row, whoever wrote it.
result<done> rocksdb_store::find_last_end() {
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator({}, (*db_)[family::ends])};
  it->SeekToLast();
  if (!it->status().ok())
    return error_of(it->status(), "read what has ended");
  if (it->Valid() && it->key().size() != 8)
    return damaged();
  ends_next_ = it->Valid() ? get_big_endian(it->key().data()) + 1 : 0;
  return done{};
}

/// Rows of jobs that were all purged. @param oldest  row of `finished` that is left; none: none is.
/// @return  below which nothing is left in `ends`
result<uint64_t> rocksdb_store::trim_ends(rocksdb::WriteBatch& out, std::optional<time_point> oldest,
                                          time_point now) const {
  auto from = ends_from_;
  bool all_gone = true;
  size_t steps = 0;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator({}, (*db_)[family::ends])};
  for (it->Seek(ended_row_key(from).view()); it->Valid() && steps < rows_trimmed_max; it->Next(), ++steps) {
    const auto row = row_at(*it);
    if (!row)
      return row.err();
    const bool gone = !oldest || row->latest < *oldest;
    if (!gone && row->latest <= now)
      break;
    // A clock that was ahead keeps its jobs for long; what was written after it is looked at all the same.
    if (gone)
      remove(out, (*db_)[family::ends], it->key().ToStringView());
    all_gone = all_gone && gone;
    if (all_gone)
      from = get_big_endian(it->key().data()) + 1;
  }
  if (!it->status().ok())
    return error_of(it->status(), "read what has ended");
  return from;
}

/// Of a store of a former format: some microseconds a job.
result<done> rocksdb_store::index_ends() {
  const auto& db = *db_;
  const rocksdb::Slice bound{first_parked};
  rocksdb::ReadOptions o;
  o.fill_cache = false;
  o.iterate_upper_bound = &bound;
  finished_walk walk{std::unique_ptr<rocksdb::Iterator>{db->NewIterator(o, db[family::finished])}, {}, finished_at_of};
  constexpr size_t row_jobs = 512;
  for (uint64_t number = 0;;) {
    rocksdb::WriteBatch rows;
    bool more = true;
    for (size_t i = 0; more && i < rows_at_once; ++i) {
      auto ends = walk.take(row_jobs, time_point::max(), UINT64_MAX);
      if (!ends)
        return ends.err();
      more = !ends->empty();
      std::vector<told_end> found = std::move(*ends);
      ended_row row;
      for (const auto& e : found) {
        rocksdb::PinnableSlice value;
        if (!db->Get(o, db[family::done], job_key(e.end.id).view(), &value).ok())
          continue;
        const auto rec = decode_record(value.ToStringView());
        if (rec && rec->finished_at && *rec->finished_at <= e.row_time)
          row.ends.push_back({e.end.id, rec->state, *rec->finished_at});
        row.latest = e.row_time;
      }
      if (!row.ends.empty())
        put(rows, db[family::ends], ended_row_key(number++).view(), encode_ended_row(row));
    }
    if (rows.Count() > 0)
      if (auto ok = write(rows, false); !ok)
        return ok;
    if (!more)
      return done{};
  }
}

} // namespace callboard
