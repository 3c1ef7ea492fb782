#pragma once

#include "core/base/ids.hpp"
#include "core/base/ordered_chunks.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace callboard {

/// Bits of `job_entry::flags`.
namespace job_flag {
inline constexpr uint32_t waits_for_jobs = 1;  ///< a dependency is not completed yet
inline constexpr uint32_t ready = 2;           ///< it is in the ready index
inline constexpr uint32_t placed = 4;          ///< a slot is reserved, or it runs
inline constexpr uint32_t due_timer = 8;       ///< `due` is in the timer queue
inline constexpr uint32_t start_timer = 16;    ///< `must_start_by` is in the timer queue
inline constexpr uint32_t in_memory = 32;      ///< durability memory: nothing of it is on disk
inline constexpr uint32_t backs_off = 64;      ///< `ready_at` is in the back-off queue
inline constexpr uint32_t awaits_former = 128; ///< an attempt that it does not want any more has not ended
inline constexpr uint32_t begun = 256;         ///< an attempt of it has begun
inline constexpr uint32_t keyed = 512;         ///< it has a concurrency key
inline constexpr uint32_t retry_slot = 1024;   ///< its back-off lasts until the turn that it has among retries
inline constexpr uint32_t goes_on_late = 2048; ///< a missed deadline does not end it
inline constexpr uint32_t held = 4096;         ///< somebody holds it: it has its place in the line, and is not in it
inline constexpr uint32_t released = 8192;     ///< it was held: how long it was ready says nothing
inline constexpr uint32_t owes_turn = 16384;   ///< its back-off ended while it was held, without a turn among retries
inline constexpr uint32_t may_be_shed = 32768; ///< it is no part of a workflow: it may make room in a full queue
} // namespace job_flag

/// What is kept in memory of every live job, 56 bytes: enough to order it, to list it by state and to find its keys
/// in the other indices. Everything else is in the store.
struct job_entry {
  job_id id;
  /// Latest start, or time_point::max().
  time_point must_start_by = time_point::max();
  /// When it became ready last; while it waits for its back-off: when that is over.
  steady_point ready_at{};
  /// Its place in the line, once it was ready; 0 before.
  uint64_t ready_seq = 0;
  /// When it may start, as a client has asked (schedule_at); the epoch when at once. Not the end of a back-off.
  time_point due{};
  uint32_t flags = 0;         ///< job_flag
  uint32_t payload_bytes = 0; ///< size of its payload
  uint16_t shape = 0;         ///< number in the shape table: type and requested resources
  uint32_t queue : 24 = 0;    ///< number in the name table of queues
  job_state state : 4 = job_state::queued;
  uint8_t priority : 4 = priority_default;

  bool has(uint32_t flag) const noexcept {
    return (flags & flag) != 0;
  }
  void set(uint32_t flag, bool on) noexcept {
    flags = on ? flags | flag : flags & ~flag;
  }
};
static_assert(sizeof(job_entry) == 56);
/// Queues that live jobs may be in at the same time: their numbers have 24 bits.
inline constexpr uint32_t queues_max = (uint32_t{1} << 24) - 1;

/// In these states a job counts against the bounds of its queue.
constexpr bool counts_as_waiting(job_state s) noexcept {
  return s == job_state::queued || s == job_state::scheduled;
}

/// So many jobs that wait, and the bytes of their payloads. A difference of two may be negative.
struct waiting_sum {
  int64_t jobs = 0;
  int64_t bytes = 0;
  friend bool operator==(const waiting_sum&, const waiting_sum&) = default;
  waiting_sum& operator+=(const waiting_sum& x) noexcept {
    jobs += x.jobs;
    bytes += x.bytes;
    return *this;
  }
  friend waiting_sum operator+(waiting_sum a, const waiting_sum& b) noexcept {
    return a += b;
  }
  waiting_sum operator-() const noexcept {
    return {-jobs, -bytes};
  }
};

/// All live jobs by id, in id order (which is order of creation), and their numbers by queue and state.
class job_table {
public:
  using state_counts = std::array<uint64_t, job_state_count>;

  /// Ids found by `page`, newest first.
  struct id_page {
    std::vector<job_id> ids;
    /// Everything with this id and above, below the start, was looked at: the next page starts below it.
    /// None when the end was reached.
    std::optional<job_id> examined_to;
  };

  /// Null when there is no such job. Valid until the next insert or erase.
  const job_entry* find(job_id id) const {
    return entries_.find(id);
  }

  /// False when the id is there already.
  bool insert(const job_entry& entry);

  /// False when there is no such job.
  bool erase(job_id id);

  /// Calls `change(job_entry&)`, which may change everything but the id, and keeps the counts right.
  /// False when there is no such job.
  template <class Change>
  bool update(job_id id, Change&& change) {
    job_entry* entry = entries_.find(id);
    if (!entry)
      return false;
    count(*entry, false);
    std::forward<Change>(change)(*entry);
    CB_INVARIANT(entry->id == id, "a change of an entry keeps its id");
    count(*entry, true);
    return true;
  }

  /// Jobs with an id below `below` (any when none) for which `accept(const job_entry&)` holds, newest first:
  /// at most `limit`, after looking at no more than `examine_max`.
  template <class Accept>
  id_page page(std::optional<job_id> below, size_t limit, size_t examine_max, Accept&& accept) const {
    id_page answer;
    auto at = below ? entries_.lower_bound(*below) : entries_.end();
    for (size_t n = 0; at != entries_.begin(); ++n) {
      if (n == examine_max || answer.ids.size() == limit) {
        answer.examined_to = n == 0 ? below.value_or(job_id{UINT64_MAX}) : at->id;
        return answer;
      }
      --at;
      if (accept(*at))
        answer.ids.push_back(at->id);
    }
    return answer;
  }

  /// In id order, for whoever visits all of them.
  const auto& entries() const noexcept {
    return entries_;
  }
  size_t size() const noexcept {
    return entries_.size();
  }
  const state_counts& by_state() const noexcept {
    return by_state_;
  }
  /// All zero for a queue that never had a job.
  const state_counts& by_state(uint32_t queue) const;
  /// The jobs of a queue that are queued or scheduled, and the bytes of their payloads.
  waiting_sum waiting(uint32_t queue) const;

  size_t memory_bytes() const noexcept {
    return entries_.memory_bytes();
  }

  /// Throws std::logic_error when the counts are not those of the entries. O(n).
  void sanity_check() const;

private:
  struct by_id {
    bool operator()(const job_entry& a, const job_entry& b) const noexcept {
      return a.id < b.id;
    }
    bool operator()(const job_entry& a, job_id b) const noexcept {
      return a.id < b;
    }
    bool operator()(job_id a, const job_entry& b) const noexcept {
      return a < b.id;
    }
  };

  void count(const job_entry& entry, bool more);

  ordered_chunks<job_entry, by_id> entries_;
  state_counts by_state_{};
  std::vector<state_counts> by_queue_;
  std::vector<uint64_t> waiting_bytes_; ///< by queue
};

} // namespace callboard
