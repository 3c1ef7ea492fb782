#pragma once

#include "core/base/ids.hpp"
#include "core/base/name_table.hpp"
#include "core/placement/shape_table.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace callboard {

/// Of a worker's types, by number: their versions, as it says them.
using type_versions = std::map<uint16_t, std::string>;

/// Which shapes of jobs fit which workers, now and ever. Pure bookkeeping: the cost of a decision grows with the
/// number of workers and of different shapes, never with the number of waiting jobs.
///
/// A worker is chosen for a shape thus: of those that accept work, run the type in a version it may have, have the
/// labels and enough of everything left, the one that offers the fewest kinds of named resources the job does not ask
/// for (a job that needs no GPU leaves the workers with one alone); then, for a request with cpu, memory or named
/// resources, best fit: the one with the least left over, by the largest share left of any requested dimension; then
/// the one with the most free slots, by number; then the smaller id.
///
/// A job that fits no worker now, although it would fit an empty one, can have one worker reserved, so that smaller
/// jobs do not pass it for ever: the reserved worker takes no other shape.
class cluster_fit {
public:
  explicit cluster_fit(const shape_table& shapes) : shapes_(shapes) {
  }

  /// A worker joins, or joins again with another offer: what it has taken stays.
  void set_worker(worker_id w, resource_offer offer, type_set types, type_versions versions = {});
  void remove_worker(worker_id w);
  /// A worker that does not accept gets no new job; what it has goes on.
  void set_accepting(worker_id w, bool accepting);

  /// The resources of a job are taken, or given back. What is taken may exceed what is there (jobs found running when
  /// a worker joins). Precondition of give: taken before.
  void take(worker_id w, const resource_request& r);
  void give(worker_id w, const resource_request& r);

  /// Shapes that some accepting worker could take at this moment, the reservation observed.
  const type_set& placeable();
  /// Shapes that some accepting worker could take if it were empty.
  const type_set& feasible();

  /// The worker for a job of this shape, now; nothing when there is none.
  std::optional<worker_id> choose(uint16_t shape);

  /// Keeps for this shape the accepting worker that could run it when empty and lacks the least of it now (by the
  /// largest missing share). Replaces an earlier reservation. Nothing when no worker could ever run it.
  std::optional<worker_id> reserve(uint16_t shape);
  void clear_reservation();
  std::optional<worker_id> reserved() const noexcept {
    return reserved_ ? std::optional{reserved_->first} : std::nullopt;
  }

  /// Keeps the worker for jobs of this shape: what becomes free there goes to nobody else. Unlike the reservation it
  /// lasts until it is taken back, and there may be several.
  void keep(worker_id w, uint16_t shape);
  void keep_no_more(worker_id w);
  bool is_kept(worker_id w) const {
    return kept_.count(w) != 0;
  }
  /// The worker accepts jobs, and could take one of this shape if it had so much less. Precondition: it has that.
  bool has_room_without(worker_id w, uint16_t shape, const resource_request& less);

  /// What jobs have of the worker: sums. Nothing for a worker that is not there.
  resource_request taken(worker_id w) const {
    const auto i = nodes_.find(w);
    return i != nodes_.end() ? i->second.taken : resource_request{.slots = 0};
  }

  /// What a worker lacks for a job of this shape, in words; nothing: it could take one now.
  struct lack {
    std::string what;
    bool for_ever = false; ///< also when it is empty
  };
  std::optional<lack> lack_of(worker_id w, uint16_t shape) const;

  /// Throws std::logic_error when what is derived contradicts what it is derived from. O(workers x shapes).
  void sanity_check() const;

private:
  enum fit : uint8_t { now = 1, empty = 2 };
  struct node {
    resource_offer offer;
    resource_request taken{.slots = 0}; // sums; no labels
    type_set types;
    type_versions versions;
    bool accepting = false;
    std::vector<uint8_t> fits; // by shape, bits of `fit`; without the reservation
  };

  static bool runs_version(const node& n, const job_shape& s);
  void refresh();
  void count(const node& n, worker_id w, int sign);
  void update(node& n, worker_id w);
  bool counts_for(worker_id w, uint16_t shape) const {
    return (!reserved_ || reserved_->first != w || reserved_->second == shape) && is_for(w, shape);
  }
  bool is_for(worker_id w, uint16_t shape) const {
    const auto i = kept_.empty() ? kept_.end() : kept_.find(w);
    return i == kept_.end() || i->second == shape;
  }

  const shape_table& shapes_;
  std::map<worker_id, node> nodes_;
  std::optional<std::pair<worker_id, uint16_t>> reserved_;
  std::map<worker_id, uint16_t> kept_;
  uint64_t shapes_seen_ = 0;                    // version of the shape table that the caches below are of
  std::vector<uint32_t> fits_now_, fits_empty_; // by shape: accepting workers
  type_set placeable_, feasible_;
};

} // namespace callboard
