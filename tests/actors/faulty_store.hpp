#pragma once

#include "storage/store.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace callboard {

/// A disk for tests: a memory store that several "processes" open one after the other, that can be told to fail, and
/// that remembers what was written together.
struct test_disk {
  std::shared_ptr<store> inner = make_memory_store();
  bool full = false;
  size_t releases = 0; ///< calls of `release_memory`
  std::vector<std::vector<job_id>> batches;
  std::vector<bool> synced; ///< of every write, also one without jobs: whether it asked for a sync
  /// Called once, before the next write that has jobs: what the test does then happens while the disk is at work.
  std::function<void()> while_writing;
};

class faulty_store final : public store {
public:
  explicit faulty_store(std::shared_ptr<test_disk> disk) : disk_(std::move(disk)) {
  }
  result<done> append(const write_batch& b) override {
    if (!b.jobs.empty() && disk_->while_writing)
      std::exchange(disk_->while_writing, nullptr)();
    // As of the tiered store: jobs in memory do not need the disk.
    const bool in_memory =
      !b.jobs.empty() && b.meta.empty() && b.meta_removed.empty() &&
      std::all_of(b.jobs.begin(), b.jobs.end(), [](const stored_job& j) { return j.level == durability::memory; });
    if (disk_->full && !in_memory)
      return error{ec::storage_unavailable, "no space left on device"};
    std::vector<job_id> ids;
    for (const auto& j : b.jobs)
      ids.push_back(j.id);
    if (!ids.empty())
      disk_->batches.push_back(std::move(ids));
    disk_->synced.push_back(b.sync);
    return disk_->inner->append(b);
  }
  result<done> for_each_live(job_id from, const std::function<bool(job_id, std::string_view)>& f) const override {
    return disk_->inner->for_each_live(from, f);
  }
  result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool payload) const override {
    return disk_->inner->load(ids, payload);
  }
  result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit, size_t max) const override {
    return disk_->inner->page(f, below, limit, max);
  }
  result<id_page> find(const job_filter& f, std::optional<job_id> below, size_t limit, size_t max) const override {
    return disk_->inner->find(f, below, limit, max);
  }
  result<ended_page> ended(const ended_query& q) const override {
    return disk_->inner->ended(q);
  }
  result<ended_cursor> ended_so_far() const override {
    return disk_->inner->ended_so_far();
  }
  result<std::optional<job_id>> find_key(std::string_view key) const override {
    return disk_->inner->find_key(key);
  }
  result<std::optional<std::string>> meta(std::string_view name) const override {
    return disk_->inner->meta(name);
  }
  result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view p) const override {
    return disk_->inner->meta_with_prefix(p);
  }
  store_counts counts() const override {
    return disk_->inner->counts();
  }
  result<bool> is_open(const std::string& workflow) override {
    return disk_->inner->is_open(workflow);
  }
  result<size_t> purge(const retention& r, time_point now, size_t max, uint64_t epoch) override {
    return disk_->inner->purge(r, now, max, epoch);
  }
  result<done> release_memory() override {
    ++disk_->releases;
    return done{};
  }
  result<done> backup(const std::string& directory) override {
    return disk_->inner->backup(directory);
  }

private:
  std::shared_ptr<test_disk> disk_;
};

} // namespace callboard
