#pragma once

#include "core/base/invariant.hpp"
#include "core/index/job_queue.hpp"
#include "core/index/line_rules.hpp"
#include "core/index/line_standings.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
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

  /// The rule of a line has changed.
  void rule_changed(uint32_t number);
  /// `change(Line&)` changes what the line has that can be served.
  template <class Change>
  void update(uint32_t number, Change&& change);

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
    return order_.size() > 0;
  }
  /// Also of lines that cannot be served.
  const type_counts& types() const noexcept {
    return types_;
  }
  /// No job that can be served competes with more now.
  uint8_t top() const {
    return order_.top();
  }
  /// When a job that can be served may compete with more than the head does now: no later. Just after a `peek` of any
  /// type it lies ahead.
  steady_point next_rise() const {
    const auto rise = order_.first_rise();
    return rise ? rise->first : steady_point::max();
  }
  size_t memory_bytes() const noexcept;

  /// Throws std::logic_error when a line is wrong or the size is not the sum of theirs.
  void sanity_check() const;

private:
  using service = line_standings::service;
  using standing = line_standings::standing;
  // A line with jobs.
  struct kept {
    Line jobs;
    line_standings::spot spot;
  };
  /// What a line of weight 1 moves on by when it is served.
  static constexpr uint64_t stride = 1'000'000;
  /// Lines without jobs whose last service is remembered, at least.
  static constexpr size_t remembered_min = 64;

  kept& line_of(uint32_t number, Line jobs);
  void leave(typename std::unordered_map<uint32_t, kept>::iterator line);
  void stand(uint32_t number, kept& l, const standing& at);
  void count(const Line& jobs, bool more);
  void rate(uint32_t number, kept& l, steady_point now);
  void forget_served();

  duration aging_step_;
  const line_rules* rules_;
  std::function<Line()> fresh_;
  std::unordered_map<uint32_t, kept> lines_;
  std::unordered_map<uint32_t, service> served_; // the last service of lines that have no jobs now
  size_t forgets_at_ = remembered_min;           // when so many are remembered
  line_standings order_;
  type_counts types_;
  std::array<size_t, priority_count> by_priority_{};
  uint64_t reached_ = 0; // by the line that was served last, before that
  uint64_t services_ = 0;
  size_t size_ = 0;
};

/// A line that has its first job now.
template <class Line>
typename fair_order<Line>::kept& fair_order<Line>::line_of(uint32_t number, Line jobs) {
  const auto [i, fresh] = lines_.emplace(number, kept{std::move(jobs)});
  CB_INVARIANT(fresh, "a line is added once");
  if (const auto before = served_.extract(number))
    i->second.spot.at.had = before.mapped();
  return i->second;
}

/// It had its last job.
template <class Line>
void fair_order<Line>::leave(typename std::unordered_map<uint32_t, kept>::iterator line) {
  if (line->second.spot.at.had.nth != 0)
    served_.emplace(line->first, line->second.spot.at.had);
  lines_.erase(line);
  if (served_.size() > forgets_at_)
    forget_served();
}

/// What it has or its rule, its urgency or its turn may be others than before.
template <class Line>
void fair_order<Line>::stand(uint32_t number, kept& l, const standing& at) {
  order_.stand(number, l.spot, l.jobs.is_open() && !rules_->of(number).closed, l.jobs.types().types(), at);
}

template <class Line>
bool fair_order<Line>::add(uint32_t number, const ready_entry& e) {
  auto i = lines_.find(number);
  auto& l = i == lines_.end() ? line_of(number, fresh_()) : i->second;
  if (!l.jobs.add(e))
    return false;
  ++by_priority_[e.priority];
  ++size_;
  types_.add(e.type);
  auto at = l.spot.at;
  at.bucket = std::max(at.bucket, e.priority);
  // What would rise above the former bucket need not rise above a higher one: too early does no harm.
  at.rises_at = std::min(at.rises_at, rise_of(e, at.bucket, aging_step_));
  stand(number, l, at);
  return true;
}

template <class Line>
void fair_order<Line>::add_line(uint32_t number, Line jobs) {
  CB_INVARIANT(jobs.size() > 0, "a line has jobs");
  auto& l = line_of(number, std::move(jobs));
  count(l.jobs, true);
  stand(number, l, {l.jobs.top(), l.jobs.rises_at_once(), l.spot.at.had});
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
  stand(number, i->second, i->second.spot.at);
  if (i->second.jobs.empty())
    leave(i);
  return true;
}

template <class Line>
void fair_order<Line>::rule_changed(uint32_t number) {
  if (const auto i = lines_.find(number); i != lines_.end())
    stand(number, i->second, i->second.spot.at);
}

template <class Line>
template <class Change>
void fair_order<Line>::update(uint32_t number, Change&& change) {
  const auto i = lines_.find(number);
  if (i == lines_.end())
    return;
  auto& l = i->second;
  change(l.jobs);
  stand(
    number, l,
    {std::max(l.spot.at.bucket, l.jobs.top()), std::min(l.spot.at.rises_at, l.jobs.rises_at_once()), l.spot.at.had});
}

/// Puts a line where its head belongs at `now`. Precondition: it is listed.
template <class Line>
void fair_order<Line>::rate(uint32_t number, kept& l, steady_point now) {
  const auto head = l.jobs.peek(now);
  CB_INVARIANT(head.has_value(), "a line that can be served has a job");
  stand(number, l, {head->effective, l.jobs.rises_above(head->effective), l.spot.at.had});
}

template <class Line>
std::optional<typename fair_order<Line>::pick> fair_order<Line>::peek(steady_point now, const type_set& types) {
  for (auto rise = order_.first_rise(); rise && rise->first <= now; rise = order_.first_rise())
    rate(rise->second, lines_.at(rise->second), now);
  std::optional<pick> best;
  std::pair<service, uint32_t> best_turn;
  std::vector<uint32_t> too_high;
  const auto look_at = [&](const line_standings::by_turn& lines, uint8_t bucket) {
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
  for (const auto& [sort, g] : order_.groups())
    if (sort.meets(types))
      occupied |= g.occupied;
  for (uint8_t bucket = priority_count; bucket-- > 0 && !(best && best->effective > bucket);)
    if ((occupied >> bucket & 1u) != 0)
      for (const auto& [sort, g] : order_.groups())
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
  auto at = l.spot.at;
  // Who was away has no claim to what it missed.
  reached_ = std::max(reached_, at.had.reached);
  at.had = {reached_ + stride / rules_->of(p.line).weight, ++services_};
  l.jobs.take({p.entry, p.effective});
  --by_priority_[p.entry.priority];
  types_.remove(p.entry.type);
  --size_;
  stand(p.line, l, at);
  if (l.jobs.empty())
    leave(i);
}

/// A line that is not ahead of the others is where one begins that comes anew. Looked for again when there are twice
/// as many as are left, so that it costs each line once or twice.
template <class Line>
void fair_order<Line>::forget_served() {
  std::erase_if(served_, [this](const auto& s) { return s.second.reached <= reached_; });
  forgets_at_ = remembered_min + 2 * served_.size();
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
  size_t in_all = 0, listed = 0;
  std::array<size_t, priority_count> by_priority{};
  order_.sanity_check();
  type_counts types;
  const auto is_past = [this](const service& s) { return s.reached <= reached_ + stride && s.nth <= services_; };
  for (const auto& [number, s] : served_)
    CB_INVARIANT(is_past(s) && lines_.count(number) == 0, "the service of a line with jobs is kept with it");
  for (const auto& [number, l] : lines_) {
    l.jobs.sanity_check();
    CB_INVARIANT(!l.jobs.empty(), "a line without jobs is not kept");
    CB_INVARIANT(is_past(l.spot.at.had), "no line is ahead of the others by more than its last service");
    in_all += l.jobs.size();
    for (uint8_t p = 0; p < priority_count; ++p)
      by_priority[p] += l.jobs.size(p);
    for (const auto& [type, n] : l.jobs.types().counts())
      types.add(type, n);
    CB_INVARIANT(l.spot.listed == (l.jobs.is_open() && !rules_->of(number).closed), "what can be served is listed");
    if (!l.spot.listed)
      continue;
    ++listed;
    CB_INVARIANT(l.spot.at.bucket >= l.jobs.top(), "a line's bucket is not below its highest priority");
    order_.sanity_check(number, l.spot, l.jobs.types().types());
  }
  CB_INVARIANT(in_all == size_ && by_priority == by_priority_ && types == types_, "the sizes are those of the lines");
  CB_INVARIANT(listed == order_.size(), "no other line can be served");
}

} // namespace callboard
