#include "core/scheduler/schedule_book.hpp"

#include "core/base/invariant.hpp"

namespace callboard {

void schedule_book::put(schedule_ptr definition, schedule_progress progress) {
  const auto name = definition->name;
  CB_INVARIANT(!is_busy(name), "a busy schedule is not changed");
  remove(name);
  auto& e = entries_[name];
  e.definition = std::move(definition);
  e.progress = std::move(progress);
  watch(name, e.progress, true);
  plan(name, e);
}

void schedule_book::set_progress(const std::string& name, schedule_progress progress) {
  auto& e = entries_.at(name);
  watch(name, e.progress, false);
  e.progress = std::move(progress);
  watch(name, e.progress, true);
  plan(name, e);
}

void schedule_book::remove(const std::string& name) {
  const auto i = entries_.find(name);
  if (i == entries_.end())
    return;
  watch(name, i->second.progress, false);
  take_out(name);
  resting_.erase(name);
  entries_.erase(i);
}

/// A fire time that waits is decided when one of these jobs ends.
void schedule_book::watch(const std::string& name, const schedule_progress& p, bool on) {
  if (!p.waiting)
    return;
  for (auto id : p.unfinished)
    if (on)
      awaited_[id] = name;
    else
      awaited_.erase(id);
}

void schedule_book::take_out(const std::string& name) {
  if (const auto p = planned_.find(name); p != planned_.end()) {
    due_.erase({p->second, name});
    planned_.erase(p);
  }
}

void schedule_book::plan_at(const std::string& name, std::optional<time_point> at) {
  take_out(name);
  if (!at || is_busy(name) || resting_.count(name) != 0)
    return;
  due_.emplace(*at, name);
  planned_.emplace(name, *at);
}

/// A fire time that waits may have waited long enough: that is looked at next.
void schedule_book::plan(const std::string& name, const entry& e) {
  plan_at(name, e.progress.waiting ? time_point::min() : callboard::next_due(*e.definition, e.progress));
}

std::optional<schedule_book::decision> schedule_book::decide(time_point now, const std::function<bool(job_id)>& lives) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto name = due_.begin()->second;
    const auto& e = entries_.at(name);
    if (auto step = next_step(*e.definition, e.progress, now, lives)) {
      begin(name, step->after);
      return decision{e.definition, std::move(*step)};
    }
    const auto next = callboard::next_due(*e.definition, e.progress);
    CB_INVARIANT(!next || *next > now, "a fire time that has come is decided");
    plan_at(name, next);
  }
  return std::nullopt;
}

void schedule_book::begin(const std::string& name, schedule_progress after) {
  CB_INVARIANT(entries_.count(name) != 0 && !is_busy(name), "one decision at a time, of a schedule there is");
  take_out(name);
  resting_.erase(name);
  busy_.emplace(name, std::move(after));
}

void schedule_book::submitted(const std::string& name, job_id job) {
  add_job(busy_.at(name), job);
  writing_.emplace(job, name);
}

void schedule_book::release(const std::string& name) {
  const auto given_up = busy_.erase(name);
  CB_INVARIANT(given_up == 1, "a decision is given up once");
  plan(name, entries_.at(name));
}

void schedule_book::settle(const std::string& name, const std::optional<error>& failed) {
  auto b = busy_.extract(name);
  CB_INVARIANT(static_cast<bool>(b), "a decision is settled once");
  auto& e = entries_.at(name);
  if (failed) {
    e.trouble = failed->message;
    resting_.insert(name);
    return;
  }
  e.trouble.clear();
  set_progress(name, std::move(b.mapped()));
}

std::string schedule_book::on_job_written(job_id id) {
  if (writing_.empty())
    return {};
  auto w = writing_.extract(id);
  if (!w)
    return {};
  settle(w.mapped(), std::nullopt);
  return std::move(w.mapped());
}

bool schedule_book::on_job_unwritten(job_id id, const error& why) {
  const auto w = writing_.extract(id);
  if (w)
    settle(w.mapped(), why);
  return static_cast<bool>(w);
}

void schedule_book::on_job_ended(job_id id) {
  if (awaited_.empty())
    return;
  if (const auto w = awaited_.extract(id))
    plan(w.mapped(), entries_.at(w.mapped()));
}

void schedule_book::wake() {
  for (const auto& name : std::exchange(resting_, {}))
    plan(name, entries_.at(name));
}

const schedule_book::entry* schedule_book::find(std::string_view name) const {
  const auto i = entries_.find(name);
  return i == entries_.end() ? nullptr : &i->second;
}

void schedule_book::sanity_check() const {
  CB_INVARIANT(due_.size() == planned_.size(), "a schedule is planned once");
  for (const auto& [at, name] : due_) {
    CB_INVARIANT(planned_.count(name) != 0 && planned_.at(name) == at, "what is due is what is planned");
    CB_INVARIANT(entries_.count(name) != 0 && !is_busy(name) && resting_.count(name) == 0,
                 "a planned schedule is there and has no decision under way");
  }
  for (const auto& [name, after] : busy_)
    CB_INVARIANT(entries_.count(name) != 0, "a decision is about a schedule that is there");
  for (const auto& [id, name] : writing_)
    CB_INVARIANT(is_busy(name), "a job that is being written is of a decision under way");
}

} // namespace callboard
