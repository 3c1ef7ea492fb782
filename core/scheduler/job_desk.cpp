#include "core/scheduler/job_desk.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

repeater repeater_of(const errand& e) {
  switch (e.why) {
  case purpose::create:
  case purpose::retry:
  case purpose::modify:
    return repeater::client;
  case purpose::finish:
    return repeater::worker;
  case purpose::cancel:
    if (e.reply)
      return repeater::client;
    return e.group != 0 && !e.heads_group ? repeater::group : repeater::scheduler;
  case purpose::lose:
    return planted(bug::forgotten_loss) ? repeater::client : repeater::scheduler;
  case purpose::arm:
  case purpose::start:
  case purpose::place:
  case purpose::adopt:
  case purpose::miss_deadline:
    break;
  }
  return repeater::scheduler;
}

bool may_end(purpose p) {
  return p == purpose::finish || p == purpose::lose || p == purpose::cancel || p == purpose::miss_deadline;
}

void job_desk::arrive(job_id id) {
  auto& e = entries_[id];
  CB_INVARIANT(e.state == presence::loading, "an actor is spawned for a job without one");
  e.state = presence::idle;
}

void job_desk::add(job_id id, errand x) {
  const auto [i, fresh] = entries_.try_emplace(id);
  if (fresh)
    wanted_.push_back(id);
  i->second.later.push_back(std::move(x));
}

void job_desk::add_first(job_id id, errand x) {
  entries_.at(id).later.push_front(std::move(x));
}

errand* job_desk::about_to_give(job_id id) {
  const auto i = entries_.find(id);
  return i == entries_.end() || i->second.state != presence::idle || i->second.later.empty() ? nullptr
                                                                                             : &i->second.later.front();
}

void job_desk::skip(job_id id) {
  entries_.at(id).later.pop_front();
}

bool job_desk::ends_alone(job_id id) const {
  const auto i = entries_.find(id);
  return i != entries_.end() && i->second.current && i->second.current->group == 0 &&
         callboard::may_end(i->second.current->why);
}

std::optional<job_desk::given> job_desk::next(job_id id) {
  const auto i = entries_.find(id);
  if (i == entries_.end() || i->second.state != presence::idle || i->second.later.empty())
    return std::nullopt;
  auto& e = i->second;
  auto x = std::move(e.later.front());
  e.later.pop_front();
  given g{id, ++last_token_, {}, x.group, static_cast<bool>(x.reply)};
  if (repeater_of(x) == repeater::scheduler)
    g.event = x.event;
  else
    g.event = std::move(x.event);
  e.state = presence::busy;
  e.token = g.token;
  e.current = std::move(x);
  ++busy_;
  return g;
}

std::optional<errand> job_desk::take(job_id id, uint64_t token) {
  const auto i = entries_.find(id);
  if (i == entries_.end() || i->second.state != presence::busy || i->second.token != token || !i->second.current)
    return std::nullopt;
  return std::exchange(i->second.current, std::nullopt);
}

std::vector<get_call> job_desk::settle(job_id id) {
  const auto i = entries_.find(id);
  if (i == entries_.end() || i->second.state != presence::busy)
    return {};
  i->second.state = presence::idle;
  --busy_;
  return std::exchange(i->second.readers, {});
}

bool job_desk::wait_to_read(job_id id, get_call& call) {
  const auto i = entries_.find(id);
  if (i == entries_.end() || i->second.state != presence::busy)
    return false;
  i->second.readers.push_back(std::move(call));
  return true;
}

/// Takes everything out of an entry; what is to be kept stays in its line.
std::vector<errand> job_desk::empty(entry& e, std::optional<errand> failed, const error& why, bool keep) {
  if (e.state == presence::busy)
    --busy_;
  if (e.state == presence::resting)
    --resting_;
  for (auto& call : std::exchange(e.readers, {}))
    call.reply.deliver(why);
  if (!failed)
    failed = std::exchange(e.current, std::nullopt);
  std::vector<errand> out;
  const auto sort_in = [&](errand& x, bool keeps) {
    if (!keep || !keeps)
      return out.push_back(std::move(x));
    if (repeater_of(x) == repeater::scheduler) // its group is made anew when it is given
      x.group = 0;
    x.heads_group = false;
    e.later.push_back(std::move(x));
  };
  auto waiting = std::exchange(e.later, {});
  // What follows from another job's event has failed with that one; where it still waits, its group does as well.
  if (failed)
    sort_in(*failed, repeater_of(*failed) == repeater::scheduler);
  for (auto& x : waiting)
    sort_in(x, repeater_of(x) == repeater::scheduler || repeater_of(x) == repeater::group);
  return out;
}

std::vector<errand> job_desk::rest(job_id id, std::optional<errand> failed, const error& why) {
  const auto i = entries_.find(id);
  if (i == entries_.end())
    return {};
  auto out = empty(i->second, std::move(failed), why, true);
  if (i->second.later.empty()) {
    entries_.erase(i);
  } else {
    i->second.state = presence::resting;
    ++resting_;
  }
  return out;
}

std::vector<errand> job_desk::drop(job_id id, const error& why) {
  const auto i = entries_.find(id);
  if (i == entries_.end())
    return {};
  auto out = empty(i->second, std::nullopt, why, false);
  entries_.erase(i);
  return out;
}

void job_desk::forget(job_id id) {
  const auto i = entries_.find(id);
  CB_INVARIANT(i != entries_.end() && i->second.state == presence::idle && i->second.later.empty(),
               "only an idle job is forgotten");
  entries_.erase(i);
}

std::vector<job_id> job_desk::take_wanted() {
  return std::exchange(wanted_, {});
}

void job_desk::wake_resting() {
  if (resting_ == 0)
    return;
  std::vector<job_id> woken;
  for (auto& [id, e] : entries_)
    if (e.state == presence::resting) {
      e.state = presence::loading;
      woken.push_back(id);
    }
  resting_ = 0;
  std::sort(woken.begin(), woken.end());
  wanted_.insert(wanted_.end(), woken.begin(), woken.end());
}

std::optional<job_desk::presence> job_desk::find(job_id id) const {
  const auto i = entries_.find(id);
  return i == entries_.end() ? std::nullopt : std::optional{i->second.state};
}

bool job_desk::gets_slot(job_id id) const {
  const auto i = entries_.find(id);
  return i != entries_.end() && std::any_of(i->second.later.begin(), i->second.later.end(), [](const auto& x) {
           return x.why == purpose::place || x.why == purpose::adopt;
         });
}

bool job_desk::may_end(job_id id) const {
  const auto i = entries_.find(id);
  if (i == entries_.end())
    return false;
  const auto& e = i->second;
  return (e.current && callboard::may_end(e.current->why)) ||
         std::any_of(e.later.begin(), e.later.end(), [](const auto& x) { return callboard::may_end(x.why); });
}

void job_desk::sanity_check() const {
  size_t busy = 0, resting = 0;
  for (const auto& [id, e] : entries_) {
    busy += e.state == presence::busy;
    resting += e.state == presence::resting;
    CB_INVARIANT(e.state == presence::busy || (!e.current && e.readers.empty()), "only a busy job has an event");
    CB_INVARIANT(e.state != presence::idle || e.later.empty(), "an idle job is given what waits for it");
    CB_INVARIANT(e.state != presence::resting || !e.later.empty(), "a job rests because of its events");
  }
  CB_INVARIANT(busy == busy_ && resting == resting_, "the counts are those of the entries");
}

} // namespace callboard
