#pragma once

#include "core/job/job_note.hpp"
#include "storage/store.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

/// Makes one write of the parts that wait for one. Facts of a part that could not be written are kept when they are
/// true anyway, and go along with a later write.
class group_commit {
public:
  struct made {
    write_batch batch;
    commit_report report; ///< without `failed` and `took`
    bool to_disk = true;  ///< false: jobs of durability `memory` alone, which says nothing about the disk
  };

  /// @param db  for what was purged meanwhile (purged_jobs.hpp).  @param epoch  of the writer.
  made make(const store& db, std::vector<commit_part> parts, uint64_t epoch);
  /// What was made last could not be written.
  void failed();

  /// A fact that is true anyway: with the next write.
  void add_fact(std::string name, std::string value) {
    unwritten_[std::move(name)] = std::move(value);
  }
  size_t unwritten_facts() const {
    return unwritten_.size();
  }
  void clear() {
    unwritten_.clear();
    written_.clear();
  }

private:
  using facts = std::map<std::string, std::optional<std::string>>; ///< none: removed
  facts unwritten_;
  facts written_; ///< of what was made last
};

} // namespace callboard
