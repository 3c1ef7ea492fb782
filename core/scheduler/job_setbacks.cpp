#include "core/scheduler/job_setbacks.hpp"

#include "core/base/planted_bug.hpp"
#include "core/scheduler/job_flow.hpp"

#include <utility>

namespace callboard {

namespace {

/// A job whose record cannot be had is looked at again after this long.
constexpr duration unreadable_pause = std::chrono::minutes{1};

} // namespace

/// Nothing of it was written. The job's actor has applied it all the same: it is dropped, and what is stored counts.
void job_setbacks::on_failed_write(const job_note& n, const error& why, const moment& now) {
  auto e = s_.desk.take(n.job, n.token);
  if (!e)
    return;
  if (e->why == purpose::create) {
    forget(n.job, std::move(e), why, now);
  } else {
    auto refused = s_.desk.rest(n.job, std::move(e), why);
    s_.rests_until = now.steady + s_.settings.retry_writes_every;
    flow_.after_groups(n.job, now);
    give_up(n.job, std::move(refused), why, now);
  }
}

/// It was to live again, or to be discarded, and is not stored any more. Its actor does not know that.
void job_setbacks::on_purged(const job_note& n, const moment& now) {
  if (auto e = s_.desk.take(n.job, n.token))
    forget(n.job, std::move(e), *n.refused, now);
}

/// The job is not stored: what it was busy with, and all that waits behind it, will not happen.
void job_setbacks::forget(job_id id, errand_ptr failed, const error& why, const moment& now) {
  std::vector<errand_ptr> refused;
  refused.push_back(std::move(failed));
  for (auto& later : s_.desk.drop(id, why))
    refused.push_back(std::move(later));
  flow_.after_groups(id, now);
  give_up(id, std::move(refused), why, now);
}

/// Its actor goes, and what will not happen is refused.
void job_setbacks::give_up(job_id id, std::vector<errand_ptr> refused, const error& why, const moment& now) {
  s_.port.drop_job(id);
  for (auto& e : refused)
    refuse(id, *e, why, now);
  for (auto request : s_.requests.settled(id))
    s_.look_at.push_back(request);
}

/// An event will have no effect: whoever waits for it is told.
void job_setbacks::refuse(job_id id, errand& e, const error& why, const moment& now) {
  std::vector<job_id> cannot;
  if (e.group != 0) {
    cannot = s_.groups.leave(e.group, id);
    flow_.commit_if_complete(e.group);
  }
  switch (e.why) {
  case purpose::create:
    if (s_.schedules.on_job_unwritten(id, why))
      s_.rests_until = now.steady + s_.settings.retry_writes_every;
    for (auto request : s_.requests.stillborn(id, why, now))
      s_.look_at.push_back(request);
    break;
  case purpose::finish:
    // Not acknowledged: the worker reports it again.
    if (auto* a = s_.ledger.find(e.attempt)) {
      a->ending = s_.ledger.find(a->worker) == nullptr;
      if (a->ending) { // or it would, but it is gone
        auto loss = make_errand(purpose::lose,
                                job_command::lose{e.attempt, "the worker was lost before its outcome was written"});
        loss->attempt = e.attempt;
        loss->worker = e.worker;
        flow_.give(id, std::move(loss), now);
      }
    }
    break;
  case purpose::place:
  case purpose::adopt:
  case purpose::lose: {
    // Only when the job's record is not to be had.
    if (planted(bug::forgotten_loss))
      break;
    flow_.close(e.attempt, now);
    if (s_.index.find(id)) {
      s_.port.say(scheduler_port::tone::error,
                  to_string(id) + " could not be loaded and waits for a minute: " + why.message);
      s_.index.unplace(id, s_.index.find(id)->state, unreadable_pause, now);
    }
    break;
  }
  case purpose::fan_out:
    // Nothing of it is written, and its elements are not there. What has ended meanwhile keeps no slot either.
    flow_.give_slot_back(id, e.attempt, s_.index.find(id) ? s_.index.find(id)->state : job_state::scheduled, now,
                         s_.settings.retry_writes_every);
    break;
  default:
    e.reply.deliver(why);
  }
  for (auto other : cannot) // of an atomic batch: none of it
    give_up(other, s_.desk.drop(other, why), why, now);
}

void job_setbacks::on_crash(const job_crashed& x, const moment& now) {
  if (!s_.desk.find(x.job))
    return;
  s_.port.say(scheduler_port::tone::error, "the actor of " + to_string(x.job) + " stopped: " + x.what);
  const error why{ec::internal_error, "the job's actor stopped; see the scheduler's log"};
  const bool unborn = s_.requests.has_unborn(x.job);
  auto refused = unborn ? s_.desk.drop(x.job, why) : s_.desk.rest(x.job, nullptr, why);
  s_.rests_until = now.steady + s_.settings.retry_writes_every;
  give_up(x.job, std::move(refused), why, now);
}

void job_setbacks::on_loaded(const std::vector<job_id>& asked, read_answer& x, const moment& now) {
  for (auto& rec : x.jobs) {
    const auto id = rec.id;
    if (s_.desk.find(id) != job_desk::presence::loading)
      continue;
    // An attempt of a job whose actor was dropped after a failed write: the record does not know it. Unless it still
    // has to hear of its slot, behind what is written first.
    if (const auto f = s_.ledger.of_job(id); f && !s_.desk.gets_slot(id)) {
      const auto& slot = *s_.ledger.find(*f);
      const auto* at = s_.ledger.find(slot.worker);
      auto e = make_errand(purpose::adopt, job_command::adopt{at ? at->name : std::make_shared<const std::string>("?"),
                                                              *f, 0, slot.started_at});
      e->attempt = *f;
      e->worker = slot.worker;
      s_.desk.add_first(id, std::move(e));
    }
    s_.desk.arrive(id);
    s_.port.spawn_job(id, std::make_shared<job_record>(std::move(rec)));
    flow_.pump(id, now);
  }
  for (auto id : asked) {
    if (s_.desk.find(id) != job_desk::presence::loading)
      continue;
    if (x.failed) {
      give_up(id, s_.desk.rest(id, nullptr, *x.failed), *x.failed, now);
      s_.rests_until = now.steady + s_.settings.retry_writes_every;
    } else {
      const error why{ec::unknown_job, "no job " + to_string(id) + " is known here", "id"};
      give_up(id, s_.desk.drop(id, why), why, now);
    }
  }
}

} // namespace callboard
