#pragma once

#include "core/base/ids.hpp"
#include "core/base/ordered_chunks.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace callboard {

/// Which live jobs wait for which. An edge is kept in both directions, 32 bytes in all; a job without dependencies
/// and dependants costs nothing.
///
/// The graph cannot have a cycle: a job's dependencies are accepted before it, and a batch is checked by
/// `find_cycle` before its jobs get their ids.
class dependency_graph {
public:
  /// `job` waits for each of `dependencies`: those that are alive and not completed. A job that is named twice
  /// counts once. Precondition: `job` is not among them.
  void add(job_id job, std::span<const job_id> dependencies);

  /// `job` completed: removes the edges to it. The jobs which now wait for nothing, in id order.
  std::vector<job_id> completed(job_id job);

  /// Everything that waits for `job`, directly or not, in topological order: each job stands behind all those of the
  /// answer that it waits for. `job` itself is not in it. These are cancelled with it when it fails or is cancelled.
  std::vector<job_id> dependants_closure(job_id job) const;

  /// `job` waits for nothing any more: it was cancelled, failed or is forgotten. Edges of others *to* it stay until
  /// these are removed or `completed(job)` is called. Returns how many edges went.
  size_t remove(job_id job);

  bool is_waiting(job_id job) const;
  /// Whom `job` waits for, in id order.
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
};

/// A cycle among `n` jobs of a batch, as indices in order (each waits for the next, the last for the first), or
/// nothing. An edge (a, b) says that a waits for b; a == b is a cycle of one. Precondition: all indices are below n.
/// O(n + edges), without recursion.
std::optional<std::vector<size_t>> find_cycle(size_t n, std::span<const std::pair<size_t, size_t>> edges);

} // namespace callboard
