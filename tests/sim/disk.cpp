#include "tests/sim/disk.hpp"

#include "core/calendar/schedule_facts.hpp"
#include "core/job/result_cache.hpp"
#include "core/job/unique_lane.hpp"
#include "storage/read_schedules.hpp"
#include "storage/record_codec.hpp"
#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/unique_jobs.hpp"

#include <algorithm>
#include <set>

namespace callboard::sim {

namespace {

bool in_memory(const stored_job& j) {
  return j.level == durability::memory;
}

/// What does not need the disk, which may be full.
bool all_in_memory(const write_batch& b) {
  return !b.jobs.empty() && b.meta.empty() && b.meta_removed.empty() &&
         std::all_of(b.jobs.begin(), b.jobs.end(), in_memory);
}

std::unique_ptr<store> new_store() {
  return make_tiered_store(make_memory_store(), make_memory_store());
}

} // namespace

std::vector<stored_limit> stored_limits(const store& db) {
  std::vector<std::string> damaged;
  auto found = read_limits(*db.meta_with_prefix(limit_prefix), damaged);
  if (!damaged.empty())
    throw violation("a limit cannot be read: " + damaged.front());
  return found;
}

std::vector<template_head> stored_templates(const store& db) {
  std::vector<std::string> damaged;
  auto heads = read_templates(*db.meta_with_prefix(template_prefix), damaged);
  if (!damaged.empty())
    throw violation("a template cannot be read: " + damaged.front());
  size_t versions = 0;
  for (const auto& h : heads) {
    const auto found = *db.meta_with_prefix(template_version_prefix(h.name));
    versions += found.size();
    if (found.size() != h.version - h.first + 1 || found.front().first != template_version_key(h.name, h.first))
      throw violation("template " + h.name + " has versions " + std::to_string(h.first) + " to " +
                      std::to_string(h.version) + ", and " + std::to_string(found.size()) + " are stored");
    const auto last = parse_template_version(found.back().first, found.back().second);
    if (!last || last->version != h.version || last->definition.view() != h.digest)
      throw violation("template " + h.name + ": version " + std::to_string(h.version) + " is not what is stored");
  }
  if (db.meta_with_prefix("template-version/")->size() != versions)
    throw violation("a version of a template is stored without it");
  return heads;
}

std::vector<stored_schedule> stored_schedules(const store& db) {
  const auto facts = db.meta_with_prefix(schedule_prefix), progress = db.meta_with_prefix(schedule_progress_prefix);
  auto found = read_schedules(*facts, *progress, [](std::string_view name) {
    return error{ec::invalid_value, "no zone " + std::string{name}};
  });
  if (!found.damaged.empty())
    throw violation("a schedule cannot be read: " + found.damaged.front().message);
  return std::move(found.schedules);
}

disk::disk(const history& h) : history_(h), db_(new_store()) {
}

void disk::apply(const write_batch& b) {
  if (auto ok = db_->append(b); !ok)
    throw violation("the store refused a batch: " + ok.err().message);
  for (const auto& j : b.jobs) {
    auto& f = facts_[j.id];
    f.state = j.state;
    f.level = j.level;
    f.revived = f.revived || (j.was_terminal && !is_terminal(j.state));
    const bool may_fan_out = f.for_each && f.for_each->stage == fan_out_stage::planned;
    if (j.payload || may_fan_out) {
      auto rec = decode_record(j.record);
      if (!rec)
        throw violation("a record cannot be read: " + rec.err().message);
      f.for_each = rec->spec.for_each;
      if (!j.payload && f.for_each->stage == fan_out_stage::planned)
        continue;
      f.waits_for = {rec->spec.rule, rec->spec.dependencies};
      if (!j.payload)
        continue;
      f.key = j.idempotency_key;
      f.workflow = j.workflow;
      f.origin = rec->spec.origin;
      f.unique = rec->spec.unique;
      f.created_at = rec->created_at;
      f.schedule_at = rec->spec.schedule_at;
      f.payload = j.payload->view();
    }
  }
}

void disk::note_ends(const write_batch& b) {
  for (const auto& j : b.jobs) {
    if (!is_terminal(j.state) && !j.was_terminal)
      continue;
    const auto rec = decode_record(j.record);
    if (!rec)
      throw violation("a record cannot be read: " + rec.err().message);
    check_log(*rec, history_.logged);
    auto& e = ends_[j.id];
    e.state = rec->state;
    e.code = rec->error ? rec->error->code : "";
    e.began = has_begun(*rec);
    e.changed = e.changed || j.was_terminal;
  }
}

/// All jobs of a write in which one is shed, in id order; otherwise none.
std::vector<job_record> disk::shed_in(const write_batch& b) const {
  if (std::none_of(b.jobs.begin(), b.jobs.end(), [this](const auto& j) {
        const auto e = ends_.find(j.id);
        return j.state == job_state::cancelled && !j.was_terminal && e->second.code == job_error_code::shed;
      }))
    return {};
  std::vector<job_record> out;
  for (const auto& j : b.jobs)
    if (!j.was_terminal)
      out.push_back(*decode_record(j.record));
  std::sort(out.begin(), out.end(), [](const job_record& x, const job_record& y) { return x.id < y.id; });
  return out;
}

result<done> disk::append(const write_batch& b) {
  if (full && !all_in_memory(b))
    return error{ec::storage_unavailable, "no space left on device"};
  for (const auto& j : b.jobs)
    if (!j.payload && facts_.count(j.id) == 0)
      throw violation("a version of " + to_string(j.id) + " is written, which is not stored: it was purged");
  std::set<job_id> fresh, completed;
  const auto is_planned = [this](job_id id) {
    const auto i = facts_.find(id);
    return i != facts_.end() && i->second.for_each && i->second.for_each->stage == fan_out_stage::planned;
  };
  for (const auto& j : b.jobs)
    if (j.payload || is_planned(j.id))
      fresh.insert(j.id);
  apply(b);
  note_ends(b);
  for (const auto& j : b.jobs)
    if (j.state == job_state::completed) {
      completed.insert(j.id);
      if (const auto rec = decode_record(j.record))
        results_.on_completed(*rec, facts_.at(j.id).payload);
    }
  for (const auto& j : b.jobs)
    if (j.was_terminal && !is_terminal(j.state))
      brought_back_.insert(j.id);
  check_fan_outs(facts_, ends_, fresh, completed, brought_back_);
  written_.push_back(b);
  // At every moment, for a crash may come at any.
  check_dependants_are_settled(facts_, ends_, history_.begun);
  check_keys_are_unique(facts_);
  for (const auto& j : b.jobs)
    if (j.payload) {
      check_unique(facts_, purged_, ends_, j.id);
      if (const auto& f = facts_.at(j.id); f.unique && f.unique->conflict == on_unique_conflict::debounce)
        check_put_off(j.id, f, replaced_in(b, *f.unique));
    }
  if (const auto together = shed_in(b); !together.empty()) {
    // That an attempt has begun and ended may be known to nobody, when its worker was lost with its scheduler.
    std::set<job_id> running;
    for (const auto& a : history_.attempts)
      if (!a.ended && history_.asleep.count(a.node) == 0)
        running.insert(a.job);
    check_shed(together, fresh, running);
  }
  check_batches_are_whole(facts_, gone_);
  check_fire_times(stored_schedules(*db_), served_fires());
  return done{};
}

/// The job with that unique key that the batch replaces; null: none.
const stored_facts* disk::replaced_in(const write_batch& b, const unique_rule& u) const {
  for (const auto& j : b.jobs) {
    const auto& f = facts_.at(j.id);
    const auto e = ends_.find(j.id);
    if (!j.payload && f.unique && is_bound(*f.unique) && f.unique->key == u.key && e != ends_.end() &&
        e->second.code == job_error_code::replaced)
      return &f;
  }
  return nullptr;
}

void disk::sync() {
  for (; synced_ < written_.size(); ++synced_)
    for (const auto& j : written_[synced_].jobs)
      if (j.level == durability::fsync)
        if (const auto rec = decode_record(j.record)) {
          check_log(*rec, history_.logged);
          if (!rec->checkpoint.empty())
            checkpoints_[j.id] = rec->checkpoint.view();
        }
}

const std::string& disk::durable_checkpoint(job_id id) const {
  static const std::string none;
  const auto i = checkpoints_.find(id);
  return i == checkpoints_.end() ? none : i->second;
}

/// What was ever submitted by schedules, and not lost.
std::vector<schedule_origin> disk::served_fires() const {
  std::vector<schedule_origin> out;
  for (const auto* all : {&facts_, &purged_})
    for (const auto& [id, f] : *all)
      if (f.origin && !f.origin->by_hand)
        out.push_back(*f.origin);
  return out;
}

std::optional<job_state> disk::outcome(job_id id) const {
  if (const auto f = facts_.find(id); f != facts_.end())
    return f->second.state;
  const auto p = purged_.find(id);
  return p == purged_.end() ? std::nullopt : std::optional{p->second.state};
}

std::optional<job_state> disk::last_state(job_id id) const {
  if (const auto s = outcome(id))
    return s;
  const auto gone = gone_states_.find(id);
  return gone == gone_states_.end() ? std::nullopt : std::optional{gone->second};
}

void disk::purge(const retention& r, time_point now, uint64_t writer_epoch) {
  constexpr size_t slice = 20;
  if (full)
    return;
  const auto gone = db_->purge(r, now, slice, writer_epoch);
  if (!gone)
    throw violation("the store refused to purge: " + gone.err().message);
  if (*gone == 0)
    return;
  removal x{written_.size(), {}};
  for (const auto& [id, f] : facts_) {
    if (!is_terminal(f.state))
      continue;
    if (const auto found = db_->load({id}, false); found && found->empty())
      x.jobs.emplace(id, f);
  }
  for (const auto& [id, f] : x.jobs)
    check_workflows_are_kept(facts_, f);
  removals_.push_back(std::move(x));
  forget_purged();
}

/// What purges have removed is not stored, and no batch is halved by it.
void disk::forget_purged() {
  for (const auto& r : removals_)
    for (const auto& [id, f] : r.jobs) {
      if (!purged_.emplace(id, f).second)
        continue;
      facts_.erase(id);
      if (const auto b = batch_of(f); b.number != 0)
        ++gone_[b.number];
    }
}

/// From what has reached the disk.
void disk::open_anew() {
  db_ = new_store();
  facts_.clear();
  for (const auto& [id, f] : purged_)
    if (const auto b = batch_of(f); b.number != 0)
      --gone_[b.number];
  purged_.clear();
  ends_ = gone_ends_;
  for (const auto& b : written_)
    note_ends(b);
  std::set<job_id> gone;
  for (const auto& r : removals_)
    for (const auto& [id, f] : r.jobs)
      gone.insert(id);
  for (auto b : written_) {
    std::erase_if(b.jobs, [&gone](const stored_job& j) { return gone.count(j.id) != 0; });
    apply(b);
  }
  forget_purged();
}

void disk::lose_process() {
  bool any = false;
  const auto goes = [&](const stored_world::value_type& job) {
    const auto& [id, f] = job;
    if (f.level != durability::memory)
      return false;
    any = true;
    gone_states_[id] = f.state;
    if (const auto e = ends_.find(id); e != ends_.end())
      gone_ends_.insert(*e);
    if (const auto b = batch_of(f); b.number != 0)
      ++gone_[b.number];
    return true;
  };
  std::erase_if(facts_, goes);
  for (auto& r : removals_) // for good, whether or not a power loss undoes the removal
    std::erase_if(r.jobs, goes);
  if (!any)
    return;
  for (auto& b : written_)
    std::erase_if(b.jobs, in_memory);
  open_anew();
}

void disk::lose_power(size_t surviving) {
  lose_process();
  const auto kept = std::min(written_.size(), synced_ + surviving);
  if (kept == written_.size())
    return sync();
  written_.resize(kept);
  synced_ = kept;
  // A removal that nothing on the disk follows has not reached it either.
  std::erase_if(removals_, [kept](const removal& r) { return r.after >= kept; });
  open_anew();
}

} // namespace callboard::sim
