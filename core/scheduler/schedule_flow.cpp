#include "core/scheduler/schedule_flow.hpp"

#include "core/base/invariant.hpp"
#include "core/base/planted_bug.hpp"
#include "core/calendar/schedule_facts.hpp"
#include "core/scheduler/tell_events.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// Decisions of one turn: a thousand schedules of one minute do not hold up everything else.
constexpr size_t decisions_per_turn = 100;
/// Fire times that a view tells.
constexpr size_t shown_fires = 5;

bool lives(const scheduler_state& s, job_id id) {
  return s.index.find(id) || s.requests.has_unborn(id);
}

schedule_view view_of(const scheduler_state& s, const schedule_book::entry& e) {
  schedule_view v{e.definition, e.progress, upcoming_fires(*e.definition, e.progress, shown_fires), 0, e.trouble};
  for (auto id : e.progress.unfinished)
    v.unfinished += lives(s, id);
  return v;
}

} // namespace

error unknown_schedule(const std::string& name) {
  return {ec::unknown_schedule, "there is no schedule '" + name + "'", "name"};
}

void schedule_flow::restore(std::vector<stored_schedule> schedules) {
  for (auto& x : schedules)
    s_.schedules.put(std::make_shared<const schedule_definition>(std::move(x.definition)), std::move(x.progress));
}

/// True: something is under way for the schedule, and the call waits behind it.
template <class Call>
bool schedule_flow::waits(const std::string& name, Call& x) {
  const auto w = waiting_.find(name);
  if (!is_taken(name) && w == waiting_.end())
    return false;
  waiting_[name].push_back(std::move(x));
  return true;
}

void schedule_flow::write(commit_part part, writing what) {
  part.boot = s_.boot;
  part.facts_bound = true;
  job_note n;
  n.token = ++s_.last_token;
  writing_.emplace(n.token, std::move(what));
  part.notes.push_back(std::move(n));
  s_.port.commit(std::move(part));
}

// -- clients ----------------------------------------------------------------------------------------------------------

void schedule_flow::on(schedule_put_call& x, const moment& now) {
  const auto name = x.definition.name;
  if (waits(name, x))
    return;
  const auto* e = s_.schedules.find(name);
  const auto present = e ? e->definition->version : 0;
  if (e && x.create_only)
    return x.reply.deliver(error{ec::invalid_state, "there is a schedule '" + name + "' already", "name"});
  if (x.version && !e)
    return x.reply.deliver(unknown_schedule(name));
  if (x.version && *x.version != present)
    return x.reply.deliver(error{ec::version_conflict,
                                 "the schedule has version " + std::to_string(present) + ", not " +
                                   std::to_string(*x.version) + ": somebody has changed it",
                                 "ifVersion"});
  if (!e && s_.schedules.all().size() + creating_.size() >= s_.settings.schedules_max)
    return x.reply.deliver(error{ec::queue_full, "the limit of " + std::to_string(s_.settings.schedules_max) +
                                                   " schedules (schedules.count_max) is reached"});
  x.definition.version = present + 1;
  x.definition.changed_at = now.wall;
  auto d = std::make_shared<const schedule_definition>(std::move(x.definition));
  auto progress = progress_of_version(*d, e ? &e->progress : nullptr);
  if (e)
    s_.schedules.begin(name, progress);
  else
    creating_.insert(name);
  auto part = facts_of_version(*d, s_.port.record_of(*d), progress, s_.settings.schedule_versions_max);
  write(std::move(part), new_version{std::move(d), std::move(progress), std::move(x.reply)});
}

void schedule_flow::on(schedule_change_call& x, const moment&) {
  if (waits(x.name, x))
    return;
  const auto* e = s_.schedules.find(x.name);
  if (!e)
    return x.reply.deliver(unknown_schedule(x.name));
  auto after = e->progress;
  after.paused = x.what == schedule_change_call::action::pause;
  const bool removed = x.what == schedule_change_call::action::remove;
  auto part =
    removed ? facts_of_removal(*e->definition, s_.settings.schedule_versions_max) : facts_of_progress(x.name, after);
  s_.schedules.begin(x.name, std::move(after));
  write(std::move(part), changed_progress{x.name, removed, std::move(x.reply)});
}

void schedule_flow::on(schedule_run_call& x, const moment& now) {
  if (waits(x.name, x))
    return;
  const auto* e = s_.schedules.find(x.name);
  if (!e)
    return x.reply.deliver(unknown_schedule(x.name));
  s_.schedules.begin(x.name, e->progress);
  submit(e->definition, e->progress, std::nullopt, x.reply, now);
}

// -- the clock --------------------------------------------------------------------------------------------------------

void schedule_flow::go_on(const moment& now) {
  take_waiting_calls(now);
  const auto alive = [this](job_id id) { return lives(s_, id); };
  for (size_t n = 0; n < decisions_per_turn; ++n) {
    const auto d = s_.schedules.decide(now.wall, alive);
    if (!d)
      return;
    carry_out(*d, now);
  }
}

void schedule_flow::carry_out(const schedule_book::decision& d, const moment& now) {
  const auto& name = d.definition->name;
  for (auto id : d.step.cancel)
    jobs_.give(id,
               make_errand(purpose::cancel, job_command::cancel{job_error_code::cancelled,
                                                                "replaced by the next job of schedule " + name}),
               now);
  if (d.step.fire)
    submit(d.definition, d.step.after, d.step.fire, {}, now);
  else
    write(facts_of_progress(name, d.step.after), news{name});
}

/// @param fire  none: by hand.
void schedule_flow::submit(const schedule_ptr& d, schedule_progress after, std::optional<time_point> fire,
                           const answer<submit_answer>& reply, const moment& now) {
  const auto facts = [&](job_id id) {
    add_job(after, id);
    if (planted(bug::tick_not_remembered))
      return write_groups::facts{};
    return facts_of_progress(d->name, after).meta;
  };
  auto id = submits_.submit(job_for(*d, fire.value_or(now.wall), !fire), facts, reply, now);
  if (id)
    s_.schedules.submitted(d->name, *id);
  else
    rest(d->name, id.err(), now);
}

/// What was decided did not come true: it is decided anew in a while.
void schedule_flow::rest(const std::string& name, const error& why, const moment& now) {
  s_.schedules.settle(name, why);
  s_.rests_until = now.steady + s_.settings.retry_writes_every;
}

void schedule_flow::on_note(uint64_t token, const std::optional<error>& failed, const moment& now) {
  auto w = writing_.extract(token);
  if (!w)
    return;
  if (const auto* n = std::get_if<news>(&w.mapped())) {
    if (failed)
      rest(n->name, *failed, now);
    else
      s_.schedules.settle(n->name, std::nullopt);
  } else if (auto* v = std::get_if<new_version>(&w.mapped())) {
    const auto name = v->definition->name;
    const bool created = creating_.erase(name) != 0;
    if (!created)
      s_.schedules.release(name);
    if (failed)
      return v->reply.deliver(*failed);
    tell_named(s_, created ? event_kind::schedule_created : event_kind::schedule_changed, name,
               "version " + std::to_string(v->definition->version), now);
    s_.schedules.put(std::move(v->definition), std::move(v->progress));
    v->reply.deliver(view_of(s_, *s_.schedules.find(name)));
  } else {
    auto& c = std::get<changed_progress>(w.mapped());
    if (failed || c.removed)
      s_.schedules.release(c.name);
    else
      s_.schedules.settle(c.name, std::nullopt);
    if (failed)
      return c.reply.deliver(*failed);
    const bool is_paused = s_.schedules.find(c.name)->progress.paused;
    tell_named(s_, c.removed ? event_kind::schedule_removed : event_kind::schedule_changed, c.name,
               c.removed   ? ""
               : is_paused ? "paused"
                           : "resumed",
               now);
    c.reply.deliver(view_of(s_, *s_.schedules.find(c.name)));
    if (c.removed)
      s_.schedules.remove(c.name);
  }
}

void schedule_flow::refuse_waiting(const error& why) {
  for (auto& [name, calls] : std::exchange(waiting_, {}))
    for (auto& c : calls)
      std::visit([&](auto& x) { x.reply.deliver(why); }, c);
}

/// Calls that waited, in order, as long as nothing is under way for their schedule.
void schedule_flow::take_waiting_calls(const moment& now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    auto& calls = i->second;
    if (!is_taken(i->first) && !calls.empty()) {
      auto next = std::move(calls.front());
      calls.pop_front();
      auto rest = std::exchange(calls, {}); // while it is carried out nothing waits, or it would wait behind itself
      const auto name = i->first;
      waiting_.erase(i);
      std::visit([&](auto& x) { on(x, now); }, next);
      if (!rest.empty())
        waiting_.emplace(name, std::move(rest));
      i = waiting_.begin();
    } else {
      ++i;
    }
  }
}

result<schedule_page> page_of(const scheduler_state& s, const schedule_list_call& x) {
  schedule_page page;
  const auto& all = s.schedules.all();
  if (x.only) {
    const auto* e = s.schedules.find(*x.only);
    if (!e)
      return unknown_schedule(*x.only);
    page.schedules.push_back(view_of(s, *e));
    return page;
  }
  for (auto i = all.upper_bound(x.after); i != all.end(); ++i) {
    if (page.schedules.size() == x.limit) {
      page.next = page.schedules.back().definition->name;
      break;
    }
    page.schedules.push_back(view_of(s, i->second));
  }
  return page;
}

} // namespace callboard
