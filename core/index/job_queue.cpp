#include "core/index/job_queue.hpp"

#include <algorithm>

namespace callboard {

namespace {

bool has_latest_start(const ready_entry& e) {
  return e.must_start_by != time_point::max();
}

} // namespace

steady_point rise_of(const ready_entry& e, uint8_t above, duration aging_step) {
  if (aging_step == duration{0} || above >= priority_max)
    return steady_point::max();
  const auto steps = std::max(1, above + 1 - e.priority);
  const auto wait = aging_step * steps;
  return e.ready_at > steady_point::max() - wait ? steady_point::max() : e.ready_at + wait;
}

std::optional<job_queue::dated> job_queue::type_lane::most_urgent() const {
  // Whoever has a latest start is more urgent than all who have none.
  if (!dated_by_urgency.empty()) {
    const dated* found = dated_by_age.find(dated_by_urgency.front());
    CB_INVARIANT(found, "both orders hold the same jobs");
    return *found;
  }
  if (undated_by_age.empty())
    return std::nullopt;
  const auto& first = undated_by_age.front();
  return dated{time_point::max(), first.seq, first.id, first.ready_at};
}

std::optional<job_queue::dated> job_queue::type_lane::oldest() const {
  if (dated_by_age.empty() || (!undated_by_age.empty() && by_age{}(undated_by_age.front(), dated_by_age.front()))) {
    if (undated_by_age.empty())
      return std::nullopt;
    const auto& first = undated_by_age.front();
    return dated{time_point::max(), first.seq, first.id, first.ready_at};
  }
  return dated_by_age.front();
}

job_queue::type_lane* job_queue::priority_level::find(uint16_t type) {
  const auto it = std::partition_point(lanes.begin(), lanes.end(), [&](const type_lane& l) { return l.type < type; });
  return it != lanes.end() && it->type == type ? &*it : nullptr;
}

job_queue::type_lane& job_queue::priority_level::at(uint16_t type) {
  const auto it = std::partition_point(lanes.begin(), lanes.end(), [&](const type_lane& l) { return l.type < type; });
  if (it != lanes.end() && it->type == type)
    return *it;
  type_lane fresh;
  fresh.type = type;
  return *lanes.insert(it, std::move(fresh));
}

job_queue::job_queue(duration aging_step) : aging_step_(aging_step) {
  CB_INVARIANT(aging_step >= duration{0}, "an aging step is not negative");
}

bool job_queue::add(const ready_entry& e) {
  CB_INVARIANT(e.priority <= priority_max, "a priority is at most 9");
  CB_INVARIANT(static_cast<bool>(e.id), "a ready job has an id");
  auto& into = levels_[e.priority];
  auto& lane = into.at(e.type);
  if (has_latest_start(e)) {
    const dated d{e.must_start_by, e.ready_seq, e.id, e.ready_at};
    if (!lane.dated_by_age.insert(d))
      return false;
    const bool both = lane.dated_by_urgency.insert(urgent{d.must_start_by, d.seq, d.id});
    CB_INVARIANT(both, "both orders hold the same jobs");
  } else if (!lane.undated_by_age.insert(undated{e.ready_seq, e.id, e.ready_at})) {
    return false;
  }
  ++into.size;
  types_.add(e.type);
  ++size_;
  return true;
}

bool job_queue::remove(const ready_entry& e) {
  CB_INVARIANT(e.priority <= priority_max, "a priority is at most 9");
  auto& from = levels_[e.priority];
  type_lane* lane = from.find(e.type);
  if (!lane)
    return false;
  if (has_latest_start(e)) {
    const dated d{e.must_start_by, e.ready_seq, e.id, e.ready_at};
    if (!lane->dated_by_urgency.erase(d)) // also tells a wrong latest start
      return false;
    const bool both = lane->dated_by_age.erase(d);
    CB_INVARIANT(both, "both orders hold the same jobs");
  } else if (!lane->undated_by_age.erase(undated{e.ready_seq, e.id, e.ready_at})) {
    return false;
  }
  --from.size;
  types_.remove(e.type);
  --size_;
  return true;
}

bool job_queue::reprioritise(const ready_entry& e, uint8_t priority) {
  CB_INVARIANT(priority <= priority_max, "a priority is at most 9");
  if (!remove(e))
    return false;
  ready_entry moved = e;
  moved.priority = priority;
  const bool added = add(moved);
  CB_INVARIANT(added, "a job is on one level only");
  return true;
}

std::optional<job_queue::pick> job_queue::peek(steady_point now, const type_set& types) const {
  std::optional<pick> best;
  const auto compete = [&](const dated& d, uint16_t type, size_t level, uint8_t effective) {
    if (best && (effective < best->effective ||
                 (effective == best->effective &&
                  (d.seq != best->entry.ready_seq ? d.seq > best->entry.ready_seq : d.id > best->entry.id))))
      return;
    best = pick{ready_entry{d.id, d.must_start_by, d.seq, d.ready_at, type, static_cast<uint8_t>(level)}, effective};
  };
  for (size_t level = priority_count; level-- > 0;) {
    if (levels_[level].size == 0)
      continue;
    std::optional<dated> first, oldest;
    uint16_t first_type = 0, oldest_type = 0;
    for (const auto& lane : levels_[level].lanes) {
      if (lane.empty() || !types.contains(lane.type))
        continue;
      if (const auto u = lane.most_urgent(); !first || by_urgency{}(*u, *first)) {
        first = u;
        first_type = lane.type;
      }
      if (const auto o = lane.oldest(); !oldest || by_age{}(*o, *oldest)) {
        oldest = o;
        oldest_type = lane.type;
      }
    }
    if (!first)
      continue;
    compete(*first, first_type, level, static_cast<uint8_t>(level));
    if (aging_step_ == duration{0}) {
      break; // no lower level can win
    }
    if (now - oldest->ready_at >= aging_step_) {
      const auto gained = static_cast<uint64_t>((now - oldest->ready_at) / aging_step_);
      compete(*oldest, oldest_type, level, static_cast<uint8_t>(std::min<uint64_t>(priority_max, level + gained)));
    }
  }
  return best;
}

std::optional<job_queue::pick> job_queue::pop(steady_point now, const type_set& types) {
  auto best = peek(now, types);
  if (best)
    take(*best);
  return best;
}

void job_queue::take(const pick& p) {
  const bool removed = remove(p.entry);
  CB_INVARIANT(removed, "what was picked is there");
}

uint8_t job_queue::top() const {
  for (uint8_t level = priority_count; level-- > 0;)
    if (levels_[level].size > 0)
      return level;
  return 0;
}

steady_point job_queue::rises_above(uint8_t above) const {
  auto first = steady_point::max();
  for (uint8_t level = 0; level < priority_count && aging_step_ > duration{0} && above < priority_max; ++level)
    if (const auto since = oldest_ready(level)) {
      ready_entry oldest;
      oldest.priority = level;
      oldest.ready_at = *since;
      first = std::min(first, rise_of(oldest, above, aging_step_));
    }
  return first;
}

size_t job_queue::size(uint8_t priority) const {
  CB_INVARIANT(priority <= priority_max, "a priority is at most 9");
  return levels_[priority].size;
}

size_t job_queue::ahead_of(uint8_t priority) const {
  size_t sum = 0;
  for (size_t level = priority; level < priority_count; ++level)
    sum += levels_[level].size;
  return sum;
}

size_t job_queue::place_of(const ready_entry& e) const {
  size_t before = e.priority < priority_max ? ahead_of(static_cast<uint8_t>(e.priority + 1)) : 0;
  for (const auto& lane : levels_[e.priority].lanes) {
    before += lane.dated_by_urgency.rank(urgent{e.must_start_by, e.ready_seq, e.id});
    if (!has_latest_start(e))
      before += lane.undated_by_age.rank(undated{e.ready_seq, e.id, e.ready_at});
  }
  return before;
}

std::optional<steady_point> job_queue::oldest_ready(uint8_t priority) const {
  CB_INVARIANT(priority <= priority_max, "a priority is at most 9");
  std::optional<dated> oldest;
  for (const auto& lane : levels_[priority].lanes)
    if (const auto o = lane.oldest(); o && (!oldest || by_age{}(*o, *oldest)))
      oldest = o;
  return oldest ? std::optional{oldest->ready_at} : std::nullopt;
}

std::optional<steady_point> job_queue::oldest_ready() const {
  std::optional<steady_point> oldest;
  for (uint8_t priority = 0; priority < priority_count; ++priority)
    if (const auto o = oldest_ready(priority); o && (!oldest || *o < *oldest))
      oldest = o;
  return oldest;
}

size_t job_queue::memory_bytes() const noexcept {
  size_t sum = sizeof *this;
  for (const auto& level : levels_) {
    sum += level.lanes.capacity() * sizeof(type_lane);
    for (const auto& lane : level.lanes)
      sum +=
        lane.undated_by_age.memory_bytes() + lane.dated_by_age.memory_bytes() + lane.dated_by_urgency.memory_bytes();
  }
  return sum;
}

void job_queue::sanity_check() const {
  size_t in_all = 0;
  type_counts types;
  for (const auto& level : levels_) {
    size_t in_level = 0;
    const type_lane* before = nullptr;
    for (const auto& lane : level.lanes) {
      CB_INVARIANT(!before || before->type < lane.type, "lanes ascend by type");
      before = &lane;
      lane.undated_by_age.sanity_check();
      lane.dated_by_age.sanity_check();
      lane.dated_by_urgency.sanity_check();
      CB_INVARIANT(lane.dated_by_age.size() == lane.dated_by_urgency.size(), "both orders hold the same jobs");
      for (const auto& d : lane.dated_by_age)
        CB_INVARIANT(lane.dated_by_urgency.contains(d), "both orders hold the same jobs");
      in_level += lane.size();
      if (!lane.empty())
        types.add(lane.type, lane.size());
    }
    CB_INVARIANT(in_level == level.size, "a level's size is that of its lanes");
    in_all += in_level;
  }
  CB_INVARIANT(in_all == size_ && types == types_, "the sizes are those of the levels");
}

} // namespace callboard
