#include "simulate/scheduler_host.hpp"

#include "config/decisions_of.hpp"
#include "core/base/invariant.hpp"
#include "core/job/job_reaction.hpp"
#include "storage/read_jobs.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>

namespace callboard::simulate {

namespace {

/// An alarm that rings so often in one moment will ring for ever: each ring serves thousands of jobs.
constexpr uint32_t rings_max = 100;

uint64_t number_of(const std::optional<std::string>& text) {
  return text ? std::stoull(*text) : 0;
}

} // namespace

scheduler_host::scheduler_host(surroundings around, const settings& s, duration commit, uint64_t seed)
  : around_(std::move(around)), decisions_(decisions_of(s)), limits_{s.jobs.losses_max, s.jobs.history_entries_max,
                                                                     s.jobs.checkpoint_bytes_max, s.jobs.log_bytes_max},
    clock_look_(s.scheduler.clock_look), commit_takes_(commit), seed_(seed) {
}

void scheduler_host::start() {
  if (up())
    return;
  const auto& db = around_.store.db();
  const auto boot = number_of(*db.meta("boot")) + 1;
  write_batch first;
  first.writer_epoch = boot;
  first.meta.emplace_back("boot", std::to_string(boot));
  if (auto ok = around_.store.append(first); !ok)
    return around_.story.add("scheduler", "", "does not start: " + ok.err().message);
  boot_ = boot;
  core_ = std::make_unique<scheduler>(decisions_, *this, seed_ + boot);
  around_.story.add("scheduler", "", boot == 1 ? "is up" : "is up again");
  scheduler::opened_store opened;
  opened.boot = boot;
  opened.id_floor = job_id{number_of(*db.meta("id_bound"))};
  opened.members = read_memberships(*db.meta_with_prefix(membership_prefix));
  opened.schedules = stored_schedules();
  opened.limits = stored_limits();
  opened.ended_jobs = read_ends(*db.meta_with_prefix(ended_job_prefix));
  const auto now = around_.time.now();
  core_->on_opened(std::move(opened), now);
  std::vector<recovered_job> live;
  const auto more = read_live(db, job_id{}, SIZE_MAX, live);
  CB_INVARIANT(more && !*more, "all live jobs are read at once");
  core_->on_recovered(live, now);
  core_->on_recovery_complete(now);
  turn();
  around_.is_up();
}

void scheduler_host::kill() {
  if (!up())
    return;
  jobs_.clear();
  told_.clear();
  unwritten_.clear();
  parts_.clear();
  group_.clear();
  committing_ = false;
  armed_ = never;
  core_.reset(); // whoever waits for an answer gets none
  around_.store.lose_process();
  around_.story.add("scheduler", "", "is gone");
  std::vector<job_id> known;
  for (const auto& [id, story] : around_.story.jobs())
    known.push_back(id);
  const auto stored = around_.store.db().load(known);
  around_.story.forget_all_but(*stored);
}

void scheduler_host::later(duration d, std::function<void()> f) {
  around_.time.after(d, [this, boot = boot_, f = std::move(f)] {
    if (up() && boot == boot_)
      f();
  });
}

void scheduler_host::turn() {
  core_->end_turn(around_.time.now());
  run_jobs();
  set_alarm();
}

// -- alarms -----------------------------------------------------------------------------------------------------------

void scheduler_host::set_alarm() {
  const auto next = core_->next_wake();
  if (next.wall >= armed_.wall && next.steady >= armed_.steady)
    return;
  armed_ = {std::min(next.wall, armed_.wall), std::min(next.steady, armed_.steady)};
  ring_later();
}

void scheduler_host::ring_later() {
  const auto now = around_.time.now();
  const auto wait = std::min<duration>(armed_.wall - now.wall, armed_.steady - now.steady);
  later(std::max(wait, duration{0}), [this, alarm = ++alarms_] {
    if (alarm == alarms_) // else there is a later one
      ring();
  });
}

void scheduler_host::ring() {
  const auto now = around_.time.now();
  if (now.wall < armed_.wall && now.steady < armed_.steady)
    return ring_later(); // the wall clock was set back
  armed_ = never;
  core_->on_time(now);
  const auto before = std::exchange(rang_at_, around_.time.elapsed());
  rings_ = before == rang_at_ ? rings_ + 1 : 1;
  if (rings_ < rings_max)
    return turn();
  core_->end_turn(now);
  run_jobs();
  if (!std::exchange(spins_, true))
    around_.story.fault("the scheduler's alarm stays due, whatever it does: it would be busy for ever");
}

/// An alarm by the time of day is translated into a wait anew.
void scheduler_host::clock_was_set() {
  if (up())
    later(clock_look_, [this] {
      if (armed_.wall != time_point::max())
        ring_later();
    });
}

// -- jobs -------------------------------------------------------------------------------------------------------------

void scheduler_host::spawn_job(job_id id, std::shared_ptr<job_record> rec) {
  jobs_[id] = std::move(*rec);
}

void scheduler_host::tell_job(job_id id, job_command command) {
  told_.emplace_back(id, std::move(command));
}

void scheduler_host::tell_job(job_id, job_progress) {
}

void scheduler_host::read_job(job_id id, get_call call) {
  call.reply.deliver(std::make_shared<const job_record>(jobs_.at(id)));
}

void scheduler_host::drop_job(job_id id) {
  jobs_.erase(id);
  std::erase_if(told_, [id](const auto& t) { return t.first == id; });
}

void scheduler_host::run_jobs() {
  while (!told_.empty()) {
    auto [id, command] = std::move(told_.front());
    told_.pop_front();
    react_to(id, command);
  }
}

void scheduler_host::react_to(job_id id, job_command& c) {
  auto& rec = jobs_.at(id);
  const auto last_line = rec.history.empty() ? history_entry{} : rec.history.back();
  auto r = react(rec, c, limits_);
  if (r.order) {
    around_.story.job_is(rec, "placed", "on " + rec.worker);
    return post(job_placed{c.token, std::move(r.order), std::move(r.results_of), std::move(r.fan_out_job),
                           r.note.preemptible_after});
  }
  if (!r.version) {
    if (!r.note.refused) {
      const bool told = !rec.history.empty() && rec.history.back() != last_line;
      around_.story.job_is(rec, told ? std::string{to_string(rec.state)} : std::string{},
                           told ? rec.history.back().reason : std::string{});
    }
    return post(std::move(r.note));
  }
  unwritten_[{id, c.token}] = rec;
  r.version->record = encode_record(r.written ? *r.written : rec);
  if (c.group != 0)
    return post(group_part{c.group, std::move(*r.version), std::move(r.note)});
  commit(part_of(std::move(r), boot_));
}

void scheduler_host::order(worker_id w, node_orders orders) {
  auto shared = std::make_shared<node_orders>(std::move(orders));
  later(duration{0}, [this, w, shared] { around_.order(w, std::move(*shared)); });
}

void scheduler_host::say(tone t, const std::string& line) {
  around_.story.add(t == tone::info ? "scheduler" : "warning", "", line);
}

} // namespace callboard::simulate
