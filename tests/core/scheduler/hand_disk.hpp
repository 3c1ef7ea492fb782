#pragma once

#include "core/base/ids.hpp"
#include "core/job/job_note.hpp"
#include "core/job/requests.hpp"
#include "core/job/result_cache.hpp"
#include "core/job/unique_rule.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace callboard::test {

/// The store of a `hand_world`: what is in it is there for tests to look at and to change.
struct hand_disk {
  std::map<job_id, job_record> disk;
  std::map<std::string, job_id> keys;
  std::map<std::string, std::string> facts;
  bool reader_broken = false;

protected:
  /// A version of a job that may be written. Returns what stands for its record until then.
  std::string keep_version(job_record rec) {
    versions_.push_back(std::move(rec));
    return std::to_string(versions_.size() - 1);
  }

  /// As the store keeper does it (storage/purged_jobs.hpp).
  void refuse_purged(commit_part& p) const {
    for (auto& n : p.notes)
      if (is_terminal(n.before) && disk.count(n.job) == 0) {
        n.refused = error{ec::unknown_job, "no job is known", "id"};
        p.jobs.clear();
      }
  }

  void store(const stored_job& j) {
    auto rec = versions_.at(std::stoull(j.record));
    rec.current_fence = {};
    if (!rec.spec.idempotency_key.empty())
      keys[rec.spec.idempotency_key] = j.id;
    if (j.payload && !j.unique_key.empty())
      keys[unique_key_name(j.unique_key)] = j.id;
    if (!j.cache_key.empty())
      keys[j.cache_key] = j.id;
    disk[j.id] = std::move(rec);
  }

  read_answer read(const read_request& ask) const {
    read_answer out;
    if (reader_broken) {
      out.failed = error{ec::storage_unavailable, "the disk does not answer"};
      return out;
    }
    auto ids = ask.jobs;
    if (ask.cache) {
      out.cache_key = cache_key_name(cache_text(*ask.cache));
      if (const auto i = keys.find(out.cache_key); i != keys.end())
        ids.push_back(i->second);
    }
    for (const auto& key : ask.keys)
      if (const auto i = keys.find(key); i != keys.end()) {
        out.keys.emplace_back(*i);
        ids.push_back(i->second);
      }
    for (auto id : ids)
      if (const auto i = disk.find(id); i != disk.end())
        out.jobs.push_back(i->second);
    return out;
  }

private:
  std::vector<job_record> versions_;
};

} // namespace callboard::test
