#pragma once

#include "core/scheduler/job_index.hpp"
#include "core/scheduler/limit_book.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Sums by number of the queue; none is zero.
using queue_sums = std::unordered_map<uint32_t, waiting_sum>;
void add_to(queue_sums& sums, uint32_t queue, const waiting_sum& x);

/// What there is room for in the queues of one request: by their bounds, by what waits and is being written, and by
/// what the jobs before have taken. In a queue that sheds the least urgent jobs make room: of lower priority than the
/// new job, the youngest first among those of the same priority.
class queue_room {
public:
  /// Jobs that make room for one new job, at most.
  static constexpr size_t sheds_max = 16;
  /// Jobs that are looked at for it, at most: some may have to stay.
  static constexpr size_t looks_max = 64;

  /// @param under_way  what the queues get and lose by jobs that are being written
  /// @param stays  the job is not to go, whatever its place in the order is
  queue_room(const job_index& index, const limit_book& limits, const queue_sums& under_way,
             std::function<bool(job_id)> stays)
    : index_(index), limits_(limits), under_way_(under_way), stays_(std::move(stays)) {
  }

  struct newcomer {
    const job_spec& spec;
    uint32_t queue = 0; ///< its number
    std::optional<job_id> replaces;
  };
  /// Takes the job in, with what it replaces and sheds. @param sheds  gets those that make room for it.
  /// Error: queue_full; nothing has changed then.
  std::optional<error> take_in(const newcomer& x, std::vector<job_id>& sheds);

private:
  waiting_sum waiting(uint32_t queue) const;
  std::optional<error> shed(const newcomer& x, const limit_rule& rule, const waiting_sum& lacks,
                            std::vector<job_id>& sheds) const;

  const job_index& index_;
  const limit_book& limits_;
  const queue_sums& under_way_;
  std::function<bool(job_id)> stays_;
  queue_sums here_; ///< what the jobs before add and take away
  std::set<job_id> shed_;
};

} // namespace callboard
