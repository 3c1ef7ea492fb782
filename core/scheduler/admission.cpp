#include "core/scheduler/admission.hpp"

#include "core/base/invariant.hpp"
#include "core/job/unique_lane.hpp"

#include <algorithm>

namespace callboard {

namespace {

error not_accepted() {
  return {ec::invalid_state, "not accepted: another job of this atomic batch was refused", ""};
}

/// Under these names the register and the store know a job.
std::vector<std::string> keys_of(const job_spec& spec) {
  std::vector<std::string> keys;
  if (!spec.idempotency_key.empty())
    keys.push_back(spec.idempotency_key);
  if (spec.unique && is_bound(*spec.unique))
    keys.push_back(unique_key_name(spec.unique->key));
  return keys;
}

/// The job depends on others of its request as well. Of a conditional job it is kept how they ended, of a plain one
/// not: there those which are over completed, or it is born cancelled.
refusal_to_run take_dependencies(job_spec& spec, const std::vector<dependency>& inner) {
  auto& all = spec.dependencies;
  const auto named = all.size();
  all.insert(all.end(), inner.begin(), inner.end());
  auto never = prospect_of(spec.rule, all) == prospect::never ? refusal_of(spec.rule, all) : refusal_to_run{};
  if (is_conditional(spec.rule, all))
    return never;
  all.erase(std::remove_if(all.begin() + static_cast<std::ptrdiff_t>(named), all.end(),
                           [](const auto& d) { return d.ended != job_ending::open; }),
            all.end());
  for (auto& d : all) {
    d.ended = job_ending::open;
    d.began = false;
  }
  return never;
}

} // namespace

admission::admission(uint64_t waiting_max, job_index& index, const limit_book& limits)
  : waiting_max_(waiting_max), index_(index), limits_(limits) {
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
    for (auto& key : keys_of(spec))
      ask.keys.push_back(std::move(key));
    for (const auto& dep : spec.dependencies)
      if (!index_.find(dep.job))
        ask.jobs.push_back(dep.job);
  }
  if (!ask.keys.empty() || !ask.jobs.empty())
    keys_.read_begins(number);
  return ask;
}

/// True: the request waits until what it depends on is settled.
bool admission::blocked(uint64_t number, const request& r, const admission_facts& f) {
  for (const auto& spec : r.call.request->jobs) {
    for (const auto& key : keys_of(spec))
      if (keys_.wait_for(key, number))
        return true;
    for (const auto& dep : spec.dependencies)
      if (f.may_end(dep.job)) {
        waiting_for_job_[dep.job].push_back(number);
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
  if (wanted.jobs.empty() || (known && known->failed)) {
    if (wanted.jobs.empty())
      r.call.reply.deliver(submit_answers{});
    else
      r.call.reply.deliver(*known->failed);
    requests_.erase(found);
    return d;
  }
  if (blocked(number, r, f))
    return d;
  request_judge judge{
    {index_, limits_, keys_, under_way_, unborn_dependants_, unborn_.size(), waiting_max_}, wanted, known, f};
  switch (judge.run()) {
  case request_judge::end::out_of_date:
    d.look_again = true;
    return d;
  case request_judge::end::waits:
    waiting_for_job_[judge.awaited()].push_back(number);
    return d;
  case request_judge::end::judged:
    break;
  }
  d.atomic = judge.is_atomic();
  if (d.atomic && judge.any_refused()) {
    d.refused = wanted.jobs.size();
    refuse_batch(number, judge, f);
    return d;
  }
  create_accepted(number, r, judge, f, d);
  // Last: the answers may be complete, and the request gone.
  answer_others(number, judge, f, d);
  return d;
}

void admission::refuse_batch(uint64_t number, request_judge& judged, const admission_facts& f) {
  const auto& all = judged.verdicts();
  for (size_t i = 0; i < all.size(); ++i)
    answer(number, i, all[i].refusal ? *all[i].refusal : not_accepted(), f.now);
}

/// The accepted jobs get their ids, and by them their dependencies on each other.
void admission::create_accepted(uint64_t number, request& r, request_judge& judged, const admission_facts& f,
                                decision& d) {
  judged.keep_classes();
  auto& all = judged.verdicts();
  std::vector<job_id> ids(all.size());
  d.create.reserve(judged.accepted());
  for (auto i : judged.order().positions()) {
    auto& v = all[i];
    if (v.known) {
      ids[i] = v.known->id;
    } else if (v.twin && all[*v.twin].refusal) {
      v.refusal = all[*v.twin].refusal;
    } else if (v.twin) {
      ids[i] = ids[*v.twin];
      if (const auto u = unborn_.find(ids[i]); u != unborn_.end())
        u->second.twins.push_back(i);
    } else if (v.cls) {
      ids[i] = ids_.next(f.now.wall);
      std::vector<dependency> inner;
      for (const auto& [k, on] : judged.order().waits_for(i)) {
        auto& dep = inner.emplace_back(ids[k], on);
        const auto& first = all[all[k].twin.value_or(k)];
        if (first.never) {
          dep.ended = ending_of(job_state::cancelled, first.never.code);
        } else if (first.known_end) {
          dep.ended = first.known_end->how;
          dep.began = first.known_end->began;
        }
      }
      v.never = take_dependencies(r.call.request->jobs[i], inner);
      create(number, r, i, ids[i], v, f, d);
    }
  }
  d.id_bound = ids_.bound_to_reserve();
}

void admission::answer_others(uint64_t number, request_judge& judged, const admission_facts& f, decision& d) {
  auto& all = judged.verdicts();
  for (size_t i = 0; i < all.size(); ++i) {
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
}

void admission::create(uint64_t number, request& r, size_t i, job_id id, verdict& v, const admission_facts& f,
                       decision& d) {
  auto& spec = r.call.request->jobs[i];
  const auto [place, fresh] = unborn_.try_emplace(id);
  CB_INVARIANT(fresh, "an id is given once");
  auto& u = place->second;
  u.cls = *v.cls;
  if (v.never) // it does not wait
    v.sheds.clear();
  else
    u.adds = {1, static_cast<int64_t>(spec.payload.size())};
  creation c{std::make_shared<job_record>(), v.never, {}};
  c.job->id = id;
  take_place(v, id, u, c);
  add_to(under_way_, u.cls.queue, u.adds);
  if (u.elsewhere)
    add_to(under_way_, u.elsewhere->first, u.elsewhere->second);
  u.waits_for = {spec.rule, spec.dependencies};
  u.keys = keys_of(spec);
  u.estimate = std::max(f.estimate(spec.priority), spec.schedule_at.value_or(f.now.wall));
  if (spec.finish_by) {
    // The latest start is told by how long jobs of its type run.
    const auto run = f.mean_run(index_.type_of(u.cls.shape));
    const auto latest = *spec.finish_by - run;
    spec.deadline = std::min(spec.deadline.value_or(latest), latest);
    u.projected_finish = u.estimate + run;
  }
  u.request = number;
  u.position = i;
  for (const auto& dep : u.waits_for.jobs)
    unborn_dependants_[dep.job].push_back(id);
  for (const auto& key : u.keys)
    keys_.claim(key, id, v.digest);
  c.job->spec = std::move(spec);
  d.create.push_back(std::move(c));
}

/// The jobs that go for this one, and do not count in their queues any more.
void admission::take_place(const verdict& v, job_id id, unborn_job& u, creation& c) const {
  const auto remove = [&](job_id job, std::string_view code, std::string reason) {
    c.removes.push_back({job, {code, std::move(reason)}});
    const auto* e = index_.find(job);
    const auto freed = counts_as_waiting(e->state) ? -waiting_sum{1, e->payload_bytes} : waiting_sum{};
    if (e->queue == u.cls.queue)
      u.adds += freed;
    else
      u.elsewhere.emplace(e->queue, freed);
  };
  if (v.replaces)
    remove(*v.replaces, job_error_code::replaced, "replaced by " + to_string(id));
  u.sheds = v.sheds.size();
  for (const auto job : v.sheds)
    remove(job, job_error_code::shed,
           "its queue was full: it made room for " + to_string(id) + ", which is more urgent");
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

std::unordered_map<job_id, admission::unborn_job>::node_type admission::take_unborn(job_id id) {
  auto u = unborn_.extract(id);
  if (u) {
    const auto& job = u.mapped();
    add_to(under_way_, job.cls.queue, -job.adds);
    if (job.elsewhere)
      add_to(under_way_, job.elsewhere->first, -job.elsewhere->second);
  }
  return u;
}

std::optional<admission::birth> admission::born(const job_note& n, const moment& now) {
  auto u = take_unborn(n.job);
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
                  .level = n.level,
                  .projected_finish = job.projected_finish};
  birth b{job.cls, std::move(job.waits_for), std::nullopt, settle_keys(job, &a), job.sheds};
  b.took = answer(job.request, job.position, a, now);
  a.duplicate = true;
  for (auto i : job.twins)
    b.took = answer(job.request, i, a, now);
  return b;
}

std::vector<uint64_t> admission::stillborn(job_id id, const error& why, const moment& now) {
  auto u = take_unborn(id);
  if (!u)
    return {};
  forget_dependencies(id, u.mapped());
  index_.release(u.mapped().cls);
  auto look_at = settle_keys(u.mapped(), nullptr);
  answer(u.mapped().request, u.mapped().position, why, now);
  for (auto i : u.mapped().twins)
    answer(u.mapped().request, i, why, now);
  return look_at;
}

std::vector<uint64_t> admission::settle_keys(const unborn_job& u, const submit_answer* a) {
  std::vector<uint64_t> look_at;
  for (const auto& key : u.keys)
    for (auto number : keys_.settle(key, a))
      look_at.push_back(number);
  return look_at;
}

std::vector<uint64_t> admission::settled(job_id id) {
  auto w = waiting_for_job_.extract(id);
  return w ? std::move(w.mapped()) : std::vector<uint64_t>{};
}

void admission::forget_dependencies(job_id id, const unborn_job& u) {
  for (const auto& dep : u.waits_for.jobs)
    if (const auto i = unborn_dependants_.find(dep.job); i != unborn_dependants_.end()) {
      std::erase(i->second, id);
      if (i->second.empty())
        unborn_dependants_.erase(i);
    }
}

std::vector<admission::unborn_dependant> admission::unborn_dependants(job_id id) const {
  std::vector<unborn_dependant> out;
  if (const auto i = unborn_dependants_.find(id); i != unborn_dependants_.end())
    for (auto job : i->second) {
      const auto& p = unborn_.at(job).waits_for;
      out.push_back({job, is_conditional(p.rule, p.jobs)});
    }
  return out;
}

void admission::sanity_check() const {
  keys_.for_each_claim([this](const std::string&, job_id job) {
    CB_INVARIANT(unborn_.count(job) != 0, "a key that is being written belongs to a job that is");
  });
  queue_sums of_queue;
  for (const auto& [id, u] : unborn_) {
    add_to(of_queue, u.cls.queue, u.adds);
    if (u.elsewhere)
      add_to(of_queue, u.elsewhere->first, u.elsewhere->second);
  }
  CB_INVARIANT(of_queue == under_way_, "what jobs that are being written add to their queues is counted");
  for (const auto& [id, u] : unborn_) {
    CB_INVARIANT(!index_.find(id), "a job that is being written is not in the index");
    for (const auto& key : u.keys)
      CB_INVARIANT(keys_.is_claimed(key), "a job that is being written has its keys");
  }
  for (const auto& [dep, jobs] : unborn_dependants_)
    for (auto id : jobs)
      CB_INVARIANT(unborn_.count(id) != 0, "a dependant that is being written is one");
  keys_.sanity_check();
}

} // namespace callboard
