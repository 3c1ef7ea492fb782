#include "core/scheduler/admission.hpp"

#include "core/base/planted_bug.hpp"
#include "core/scheduler/batch_order.hpp"

#include <algorithm>

namespace callboard {

namespace {

error not_accepted() {
  return {ec::invalid_state, "not accepted: another job of this atomic batch was refused", ""};
}

} // namespace

admission::admission(uint64_t waiting_max, job_index& index) : waiting_max_(waiting_max), index_(index) {
}

void admission::start_ids(job_id floor) {
  ids_ = id_generator{0, floor};
}

uint64_t admission::open(submit_call call, const moment& now) {
  request r;
  r.received = now.steady;
  r.remaining = call.request->jobs.size();
  r.answers.assign(r.remaining, error{});
  r.call = std::move(call);
  requests_.emplace(++last_request_, std::move(r));
  return last_request_;
}

read_request admission::questions(uint64_t number) {
  read_request ask;
  for (const auto& spec : requests_.at(number).call.request->jobs) {
    if (!spec.idempotency_key.empty())
      ask.keys.push_back(spec.idempotency_key);
    for (auto dep : spec.dependencies)
      if (!index_.find(dep))
        ask.jobs.push_back(dep);
  }
  if (!ask.keys.empty() || !ask.jobs.empty())
    keys_.read_begins(number);
  return ask;
}

/// True: the request waits until what it depends on is settled.
bool admission::blocked(uint64_t number, const request& r, const admission_facts& f) {
  for (const auto& spec : r.call.request->jobs) {
    if (!spec.idempotency_key.empty() && keys_.wait_for(spec.idempotency_key, number))
      return true;
    for (auto dep : spec.dependencies)
      if (f.may_end(dep)) {
        waiting_for_job_[dep].push_back(number);
        return true;
      }
  }
  return false;
}

admission::decision admission::decide(uint64_t number, const read_answer* known, const admission_facts& f) {
  decision d;
  const auto found = requests_.find(number);
  if (found == requests_.end())
    return d;
  auto& r = found->second;
  auto& wanted = *r.call.request;
  const auto n = wanted.jobs.size();
  if (n == 0 || (known && known->failed)) {
    if (n == 0)
      r.call.reply.deliver(submit_answers{});
    else
      r.call.reply.deliver(*known->failed);
    requests_.erase(found);
    return d;
  }
  if (blocked(number, r, f))
    return d;

  d.atomic = (wanted.atomic && n > 1) || !wanted.inner.empty();
  verdicts all(n);
  const batch_order order{n, wanted.inner};
  std::unordered_map<std::string_view, size_t> keys_here;
  const auto release = [&] {
    for (auto& v : all)
      if (v.cls)
        index_.release(*v.cls);
  };
  size_t accepted = 0;
  bool refused = false;
  for (auto i : order.positions()) {
    auto& v = all[i];
    judge_key(r, i, known, f, v, keys_here, all);
    if (!v.refusal && !v.known && !v.twin && !judge_new(r, i, known, v, accepted)) {
      release();
      d.look_again = true;
      return d;
    }
    // What a job of the batch waits for may be a job that exists already, under its key.
    for (auto k : order.waits_for(i)) {
      if (!v.cls)
        break;
      if (all[k].known && f.may_end(all[k].known->id)) {
        waiting_for_job_[all[k].known->id].push_back(number);
        release();
        return d;
      }
      judge_inner_dependency(wanted, i, k, all);
    }
    accepted += v.cls.has_value();
    refused =
      refused || (v.refusal && !(planted(bug::atomic_batch_with_key) && v.refusal->code == ec::idempotency_conflict));
  }
  if (d.atomic && refused) {
    release();
    d.refused = n;
    for (size_t i = 0; i < n; ++i)
      answer(number, i, all[i].refusal ? *all[i].refusal : not_accepted(), f.now);
    return d;
  }

  std::vector<job_id> ids(n);
  d.create.reserve(accepted);
  for (auto i : order.positions()) {
    auto& v = all[i];
    if (v.known) {
      ids[i] = v.known->id;
    } else if (v.twin) {
      ids[i] = ids[*v.twin];
      if (const auto u = unborn_.find(ids[i]); u != unborn_.end())
        u->second.positions.push_back(i);
    } else if (v.cls) {
      ids[i] = ids_.next(f.now.wall);
      for (auto k : order.waits_for(i)) {
        const auto dep = ids[k];
        const auto& first = all[all[k].twin.value_or(k)];
        if (!first.known || index_.find(dep))
          wanted.jobs[i].dependencies.push_back(dep);
        if (!first.upstream_failed.empty()) // born cancelled, so this one is as well
          v.upstream_failed = to_string(dep) + " is cancelled";
      }
      create(number, r, i, ids[i], v, f, d);
    }
  }
  d.id_bound = ids_.bound_to_reserve();
  // Last: the answers may be complete, and the request gone.
  for (size_t i = 0; i < n; ++i) {
    auto& v = all[i];
    if (v.refusal) {
      ++d.refused;
      answer(number, i, std::move(*v.refusal), f.now);
    } else if (v.known) {
      ++d.duplicates;
      answer(number, i, *v.known, f.now);
    } else {
      d.duplicates += v.twin.has_value();
    }
  }
  return d;
}

void admission::create(uint64_t number, request& r, size_t i, job_id id, verdict& v, const admission_facts& f,
                       decision& d) {
  auto& spec = r.call.request->jobs[i];
  unborn_job u;
  u.cls = *v.cls;
  u.dependencies = spec.dependencies;
  u.key = spec.idempotency_key;
  u.estimate = std::max(f.estimate(spec.priority), spec.schedule_at.value_or(f.now.wall));
  u.request = number;
  u.positions.push_back(i);
  for (auto dep : u.dependencies)
    unborn_dependants_[dep].push_back(id);
  if (!u.key.empty())
    keys_.claim(u.key, id, v.digest);
  unborn_.emplace(id, std::move(u));
  d.create.push_back({id, std::move(spec), v.upstream_failed});
}

void admission::refuse_all(const error& why) {
  waiting_for_job_.clear();
  keys_.forget_waiting();
  std::set<uint64_t> writing;
  for (const auto& [id, u] : unborn_)
    writing.insert(u.request);
  for (auto i = requests_.begin(); i != requests_.end();)
    if (writing.count(i->first) == 0) {
      i->second.call.reply.deliver(why);
      i = requests_.erase(i);
    } else {
      ++i;
    }
}

std::optional<duration> admission::answer(uint64_t number, size_t i, result<submit_answer> a, const moment& now) {
  const auto found = requests_.find(number);
  if (found == requests_.end())
    return std::nullopt;
  auto& r = found->second;
  r.answers[i] = std::move(a);
  if (--r.remaining > 0)
    return std::nullopt;
  r.call.reply.deliver(std::move(r.answers));
  const auto took = now.steady - r.received;
  requests_.erase(found);
  return took;
}

std::optional<admission::birth> admission::born(const job_note& n, const moment& now) {
  auto u = unborn_.extract(n.job);
  if (!u)
    return std::nullopt;
  auto& job = u.mapped();
  forget_dependencies(n.job, job);
  submit_answer a{.id = n.job,
                  .state = n.after,
                  .priority = n.priority,
                  .created_at = n.created_at,
                  .scheduled_at = n.due,
                  .estimated_execution = job.estimate,
                  .level = n.level};
  birth b{job.cls, std::move(job.dependencies), std::nullopt, keys_.settle(job.key, &a)};
  for (size_t k = 0; k < job.positions.size(); ++k) {
    a.duplicate = k > 0;
    b.took = answer(job.request, job.positions[k], a, now);
  }
  return b;
}

std::vector<uint64_t> admission::stillborn(job_id id, const error& why, const moment& now) {
  auto u = unborn_.extract(id);
  if (!u)
    return {};
  forget_dependencies(id, u.mapped());
  index_.release(u.mapped().cls);
  auto look_at = keys_.settle(u.mapped().key, nullptr);
  for (auto i : u.mapped().positions)
    answer(u.mapped().request, i, why, now);
  return look_at;
}

std::vector<uint64_t> admission::settled(job_id id) {
  auto w = waiting_for_job_.extract(id);
  return w ? std::move(w.mapped()) : std::vector<uint64_t>{};
}

void admission::forget_dependencies(job_id id, const unborn_job& u) {
  for (auto dep : u.dependencies)
    if (const auto i = unborn_dependants_.find(dep); i != unborn_dependants_.end()) {
      std::erase(i->second, id);
      if (i->second.empty())
        unborn_dependants_.erase(i);
    }
}

std::vector<job_id> admission::unborn_dependants(job_id id) const {
  std::vector<job_id> out;
  std::set<job_id> seen{id};
  std::vector<job_id> look{id};
  while (!look.empty()) {
    const auto at = look.back();
    look.pop_back();
    if (const auto i = unborn_dependants_.find(at); i != unborn_dependants_.end())
      for (auto next : i->second)
        if (seen.insert(next).second) {
          out.push_back(next);
          look.push_back(next);
        }
  }
  return out;
}

void admission::sanity_check() const {
  keys_.for_each_claim([this](const std::string&, job_id job) {
    CB_INVARIANT(unborn_.count(job) != 0, "a key that is being written belongs to a job that is");
  });
  for (const auto& [id, u] : unborn_) {
    CB_INVARIANT(!index_.find(id), "a job that is being written is not in the index");
    CB_INVARIANT(u.key.empty() || keys_.is_claimed(u.key), "a job that is being written has its key");
  }
  for (const auto& [dep, jobs] : unborn_dependants_)
    for (auto id : jobs)
      CB_INVARIANT(unborn_.count(id) != 0, "a dependant that is being written is one");
  keys_.sanity_check();
}

} // namespace callboard
