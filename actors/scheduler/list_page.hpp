#pragma once

#include "core/scheduler/calls.hpp"
#include "storage/store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace callboard {

/// Lays what only the queue manager knows over a record that was stored.
void lay_over(job_record& rec, const live_overlay& live);

/// The search for one page of a list, in slices of some milliseconds: whoever else wants to read waits for one of them
/// only. The page is short only when there are no more jobs. For the store reader.
///
/// Jobs with a key, tag, queue or type are found by an index of the store, and the queue manager is asked which of them
/// are live. For other lists it has named the live ones already, and the finished ones are looked through.
class page_search {
public:
  explicit page_search(page_request r);

  enum class next {
    slice,    ///< another `step`
    overlays, ///< what the queue manager knows of `found()`, by `lay`; then another `step`
    over      ///< the answer is given
  };
  next step(const store& db);

  const std::vector<job_id>& found() const {
    return ids_;
  }
  void lay(std::vector<live_overlay> live) {
    live_ = std::move(live);
  }

private:
  next step_by_index(const store& db);
  next step_through(const store& db);
  result<done> add(const store& db, const std::vector<job_id>& ids);
  next go_on(const store& db, bool more);
  next finish(const store& db);
  next fail(error e);

  page_request r_;
  const list_request& q_ = r_.request;
  /// Newest first. A record is large: it is moved once, and then the pointer.
  std::map<job_id, std::shared_ptr<job_record>, std::greater<>> jobs_;
  std::optional<job_id> examined_to_; ///< everything from here up was looked at; none: nothing yet, or all
  bool begun_ = false;
  std::vector<job_id> ids_;        ///< found by the index, not loaded yet
  std::vector<live_overlay> live_; ///< newest first
};

} // namespace callboard
