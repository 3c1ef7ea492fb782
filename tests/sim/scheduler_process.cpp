#include "tests/sim/scheduler_process.hpp"

#include "core/base/planted_bug.hpp"
#include "core/job/job_reaction.hpp"
#include "storage/read_jobs.hpp"
#include "storage/record_codec.hpp"
#include "storage/schedule_codec.hpp"
#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/http_front.hpp"

#include <algorithm>

namespace callboard::sim {

namespace {

const life_limits limits{.losses_max = 4, .history_entries_max = 20, .log_bytes_max = log_bytes_max};

} // namespace

scheduler_process::scheduler_process(world& w, disk& d, machine& m, history& h, const weather& sky,
                                     const decision_settings& s)
  : w_(w), disk_(d), machine_(m), history_(h), sky_(sky), settings_(s),
    http_(std::make_unique<http_front>(w, *this, h, sky)) {
}
scheduler_process::~scheduler_process() = default;

void scheduler_process::start() {
  if (up())
    return;
  boot_ = 1 + std::stoull(disk_.db().meta("boot")->value_or("0"));
  write_batch b;
  b.writer_epoch = boot_;
  b.meta.emplace_back("boot", std::to_string(boot_));
  if (!disk_.append(b)) {
    w_.after(std::chrono::seconds{1}, "start again", [this] { start(); });
    return;
  }
  disk_.sync();
  events_.begin();
  core_ = std::make_unique<scheduler>(settings_, *this, w_.below(UINT64_MAX));
  scheduler::opened_store opened{boot_,
                                 job_id{std::stoull(disk_.db().meta("id_bound")->value_or("0"))},
                                 read_memberships(*disk_.db().meta_with_prefix(membership_prefix)),
                                 stored_schedules(disk_.db()),
                                 stored_limits(disk_.db()),
                                 read_ends(*disk_.db().meta_with_prefix(ended_job_prefix)),
                                 stored_templates(disk_.db())};
  core_->on_opened(std::move(opened), machine_.now());
  recover(job_id{});
  purge_later();
  w_.note("scheduler is up");
}

void scheduler_process::kill() {
  if (!up())
    return;
  life_.end();
  http_->forget();
  proxies_.clear();
  draining_.clear();
  awaited_.clear();
  routes_.clear();
  mailbox_.clear();
  jobs_.clear();
  told_.clear();
  to_commit_.clear();
  group_.clear();
  committing_ = turn_due_ = false;
  armed_ = {time_point::max(), steady_point::max()};
  starts_.clear();
  preemptions_.clear();
  core_.reset(); // answers that were not given are dropped: their clients never know
  w_.note("scheduler is dead");
}

/// While it sleeps nothing happens in it; what nodes and clients send waits for it.
void scheduler_process::suspend_for(duration d) {
  w_.note("the scheduler's machine is suspended");
  life_.doze_until(w_.now() + d);
  w_.after(d - duration{1}, "a machine wakes up", [this, who = life_.token(), asleep = machine_.boot()] {
    if (who->alive)
      machine_.woke(asleep);
  });
}

/// Recovery reads in small chunks, while clients submit.
void scheduler_process::recover(job_id from) {
  w_.after(w_.between(duration{0}, sky_.fsync_max), life_, "recover", [this, from] {
    std::vector<recovered_job> jobs;
    const auto more = read_live(disk_.db(), from, 5, jobs);
    if (!more)
      throw violation("recovery failed: " + more.err().message);
    if (*more)
      recover(job_id{jobs.back().id.value + 1});
    const auto& s = core_->state();
    for (const auto& j : jobs)
      if (!s.index.find(j.id) && !s.requests.has_unborn(j.id)) // else it came while the others were read
        events_.found(j.id, j.state);
    core_->on_recovered(jobs, machine_.now());
    if (!*more) {
      core_->on_recovery_complete(machine_.now());
      turn();
    }
  });
}

void scheduler_process::enqueue(std::function<void()> f) {
  if (!up())
    return;
  mailbox_.push_back(std::move(f));
  take_turn_later();
}

void scheduler_process::take_turn_later() {
  if (mailbox_.empty() || std::exchange(turn_due_, true))
    return;
  w_.after(w_.between(duration{0}, duration{50}), life_, "turn", [this] {
    turn_due_ = false;
    auto event = std::move(mailbox_.front());
    mailbox_.pop_front();
    event();
    turn();
    take_turn_later();
  });
}

void scheduler_process::turn() {
  core_->end_turn(machine_.now());
  run_jobs();
  const auto next = core_->next_wake();
  if (next.wall < armed_.wall || next.steady < armed_.steady) {
    armed_ = next;
    wake();
  }
}

void scheduler_process::wake() {
  constexpr duration look_max = std::chrono::seconds{1}; // the wall clock may step
  const auto now = machine_.now();
  auto wait = look_max;
  wait = std::min<duration>(wait, armed_.wall - now.wall);
  wait = std::min<duration>(wait, armed_.steady - now.steady);
  w_.after(std::max(wait, duration{1}), life_, "wake", [this, alarm = ++alarms_] {
    if (alarm != alarms_)
      return; // there is a later one
    const auto t = machine_.now();
    if (t.wall < armed_.wall && t.steady < armed_.steady)
      return wake();
    armed_ = {time_point::max(), steady_point::max()};
    enqueue([this] { core_->on_time(machine_.now()); });
  });
}

// -- jobs -------------------------------------------------------------------------------------------------------------

void scheduler_process::spawn_job(job_id id, std::shared_ptr<job_record> rec) {
  jobs_[id] = std::move(*rec);
}

void scheduler_process::tell_job(job_id id, job_command command) {
  if (const auto* birth = std::get_if<job_command::create>(&command.event)) {
    const auto& rec = jobs_.at(id);
    if (const auto& f = rec.spec.for_each; f && f->stage == fan_out_stage::element)
      history_.elements.push_back(id);
    else if (!birth->never)
      check_room(rec);
  } else if (const auto* p = std::get_if<job_command::place>(&command.event))
    check_order_of_dispatch(id, *p);
  else if (std::holds_alternative<job_command::start>(command.event))
    counted_as_begun_.insert(id);
  else if (const auto* c = std::get_if<job_command::cancel>(&command.event); c && c->code == job_error_code::replaced)
    history_.replaced[id] = core_->state().boot;
  else if (const auto* f = std::get_if<job_command::finish>(&command.event); f && f->cached_from)
    check_hit(id, *f);
  else if (std::holds_alternative<job_command::miss_deadline>(command.event) && sky_.hasty_operator)
    retry_soon(id);
  told_.emplace_back(id, std::move(command));
}

void scheduler_process::retry_soon(job_id id) {
  w_.after(w_.between(duration{0}, std::chrono::milliseconds{50}), life_, "an operator is hasty", [this, id] {
    history_.retried.insert(id);
    post(retry_call{id, answer<job_ptr>{[](const result<job_ptr>&) {}}});
  });
}

void scheduler_process::tell_job(job_id id, job_progress progress) {
  take_progress(jobs_.at(id), std::move(progress), limits);
}

void scheduler_process::read_job(job_id id, get_call call) {
  call.reply.deliver(std::make_shared<const job_record>(jobs_.at(id)));
}

void scheduler_process::drop_job(job_id id) {
  jobs_.erase(id);
  std::erase_if(told_, [id](const auto& t) { return t.first == id; });
}

void scheduler_process::run_jobs() {
  while (!told_.empty()) {
    auto [id, command] = std::move(told_.front());
    told_.pop_front();
    react_to(id, command);
  }
}

void scheduler_process::react_to(job_id id, job_command& c) {
  auto& rec = jobs_.at(id);
  auto r = react(rec, c, limits);
  if (rec.state == job_state::running)
    history_.heard.insert(rec.current_fence);
  if (w_.trace)
    w_.note(to_string(id) + " event " + std::to_string(c.event.index()) + " group " + std::to_string(c.group) +
            (r.note.refused ? " refused: " + r.note.refused->message
                            : " -> " + std::string{to_string(r.order ? rec.state : r.note.after)}));
  if (r.order) {
    check_checkpoint(id, r.order->checkpoint, history_.saved[id], disk_.durable_checkpoint(id));
    check_soft_timeout(id, duration{r.order->timeout_us}, duration{r.order->soft_timeout_us});
    return post(job_placed{c.token, std::move(r.order), std::move(r.results_of), std::move(r.fan_out_job),
                           r.note.preemptible_after});
  }
  if (!r.version)
    return post(std::move(r.note));
  r.version->record = encode_record(r.written ? *r.written : rec);
  if (c.group != 0)
    return post(group_part{c.group, std::move(*r.version), std::move(r.note)});
  commit(part_of(std::move(r), boot_));
}

// -- the store --------------------------------------------------------------------------------------------------------

void scheduler_process::load_jobs(std::vector<job_id> ids) {
  w_.after(w_.between(duration{0}, sky_.fsync_max), life_, "load", [this, ids] {
    auto found = std::make_shared<read_answer>(read_jobs(disk_.db(), {ids, true, {}}));
    enqueue([this, ids, found] { core_->on_loaded(ids, *found, machine_.now()); });
  });
}

void scheduler_process::read_store(uint64_t request, read_request r) {
  w_.after(w_.between(duration{0}, sky_.fsync_max), life_, "read", [this, request, r] {
    auto found = std::make_shared<read_answer>(read_jobs(disk_.db(), r));
    enqueue([this, request, found] { core_->on_read(request, *found, machine_.now()); });
  });
}

void scheduler_process::commit(commit_part part) {
  if (planted(bug::answer_before_sync) && !part.jobs.empty() && part.jobs.front().payload) {
    commit_report early;
    early.notes = part.notes;
    early.records = part.jobs.size();
    post(std::move(early));
  }
  to_commit_.push_back(std::move(part));
  if (!std::exchange(committing_, true))
    w_.after(w_.between(duration{0}, sky_.message_max), life_, "commit", [this] { begin_commit(); });
}

/// What is not stored any more is missing; what results hold is of no interest here.
result<std::string> scheduler_process::fill_in(const std::string& payload, const std::vector<job_record>& jobs) {
  if (w_.chance(0.1) || jobs.empty())
    return error{ec::not_found, "a result is missing"};
  return payload;
}

result<std::vector<std::string>> scheduler_process::expand(const fan_out& f, const std::string& payload,
                                                           const std::vector<job_record>& jobs) {
  if (w_.chance(0.1) || jobs.empty())
    return error{ec::not_found, "a result is missing"};
  const auto n = w_.below(f.max + 2);
  if (n > f.max)
    return error{ec::out_of_range, "too many"};
  // Not of the batch that the fan-out job came with.
  const bool reads = payload.find(result_mark) != std::string::npos;
  return std::vector<std::string>(n, reads ? R"({"from":"${jobs.k.result}"})" : R"({"element":1})");
}

std::string scheduler_process::record_of(const schedule_definition& d) {
  return encode_schedule(d);
}

/// As the store keeper does: between commits, and by the epoch of this process.
void scheduler_process::purge_later() {
  w_.after(w_.between(std::chrono::milliseconds{200}, std::chrono::seconds{2}), life_, "purge", [this] {
    disk_.purge(sky_.keep, machine_.wall(), boot_);
    purge_later();
  });
}

/// Everything that waits goes into one batch; then the disk syncs it, or the machine dies before that.
void scheduler_process::begin_commit() {
  auto [b, report, to_disk] = group_.make(disk_.db(), std::exchange(to_commit_, {}), boot_);
  const bool sync = b.sync;
  if (auto ok = disk_.append(b); !ok) {
    group_.failed();
    report.failed = std::move(ok).err();
    return finish_commit(std::move(report));
  }
  auto shared = std::make_shared<commit_report>(std::move(report));
  w_.after(sync ? w_.between(duration{1}, sky_.fsync_max) : duration{0}, life_, "synced", [this, shared, sync] {
    if (sync)
      disk_.sync();
    finish_commit(std::move(*shared));
  });
}

void scheduler_process::finish_commit(commit_report report) {
  post(std::move(report));
  committing_ = false;
  if (!to_commit_.empty()) {
    committing_ = true;
    w_.after(w_.between(duration{0}, sky_.message_max), life_, "commit", [this] { begin_commit(); });
  }
}

void scheduler_process::tell(std::vector<scheduler_event>&& events) {
  events_.told(events, [this](job_id id) -> std::optional<job_state> {
    const auto there = disk_.facts().find(id);
    return there == disk_.facts().end() ? std::nullopt : std::optional{there->second.state};
  });
}

void scheduler_process::say(tone, const std::string& line) {
  w_.note("log: " + line);
}

} // namespace callboard::sim
