#pragma once

#include "tests/storage/store_fixture.hpp"

#include <map>
#include <random>

namespace callboard::test {

/// All that a store can be asked for, byte by byte.
struct contents {
  struct job {
    std::string record;
    std::string payload;
    bool live = true;
    bool operator==(const job&) const = default;
  };
  std::map<job_id, job> jobs;
  std::vector<job_id> failed; ///< as the listing by that state has them, newest first
  std::map<std::string, job_id> keys;
  std::vector<std::pair<std::string, std::string>> meta;
  std::vector<uint64_t> counts;
  bool operator==(const contents&) const = default;
};

/// Random batches as a scheduler makes them, kept outside the store: what the contents are after each of them.
/// Jobs of level `memory` are written and are no part of it.
class write_history {
public:
  /// @param with_memory_jobs  the store is a tiered one
  write_history(std::mt19937_64& random, bool with_memory_jobs);

  /// The next batch; part of the history from now on. It is synced if one of its jobs is of level `fsync`.
  write_batch next();
  /// The last batch was answered by a synced write, and with it all before it: nothing earlier may be found any more.
  void synced();
  /// What a purge left. Not synced, so what was there before stays possible.
  void purged(contents now);
  /// The contents must be those after some batch, with none missing that was synced. History goes on from there.
  void check_and_rewind(const contents& found);
  /// After the last batch.
  const contents& present() const {
    return after_.back();
  }
  /// What a store has. The counts are right only when it has no jobs in memory.
  contents read(const store& s) const;

private:
  stored_job new_job(durability level);
  stored_job change_of(job_record& rec);
  durability any_level();

  std::mt19937_64& random_;
  const bool with_memory_jobs_;
  int64_t last_id_ = 0;
  int64_t clock_ = 0;
  uint64_t number_ = 0;
  /// What may be found: after the last batch that was synced, and after each one since.
  std::vector<contents> after_{contents{.counts = {0, 0, 0, 0}}};
};

} // namespace callboard::test
