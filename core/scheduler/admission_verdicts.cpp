#include "core/base/planted_bug.hpp"
#include "core/scheduler/admission.hpp"

#include <algorithm>
#include <utility>

// How each job of a request is judged: by its key, by its dependencies, by what there is room for.

namespace callboard {

namespace {

const job_record* find_record(const read_answer* known, job_id id) {
  if (!known)
    return nullptr;
  const auto i = std::find_if(known->jobs.begin(), known->jobs.end(), [id](const auto& r) { return r.id == id; });
  return i == known->jobs.end() ? nullptr : &*i;
}

error key_conflict(const std::string& owner) {
  return {ec::idempotency_conflict, "the key belongs to " + owner + ", which has another type or payload",
          "idempotencyKey"};
}

/// After a restart a job that is not there counts as completed, so none may wait for one that goes before it (P4).
bool is_forgotten_first(durability dependency, durability job) {
  return dependency == durability::memory && job != durability::memory && !planted(bug::forgotten_dependency);
}

error forgotten_dependency(const std::string& which, std::string field) {
  return {ec::invalid_value,
          which + " has durability `memory`, so a job that survives a restart of the scheduler cannot wait for it",
          std::move(field)};
}

} // namespace

/// Whether the job's key is taken, by a job that is stored or by one further ahead in the request.
void admission::judge_key(const request& r, size_t i, const read_answer* known, const admission_facts& f, verdict& v,
                          std::unordered_map<std::string_view, size_t>& keys_here, const verdicts& all) {
  const auto& spec = r.call.request->jobs[i];
  if (spec.idempotency_key.empty())
    return;
  v.digest = key_register::digest_of(spec.type, spec.payload.view());
  const auto [here, fresh] = keys_here.emplace(spec.idempotency_key, i);
  if (const auto& first = all[here->second]; !fresh && first.refusal) {
    here->second = i; // what was refused has no key
  } else if (!fresh) {
    if (first.digest != v.digest)
      v.refusal = key_conflict("another job of this batch");
    else if (first.known) {
      v.known = first.known;
      v.known_end = first.known_end;
    } else
      v.twin = here->second;
    return;
  }
  uint64_t theirs = 0;
  submit_answer a;
  if (const auto* written = keys_.find_written(spec.idempotency_key)) {
    a = written->answer;
    theirs = written->digest;
  } else {
    if (!known)
      return;
    const auto found = std::find_if(known->keys.begin(), known->keys.end(),
                                    [&](const auto& kv) { return kv.first == spec.idempotency_key; });
    const auto* rec = found == known->keys.end() ? nullptr : find_record(known, found->second);
    if (!rec)
      return; // free, or purged between the two reads: free
    theirs = key_register::digest_of(rec->spec.type, rec->spec.payload.view());
    a = answer_again(*rec, f);
  }
  if (theirs != v.digest) {
    v.refusal = key_conflict(to_string(a.id));
    return;
  }
  if (const auto* e = index_.find(a.id))
    a.state = e->state;
  else if (const auto* rec = find_record(known, a.id); rec && is_terminal(rec->state))
    v.known_end = prerequisite_end{rec->id, ending_of(*rec), rec->attempt > 0};
  a.duplicate = true;
  v.known = a;
}

/// What a submit that names the job again is answered.
submit_answer admission::answer_again(const job_record& rec, const admission_facts& f) const {
  submit_answer a{.id = rec.id, .state = rec.state, .priority = rec.spec.priority, .created_at = rec.created_at};
  a.scheduled_at = rec.spec.schedule_at;
  a.level = rec.spec.level;
  a.estimated_execution = rec.started_at.value_or(f.estimate(rec.spec.priority));
  if (const auto* e = index_.find(rec.id))
    a.state = e->state;
  a.duplicate = true;
  return a;
}

/// Whether the job's unique key is held, by a job that is stored or by one further ahead in the request. False: what is
/// known is out of date.
bool admission::judge_unique(const request& r, size_t i, const read_answer* known, const admission_facts& f, verdict& v,
                             std::unordered_map<std::string, size_t>& unique_here, const verdicts& all) const {
  const auto& rule = r.call.request->jobs[i].unique;
  if (!rule)
    return true;
  const auto name = unique_key_name(rule->key);
  const auto [here, fresh] = unique_here.emplace(name, i);
  if (!fresh && !all[here->second].cls) {
    here->second = i; // that one is not new, and holds no key
  } else if (!fresh) {
    if (rule->conflict == on_unique_conflict::existing)
      v.twin = here->second;
    else
      v.refusal = error{ec::unique_conflict, "another job of this request has the same unique key", "unique"};
    return true;
  }
  const auto* written = keys_.find_written(name);
  const auto bound = !known ? std::optional<job_id>{} : [&]() -> std::optional<job_id> {
    const auto k =
      std::find_if(known->keys.begin(), known->keys.end(), [&](const auto& kv) { return kv.first == name; });
    return k == known->keys.end() ? std::nullopt : std::optional{k->second};
  }();
  if (written && bound != written->answer.id)
    return false;
  const auto* rec = bound ? find_record(known, *bound) : nullptr;
  if (!rec)
    return true; // nobody ever had it, or whoever had it is purged
  if (!f.complete && !is_terminal(rec->state))
    return false; // who depends on it may not have been read yet
  const auto* live = index_.find(rec->id);
  const bool waits = live && !live->has(job_flag::begun | job_flag::placed);
  if (!live && !is_terminal(rec->state))
    return false; // it ended between that read and now
  const auto& theirs = rec->spec.unique;
  const bool held =
    theirs && (theirs->scope == unique_scope::queued       ? waits
               : theirs->scope == unique_scope::unfinished ? live != nullptr
                                                           : f.now.wall < rec->created_at + theirs->window);
  if (!held || planted(bug::unique_not_looked_at))
    return true;
  if (rule->conflict == on_unique_conflict::existing) {
    v.known = answer_again(*rec, f);
    if (!live)
      v.known_end = prerequisite_end{rec->id, ending_of(*rec), rec->attempt > 0};
  } else if (rule->conflict == on_unique_conflict::replace && waits) {
    v.replaces = rec->id;
  } else {
    v.refusal = error{ec::unique_conflict,
                      to_string(rec->id) + " has the same unique key and " +
                        (rule->conflict == on_unique_conflict::reject ? "holds it"
                         : live                                       ? "has begun, so it is not replaced"
                                                                      : "holds it though it has ended"),
                      "unique"};
  }
  return true;
}

/// False: what is known of the dependency is out of date.
bool admission::judge_dependency(job_spec& spec, size_t k, const read_answer* known, verdict& v) const {
  auto& wanted = spec.dependencies[k];
  const auto dep = wanted.job;
  wanted.ended = job_ending::open;
  const auto field = "dependencies[" + std::to_string(k) + "]";
  if (const auto* e = index_.find(dep)) {
    if (is_forgotten_first(e->has(job_flag::in_memory) ? durability::memory : durability::os, spec.level))
      v.refusal = forgotten_dependency(to_string(dep), field);
    return true;
  }
  const auto* rec = find_record(known, dep);
  if (!rec)
    v.refusal = error{ec::unknown_dependency, "there is no job " + to_string(dep), field};
  else if (!is_terminal(rec->state))
    return false; // it ended between that read and now
  if (rec) {
    wanted.ended = ending_of(*rec);
    wanted.began = rec->attempt > 0;
  }
  return true;
}

/// Whether the job's queue is full.
void admission::judge_queue(const job_spec& spec, const std::unordered_map<uint32_t, uint64_t>& accepted,
                            verdict& v) const {
  const auto scope = limits_.find({limit_kind::queue, spec.queue, {}});
  if (!scope || scope->rule.waiting_max == 0 || planted(bug::full_queue_accepts))
    return;
  const auto& rule = scope->rule;
  const auto number = index_.queues().find(spec.queue);
  if (!number || spec.priority >= rule.full_accepts_from.value_or(priority_max + 1))
    return;
  const auto of = [&](const std::unordered_map<uint32_t, uint64_t>& counts) {
    const auto i = counts.find(*number);
    return i == counts.end() ? 0 : i->second;
  };
  const auto& states = index_.table().by_state(*number);
  const auto waiting = states[static_cast<size_t>(job_state::queued)] +
                       states[static_cast<size_t>(job_state::scheduled)] + of(unborn_of_queue_) + of(accepted);
  // What it replaces makes room for it, if that is in the same queue.
  const auto* replaced = v.replaces ? index_.find(*v.replaces) : nullptr;
  if (waiting < rule.waiting_max + (replaced && replaced->queue == *number ? 1 : 0))
    return;
  v.refusal = error{ec::queue_full,
                    "the queue '" + spec.queue + "' has its limit of " + std::to_string(rule.waiting_max) +
                      " waiting jobs (waitingMax)" +
                      (rule.full_accepts_from
                         ? "; jobs of priority " + std::to_string(*rule.full_accepts_from) + " and above are accepted"
                         : ""),
                    "queue"};
}

/// Whether a job that is new can be accepted. False: look again.
bool admission::judge_new(request& r, size_t i, const read_answer* known, verdict& v, size_t accepted,
                          const std::unordered_map<uint32_t, uint64_t>& accepted_of_queue) {
  auto& spec = r.call.request->jobs[i];
  // What it replaces makes room for it.
  if (index_.table().size() + unborn_.size() + accepted >= waiting_max_ + (v.replaces ? 1 : 0)) {
    v.refusal = error{ec::queue_full,
                      "the limit of " + std::to_string(waiting_max_) + " waiting jobs (jobs.waiting_max) is reached"};
    return true;
  }
  judge_queue(spec, accepted_of_queue, v);
  for (size_t k = 0; k < spec.dependencies.size() && !v.refusal; ++k)
    if (!judge_dependency(spec, k, known, v))
      return false;
  if (v.refusal)
    return true;
  auto c = index_.acquire(spec.queue, spec.type, spec.concurrency_key, spec.resources, spec.preempts);
  if (c)
    v.cls = *c;
  else
    v.refusal = std::move(c).err();
  return true;
}

/// A dependency on another job of the request, which has been looked at. False: what is known of it is out of date.
bool admission::judge_inner_dependency(const submit_request& r, size_t i, size_t k, verdicts& all) const {
  auto& v = all[i];
  const auto& owner = all[k].known;
  if (owner && !index_.find(owner->id))
    return all[k].known_end.has_value(); // it is over, and stays so for who waits for it
  if (is_forgotten_first(owner ? owner->level : r.jobs[all[k].twin.value_or(k)].level, r.jobs[i].level))
    v.refusal = forgotten_dependency("job " + std::to_string(k) + " of this batch", "dependencies");
  return true;
}

/// A job cannot wait, directly or not, for one that is replaced in the write that it is born in: by itself, or by a job
/// of the same atomic batch. True: there is one, and it is refused.
bool admission::refuse_to_depend_on_replaced(const submit_request& r, const batch_order& order, bool atomic,
                                             verdicts& all) {
  std::set<job_id> of_batch;
  for (const auto& v : all)
    if (v.replaces)
      of_batch.insert(*v.replaces);
  bool any = false;
  for (size_t i = 0; i < all.size() && !of_batch.empty(); ++i) {
    auto& v = all[i];
    if (!v.cls || (!atomic && !v.replaces))
      continue;
    const auto replaced = atomic ? of_batch : std::set<job_id>{*v.replaces};
    std::vector<job_id> deps;
    for (const auto& d : r.jobs[i].dependencies)
      deps.push_back(d.job);
    for (const auto& [k, on] : order.waits_for(i))
      if (all[k].known)
        deps.push_back(all[k].known->id);
    const auto cause =
      std::find_if(deps.begin(), deps.end(), [&](job_id dep) { return waits_for_one_of(dep, replaced); });
    if (cause == deps.end())
      continue;
    index_.release(*std::exchange(v.cls, std::nullopt));
    v.replaces.reset();
    v.refusal =
      error{ec::invalid_value, to_string(*cause) + " is, or waits for, a job that is replaced by its unique key here",
            "dependencies"};
    any = true;
  }
  return any;
}

bool admission::waits_for_one_of(job_id id, const std::set<job_id>& others) const {
  std::set<job_id> seen{id};
  for (std::vector<job_id> look{id}; !look.empty();) {
    const auto at = look.back();
    look.pop_back();
    if (others.count(at) == 1)
      return true;
    for (auto next : index_.graph().waits_for(at))
      if (seen.insert(next).second)
        look.push_back(next);
  }
  return false;
}

} // namespace callboard
