#include "core/scheduler/dispatcher.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace callboard {

namespace {

/// A worker holds at most this much work ahead of its slots, by the measured duration of the type: enough to hide the
/// way to the scheduler and back, too little for a job to wait behind while another worker is free.
constexpr duration work_ahead = std::chrono::milliseconds{50};

struct candidate {
  int64_t surplus;
  worker_id worker;
  seat* at;
  bool operator<(const candidate& o) const { // for a heap whose top is the least
    return std::tie(surplus, worker) > std::tie(o.surplus, o.worker);
  }
};

candidate candidate_of(worker_id w, seat& s) {
  return {static_cast<int64_t>(s.in_flight) - static_cast<int64_t>(s.slots), w, &s};
}

} // namespace

dispatcher::dispatcher(const dispatch_settings& s, job_index& index, slot_ledger& ledger, limit_book& limits)
  : settings_(s), index_(index), ledger_(ledger), limits_(limits), links_(index.classes(), limits),
    preemption_(index, ledger, limits) {
}

void dispatcher::apply_limits(const moment& now) {
  const auto fresh = index_.classes().take_new_names();
  for (auto number : fresh.queues)
    apply(limit_kind::queue, number, now);
  for (auto number : fresh.types)
    apply(limit_kind::type, number, now);
  for (auto lane : fresh.lanes)
    apply(limit_kind::key, lane, now);
  limits_.take_changed([&](const limit_scope_ptr& s) {
    const auto line = links_.line_of(s);
    if (!s->known)
      links_.forget(*s);
    if (line)
      apply(s->target.kind, *line, now);
  });
}

void dispatcher::apply(limit_kind kind, uint32_t line, const moment& now) {
  const auto s = links_.find(kind, line);
  const bool closed = s && s->held(now.steady) != limit_scope::hold::none;
  const auto weight = s ? s->rule.weight : 1;
  switch (kind) {
  case limit_kind::queue:
    return index_.line().set_rule(line, closed, weight);
  case limit_kind::type:
    return close_type(line, closed);
  case limit_kind::key:
    return index_.line().set_lane_rule(index_.classes().queue_of(line), line, closed, weight);
  }
}

void dispatcher::close_type(uint32_t number, bool closed) {
  const bool changed = closed ? closed_types_.insert(number).second : closed_types_.erase(number) != 0;
  if (changed)
    open_version_ = UINT64_MAX;
}

/// Those of the shapes whose type is not closed.
type_set dispatcher::open_of(const type_set& shapes) {
  const auto& table = index_.shapes();
  if (std::exchange(open_version_, table.version()) != table.version()) {
    open_shapes_ = {};
    for (size_t i = 0; i < table.end(); ++i)
      if (const auto shape = static_cast<uint16_t>(i); closed_types_.count(table.at(shape).type) == 0)
        open_shapes_.add(shape);
  }
  return shapes & open_shapes_;
}

std::optional<ready_queues::pick> dispatcher::peek(const type_set& shapes, const moment& now) {
  return index_.line().peek(now.steady, closed_types_.empty() ? shapes : open_of(shapes));
}

void dispatcher::run(const moment& now, const place_function& place, const preemption::ask_function& ask) {
  preemption_.rest();
  preemption_.review(now);
  if (index_.line().empty() || ledger_.seats().empty())
    return;
  // A reservation is for the job that is first now: it is made again if that is still so.
  ledger_.fit().clear_reservation();
  do
    while (!index_.line().empty() && place_next(now, place)) {}
  while (preemption_.review(now)); // a worker is there for all again
  if (index_.plain_ready() > 0 && settings_.ahead_max > 0)
    give_ahead(now, place);
  preemption_.run(
    now, [&](const type_set& shapes) { return peek(shapes, now); }, ask);
}

bool dispatcher::place_next(const moment& now, const place_function& place) {
  auto& fit = ledger_.fit();
  if (limits_.any_changed())
    apply_limits(now);
  auto next = peek(fit.feasible(), now);
  if (!next)
    return false;
  if (sent_back(*next, now))
    return true;
  auto w = fit.choose(next->entry.type);
  if (!w) {
    if (!index_.shapes().at(next->entry.type).request.is_plain())
      fit.reserve(next->entry.type);
    next = peek(fit.placeable(), now);
    if (!next)
      return false;
    if (sent_back(*next, now))
      return true;
    w = fit.choose(next->entry.type);
    CB_INVARIANT(w.has_value(), "a shape that is placeable has a worker");
  }
  place(*w, *next);
  estimator_.record_start(now.steady, !index_.line().empty());
  return true;
}

/// The clock was set back since the job got into the line: its time is yet to come (P4).
bool dispatcher::sent_back(const ready_queues::pick& p, const moment& now) {
  return index_.wait_again(p.entry.id, now);
}

/// Always to the worker that holds the least; of those, to the one that joined first.
void dispatcher::give_ahead(const moment& now, const place_function& place) {
  std::vector<candidate> open;
  for (auto& [w, s] : ledger_.seats())
    if (s.accepts && s.member_written && s.in_flight < s.slots + settings_.ahead_max && ledger_.fit().reserved() != w &&
        !ledger_.fit().is_kept(w) && (!s.breaker || s.breaker->state(now.steady) == breaker_state::closed))
      open.push_back(candidate_of(w, s));
  std::make_heap(open.begin(), open.end());
  const type_set* nothing_for = nullptr; // shapes of which none is ready
  while (index_.plain_ready() > 0 && !open.empty()) {
    std::pop_heap(open.begin(), open.end());
    const auto least = open.back();
    open.pop_back();
    auto& s = *least.at;
    if (limits_.any_changed())
      apply_limits(now);
    const auto& takes = ahead_shapes(s);
    if (nothing_for && *nothing_for == takes)
      continue;
    const auto next = peek(takes, now);
    if (!next) {
      nothing_for = &takes;
    } else if (sent_back(*next, now)) {
      open.push_back(least);
      std::push_heap(open.begin(), open.end());
    } else if (s.in_flight < s.slots + credit(s, index_.type_of(next->entry.type))) {
      place(least.worker, *next);
      estimator_.record_start(now.steady, !index_.line().empty());
      open.push_back(candidate_of(least.worker, s));
      std::push_heap(open.begin(), open.end());
    }
  }
}

/// Shapes that a worker takes beyond its slots: plain ones of its types.
const type_set& dispatcher::ahead_shapes(seat& s) const {
  const auto& shapes = index_.shapes();
  if (std::exchange(s.ahead_version, shapes.version()) != shapes.version()) {
    s.ahead_shapes = {};
    for (size_t i = 0; i < shapes.end(); ++i) {
      const auto shape = static_cast<uint16_t>(i);
      // What preempts would wait there behind what it may stop.
      if (const auto& x = shapes.at(shape); x.request.is_plain() && x.preempts_in == 0 && s.types.contains(x.type))
        s.ahead_shapes.add(shape);
    }
  }
  return s.ahead_shapes;
}

/// Attempts of this type that a worker may hold beyond its slots.
uint32_t dispatcher::credit(const seat& s, uint16_t type) const {
  if (!estimator_.prefetches(type, settings_.ahead_below))
    return 0;
  const auto mean = std::max<int64_t>(1, estimator_.mean_run(type).value_or(duration{1}).count());
  const auto fits = static_cast<uint64_t>(work_ahead.count() / mean) * s.slots;
  return static_cast<uint32_t>(std::min<uint64_t>(fits, settings_.ahead_max));
}

time_point dispatcher::estimate(uint8_t priority, const moment& now) const {
  const auto& sums = ledger_.sums();
  const auto ahead = index_.line().ahead_of(priority) + sums.ahead;
  return estimator_.estimate(now.wall, ahead, sums.slots, sums.slots - sums.used);
}

} // namespace callboard
