#include "core/scheduler/preemption.hpp"

#include "core/base/invariant.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace callboard {

namespace {

/// All that these attempts have of their worker, together.
template <class Candidates>
resource_request sum_of(const Candidates& all) {
  resource_request sum{.slots = 0};
  std::map<std::string, uint32_t> named;
  for (const auto& c : all) {
    const auto& r = c.at->asked;
    sum.slots += r.slots;
    sum.cpu_milli += r.cpu_milli;
    sum.memory_bytes += r.memory_bytes;
    for (const auto& [name, units] : r.named)
      named[name] += units;
  }
  sum.named.assign(named.begin(), named.end());
  return sum;
}

} // namespace

bool preemption::victims::operator<(const victims& o) const {
  const auto rank = [](const victims& v) { return std::tuple{v.started, v.priority, v.all.size(), v.ran, v.worker}; };
  return rank(*this) < rank(o);
}

/// Still to stop for that job, as far as is known.
bool preemption::asked_for(fence_token f, job_id by) const {
  const auto* a = ledger_.find(f);
  return a && !a->slot_free && a->preempted_for == by;
}

bool preemption::is_held(const job_entry& e, const moment& now) const {
  const auto c = index_.class_of(e);
  const std::string queue{index_.queues().name(c.queue)};
  for (const auto& t : {limit_target{limit_kind::queue, queue, {}},
                        limit_target{limit_kind::type, std::string{index_.types().name(index_.type_of(c.shape))}, {}},
                        limit_target{limit_kind::key, queue, std::string{index_.classes().key_of(c.lane)}}}) {
    if (t.kind == limit_kind::key && t.key.empty())
      continue;
    if (const auto s = limits_.find(t); s && s->held(now.steady) != limit_scope::hold::none)
      return true;
  }
  return false;
}

bool preemption::is_over(job_id id, const pending& p, const moment& now) const {
  const auto* e = index_.find(id);
  if (!e || !e->has(job_flag::ready) || e->shape != p.shape || e->due > now.wall || is_held(*e, now))
    return true;
  const auto* s = ledger_.find(p.worker);
  if (!s || !s->accepts)
    return true;
  const auto lack = ledger_.fit().lack_of(p.worker, p.shape);
  if (!lack)
    return false; // it is about to be placed there
  return lack->for_ever || std::none_of(p.victims.begin(), p.victims.end(), [&](auto f) { return asked_for(f, id); });
}

bool preemption::review(const moment& now) {
  bool let_go = false;
  for (auto i = pending_.begin(); i != pending_.end();) {
    if (is_over(i->first, i->second, now)) {
      ledger_.fit().keep_no_more(i->second.worker);
      i = pending_.erase(i);
      let_go = true;
    } else {
      ++i;
    }
  }
  return let_go;
}

/// Shapes of jobs that preempt, that no worker can take now, and whose queue allows it at this moment.
type_set preemption::wanting(const moment& now) {
  const auto& table = index_.shapes();
  if (std::exchange(shapes_version_, table.version()) != table.version()) {
    shapes_.clear();
    for (size_t i = 0; i < table.end(); ++i)
      if (const auto shape = static_cast<uint16_t>(i); table.at(shape).preempts_in != 0)
        shapes_.push_back(shape);
  }
  type_set out;
  auto& fit = ledger_.fit();
  for (const auto shape : shapes_) {
    if (table.jobs(shape) == 0 || !fit.feasible().contains(shape) || fit.placeable().contains(shape))
      continue;
    if (std::any_of(pending_.begin(), pending_.end(), [&](const auto& p) { return p.second.shape == shape; }))
      continue;
    const auto at = limits_.preempts_at(index_.queues().name(table.at(shape).preempts_in - 1));
    if (at <= now.steady)
      out.add(shape);
    else
      next_look_ = std::min(next_look_, at);
  }
  return out;
}

void preemption::run(const moment& now, const peek_function& peek, const ask_function& ask) {
  rest();
  if (ledger_.preemptible().empty())
    return;
  auto shapes = wanting(now);
  const type_set none;
  while (!(shapes == none)) {
    const auto next = peek(shapes);
    if (!next)
      return;
    shapes.remove(next->entry.type);
    const auto* e = index_.find(next->entry.id);
    if (e->due > now.wall) // the clock was set back since it got into the line
      continue;
    // The preemption that was begun just now may have used up what its queue may do in this period.
    const auto queue = index_.queues().name(e->queue);
    if (limits_.preempts_at(queue) > now.steady) {
      next_look_ = std::min(next_look_, limits_.preempts_at(queue));
      continue;
    }
    if (const auto v = choose(*e, now))
      begin(*e, *v, now, ask);
  }
}

/// Those that may be stopped for a job of this priority, by worker.
std::map<worker_id, std::vector<preemption::candidate>> preemption::candidates(uint8_t below, const moment& now) {
  std::map<worker_id, std::vector<candidate>> out;
  for (const auto f : ledger_.preemptible()) {
    const auto* a = ledger_.find(fence_token{f});
    const auto* s = ledger_.find(a->worker);
    const auto* e = index_.find(a->job);
    // One for which an urgent job waits is as urgent as that.
    const auto priority = e ? index_.urgency_of(*e).priority : priority_max;
    if (a->ending || a->preempted_for || priority >= below || !s || !s->accepts)
      continue;
    candidate c{fence_token{f}, a, priority, duration{0}, a->began.has_value()};
    if (a->began) {
      c.ran = now.steady - *a->began;
      if (c.ran < *a->preemptible_after) {
        next_look_ = std::min(next_look_, *a->began + *a->preemptible_after);
        continue;
      }
    }
    out[a->worker].push_back(c);
  }
  return out;
}

/// Greedy: the cheapest ones until there is room, and then without those that turn out not to be needed, beginning with
/// the dearest. Not always the smallest set that there is, but nobody in it is stopped for nothing.
std::optional<preemption::victims> preemption::fewest(worker_id w, std::vector<candidate> from, uint16_t shape) {
  auto& fit = ledger_.fit();
  if (!fit.has_room_without(w, shape, sum_of(from)))
    return std::nullopt;
  std::sort(from.begin(), from.end(), [](const auto& a, const auto& b) {
    return std::tuple{a.started, a.priority, a.ran, a.fence} < std::tuple{b.started, b.priority, b.ran, b.fence};
  });
  victims v{w, {}, false, 0, duration{0}};
  for (const auto& c : from) {
    if (fit.has_room_without(w, shape, sum_of(v.all)))
      break;
    v.all.push_back(c);
  }
  for (auto i = v.all.size(); i-- > 0;) {
    auto fewer = v.all;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (fit.has_room_without(w, shape, sum_of(fewer)))
      v.all = std::move(fewer);
  }
  for (const auto& c : v.all) {
    v.started = v.started || c.started;
    v.priority = c.started ? std::max(v.priority, c.priority) : v.priority;
    v.ran += c.ran;
  }
  return v;
}

std::optional<preemption::victims> preemption::choose(const job_entry& e, const moment& now) {
  std::optional<victims> best;
  for (auto& [w, from] : candidates(e.priority, now)) {
    if (ledger_.fit().is_kept(w))
      continue;
    if (auto v = fewest(w, std::move(from), e.shape); v && !v->all.empty() && (!best || *v < *best))
      best = std::move(v);
  }
  return best;
}

void preemption::begin(const job_entry& e, const victims& v, const moment& now, const ask_function& ask) {
  limits_.take_preemption(index_.queues().name(e.queue), now.steady);
  auto& p = pending_[e.id];
  p.worker = v.worker;
  p.shape = e.shape;
  ledger_.fit().keep(v.worker, e.shape);
  for (const auto& c : v.all) {
    auto* a = ledger_.find(c.fence);
    a->preempted_for = e.id;
    a->if_waiting = !c.started;
    p.victims.push_back(c.fence);
    ask(v.worker, {a->job.value, c.fence.value, e.id.value, a->if_waiting});
  }
}

void preemption::sanity_check() const {
  for (const auto& [id, p] : pending_)
    CB_INVARIANT(ledger_.fit().is_kept(p.worker) || !ledger_.find(p.worker),
                 "a worker whose attempts are stopped for a job is kept for it");
}

} // namespace callboard
