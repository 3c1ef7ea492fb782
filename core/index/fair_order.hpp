#pragma once

#include "core/base/invariant.hpp"
#include "core/index/job_queue.hpp"
#include "core/index/line_rules.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace callboard {

/// Lines of ready jobs, and which of them is served next.
///
/// The line whose next job has the highest effective priority (job_queue) is served; among equals the one that had the
/// least of its share. So lines of equal priority share the slots by their weights, however long each of them is: each
/// service moves a line on by 1 / weight, and one that had nothing to do begins where the others are (stride
/// scheduling, C. Waldspurger and W. Weihl, 1995).
///
/// A closed line keeps its jobs in their order and is not served.
///
/// Lines that can be served stand in an order by what their heads can compete with, in groups by the types of their
/// jobs. So a look visits the line that wins, and of a group those before it whose wanted jobs are less urgent than
/// others of theirs: its cost does not depend on how many lines there are. Lines without jobs cost nothing.
///
/// `Line` is a job_queue or looks like one: it is itself made of lines, or not.
template <class Line>
class fair_order {
public:
  struct pick {
    uint32_t line = 0;
    ready_entry entry;
    uint8_t effective = 0;
  };

  /// @param rules  by number of the line; must live as long.  @param fresh  makes an empty line.
  fair_order(duration aging_step, const line_rules& rules, std::function<Line()> fresh)
    : aging_step_(aging_step), rules_(&rules), fresh_(std::move(fresh)) {
  }

  /// As in job_queue. A line exists from its first job to its last.
  bool add(uint32_t number, const ready_entry& e);
  bool remove(uint32_t number, const ready_entry& e);
  /// A whole line of jobs. Precondition: it has jobs, and there is none with that number.
  void add_line(uint32_t number, Line jobs);

  /// Not const: it puts lines whose jobs have aged in their order.
  std::optional<pick> peek(steady_point now, const type_set& types = type_set::any());
  /// Takes out what was peeked, and counts its line as served. Precondition: it is there.
  void take(const pick& p);

  /// The rule of a line has changed, or `change(Line&)` changes what it has that can be served.
  template <class Change>
  void update(uint32_t number, Change&& change);
  void update(uint32_t number) {
    update(number, [](Line&) {});
  }

  /// Null for a line without ready jobs.
  const Line* find(uint32_t number) const {
    const auto i = lines_.find(number);
    return i == lines_.end() ? nullptr : &i->second.jobs;
  }
  /// `each(const Line&)` for all lines that have jobs.
  template <class Each>
  void for_each(Each&& each) const {
    for (const auto& [number, l] : lines_)
      each(l.jobs);
  }

  size_t size() const noexcept {
    return size_;
  }
  size_t size(uint8_t priority) const {
    return by_priority_.at(priority);
  }
  /// Lines that have jobs.
  size_t lines() const noexcept {
    return lines_.size();
  }
  /// A line with jobs can be served.
  bool is_open() const noexcept {
    return listed_ > 0;
  }
  /// Also of lines that cannot be served.
  const type_counts& types() const noexcept {
    return types_;
  }
  /// No job that can be served competes with more now.
  uint8_t top() const;
  /// When a job that can be served may compete with more than the head does now: no later. Just after a `peek` of any
  /// type it lies ahead.
  steady_point next_rise() const {
    return rises_.empty() ? steady_point::max() : rises_.begin()->first;
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when a line is wrong or the size is not the sum of theirs.
  void sanity_check() const;

private:
  /// How far a line is, and the service it had last: of two that are equally far the one is served that waits longer.
  struct service {
    uint64_t reached = 0; // in strides
    uint64_t nth = 0;
    auto operator<=>(const service&) const = default;
  };
  using by_turn = std::set<std::pair<service, uint32_t>>; // (service, line)
  /// Lines whose jobs are of the same types.
  struct group {
    std::array<by_turn, priority_count> buckets;
    unsigned occupied = 0; // buckets that have lines, a bit each
  };
  using groups = std::map<type_set, group>;
  // A line with jobs. Listed: it can be served. Its bucket is then at least what its head competes with at this moment,
  // and will be until `rises_at`.
  struct kept {
    Line jobs;
    uint8_t bucket = 0;
    typename groups::iterator in; // where it is listed
    bool listed = false;
    steady_point rises_at = steady_point::max();
  };
  /// What a line of weight 1 moves on by when it is served.
  static constexpr uint64_t stride = 1'000'000;
  /// Lines without jobs whose last service is remembered, at least.
  static constexpr size_t remembered_min = 64;

  service served(uint32_t number) const {
    const auto i = served_.find(number);
    return i == served_.end() ? service{} : i->second;
  }
  void list(uint32_t number, kept& l, uint8_t bucket, steady_point rises_at);
  void unlist(uint32_t number, kept& l);
  void count(const Line& jobs, bool more);
  void rate(uint32_t number, kept& l, steady_point now);
  void forget_served();

  duration aging_step_;
  const line_rules* rules_;
  std::function<Line()> fresh_;
  std::unordered_map<uint32_t, kept> lines_;
  std::unordered_map<uint32_t, service> served_;
  groups groups_;
  type_counts types_;
  std::set<std::pair<steady_point, uint32_t>> rises_;
  std::array<size_t, priority_count> by_priority_{};
  uint64_t reached_ = 0; // by the line that was served last, before that
  uint64_t services_ = 0;
  size_t listed_ = 0;
  size_t size_ = 0;
};

template <class Line>
void fair_order<Line>::list(uint32_t number, kept& l, uint8_t bucket, steady_point rises_at) {
  l.bucket = bucket;
  l.rises_at = rises_at;
  l.listed = l.jobs.is_open() && !rules_->of(number).closed;
  if (!l.listed)
    return;
  ++listed_;
  l.in = groups_.try_emplace(l.jobs.types().types()).first;
  auto& g = l.in->second;
  g.buckets[bucket].emplace(served(number), number);
  g.occupied |= 1u << bucket;
  if (rises_at != steady_point::max())
    rises_.emplace(rises_at, number);
}

template <class Line>
void fair_order<Line>::unlist(uint32_t number, kept& l) {
  if (!std::exchange(l.listed, false))
    return;
  --listed_;
  auto& g = l.in->second;
  g.buckets[l.bucket].erase({served(number), number});
  if (g.buckets[l.bucket].empty())
    g.occupied &= ~(1u << l.bucket);
  if (g.occupied == 0)
    groups_.erase(l.in);
  rises_.erase({l.rises_at, number});
}

template <class Line>
bool fair_order<Line>::add(uint32_t number, const ready_entry& e) {
  auto i = lines_.find(number);
  if (i == lines_.end())
    i = lines_.emplace(number, kept{fresh_()}).first;
  auto& l = i->second;
  if (!l.jobs.add(e))
    return false;
  ++by_priority_[e.priority];
  ++size_;
  const auto bucket = std::max(l.bucket, e.priority);
  // What would rise above the former bucket need not rise above a higher one: too early does no harm.
  const auto rises_at = std::min(l.rises_at, rise_of(e, bucket, aging_step_));
  types_.add(e.type);
  if (!l.listed || bucket != l.bucket || rises_at != l.rises_at || l.in->first != l.jobs.types().types()) {
    unlist(number, l);
    list(number, l, bucket, rises_at);
  }
  return true;
}

template <class Line>
void fair_order<Line>::add_line(uint32_t number, Line jobs) {
  CB_INVARIANT(jobs.size() > 0, "a line has jobs");
  const auto [i, fresh] = lines_.emplace(number, kept{std::move(jobs)});
  CB_INVARIANT(fresh, "a line is added once");
  auto& l = i->second;
  count(l.jobs, true);
  list(number, l, l.jobs.top(), l.jobs.rises_at_once());
}

template <class Line>
void fair_order<Line>::count(const Line& jobs, bool more) {
  for (uint8_t p = 0; p < priority_count; ++p) {
    const auto there = jobs.size(p);
    by_priority_[p] = more ? by_priority_[p] + there : by_priority_[p] - there;
    size_ = more ? size_ + there : size_ - there;
  }
  for (const auto& [type, n] : jobs.types().counts())
    more ? types_.add(type, n) : types_.remove(type, n);
}

template <class Line>
bool fair_order<Line>::remove(uint32_t number, const ready_entry& e) {
  const auto i = lines_.find(number);
  if (i == lines_.end() || !i->second.jobs.remove(e))
    return false;
  --by_priority_[e.priority];
  types_.remove(e.type);
  --size_;
  auto& l = i->second;
  if (l.listed && (!l.jobs.is_open() || l.in->first != l.jobs.types().types())) {
    unlist(number, l);
    list(number, l, l.bucket, l.rises_at);
  }
  if (l.jobs.empty())
    lines_.erase(i);
  return true;
}

template <class Line>
template <class Change>
void fair_order<Line>::update(uint32_t number, Change&& change) {
  const auto i = lines_.find(number);
  if (i == lines_.end())
    return;
  auto& l = i->second;
  unlist(number, l);
  change(l.jobs);
  list(number, l, std::max(l.bucket, l.jobs.top()), std::min(l.rises_at, l.jobs.rises_at_once()));
}

/// Puts a line where its head belongs at `now`. Precondition: it is listed.
template <class Line>
void fair_order<Line>::rate(uint32_t number, kept& l, steady_point now) {
  const auto head = l.jobs.peek(now);
  CB_INVARIANT(head.has_value(), "a line that can be served has a job");
  unlist(number, l);
  list(number, l, head->effective, l.jobs.rises_above(head->effective));
}

template <class Line>
std::optional<typename fair_order<Line>::pick> fair_order<Line>::peek(steady_point now, const type_set& types) {
  while (!rises_.empty() && rises_.begin()->first <= now) {
    const auto number = rises_.begin()->second;
    rate(number, lines_.at(number), now);
  }
  std::optional<pick> best;
  std::pair<service, uint32_t> best_turn;
  std::vector<uint32_t> too_high;
  const auto look_at = [&](const by_turn& lines, uint8_t bucket) {
    for (const auto& turn : lines) {
      const auto number = turn.second;
      auto& jobs = lines_.at(number).jobs;
      const auto head = jobs.peek(now, types);
      if (!head || head->effective < bucket) {
        const auto any = jobs.peek(now);
        if (any->effective < bucket)
          too_high.push_back(number);
        if (!head)
          continue;
      }
      if (!best || head->effective > best->effective || (head->effective == best->effective && turn < best_turn)) {
        best = pick{number, head->entry, head->effective};
        best_turn = turn;
      }
      if (head->effective >= bucket)
        break; // those behind it were served later
    }
  };
  unsigned occupied = 0;
  for (const auto& [sort, g] : groups_)
    if (sort.meets(types))
      occupied |= g.occupied;
  for (uint8_t bucket = priority_count; bucket-- > 0 && !(best && best->effective > bucket);)
    if ((occupied >> bucket & 1u) != 0)
      for (const auto& [sort, g] : groups_)
        if ((g.occupied >> bucket & 1u) != 0 && sort.meets(types))
          look_at(g.buckets[bucket], bucket);
  for (const auto number : too_high)
    rate(number, lines_.at(number), now);
  return best;
}

template <class Line>
void fair_order<Line>::take(const pick& p) {
  const auto i = lines_.find(p.line);
  CB_INVARIANT(i != lines_.end(), "what was picked is there");
  auto& l = i->second;
  unlist(p.line, l);
  auto& mine = served_[p.line];
  // Who was away has no claim to what it missed.
  reached_ = std::max(reached_, mine.reached);
  mine = {reached_ + stride / rules_->of(p.line).weight, ++services_};
  l.jobs.take({p.entry, p.effective});
  --by_priority_[p.entry.priority];
  types_.remove(p.entry.type);
  --size_;
  if (l.jobs.empty())
    lines_.erase(i);
  else
    list(p.line, l, l.bucket, l.rises_at);
  if (served_.size() > remembered_min + 2 * lines_.size())
    forget_served();
}

/// A line that is not ahead of the others is where one begins that comes anew.
template <class Line>
void fair_order<Line>::forget_served() {
  std::erase_if(served_,
                [this](const auto& s) { return s.second.reached <= reached_ && lines_.find(s.first) == lines_.end(); });
}

template <class Line>
uint8_t fair_order<Line>::top() const {
  unsigned occupied = 0;
  for (const auto& [sort, g] : groups_)
    occupied |= g.occupied;
  return occupied == 0 ? 0 : static_cast<uint8_t>(std::bit_width(occupied) - 1);
}

template <class Line>
size_t fair_order<Line>::memory_bytes() const noexcept {
  // A node of a hash map or a tree has pointers beside its value.
  constexpr size_t node = 4 * sizeof(void*);
  size_t sum = served_.size() * (sizeof(service) + node);
  for (const auto& [number, l] : lines_)
    sum += sizeof(kept) - sizeof(Line) + 3 * node + l.jobs.memory_bytes();
  return sum;
}

template <class Line>
void fair_order<Line>::sanity_check() const {
  size_t in_all = 0, in_buckets = 0, listed = 0;
  std::array<size_t, priority_count> by_priority{};
  for (const auto& [sort, g] : groups_)
    for (size_t b = 0; b < priority_count; ++b) {
      in_buckets += g.buckets[b].size();
      CB_INVARIANT(((g.occupied >> b & 1u) != 0) == !g.buckets[b].empty(), "a group knows which buckets have lines");
    }
  type_counts types;
  for (const auto& [number, s] : served_)
    CB_INVARIANT(s.reached <= reached_ + stride && s.nth <= services_,
                 "no line is ahead of the others by more than its last service");
  for (const auto& [number, l] : lines_) {
    l.jobs.sanity_check();
    CB_INVARIANT(!l.jobs.empty(), "a line without jobs is not kept");
    in_all += l.jobs.size();
    for (uint8_t p = 0; p < priority_count; ++p)
      by_priority[p] += l.jobs.size(p);
    for (const auto& [type, n] : l.jobs.types().counts())
      types.add(type, n);
    CB_INVARIANT(l.listed == (l.jobs.is_open() && !rules_->of(number).closed), "what can be served is listed");
    if (!l.listed)
      continue;
    ++listed;
    CB_INVARIANT(l.bucket >= l.jobs.top(), "a line's bucket is not below its highest priority");
    CB_INVARIANT(l.in->first == l.jobs.types().types(), "a line is in the group of its types");
    CB_INVARIANT(l.in->second.buckets[l.bucket].count({served(number), number}) != 0, "a line is in its bucket");
    CB_INVARIANT(l.rises_at == steady_point::max() || rises_.count({l.rises_at, number}) != 0,
                 "a line that will rise is looked at then");
  }
  CB_INVARIANT(in_all == size_ && by_priority == by_priority_ && types == types_, "the sizes are those of the lines");
  CB_INVARIANT(listed == listed_ && in_buckets == listed_, "each line that can be served is in one bucket");
}

} // namespace callboard
