#include "storage/group_commit.hpp"

#include "core/job/commit_order.hpp"
#include "storage/purged_jobs.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace callboard {

namespace {

bool stays_in_memory(const std::vector<commit_part>& parts) {
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [](const commit_part& p) {
    return p.level == durability::memory && p.meta.empty() && p.meta_removed.empty();
  });
}

} // namespace

group_commit::made group_commit::make(const store& db, std::vector<commit_part> parts, uint64_t epoch) {
  made out;
  auto& batch = out.batch;
  batch.writer_epoch = epoch;
  out.to_disk = !stays_in_memory(parts);
  written_.clear();
  if (out.to_disk)
    written_.swap(unwritten_);
  batch.sync = !written_.empty();
  size_t jobs = 0, notes = 0;
  for (const auto& p : parts) {
    jobs += p.jobs.size();
    notes += p.notes.size();
  }
  batch.jobs.reserve(jobs);
  out.report.notes.reserve(notes);
  facts bound;
  for (auto& p : parts) {
    put_in_order(p);
    refuse_changes_of_purged(db, p);
    batch.sync = batch.sync || p.level == durability::fsync;
    std::move(p.jobs.begin(), p.jobs.end(), std::back_inserter(batch.jobs));
    std::move(p.notes.begin(), p.notes.end(), std::back_inserter(out.report.notes));
    auto& into = p.facts_bound ? bound : written_;
    auto& other = p.facts_bound ? written_ : bound; // of one name the latest counts
    for (auto& [name, value] : p.meta) {
      other.erase(name);
      into[name] = std::move(value);
    }
    for (auto& name : p.meta_removed) {
      other.erase(name);
      into[name] = std::nullopt;
    }
  }
  for (const auto* all : {&written_, &bound})
    for (const auto& [name, value] : *all) {
      if (value)
        batch.meta.emplace_back(name, *value);
      else
        batch.meta_removed.push_back(name);
    }
  out.report.records = batch.jobs.size();
  return out;
}

void group_commit::failed() {
  for (auto& [name, value] : written_)
    unwritten_.try_emplace(name, std::move(value)); // what has come meanwhile is newer
  written_.clear();
}

} // namespace callboard
