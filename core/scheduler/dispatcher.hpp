#pragma once

#include "core/placement/estimator.hpp"
#include "core/scheduler/job_index.hpp"
#include "core/scheduler/limit_links.hpp"
#include "core/scheduler/preemption.hpp"
#include "core/scheduler/slot_ledger.hpp"

#include <functional>
#include <set>

namespace callboard {

struct dispatch_settings {
  uint32_t ahead_max = 0;  ///< jobs that a worker may be given beyond its slots (workers.prefetch_max)
  duration ahead_below{0}; ///< of types whose mean run time is below (workers.prefetch_below)
};

/// Decides which ready job goes to which worker (P5). The job that is first in the line among those that some worker
/// could ever run goes first; if there is only no room for it now, a worker is kept for it and the next one that fits
/// is placed. When all slots are taken, short jobs are given to workers ahead. The cost grows with workers and shapes,
/// never with waiting jobs.
class dispatcher {
public:
  /// Takes the job out of the line and the slot of the worker.
  using place_function = std::function<void(worker_id, const ready_queues::pick&)>;

  dispatcher(const dispatch_settings& s, job_index& index, slot_ledger& ledger, limit_book& limits);

  /// What has changed about limits holds from now on.
  void apply_limits(const moment& now);

  /// Places all that can be placed now, by calling `place`. Then attempts are stopped for jobs that preempt, by `ask`.
  void run(const moment& now, const place_function& place, const preemption::ask_function& ask);
  /// Nothing is placed for the time being.
  void rest() {
    preemption_.rest();
  }

  /// Throws std::logic_error when a limit is not the one of what it is applied to.
  void sanity_check() const {
    if (!limits_.any_changed())
      links_.sanity_check();
  }

  /// When a job with this priority that is accepted now will probably start, by the wall clock.
  time_point estimate(uint8_t priority, const moment& now) const;

  /// Types of which a limit lets nothing start.
  const std::set<uint32_t>& closed_types() const {
    return closed_types_;
  }
  const preemption& preempting() const {
    return preemption_;
  }
  limit_links& links() {
    return links_;
  }
  estimator& measured() {
    return estimator_;
  }
  const estimator& measured() const {
    return estimator_;
  }

private:
  bool place_next(const moment& now, const place_function& place);
  bool sent_back(const ready_queues::pick& p, const moment& now);
  void give_ahead(const moment& now, const place_function& place);
  void apply(limit_kind kind, uint32_t line, const moment& now);
  void close_type(uint32_t number, bool closed);
  std::optional<ready_queues::pick> peek(const type_set& shapes, const moment& now);
  type_set open_of(const type_set& shapes);
  const type_set& ahead_shapes(seat& s) const;
  uint32_t credit(const seat& s, uint16_t type) const;

  dispatch_settings settings_;
  job_index& index_;
  slot_ledger& ledger_;
  limit_book& limits_;
  limit_links links_;
  preemption preemption_;
  estimator estimator_;
  std::set<uint32_t> closed_types_; ///< by a limit
  type_set open_shapes_;            ///< of other types, as of `open_version_` of the shape table
  uint64_t open_version_ = UINT64_MAX;
};

} // namespace callboard
