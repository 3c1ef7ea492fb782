#include "actors/runtime/log.hpp"
#include "actors/scheduler/manager.hpp"
#include "actors/scheduler/store_reader.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

namespace callboard {

manager::manager(self_pointer self, queue_manager_options options)
  : self_(self), options_(std::move(options)), ready_(options_.config->jobs.aging_step), runner_(&self->system()),
    all_ends_(options_.config->breaker.window), random_(options_.seed) {
  context_ = std::make_shared<job_context>();
  context_->limits = {config().jobs.losses_max, config().jobs.history_entries_max};
  context_->keeper = options_.keeper;
  context_->manager = queue_manager_actor{self_};
}

void manager::begin() {
  started_at_ = now();
  self_->request(options_.keeper, caf::infinite, start_atom{})
    .then([this](store_opened& x) { on_opened(x); },
          [this](caf::error& e) {
            log().critical("the store cannot be opened: {}", from_caf(e).message);
            self_->quit(e);
          });
}

void manager::on_opened(store_opened& x) {
  boot_ = x.boot;
  context_->boot = x.boot;
  ids_ = id_generator{0, x.id_floor};
  reader_ = options_.detached_reader ? self_->spawn<caf::detached>(store_reader, x.db, queue_manager_actor{self_})
                                     : self_->spawn(store_reader, x.db, queue_manager_actor{self_});
  for (auto& [key, record] : x.types) {
    auto name = key.substr(std::string_view{"type/"}.size());
    if (options_.types)
      if (auto ok = options_.types->restore(name, record); !ok)
        log().error("{}; it is known again when a worker registers it", ok.err().message);
    type_records_.emplace(std::move(name), std::move(record));
  }
  // Workers of before may still be running attempts. Local ones have been stopped by now (local_workers.hpp); others
  // come back within their lease, or their lease has run out.
  for (const auto& [key, value] : x.members)
    awaited_members_.insert(key.substr(std::string_view{"member/"}.size()));
  if (!awaited_members_.empty())
    hold_until_ = steady() + config().cluster.lease;
  opened_ = true;
  // From here on jobs are accepted. They stand behind those that are still to be read.
  ready_seq_ = x.live_jobs;
  for (auto& promise : std::exchange(start_waiters_, {}))
    promise.deliver(boot_);
  recover_from(job_id{});
}

/// The next chunk is read while the one that came is put into the index.
void manager::recover_from(job_id from) {
  self_->request(reader_, caf::infinite, recover_request{from})
    .then(
      [this](recovered_chunk& x) {
        if (!x.last && !x.failed)
          recover_from(job_id{x.jobs.back().id.value + 1});
        const auto t = now();
        const auto steady_now = steady();
        for (const auto& f : x.jobs)
          recover(f, t, steady_now);
        if (x.last || x.failed)
          recovered(x.failed);
      },
      [this](caf::error& e) { recovered(from_caf(e)); });
}

/// Dependencies are older than who waits for them, so they come first; one that is not live has completed, for with one
/// that failed its dependants were cancelled in the same write.
void manager::recover(const recovered_job& f, time_point t, steady_point steady_now) {
  if (table_.find(f.id))
    return; // it came while the others were read
  const auto queue = queues_.intern(f.queue);
  const auto type = types_.intern(f.type);
  job_entry e;
  e.id = f.id;
  e.queue = queue.value_or(0);
  e.state = f.state;
  e.priority = f.priority;
  // What is left of a back-off can only be told by the time of day; one that a client has set stays one.
  if (f.retry_at && f.retry_at != f.schedule_at) {
    e.ready_at = steady_now + std::max(duration{0}, *f.retry_at - t);
    e.set(job_flag::backs_off, *f.retry_at > t);
  } else if (f.schedule_at)
    e.due = *f.schedule_at;
  if (f.deadline && f.attempt == 0)
    e.must_start_by = *f.deadline;
  e.set(job_flag::in_memory, f.level == durability::memory);
  std::vector<job_id> live;
  for (auto dep : f.dependencies)
    if (table_.find(dep))
      live.push_back(dep);
  e.set(job_flag::waits_for_jobs, !live.empty());
  if (e.state == job_state::queued && live.empty() && e.due > t)
    e.state = job_state::scheduled; // armed: its job hears of it when it is loaded
  e.shape = shapes_.acquire({type.value_or(0), f.resources}).value_or(0);
  table_.insert(e);
  if (!live.empty())
    graph_.add(f.id, live);
  std::swap(ready_seq_, recovered_seq_);
  index(f.id);
  std::swap(ready_seq_, recovered_seq_);
}

void manager::recovered(const std::optional<error>& failed) {
  if (failed) {
    log().critical("the store cannot be read: {}", failed->message);
    return self_->quit(to_caf(*failed));
  }
  recovered_ = true;
  log().info("ready: {} live jobs, boot {}", table_.size(), boot_);
  for (auto& event : std::exchange(parked_, {}))
    std::visit([this](auto& x) { on(x); }, event);
  for (auto& call : std::exchange(put_off_, {}))
    std::visit([this](auto& x) { on(x); }, call);
  turn_over();
}

/// True while workers of before a restart may run attempts that nobody has told us about.
bool manager::holds(steady_point t) {
  if (!hold_until_)
    return false;
  if (!awaited_members_.empty() && t < *hold_until_)
    return true;
  for (const auto& name : awaited_members_) {
    log().warn("worker {} did not come back within its lease", name);
    write_member(name, std::nullopt, {});
  }
  awaited_members_.clear();
  hold_until_.reset();
  return false;
}

caf::result<uint64_t> manager::on_start() {
  if (opened_)
    return boot_;
  auto promise = self_->make_response_promise<uint64_t>();
  start_waiters_.push_back(promise);
  return promise;
}

caf::result<caf::ok_atom> manager::on_drain() {
  draining_ = true;
  for (auto& call : std::exchange(put_off_, {}))
    std::visit([this](auto& x) { x.reply.deliver(*closed_for()); }, call);
  auto promise = self_->make_response_promise<caf::ok_atom>();
  drain_waiters_.push_back(promise);
  turn_over();
  return promise;
}

} // namespace callboard
