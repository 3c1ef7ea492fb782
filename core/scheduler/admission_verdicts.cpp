#include "core/base/planted_bug.hpp"
#include "core/scheduler/admission.hpp"

#include <algorithm>

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
    else if (first.known)
      v.known = first.known;
    else
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
    a = {.id = rec->id, .state = rec->state, .priority = rec->spec.priority, .created_at = rec->created_at};
    a.scheduled_at = rec->spec.schedule_at;
    a.level = rec->spec.level;
    a.estimated_execution = rec->started_at.value_or(f.estimate(rec->spec.priority));
  }
  if (theirs != v.digest) {
    v.refusal = key_conflict(to_string(a.id));
    return;
  }
  if (const auto* e = index_.find(a.id))
    a.state = e->state;
  a.duplicate = true;
  v.known = a;
}

/// False: what is known of the dependency is out of date.
bool admission::judge_dependency(const job_spec& spec, size_t k, const read_answer* known, verdict& v) const {
  const auto dep = spec.dependencies[k];
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
  else if (rec->state != job_state::completed)
    v.upstream_failed = to_string(dep) + " is " + std::string{to_string(rec->state)};
  return true;
}

/// Whether a job that is new can be accepted. False: look again.
bool admission::judge_new(request& r, size_t i, const read_answer* known, verdict& v, size_t accepted) {
  const auto& spec = r.call.request->jobs[i];
  if (index_.table().size() + unborn_.size() + accepted >= waiting_max_) {
    v.refusal = error{ec::queue_full,
                      "the limit of " + std::to_string(waiting_max_) + " waiting jobs (jobs.waiting_max) is reached"};
    return true;
  }
  for (size_t k = 0; k < spec.dependencies.size() && !v.refusal; ++k)
    if (!judge_dependency(spec, k, known, v))
      return false;
  if (v.refusal)
    return true;
  auto c = index_.acquire(spec.queue, spec.type, spec.resources);
  if (c)
    v.cls = *c;
  else
    v.refusal = std::move(c).err();
  return true;
}

/// A dependency on another job of the request, which has been looked at.
void admission::judge_inner_dependency(const submit_request& r, size_t i, size_t k, verdicts& all) const {
  auto& v = all[i];
  const auto& owner = all[k].known;
  if (owner && (owner->state == job_state::failed || owner->state == job_state::cancelled))
    v.upstream_failed = to_string(owner->id) + " is " + std::string{to_string(owner->state)};
  if (owner && !index_.find(owner->id))
    return; // it is over, and stays so for who waits for it
  if (is_forgotten_first(owner ? owner->level : r.jobs[all[k].twin.value_or(k)].level, r.jobs[i].level))
    v.refusal = forgotten_dependency("job " + std::to_string(k) + " of this batch", "dependencies");
}

} // namespace callboard
