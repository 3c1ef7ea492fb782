#include "storage/key_layout.hpp"
#include "storage/rocksdb_store.hpp"

#include <algorithm>

// Which workflows have jobs that have not ended: a purge asks for each job of a workflow whose time is over.

namespace callboard {

namespace {

/// Workflows that are remembered; then all are forgotten, and looked for anew.
constexpr size_t remembered_max = 10'000;
/// Jobs of a workflow that are looked up at once.
constexpr size_t jobs_at_once = 256;
/// Steps in the index for them.
constexpr size_t steps_max = 10'000;

} // namespace

result<bool> rocksdb_store::is_open(const std::string& workflow) {
  std::lock_guard writer{writer_mutex_};
  if (failed_)
    if (auto ok = recover(); !ok)
      return ok.err();
  std::shared_lock open{open_mutex_};
  return has_live_job(workflow);
}

/// As long as the job lives that was found last, nothing is looked for; and of a workflow that has ended nothing, until
/// one of its jobs lives again. So a long workflow is walked through once in a while, whatever its length and however
/// often it is asked for.
result<bool> rocksdb_store::has_live_job(const std::string& workflow) {
  if (const auto known = workflow_ends_.find(workflow); known != workflow_ends_.end()) {
    if (!known->second)
      return false;
    auto lives = is_live(*known->second);
    if (!lives || *lives)
      return lives;
  }
  if (workflow_ends_.size() >= remembered_max)
    workflow_ends_.clear();
  job_filter f;
  f.workflow = workflow;
  std::optional<job_id> below;
  do {
    auto page = find_named(f, below, jobs_at_once, steps_max);
    if (!page)
      return page.err();
    const auto found = find_live(page->ids);
    if (!found)
      return found.err();
    if (*found) {
      workflow_ends_[workflow] = **found;
      return true;
    }
    below = page->examined_to;
  } while (below);
  workflow_ends_[workflow].reset();
  return false;
}

result<bool> rocksdb_store::is_live(job_id id) const {
  const auto found = find_live({id});
  if (!found)
    return found.err();
  return found->has_value();
}

/// One of them that has not ended.
result<std::optional<job_id>> rocksdb_store::find_live(const std::vector<job_id>& ids) const {
  auto sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  std::vector<fixed_key<8>> keys;
  keys.reserve(sorted.size());
  for (const auto id : sorted)
    keys.push_back(job_key(id));
  lookups records;
  records.keys.reserve(keys.size());
  for (const auto& k : keys)
    records.keys.emplace_back(k.view());
  if (auto e = get_many({}, family::live, records))
    return std::move(*e);
  for (size_t i = sorted.size(); i-- > 0;)
    if (records.statuses[i].ok())
      return std::optional{sorted[i]};
  return std::optional<job_id>{};
}

} // namespace callboard
