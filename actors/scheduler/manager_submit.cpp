#include "actors/scheduler/manager.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>

namespace callboard {

namespace {

uint64_t digest(std::string_view type, std::string_view payload) {
  return std::hash<std::string_view>{}(type)*0x9E3779B97F4A7C15ull ^ std::hash<std::string_view>{}(payload);
}

const job_record* find_record(const read_answer* known, job_id id) {
  if (!known)
    return nullptr;
  auto i = std::find_if(known->jobs.begin(), known->jobs.end(), [id](const auto& r) { return r.id == id; });
  return i == known->jobs.end() ? nullptr : &*i;
}

/// Positions of a batch so that every job stands behind those of the batch that it waits for. No cycle: checked before.
std::vector<size_t> topological(size_t n, const std::vector<batch_dependency>& inner) {
  std::vector<size_t> waits(n), order;
  std::vector<std::vector<size_t>> next(n);
  for (const auto& d : inner) {
    ++waits[d.job];
    next[d.depends_on].push_back(d.job);
  }
  for (size_t i = 0; i < n; ++i)
    if (waits[i] == 0)
      order.push_back(i);
  for (size_t at = 0; at < order.size(); ++at)
    for (auto j : next[order[at]])
      if (--waits[j] == 0)
        order.push_back(j);
  return order;
}

error not_accepted() {
  return {ec::invalid_state, "not accepted: another job of this atomic batch was refused", ""};
}

} // namespace

std::optional<error> manager::closed_for() const {
  if (draining_)
    return error{ec::shutting_down, "the scheduler is shutting down"};
  if (!opened_)
    return error{ec::starting, "the scheduler is opening its store"};
  return std::nullopt;
}

/// For what needs the whole index.
std::optional<error> manager::incomplete() const {
  if (!recovered_)
    return error{ec::starting, "the scheduler is still reading its store"};
  return std::nullopt;
}

void manager::on(submit_call& x) {
  if (auto e = closed_for())
    return x.reply.deliver(*e);
  auto b = std::make_shared<batch>();
  b->received = std::chrono::steady_clock::now();
  b->call = std::move(x);
  b->remaining = b->call.request->jobs.size();
  b->answers.assign(b->remaining, error{});
  if (b->remaining == 0)
    return b->call.reply.deliver(std::move(b->answers));
  resolve(b);
}

/// Asks the store what only it knows: who has these keys, and how finished dependencies ended.
void manager::resolve(batch_ptr b) {
  read_request ask;
  for (const auto& spec : b->call.request->jobs) {
    if (!spec.idempotency_key.empty())
      ask.keys.push_back(spec.idempotency_key);
    for (auto dep : spec.dependencies)
      if (!table_.find(dep))
        ask.jobs.push_back(dep);
  }
  if (ask.keys.empty() && ask.jobs.empty()) {
    admit(b, nullptr);
    return run_jobs();
  }
  ++key_reads_;
  auto over = [this](const batch_ptr& done, const read_answer* known) {
    admit(done, known);
    run_jobs();
    if (--key_reads_ == 0)
      keys_recent_.clear();
  };
  self_->request(reader_, caf::infinite, std::move(ask))
    .then([b, over](read_answer& known) { over(b, &known); },
          [b, over](caf::error&) {
            read_answer none;
            none.failed = error{ec::storage_unavailable, "the store could not be read"};
            over(b, &none);
          });
}

/// Nothing is accepted with an error; `upstream_failed` is set when it is accepted only to be cancelled.
std::optional<error> manager::check(const batch_ptr& b, size_t i, const read_answer* known,
                                    std::string& upstream_failed, bool& look_again) {
  const auto& spec = b->call.request->jobs[i];
  if (table_.size() + unborn_.size() >= config().jobs.waiting_max)
    return error{ec::queue_full, "the limit of " + std::to_string(config().jobs.waiting_max) +
                                   " waiting jobs (jobs.waiting_max) is reached"};
  if (!queues_.intern(spec.queue))
    return error{ec::out_of_range, "there are too many different queues", "queue"};
  if (!types_.intern(spec.type))
    return error{ec::out_of_range, "there are too many different job types", "jobType"};
  // A batch may bring as many new shapes as it has jobs.
  if (!spec.resources.is_plain() && shapes_.size() + config().jobs.batch_jobs_max >= shape_table::shapes_max)
    return error{ec::queue_full, "the waiting jobs ask for too many different combinations of resources", "resources"};
  for (size_t k = 0; k < spec.dependencies.size(); ++k) {
    const auto dep = spec.dependencies[k];
    if (table_.find(dep))
      continue;
    const auto* rec = find_record(known, dep);
    if (!rec)
      return error{ec::unknown_dependency, "there is no job " + to_string(dep),
                   "dependencies[" + std::to_string(k) + "]"};
    if (!is_terminal(rec->state))
      look_again = true; // it ended between that read and now
    else if (rec->state != job_state::completed)
      upstream_failed = to_string(dep) + " is " + std::string{to_string(rec->state)};
  }
  return std::nullopt;
}

/// True when the job's key is taken: then it has its answer, or will have it with the job that took the key.
bool manager::answer_duplicate(const batch_ptr& b, size_t i, const read_answer* known) {
  const auto& spec = b->call.request->jobs[i];
  if (spec.idempotency_key.empty())
    return false;
  const auto mine = digest(spec.type, spec.payload.view());
  const auto conflict = [&](job_id other) {
    answer_submit(b, i,
                  error{ec::idempotency_conflict,
                        "the key belongs to " + to_string(other) + ", which has another type or payload",
                        "idempotencyKey"});
    return true;
  };
  if (auto k = keys_in_flight_.find(spec.idempotency_key); k != keys_in_flight_.end()) {
    if (k->second.digest != mine)
      return conflict(k->second.job);
    k->second.waiters.emplace_back(b, i);
    return true;
  }
  job_id owner;
  uint64_t theirs = 0;
  submit_answer a;
  if (auto k = keys_recent_.find(spec.idempotency_key); k != keys_recent_.end()) {
    std::tie(owner, theirs) = k->second;
    a = {.id = owner, .state = job_state::queued, .priority = spec.priority, .created_at = created_at(owner)};
    if (const auto* e = table_.find(owner))
      a.state = e->state;
  } else if (known) {
    auto found = std::find_if(known->keys.begin(), known->keys.end(),
                              [&](const auto& kv) { return kv.first == spec.idempotency_key; });
    if (found == known->keys.end())
      return false;
    owner = found->second;
    const auto* rec = find_record(known, owner);
    if (!rec)
      return false; // purged between the two reads: the key is free
    theirs = digest(rec->spec.type, rec->spec.payload.view());
    a = {.id = owner, .state = rec->state, .priority = rec->spec.priority, .created_at = rec->created_at};
    a.scheduled_at = rec->spec.schedule_at;
    a.level = rec->spec.level;
    a.estimated_execution = rec->started_at.value_or(estimate(rec->spec.priority, now()));
    if (const auto* e = table_.find(owner))
      a.state = e->state;
  } else {
    return false;
  }
  if (theirs != mine)
    return conflict(owner);
  a.duplicate = true;
  ++delta_.duplicates;
  answer_submit(b, i, a);
  return true;
}

void manager::admit(const batch_ptr& b, const read_answer* known) {
  auto& request = *b->call.request;
  const auto n = request.jobs.size();
  const bool atomic = (request.atomic && n > 1) || !request.inner.empty();
  if (known && known->failed)
    return b->call.reply.deliver(*known->failed);
  if (auto e = closed_for())
    return b->call.reply.deliver(*e);

  std::vector<std::optional<error>> errors(n);
  std::vector<std::string> upstream(n);
  bool look_again = false, refused = false;
  for (size_t i = 0; i < n; ++i) {
    errors[i] = check(b, i, known, upstream[i], look_again);
    refused = refused || errors[i];
  }
  if (look_again)
    return resolve(b);
  if (atomic && refused) {
    delta_.rejected += n;
    for (size_t i = 0; i < n; ++i)
      answer_submit(b, i, errors[i] ? *errors[i] : not_accepted());
    return;
  }

  const auto t = now();
  const auto order = topological(n, request.inner);
  std::vector<job_id> ids(n);
  std::vector<size_t> fresh;
  for (auto i : order) {
    if (errors[i]) {
      ++delta_.rejected;
      answer_submit(b, i, *errors[i]);
      continue;
    }
    if (answer_duplicate(b, i, known)) {
      if (auto k = keys_in_flight_.find(request.jobs[i].idempotency_key); k != keys_in_flight_.end())
        ids[i] = k->second.job;
      else if (i < b->answers.size() && b->answers[i]) // they are gone once all are given
        ids[i] = b->answers[i]->id;
      continue;
    }
    ids[i] = ids_.next(t);
    fresh.push_back(i);
    if (const auto& key = request.jobs[i].idempotency_key; !key.empty())
      keys_in_flight_[key] = {ids[i], digest(request.jobs[i].type, request.jobs[i].payload.view()), {}};
  }
  if (fresh.empty())
    return;
  if (auto bound = ids_.bound_to_reserve()) {
    // Ahead of the jobs in the store keeper's mailbox, hence in the same commit or an earlier one.
    commit_part p;
    p.boot = boot_;
    p.meta.emplace_back("id_bound", std::to_string(bound->value));
    self_->send(options_.keeper, std::move(p));
  }
  for (const auto& d : request.inner)
    if (ids[d.job] && ids[d.depends_on])
      request.jobs[d.job].dependencies.push_back(ids[d.depends_on]);
  uint64_t group = 0;
  if (atomic && fresh.size() > 1) {
    std::set<job_id> members;
    for (auto i : fresh)
      members.insert(ids[i]);
    group = open_group(job_id{}, std::move(members));
  }
  for (auto i : fresh)
    create_job(b, i, ids[i], std::move(upstream[i]), group);
}

void manager::create_job(const batch_ptr& b, size_t i, job_id id, std::string upstream_failed, uint64_t group) {
  auto& spec = b->call.request->jobs[i];
  unborn u;
  u.queue = *queues_.find(spec.queue);
  u.shape = shapes_.acquire({*types_.find(spec.type), spec.resources}).value();
  u.dependencies = spec.dependencies;
  u.key = spec.idempotency_key;
  for (auto dep : u.dependencies)
    unborn_dependants_[dep].push_back(id);
  const auto t = now();
  u.estimate = std::max(estimate(spec.priority, t), spec.schedule_at.value_or(t));
  unborn_.emplace(id, std::move(u));
  auto rec = std::make_shared<job_record>();
  rec->id = id;
  rec->spec = std::move(spec);
  spawn_job(id, std::move(rec));
  pending p;
  p.why = purpose::create;
  p.submit = b;
  p.position = i;
  p.group = group;
  if (group != 0)
    group_of_[id] = group;
  route(id, job_command::create{std::move(upstream_failed)}, std::move(p), false, group);
}

void manager::answer_submit(const batch_ptr& b, size_t i, result<submit_answer> a) {
  b->answers[i] = std::move(a);
  if (--b->remaining == 0) {
    delta_.submit_times.push_back(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - b->received));
    delta_dirty_ = true;
    b->call.reply.deliver(std::move(b->answers));
  }
}

void manager::settle_key(const std::string& key, const result<submit_answer>& a) {
  auto k = keys_in_flight_.find(key);
  if (k == keys_in_flight_.end())
    return;
  auto entry = std::move(k->second);
  keys_in_flight_.erase(k);
  if (a && key_reads_ > 0)
    keys_recent_[key] = {entry.job, entry.digest};
  for (auto& [b, i] : entry.waiters) {
    auto copy = a;
    if (copy)
      copy->duplicate = true;
    answer_submit(b, i, std::move(copy));
  }
}

time_point manager::estimate(uint8_t priority, time_point t) const {
  uint64_t ahead = 0, slots = 0, used = 0;
  for (size_t q = 0; q < queues_.size(); ++q)
    if (const auto* jobs = ready_.find(static_cast<uint16_t>(q)))
      ahead += jobs->ahead_of(priority);
  for (const auto& [w, s] : seats_) {
    if (!s.accepts)
      continue;
    slots += s.slots;
    used += std::min(s.in_flight, s.slots);
    ahead += s.in_flight > s.slots ? s.in_flight - s.slots : 0;
  }
  return estimator_.estimate(t, ahead, slots, slots - used);
}

} // namespace callboard
