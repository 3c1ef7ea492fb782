#include "storage/id_walk.hpp"

#include "core/base/invariant.hpp"
#include "storage/key_layout.hpp"
#include "storage/rocksdb_store.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace callboard {

namespace {

/// Jobs whose keys are a prefix and the id.
class key_walk final : public id_walk {
public:
  key_walk(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* f, rocksdb::ReadOptions o, std::string prefix)
    : prefix_(std::move(prefix)), first_(key_of(job_id{})), end_(key_of(job_id{UINT64_MAX})) {
    o.iterate_lower_bound = &first_slice_;
    o.iterate_upper_bound = &end_slice_;
    it_.reset(db.NewIterator(o, f));
  }

  std::optional<job_id> at_most(job_id x) override {
    if (begun_ && it_->Valid() && id() > x)
      it_->Prev(); // nearly always the one
    if (!begun_ || (it_->Valid() && id() > x))
      it_->SeekForPrev(key_of(x));
    begun_ = true;
    return it_->Valid() ? std::optional{id()} : std::nullopt;
  }

  std::optional<error> failure() const override {
    return it_->status().ok() ? std::nullopt : std::optional{error_of(it_->status(), "list finished jobs")};
  }

private:
  std::string key_of(job_id x) const {
    return prefix_ + std::string{job_key(x).view()};
  }
  job_id id() const {
    return job_id{get_big_endian(it_->key().data() + prefix_.size())};
  }

  const std::string prefix_, first_, end_;
  const rocksdb::Slice first_slice_{first_}, end_slice_{end_};
  std::unique_ptr<rocksdb::Iterator> it_;
  bool begun_ = false;
};

/// What one of several has.
class union_walk final : public id_walk {
public:
  explicit union_walk(std::vector<std::unique_ptr<id_walk>> walks) : walks_(std::move(walks)) {
  }

  std::optional<job_id> at_most(job_id x) override {
    std::optional<job_id> largest;
    for (const auto& walk : walks_)
      largest = std::max(largest, walk->at_most(x));
    return largest;
  }

  std::optional<error> failure() const override {
    for (const auto& walk : walks_)
      if (auto e = walk->failure())
        return e;
    return std::nullopt;
  }

private:
  std::vector<std::unique_ptr<id_walk>> walks_;
};

} // namespace

std::unique_ptr<id_walk> walk_states(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* status,
                                     const rocksdb::ReadOptions& o, const std::vector<job_state>& states) {
  std::vector<std::unique_ptr<id_walk>> walks;
  walks.reserve(states.size());
  for (const auto state : states)
    walks.push_back(
      std::make_unique<key_walk>(db, status, o, std::string{status_key(state, job_id{}).view().substr(0, 1)}));
  return std::make_unique<union_walk>(std::move(walks));
}

std::unique_ptr<id_walk> walk_done(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* done, const rocksdb::ReadOptions& o) {
  return std::make_unique<key_walk>(db, done, o, std::string{});
}

result<id_page> common_ids(const std::vector<std::unique_ptr<id_walk>>& walks, const id_range& range, size_t limit,
                           size_t steps_max) {
  CB_INVARIANT(!walks.empty() && range.end > range.first, "there is something to walk over");
  id_page out;
  // Each walk in turn goes down to where the others are, until all of them have the same id.
  auto at = job_id{range.end.value - 1};
  size_t agree = 0;
  for (size_t steps = 0, turn = 0; out.ids.size() < std::max<size_t>(limit, 1); ++steps, ++turn) {
    if (steps >= std::max(steps_max, walks.size())) {
      out.examined_to = job_id{at.value + 1};
      return out;
    }
    auto& walk = *walks[turn % walks.size()];
    const auto next = walk.at_most(at);
    if (auto e = walk.failure())
      return std::move(*e);
    if (!next || *next < range.first)
      return out;
    agree = *next == at ? agree + 1 : 1;
    at = *next;
    if (agree < walks.size())
      continue;
    out.ids.push_back(at);
    if (at == range.first)
      return out;
    at.value -= 1;
    agree = 0;
  }
  out.examined_to = out.ids.back();
  return out;
}

} // namespace callboard
