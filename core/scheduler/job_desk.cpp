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
  case purpose::fan_out:
    return repeater::line;
  case purpose::arm:
  case purpose::start:
  case purpose::checkpoint:
  case purpose::place:
  case purpose::adopt:
  case purpose::miss_deadline:
  case purpose::run_late:
    break;
  }
  return repeater::scheduler;
}

bool may_end(purpose p) {
  return p == purpose::finish || p == purpose::lose || p == purpose::cancel || p == purpose::miss_deadline;
}

/// Null when the job is not here.
job_desk::entry* job_desk::at(job_id id) const {
  if (found_.second && found_.first == id)
    return found_.second;
  const auto i = entries_.find(id);
  if (i == entries_.end())
    return nullptr;
  found_ = {id, const_cast<entry*>(&i->second)};
  return found_.second;
}

void job_desk::erase(job_id id) {
  found_ = {};
  entries_.erase(id);
}

void job_desk::create(job_id id, errand_ptr x) {
  const auto [i, fresh] = entries_.try_emplace(id);
  CB_INVARIANT(fresh, "a new job is not known yet");
  i->second.state = presence::idle;
  i->second.later.push_back(std::move(x));
}

void job_desk::arrive(job_id id) {
  auto* e = at(id);
  CB_INVARIANT(e && e->state == presence::loading, "an actor is spawned for a job without one");
  e->state = presence::idle;
}

void job_desk::add(job_id id, errand_ptr x) {
  const auto [i, fresh] = entries_.try_emplace(id);
  if (fresh)
    wanted_.push_back(id);
  i->second.later.push_back(std::move(x));
}

void job_desk::add_first(job_id id, errand_ptr x) {
  auto& later = at(id)->later;
  later.insert(later.begin(), std::move(x));
}

job_command::checkpoint* job_desk::waiting_checkpoint(job_id id, fence_token f) {
  auto* e = at(id);
  if (!e)
    return nullptr;
  for (auto& x : e->later)
    if (auto* c = std::get_if<job_command::checkpoint>(&x->event); c && c->fence == f)
      return c;
  return nullptr;
}

errand* job_desk::about_to_give(job_id id) {
  auto* e = at(id);
  return !e || e->state != presence::idle || e->later.empty() ? nullptr : e->later.front().get();
}

void job_desk::skip(job_id id) {
  auto& later = at(id)->later;
  later.erase(later.begin());
}

bool job_desk::ends_alone(job_id id) const {
  auto* e = at(id);
  return e && e->current && e->current->group == 0 && callboard::may_end(e->current->why);
}

std::optional<job_command> job_desk::next(job_id id) {
  auto* e = at(id);
  if (!e || e->state != presence::idle || e->later.empty())
    return std::nullopt;
  e->current = std::move(e->later.front());
  e->later.erase(e->later.begin());
  auto& x = *e->current;
  std::optional<job_command> c{std::in_place};
  if (repeater_of(x) == repeater::scheduler)
    c->event = x.event;
  else
    c->event = std::move(x.event);
  c->token = e->token = ++last_token_;
  c->group = x.group;
  c->with_view = static_cast<bool>(x.reply);
  e->state = presence::busy;
  ++busy_;
  return c;
}

errand_ptr job_desk::take(job_id id, uint64_t token) {
  auto* e = at(id);
  return e && e->state == presence::busy && e->token == token ? std::move(e->current) : nullptr;
}

std::vector<get_call> job_desk::settle(job_id id) {
  auto* e = at(id);
  if (!e || e->state != presence::busy)
    return {};
  e->state = presence::idle;
  --busy_;
  return std::exchange(e->readers, {});
}

bool job_desk::wait_to_read(job_id id, get_call& call) {
  auto* e = at(id);
  if (!e || e->state != presence::busy)
    return false;
  e->readers.push_back(std::move(call));
  return true;
}

/// Takes everything out of an entry; what is to be kept stays in its line.
std::vector<errand_ptr> job_desk::empty(entry& e, errand_ptr failed, const error& why, bool keep) {
  if (e.state == presence::busy)
    --busy_;
  if (e.state == presence::resting)
    --resting_;
  for (auto& call : std::exchange(e.readers, {}))
    call.reply.deliver(why);
  if (!failed)
    failed = std::move(e.current);
  std::vector<errand_ptr> out;
  const auto sort_in = [&](errand_ptr& x, bool keeps) {
    if (!keep || !keeps)
      return out.push_back(std::move(x));
    if (repeater_of(*x) == repeater::scheduler) // its group is made anew when it is given
      x->group = 0;
    x->heads_group = false;
    e.later.push_back(std::move(x));
  };
  auto waiting = std::exchange(e.later, {});
  // What follows from another job's event has failed with that one; where it still waits, its group does as well.
  if (failed)
    sort_in(failed, repeater_of(*failed) == repeater::scheduler);
  for (auto& x : waiting)
    sort_in(x, repeater_of(*x) == repeater::scheduler || repeater_of(*x) == repeater::group);
  return out;
}

std::vector<errand_ptr> job_desk::rest(job_id id, errand_ptr failed, const error& why) {
  auto* e = at(id);
  if (!e)
    return {};
  auto out = empty(*e, std::move(failed), why, true);
  if (e->later.empty()) {
    erase(id);
  } else {
    e->state = presence::resting;
    ++resting_;
  }
  return out;
}

std::vector<errand_ptr> job_desk::drop(job_id id, const error& why) {
  auto* e = at(id);
  if (!e)
    return {};
  auto out = empty(*e, nullptr, why, false);
  erase(id);
  return out;
}

void job_desk::forget(job_id id) {
  auto* e = at(id);
  CB_INVARIANT(e && e->state == presence::idle && e->later.empty(), "only an idle job is forgotten");
  erase(id);
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
  auto* e = at(id);
  return e ? std::optional{e->state} : std::nullopt;
}

bool job_desk::gets_slot(job_id id) const {
  auto* e = at(id);
  return e && std::any_of(e->later.begin(), e->later.end(),
                          [](const auto& x) { return x->why == purpose::place || x->why == purpose::adopt; });
}

bool job_desk::may_end(job_id id) const {
  auto* e = at(id);
  if (!e)
    return false;
  return (e->current && callboard::may_end(e->current->why)) ||
         std::any_of(e->later.begin(), e->later.end(), [](const auto& x) { return callboard::may_end(x->why); });
}

bool job_desk::is_busy(job_id id) const {
  auto* e = at(id);
  return e && (e->state == presence::busy || !e->later.empty());
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
