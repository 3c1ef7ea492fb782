#pragma once

#include "core/base/time.hpp"

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace callboard {

/// A strong 64-bit identifier. Two ids of different things never compare or convert.
template <class Tag>
struct id {
  uint64_t value = 0;

  constexpr id() = default;
  explicit constexpr id(uint64_t v) : value(v) {
  }

  /// Zero is never issued; it means "none".
  explicit constexpr operator bool() const noexcept {
    return value != 0;
  }
  auto operator<=>(const id&) const = default;
};

/// A job. From the top bit: 42 bits of milliseconds since 2020-01-01 UTC, 6 bits of shard, 16 bits of sequence.
/// Numeric order is order of creation within a shard, and the printed form sorts the same way.
using job_id = id<struct job_tag>;

/// Proof of being the current attempt of a job: 32 bits of the scheduler's boot counter, 32 bits of a counter.
/// It only grows, also across restarts, so whatever carries an older fence is late (P2).
using fence_token = id<struct fence_tag>;

/// A worker as the scheduler counts it: one number per registration, never reused within a boot.
using worker_id = id<struct worker_tag>;

inline constexpr unsigned job_id_time_bits = 42;
inline constexpr unsigned job_id_shard_bits = 6;
inline constexpr unsigned job_id_seq_bits = 16;

/// `job_` and 13 characters of lower-case Crockford base32; lexical order equals numeric order.
std::string to_string(job_id x);

/// Reads what `to_string` prints; upper case is accepted, anything else is nothing, and so is zero.
std::optional<job_id> parse_job_id(std::string_view text);

/// Milliseconds in the id, as a time of day: when the job was accepted (to about a millisecond).
time_point created_at(job_id x);

/// The smallest id that a job accepted at `t` can have; for range queries by time.
job_id first_id_at(time_point t);

/// Issues job ids that are never reused, also after a crash.
///
/// Ids are issued below a *reserved* bound only, and the owner makes a bound durable before it raises it here
/// (`bound_to_reserve`). After a crash the generator starts at the last durable bound, hence above everything ever
/// issued.
class id_generator {
public:
  /// @param shard  0..63, the scheduler's number in a group of several.
  /// @param floor  the durable bound found at start; nothing below it is issued.
  explicit id_generator(unsigned shard = 0, job_id floor = job_id{});

  /// The next id: at least `now`, strictly above every former one. Never fails: it may run ahead of `now`
  /// (and of the durable bound: ask `bound_to_reserve` and write the bound in the same commit).
  job_id next(time_point now);

  /// The bound to write with the next commit: `window` above the last issued id. Nothing while that one lies more
  /// than half a window below the present bound, or none was issued yet; so a bound is written rarely.
  std::optional<job_id> bound_to_reserve(duration window = std::chrono::seconds{10});

private:
  uint64_t shard_;
  // Times and sequences without the shard, as one number of 58 bits.
  uint64_t last_;  // last issued, or just below the floor
  uint64_t bound_; // durable or about to be
  bool issued_ = false;
};

} // namespace callboard

template <class Tag>
struct std::hash<callboard::id<Tag>> {
  size_t operator()(const callboard::id<Tag>& x) const noexcept {
    // As it is: tables take it modulo a prime, and ids that follow each other lie side by side in memory.
    return static_cast<size_t>(x.value);
  }
};
