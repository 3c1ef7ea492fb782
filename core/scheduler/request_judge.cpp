#include "core/scheduler/request_judge.hpp"

#include "core/base/planted_bug.hpp"
#include "core/job/debounce.hpp"
#include "core/job/unique_holder.hpp"
#include "core/job/unique_lane.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

const job_record* find_record(const read_answer* known, job_id id) {
  if (!known)
    return nullptr;
  const auto i = std::find_if(known->jobs.begin(), known->jobs.end(), [id](const auto& r) { return r.id == id; });
  return i == known->jobs.end() ? nullptr : &*i;
}

/// Who has the key in what was read.
std::optional<job_id> bound_to(const read_answer* known, std::string_view key) {
  if (!known)
    return std::nullopt;
  const auto i = std::find_if(known->keys.begin(), known->keys.end(), [&](const auto& kv) { return kv.first == key; });
  return i == known->keys.end() ? std::nullopt : std::optional{i->second};
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

request_judge::request_judge(surroundings s, submit_request& wanted, const read_answer* known,
                             const admission_facts& facts)
  : s_(s), wanted_(wanted), known_(known), facts_(facts), order_(wanted.jobs.size(), wanted.inner),
    atomic_((wanted.atomic && wanted.jobs.size() > 1) || !wanted.inner.empty()), all_(wanted.jobs.size()),
    room_(s.index, s.limits, s.under_way, [this](job_id id) { return stays(id); }) {
}

request_judge::~request_judge() {
  if (kept_)
    return;
  for (auto& v : all_)
    if (v.cls)
      s_.index.release(*v.cls);
}

request_judge::end request_judge::run() {
  for (auto i : order_.positions())
    if (const auto e = judge(i); e != end::judged)
      return e;
  if (atomic_)
    refuse_to_depend_on_replaced();
  return end::judged;
}

request_judge::end request_judge::judge(size_t i) {
  auto& v = all_[i];
  const auto is_new = [&v] { return !v.refusal && !v.known && !v.twin; };
  judge_key(i);
  if ((is_new() && !judge_unique(i)) || (is_new() && !judge_new(i)))
    return end::out_of_date;
  if (const auto& u = wanted_.jobs[i].unique; is_new() && u && u->conflict == on_unique_conflict::debounce)
    put_off(wanted_.jobs[i], v.replaces ? find_record(known_, *v.replaces) : nullptr, facts_.now.wall);
  if (v.replaces && facts_.may_end(*v.replaces)) {
    awaited_ = *v.replaces;
    return end::waits;
  }
  // What a job of the batch waits for may be a job that exists already, under its key.
  for (const auto& [k, on] : order_.waits_for(i)) {
    if (!v.cls)
      break;
    if (all_[k].known && facts_.may_end(all_[k].known->id)) {
      awaited_ = all_[k].known->id;
      return end::waits;
    }
    if (!judge_inner_dependency(i, k))
      return end::out_of_date;
  }
  if (v.cls && v.replaces && !atomic_)
    refuse_behind(i, {*v.replaces});
  if (v.cls && !v.refusal && !judge_room(i))
    return end::out_of_date;
  accepted_ += v.cls.has_value();
  refused_ =
    refused_ || (v.refusal && !(planted(bug::atomic_batch_with_key) && v.refusal->code == ec::idempotency_conflict));
  return end::judged;
}

/// Whether the job's key is taken, by a job that is stored or by one further ahead in the request.
void request_judge::judge_key(size_t i) {
  const auto& spec = wanted_.jobs[i];
  auto& v = all_[i];
  if (spec.idempotency_key.empty())
    return;
  v.digest = key_register::digest_of(spec.type, spec.payload.view());
  const auto [here, fresh] = keys_here_.emplace(spec.idempotency_key, i);
  if (const auto& first = all_[here->second]; !fresh && first.refusal) {
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
  if (const auto* written = s_.keys.find_written(spec.idempotency_key)) {
    a = written->answer;
    theirs = written->digest;
  } else {
    const auto owner = bound_to(known_, spec.idempotency_key);
    const auto* rec = owner ? find_record(known_, *owner) : nullptr;
    if (!rec)
      return; // free, or purged between the two reads: free
    theirs = key_register::digest_of(rec->spec.type, rec->spec.payload.view());
    a = answer_again(*rec);
  }
  if (theirs != v.digest) {
    v.refusal = key_conflict(to_string(a.id));
    return;
  }
  if (const auto* e = s_.index.find(a.id))
    a.state = e->state;
  else if (const auto* rec = find_record(known_, a.id); rec && is_terminal(rec->state))
    v.known_end = prerequisite_end{rec->id, ending_of(*rec), has_begun(*rec)};
  a.duplicate = true;
  v.known = a;
}

/// What a submit that names the job again is answered.
submit_answer request_judge::answer_again(const job_record& rec) const {
  submit_answer a{.id = rec.id, .state = rec.state, .priority = rec.spec.priority, .created_at = rec.created_at};
  a.scheduled_at = rec.spec.schedule_at;
  a.level = rec.spec.level;
  a.estimated_execution = rec.started_at.value_or(facts_.estimate(rec.spec.priority));
  if (const auto* e = s_.index.find(rec.id))
    a.state = e->state;
  a.duplicate = true;
  return a;
}

/// Whether the job's unique key is held, by a job that is stored or by one further ahead in the request. False: what is
/// known is out of date.
bool request_judge::judge_unique(size_t i) {
  const auto& rule = wanted_.jobs[i].unique;
  if (!rule || !is_bound(*rule))
    return true;
  auto& v = all_[i];
  const auto name = unique_key_name(rule->key);
  const auto [here, fresh] = unique_here_.emplace(name, i);
  if (!fresh && !all_[here->second].cls) {
    here->second = i; // that one is not new, and holds no key
  } else if (!fresh) {
    if (rule->conflict == on_unique_conflict::existing)
      v.twin = here->second;
    else
      v.refusal = error{ec::unique_conflict, "another job of this request has the same unique key", "unique"};
    return true;
  }
  const auto* written = s_.keys.find_written(name);
  const auto bound = bound_to(known_, name);
  if (written && bound != written->answer.id)
    return false;
  const auto* rec = bound ? find_record(known_, *bound) : nullptr;
  if (!rec)
    return true; // nobody ever had it, or whoever had it is purged
  if (!facts_.complete && !is_terminal(rec->state))
    return false; // who depends on it may not have been read yet
  const auto* live = s_.index.find(rec->id);
  const bool waits = live && !live->has(job_flag::begun | job_flag::placed);
  if (!live && !is_terminal(rec->state))
    return false; // it ended between that read and now
  if (!holds_unique_key(*rec, live != nullptr, waits, facts_.now.wall) || planted(bug::unique_not_looked_at))
    return true;
  if (rule->conflict == on_unique_conflict::existing) {
    v.known = answer_again(*rec);
    if (!live)
      v.known_end = prerequisite_end{rec->id, ending_of(*rec), has_begun(*rec)};
  } else if (replaces(*rule) && waits && rec->id < facts_.perhaps_running_below) {
    v.refusal = error{ec::starting,
                      to_string(rec->id) + " has the same unique key, and may run on a worker that has not come back "
                                           "since the scheduler started: whether it can be replaced is not known yet",
                      "unique"};
  } else if (replaces(*rule) && waits) {
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
bool request_judge::judge_dependency(job_spec& spec, size_t k, verdict& v) const {
  auto& wanted = spec.dependencies[k];
  const auto dep = wanted.job;
  wanted.ended = job_ending::open;
  const auto field = "dependencies[" + std::to_string(k) + "]";
  if (const auto* e = s_.index.find(dep)) {
    if (is_forgotten_first(e->has(job_flag::in_memory) ? durability::memory : durability::os, spec.level))
      v.refusal = forgotten_dependency(to_string(dep), field);
    return true;
  }
  const auto* rec = find_record(known_, dep);
  if (!rec)
    v.refusal = error{ec::unknown_dependency, "there is no job " + to_string(dep), field};
  else if (!is_terminal(rec->state))
    return false; // it ended between that read and now
  if (rec) {
    wanted.ended = ending_of(*rec);
    wanted.began = has_begun(*rec);
  }
  return true;
}

/// Whether a job that is new can be accepted. False: look again.
bool request_judge::judge_new(size_t i) {
  auto& spec = wanted_.jobs[i];
  auto& v = all_[i];
  // What it replaces makes room for it.
  if (!wanted_.past_bounds &&
      s_.index.table().size() + s_.unborn + accepted_ >= s_.waiting_max + (v.replaces ? 1 : 0)) {
    v.refusal = error{ec::queue_full,
                      "the limit of " + std::to_string(s_.waiting_max) + " waiting jobs (jobs.waiting_max) is reached"};
    return true;
  }
  for (size_t k = 0; k < spec.dependencies.size() && !v.refusal; ++k)
    if (!judge_dependency(spec, k, v))
      return false;
  if (v.refusal)
    return true;
  auto c = s_.index.acquire(spec.queue, spec.type, lane_key_of(spec), spec.resources, spec.preempts);
  if (c)
    v.cls = *c;
  else
    v.refusal = std::move(c).err();
  return true;
}

/// A dependency on another job of the request, which has been looked at. False: what is known of it is out of date.
bool request_judge::judge_inner_dependency(size_t i, size_t k) {
  auto& v = all_[i];
  const auto& owner = all_[k].known;
  if (owner && !s_.index.find(owner->id))
    return all_[k].known_end.has_value(); // it is over, and stays so for who waits for it
  if (is_forgotten_first(owner ? owner->level : wanted_.jobs[all_[k].twin.value_or(k)].level, wanted_.jobs[i].level))
    v.refusal = forgotten_dependency("job " + std::to_string(k) + " of this batch", "dependencies");
  return true;
}

/// Whether there is room in the job's queue, and who makes it. False: look again when all live jobs are known, for
/// others may wait for who would go.
bool request_judge::judge_room(size_t i) {
  auto& v = all_[i];
  const auto& spec = wanted_.jobs[i];
  if (wanted_.past_bounds)
    return true;
  auto full = room_.take_in({spec, v.cls->queue, v.replaces}, v.sheds);
  if (!facts_.complete && (full || !v.sheds.empty()) && s_.index.shedding().sheds(spec.queue))
    return false;
  if (full)
    refuse_accepted(i, std::move(*full));
  return true;
}

/// A job that waits is not to make room: something else happens to it, or this request counts on it.
bool request_judge::stays(job_id id) {
  if (!named_) {
    named_.emplace();
    for (const auto& spec : wanted_.jobs)
      for (const auto& d : spec.dependencies)
        named_->insert(d.job);
    if (known_)
      for (const auto& [key, owner] : known_->keys)
        named_->insert(owner);
    for (const auto& spec : wanted_.jobs) {
      const auto* written = spec.idempotency_key.empty() ? nullptr : s_.keys.find_written(spec.idempotency_key);
      if (written)
        named_->insert(written->answer.id);
    }
  }
  return facts_.is_busy(id) || id < facts_.perhaps_running_below || s_.unborn_dependants.count(id) != 0 ||
         named_->count(id) != 0;
}

void request_judge::refuse_accepted(size_t i, error why) {
  auto& v = all_[i];
  s_.index.release(*std::exchange(v.cls, std::nullopt));
  v.replaces.reset();
  v.sheds.clear();
  v.refusal = std::move(why);
}

/// A job cannot wait, directly or not, for one that is replaced in the write that it is born in: by itself, or by a job
/// of the same atomic batch.
void request_judge::refuse_behind(size_t i, const std::set<job_id>& replaced) {
  std::vector<job_id> deps;
  for (const auto& d : wanted_.jobs[i].dependencies)
    deps.push_back(d.job);
  for (const auto& [k, on] : order_.waits_for(i))
    if (all_[k].known)
      deps.push_back(all_[k].known->id);
  const auto cause =
    std::find_if(deps.begin(), deps.end(), [&](job_id dep) { return waits_for_one_of(dep, replaced); });
  if (cause != deps.end())
    refuse_accepted(i, {ec::invalid_value,
                        to_string(*cause) + " is, or waits for, a job that is replaced by its unique key here",
                        "dependencies"});
}

void request_judge::refuse_to_depend_on_replaced() {
  std::set<job_id> replaced;
  for (const auto& v : all_)
    if (v.replaces)
      replaced.insert(*v.replaces);
  for (size_t i = 0; i < all_.size() && !replaced.empty(); ++i)
    if (all_[i].cls) {
      refuse_behind(i, replaced);
      refused_ = refused_ || all_[i].refusal;
    }
}

bool request_judge::waits_for_one_of(job_id id, const std::set<job_id>& others) const {
  std::set<job_id> seen{id};
  for (std::vector<job_id> look{id}; !look.empty();) {
    const auto at = look.back();
    look.pop_back();
    if (others.count(at) == 1)
      return true;
    for (auto next : s_.index.graph().waits_for(at))
      if (seen.insert(next).second)
        look.push_back(next);
  }
  return false;
}

} // namespace callboard
