#include "actors/scheduler/scheduler_shell.hpp"

#include "actors/runtime/log.hpp"
#include "actors/scheduler/store_reader.hpp"
#include "config/decisions_of.hpp"
#include "messages/convert.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"
#include "storage/read_jobs.hpp"
#include "storage/read_schedules.hpp"

#include <algorithm>

#include "files/time_zone.hpp"
#include "job_types/result_references.hpp"
#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

read_answer unreadable() {
  read_answer none;
  none.failed = error{ec::storage_unavailable, "the store could not be read"};
  return none;
}

} // namespace

scheduler_shell::scheduler_shell(self_pointer self, queue_manager_options options)
  : self_(self), options_(std::move(options)), core_(decisions_of(*options_.config), *this, options_.seed),
    runner_(&self->system()) {
  context_ = std::make_shared<job_context>();
  context_->limits = {options_.config->jobs.losses_max, options_.config->jobs.history_entries_max,
                      options_.config->jobs.checkpoint_bytes_max, options_.config->jobs.log_bytes_max,
                      options_.config->tracing.percent()};
  context_->keeper = options_.keeper;
  context_->manager = queue_manager_actor{self_};
}

// -- start and end ----------------------------------------------------------------------------------------------------

void scheduler_shell::begin() {
  started_at_ = now().wall;
  self_->request(options_.keeper, caf::infinite, start_atom{})
    .then([this](store_opened& x) { on_opened(x); },
          [this](caf::error& e) {
            log().critical("the store cannot be opened: {}", from_caf(e).message);
            self_->quit(e);
          });
}

void scheduler_shell::on_opened(store_opened& x) {
  context_->boot = x.boot;
  reader_ = options_.detached_reader ? self_->spawn<caf::detached>(store_reader, x.db, queue_manager_actor{self_})
                                     : self_->spawn(store_reader, x.db, queue_manager_actor{self_});
  for (auto& [key, record] : x.types) {
    auto name = key.substr(std::string_view{"type/"}.size());
    if (options_.types)
      if (auto ok = options_.types->restore(name, record); !ok)
        log().error("{}; it is known again when a worker registers it", ok.err().message);
    type_records_.emplace(std::move(name), std::move(record));
  }
  scheduler::opened_store opened{x.boot, x.id_floor, read_memberships(x.members), {}, {}, read_ends(x.ended_jobs), {}};
  auto found = read_schedules(x.schedules, x.schedule_progress, find_time_zone);
  for (const auto& e : found.damaged)
    log().error("a schedule does not fire: {}", e.message);
  for (const auto& stored : found.schedules)
    if (!stored.definition.fault.empty())
      log().error("schedule {} does not fire: {}", stored.definition.name, stored.definition.fault);
  opened.schedules = std::move(found.schedules);
  std::vector<std::string> damaged;
  opened.limits = read_limits(x.limits, damaged);
  for (const auto& key : damaged)
    log().error("the record {} cannot be read: what it limits is not limited", key);
  damaged.clear();
  opened.templates = read_templates(x.templates, damaged);
  for (const auto& key : damaged)
    log().error("the record {} cannot be read: there is no such template until it is defined anew", key);
  core_.on_opened(std::move(opened), now());
  // From here on jobs are accepted. They stand behind those that are still to be read.
  for (auto& promise : std::exchange(start_waiters_, {}))
    promise.deliver(x.boot);
  recover_from(job_id{});
}

/// The next chunk is read while the one that came is put into the index.
void scheduler_shell::recover_from(job_id from) {
  self_->request(reader_, caf::infinite, recover_request{from})
    .then(
      [this](recovered_chunk& x) {
        if (!x.last && !x.failed)
          recover_from(job_id{x.jobs.back().id.value + 1});
        core_.on_recovered(x.jobs, now());
        if (x.last || x.failed)
          recovered(x.failed);
      },
      [this](caf::error& e) { recovered(from_caf(e)); });
}

void scheduler_shell::recovered(const std::optional<error>& failed) {
  if (failed) {
    log().critical("the store cannot be read: {}", failed->message);
    return self_->quit(to_caf(*failed));
  }
  log().info("ready: {} live jobs, boot {}", core_.state().index.table().size(), context_->boot);
  core_.on_recovery_complete(now());
  end_turn();
}

caf::result<uint64_t> scheduler_shell::on_start() {
  if (reader_)
    return context_->boot;
  auto promise = self_->make_response_promise<uint64_t>();
  start_waiters_.push_back(promise);
  return promise;
}

caf::result<caf::ok_atom> scheduler_shell::on_drain() {
  core_.drain();
  auto promise = self_->make_response_promise<caf::ok_atom>();
  drain_waiters_.push_back(promise);
  end_turn();
  return promise;
}

// -- events -----------------------------------------------------------------------------------------------------------

void scheduler_shell::on(worker_joined& x) {
  workers_[x.worker] = x.handle;
  write_types(x.registration.types);
  worker_arrival arrival{x.worker, std::move(x.registration), std::move(x.name)};
  core_.on(arrival, now());
  end_turn();
}

/// Of a checkpoint: a node of ours sends no other.
bool scheduler_shell::may_be_kept(std::string_view checkpoint, const attempt_ref& of) const {
  const bool fits = checkpoint.size() <= context_->limits.checkpoint_bytes_max;
  if (fits && is_utf8(checkpoint))
    return true;
  log().error("a worker sent a checkpoint of {} that is {}: it is dropped", to_string(job_id{of.job}),
              fits ? "not UTF-8" : "longer than jobs.checkpoint_bytes_max");
  return false;
}

void scheduler_shell::on(worker_reported& x) {
  worker_news news{x.worker, std::move(x.report.started), {}, std::move(x.report.progress),
                   {},       std::move(x.report.logs)};
  news.ended.reserve(x.report.ended.size());
  for (auto& ended : x.report.ended) {
    const attempt_ref ref{ended.job, ended.fence};
    auto outcome = outcome_from_wire(std::move(ended), options_.config->workers.result_bytes_max, results_);
    if (!outcome) {
      log().error("a worker ended {} in a way this scheduler does not know", to_string(job_id{ref.job}));
      outcome = attempt_outcome{.kind = outcome_kind::failed_retryable,
                                .code = "BAD_OUTCOME",
                                .message = "the worker's report could not be understood"};
    }
    if (outcome->checkpoint && !may_be_kept(outcome->checkpoint->view(), ref))
      outcome->checkpoint.reset();
    news.ended.push_back({ref, std::move(*outcome)});
  }
  for (auto& c : x.report.checkpoints)
    if (const attempt_ref ref{c.job, c.fence}; may_be_kept(c.text, ref))
      news.checkpoints.push_back({ref, blob{std::move(c.text)}});
  core_.on(news, now());
  end_turn();
}

void scheduler_shell::on(worker_gone& x) {
  workers_.erase(x.worker);
  core_.on(x, now());
  end_turn();
}

void scheduler_shell::on_wake() {
  alarm_ = never;
  core_.on_time(now());
  end_turn();
}

/// What a restarted scheduler must know of these types goes to the disk with the next commit.
void scheduler_shell::write_types(const std::vector<std::string>& types) {
  if (!options_.types)
    return;
  commit_part part;
  part.boot = context_->boot;
  for (const auto& type : types) {
    auto record = options_.types->record(type);
    const auto written = type_records_.find(type);
    if (record && (written == type_records_.end() || written->second != *record)) {
      part.meta.emplace_back("type/" + type, *record);
      type_records_[type] = std::move(*record);
    } else if (!record && written != type_records_.end()) {
      part.meta_removed.push_back("type/" + type);
      type_records_.erase(written);
    }
  }
  if (!part.meta.empty() || !part.meta_removed.empty())
    commit(std::move(part));
}

void scheduler_shell::end_turn() {
  core_.end_turn(now());
  runner_.run(self_->context());
  set_alarm();
  if (core_.drained())
    for (auto& promise : std::exchange(drain_waiters_, {}))
      promise.deliver(caf::ok_atom{});
}

/// Ends the turn behind everything that is in the mailbox now.
void scheduler_shell::end_turn_soon() {
  if (!std::exchange(turn_ends_, true))
    self_->send(self_, flush_atom{});
}

void scheduler_shell::on_flush() {
  turn_ends_ = false;
  end_turn();
}

void scheduler_shell::set_alarm() {
  const auto wake = core_.next_wake();
  if (wake.wall >= alarm_.wall && wake.steady >= alarm_.steady)
    return;
  alarm_ = {std::min(wake.wall, alarm_.wall), std::min(wake.steady, alarm_.steady)};
  self_->send(options_.timekeeper, wake_request{alarm_.steady, caf::actor_cast<caf::actor>(self_), alarm_.wall});
}

// -- scheduler_port ---------------------------------------------------------------------------------------------------

void scheduler_shell::spawn_job(job_id id, std::shared_ptr<job_record> rec) {
  // Lazy: its first turn is with its first message, in the runner. Hidden: the system's end does not wait for it, it
  // goes with its handle.
  jobs_[id] =
    self_->spawn<caf::lazy_init + caf::hidden>(job, std::shared_ptr<const job_context>{context_}, std::move(rec));
}

template <class Message>
void scheduler_shell::tell(job_id id, Message&& x) {
  const auto i = jobs_.find(id);
  CB_INVARIANT(i != jobs_.end(), "the core tells only jobs that it has spawned");
  auto* const before = self_->context();
  self_->context(&runner_);
  self_->send(i->second, std::forward<Message>(x));
  self_->context(before);
}

void scheduler_shell::tell_job(job_id id, job_command command) {
  tell(id, std::move(command));
}

void scheduler_shell::tell_job(job_id id, job_progress progress) {
  tell(id, std::move(progress));
}

void scheduler_shell::read_job(job_id id, get_call call) {
  tell(id, std::move(call));
}

/// Without a handle to it the actor ends by itself.
void scheduler_shell::drop_job(job_id id) {
  jobs_.erase(id);
}

void scheduler_shell::load_jobs(std::vector<job_id> ids) {
  read_request ask;
  ask.jobs = ids;
  self_->request(reader_, caf::infinite, std::move(ask))
    .then(
      [this, ids](read_answer& x) {
        core_.on_loaded(ids, x, now());
        end_turn();
      },
      [this, ids](caf::error&) {
        auto none = unreadable();
        core_.on_loaded(ids, none, now());
        end_turn();
      });
}

void scheduler_shell::read_store(uint64_t request, read_request r) {
  self_->request(reader_, caf::infinite, std::move(r))
    .then(
      [this, request](read_answer& x) {
        core_.on_read(request, x, now());
        end_turn();
      },
      [this, request](caf::error&) {
        core_.on_read(request, unreadable(), now());
        end_turn();
      });
}

void scheduler_shell::commit(commit_part part) {
  self_->send(options_.keeper, std::move(part));
}

result<std::string> scheduler_shell::fill_in(const std::string& payload, const std::vector<job_record>& jobs) {
  return fill_in_results(payload, jobs);
}

void scheduler_shell::use_type_rule(const std::string& type, const limit_rule& rule) {
  if (options_.use_type_rule)
    options_.use_type_rule(type, rule);
}

result<std::vector<std::string>> scheduler_shell::expand(const fan_out& f, const std::string& payload,
                                                         const std::vector<job_record>& jobs) {
  return element_payloads(f, payload, jobs);
}

std::string scheduler_shell::record_of(const schedule_definition& d) {
  return encode_schedule(d);
}

void scheduler_shell::order(worker_id w, node_orders orders) {
  if (const auto i = workers_.find(w); i != workers_.end())
    self_->send(i->second, std::move(orders));
}

void scheduler_shell::measured(metrics_delta delta) {
  self_->send(options_.metrics, std::move(delta));
}

void scheduler_shell::tell(std::vector<scheduler_event>&& events) {
  if (options_.tell)
    options_.tell(context_->boot, std::move(events));
}

void scheduler_shell::say(tone t, const std::string& line) {
  log().log(t == tone::error     ? spdlog::level::err
            : t == tone::warning ? spdlog::level::warn
                                 : spdlog::level::info,
            "{}", line);
}

} // namespace callboard
