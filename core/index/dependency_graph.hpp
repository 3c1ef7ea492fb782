#pragma once

#include "core/base/ids.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/job/prerequisites.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// What becomes of a waiting job when it is known how others end.
struct outlook {
  prospect is = prospect::runs;
  refusal_to_run why{}; ///< when it is `never`
};

/// Which live jobs wait for which. An edge is kept in both directions, 32 bytes in all; a job without dependencies
/// and dependants costs nothing.
///
/// A plain job waits until all that it depends on completed, and needs nothing but its edges. Of a conditional one
/// (prerequisites.hpp) it is kept besides what it waits for and what is known of it; its edges stay until it leaves,
/// also those to jobs that have ended.
///
/// The graph cannot have a cycle: a job's dependencies are accepted before it, and a batch is checked by
/// `find_cycle` before its jobs get their ids.
class dependency_graph {
public:
  using ends = std::unordered_map<job_id, prerequisite_end>;

  /// `job` waits for each of `dependencies`: those that are alive and not completed. A job that is named twice
  /// counts once. Precondition: `job` is not among them.
  void add(job_id job, std::span<const job_id> dependencies);
  /// A conditional job. Precondition: its prospect is `waits`.
  void add(job_id job, prerequisites p);

  /// A job that others wait for has ended: those which run now, in id order. They have left the graph.
  std::vector<job_id> ended(const prerequisite_end& e);
  /// An attempt of it has begun: the same.
  std::vector<job_id> begun(job_id job);
  /// It had ended, and lives again: jobs that are conditional on it wait for it anew.
  void revived(job_id job);
  /// `job` waits for nothing any more: it runs, was cancelled, failed or is forgotten. Edges of others *to* it stay
  /// until these are removed or `ended` is called. Returns how many edges went.
  size_t remove(job_id job);
  /// From now on it is kept for `take_alone` for whom nobody waits any more.
  void watch_alone(bool on) {
    watches_alone_ = on;
    alone_.clear();
  }
  /// Jobs that nobody waits for any more, since this was called last: not those that have ended. Some may have got
  /// others that wait since.
  std::vector<job_id> take_alone() {
    return std::exchange(alone_, {});
  }
  /// Ended jobs that conditional ones have ceased to wait for since this was called last; some perhaps twice.
  std::vector<job_id> take_let_go() {
    return std::exchange(let_go_, {});
  }

  /// What becomes of `job` when those in `known` have ended as it says there; `waits` too when none concerns it.
  outlook outlook_of(job_id job, const ends& known) const;
  /// What a conditional job waits for, and what is known of it; null: it is plain, or does not wait.
  const prerequisites* conditions_of(job_id job) const;
  bool is_waiting(job_id job) const;
  /// Whom `job` still waits for, in id order.
  std::vector<job_id> waits_for(job_id job) const;
  bool has_dependants(job_id job) const;
  /// Who waits for `job` directly, in id order.
  std::vector<job_id> dependants(job_id job) const;

  size_t memory_bytes() const noexcept {
    return by_waiting_.memory_bytes() + by_awaited_.memory_bytes();
  }

  /// Throws std::logic_error when the two directions differ. O(n log n).
  void sanity_check() const;

private:
  struct edge {
    job_id from;
    job_id to;
    auto operator<=>(const edge&) const = default;
  };
  using edges = ordered_chunks<edge, std::less<>>;

  static std::vector<job_id> targets(const edges& set, job_id from);
  static bool any(const edges& set, job_id from);

  edges by_waiting_; // from waits for to
  edges by_awaited_; // the reverse: to waits for from
  std::unordered_map<job_id, prerequisites> conditional_;
  std::vector<job_id> let_go_;
  std::vector<job_id> alone_;
  bool watches_alone_ = false;
  size_t started_edges_ = 0; // conditions that are met by a start
};

/// A cycle among `n` jobs of a batch, as indices in order (each waits for the next, the last for the first), or
/// nothing. An edge (a, b) says that a waits for b; a == b is a cycle of one. Precondition: all indices are below n.
/// O(n + edges), without recursion.
std::optional<std::vector<size_t>> find_cycle(size_t n, std::span<const std::pair<size_t, size_t>> edges);

} // namespace callboard
