#pragma once

#include "core/base/invariant.hpp"
#include "core/base/name_table.hpp"
#include "core/base/time.hpp"
#include "core/job/job.hpp"

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace callboard {

/// Where the lines that can be served stand (fair_order): in groups by the types of their jobs, in each by what their
/// heads can compete with, there by turn; and when a head may compete with more. It knows lines by their numbers only,
/// and moves one by no more than what is new about it: most changes of a line leave it where it is.
class line_standings {
public:
  /// How far a line is, and the service it had last: of two that are equally far the one is served that waits longer.
  struct service {
    uint64_t reached = 0; ///< in strides
    uint64_t nth = 0;     ///< 0: it had none
    auto operator<=>(const service&) const = default;
  };
  /// The bucket is at least what the line's head competes with at this moment, and will be until `rises_at`.
  struct standing {
    uint8_t bucket = 0;
    steady_point rises_at = steady_point::max();
    service had;
  };
  using by_turn = std::set<std::pair<service, uint32_t>>; ///< (service, line)
  /// Lines whose jobs are of the same types.
  struct group {
    std::array<by_turn, priority_count> buckets;
    unsigned occupied = 0; ///< buckets that have lines, a bit each
  };
  using group_map = std::map<type_set, group>;
  /// A line's own part, kept with the line.
  struct spot {
    standing at; ///< also of one that is not listed
    group_map::iterator in;
    bool listed = false;
  };

  /// The line stands there from now on. @param listed  it can be served.
  void stand(uint32_t number, spot& s, bool listed, const type_set& types, const standing& at) {
    if (!s.listed || !listed || s.in->first != types) {
      remove(number, s);
      s.at = at;
      if (listed)
        add(number, s, types);
      return;
    }
    if (at.bucket != s.at.bucket || at.had != s.at.had) {
      auto turn = take_out(number, s);
      turn.value().first = at.had;
      s.in->second.buckets[at.bucket].insert(std::move(turn));
      s.in->second.occupied |= 1u << at.bucket;
    }
    if (at.rises_at != s.at.rises_at) {
      rises_.erase({s.at.rises_at, number});
      if (at.rises_at != steady_point::max())
        rises_.emplace(at.rises_at, number);
    }
    s.at = at;
  }

  const group_map& groups() const noexcept {
    return groups_;
  }
  size_t size() const noexcept {
    return size_;
  }
  /// The highest bucket that has a line; 0 when there is none.
  uint8_t top() const {
    unsigned occupied = 0;
    for (const auto& [sort, g] : groups_)
      occupied |= g.occupied;
    return occupied == 0 ? 0 : static_cast<uint8_t>(std::bit_width(occupied) - 1);
  }
  /// When a line rises first, and which.
  std::optional<std::pair<steady_point, uint32_t>> first_rise() const {
    return rises_.empty() ? std::nullopt : std::optional{*rises_.begin()};
  }

  /// Throws std::logic_error when a line is not where its part says.
  void sanity_check(uint32_t number, const spot& s, const type_set& types) const {
    CB_INVARIANT(s.in->first == types, "a line is in the group of its types");
    CB_INVARIANT(s.in->second.buckets[s.at.bucket].count({s.at.had, number}) != 0, "a line is in its bucket");
    CB_INVARIANT(s.at.rises_at == steady_point::max() || rises_.count({s.at.rises_at, number}) != 0,
                 "a line that will rise is looked at then");
  }
  void sanity_check() const {
    size_t in_buckets = 0;
    for (const auto& [sort, g] : groups_)
      for (size_t b = 0; b < priority_count; ++b) {
        in_buckets += g.buckets[b].size();
        CB_INVARIANT(((g.occupied >> b & 1u) != 0) == !g.buckets[b].empty(), "a group knows which buckets have lines");
      }
    CB_INVARIANT(in_buckets == size_ && rises_.size() <= size_, "each line that can be served is in one bucket");
  }

private:
  void add(uint32_t number, spot& s, const type_set& types) {
    s.listed = true;
    ++size_;
    s.in = groups_.try_emplace(types).first;
    s.in->second.buckets[s.at.bucket].emplace(s.at.had, number);
    s.in->second.occupied |= 1u << s.at.bucket;
    if (s.at.rises_at != steady_point::max())
      rises_.emplace(s.at.rises_at, number);
  }
  void remove(uint32_t number, spot& s) {
    if (!std::exchange(s.listed, false))
      return;
    --size_;
    take_out(number, s);
    if (s.in->second.occupied == 0)
      groups_.erase(s.in);
    rises_.erase({s.at.rises_at, number});
  }
  static by_turn::node_type take_out(uint32_t number, const spot& s) {
    auto& g = s.in->second;
    auto& bucket = g.buckets[s.at.bucket];
    auto turn = bucket.extract({s.at.had, number});
    if (bucket.empty())
      g.occupied &= ~(1u << s.at.bucket);
    return turn;
  }

  group_map groups_;
  std::set<std::pair<steady_point, uint32_t>> rises_;
  size_t size_ = 0;
};

} // namespace callboard
