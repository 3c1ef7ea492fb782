#pragma once

// Inside storage/ only: the rows of `finished`, for who purges.
#include "storage/rocksdb_batch.hpp"
#include "storage/rocksdb_store.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callboard {

/// One job's end, as a row of `finished` tells it.
struct told_end {
  finished_entry end;
  time_point row_time; ///< the job ended then or, by `finished_row_spread`, before
};

/// Rows of format 1 hold one job, named by the key, and its state.
inline std::optional<std::vector<finished_entry>> finished_row(std::string_view key, std::string_view value) {
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
  /// @param time_of  the time in a key.
  finished_walk(std::unique_ptr<rocksdb::Iterator> it, const std::string& from, time_point (*time_of)(std::string_view))
    : it_(std::move(it)), time_of_(time_of) {
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
      const auto row_time = time_of_(it_->key().ToStringView());
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

  /// The time of the first row of which something is left; none: there is no such row.
  std::optional<time_point> left_from() const {
    return it_->Valid() ? std::optional{time_of_(it_->key().ToStringView())} : std::nullopt;
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
  time_point (*time_of_)(std::string_view);
  std::vector<finished_entry> row_; ///< where the iterator stands, if it was read
  size_t taken_ = 0;                ///< of `row_`
  std::vector<std::string> left_;   ///< keys of the rows that were taken whole
};

} // namespace callboard
