#include "actors/scheduler/store_keeper.hpp"

#include "actors/runtime/log.hpp"
#include "actors/runtime/thread_name.hpp"
#include "core/calendar/schedule_facts.hpp"
#include "core/scheduler/limit_flow.hpp"
#include "core/scheduler/membership.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

using self_pointer = observed_pointer<store_keeper_actor, store_keeper_state>;

constexpr std::string_view boot_key = "boot";
constexpr std::string_view id_bound_key = "id_bound";
constexpr std::string_view type_prefix = "type/";
/// Finished jobs removed in one go, so that a purge never delays a commit by more than some milliseconds.
constexpr size_t purge_slice_jobs = 200;
/// Until the next slice, when there was more, in times that the last one took: purging has a fifth of the thread at
/// most, about 20,000 jobs/s where a slice takes 2 ms. What ends faster than that is removed once it ends slower.
constexpr int purge_pause_slices = 4;

duration since(std::chrono::steady_clock::time_point begun) {
  return std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begun);
}

uint64_t parse_number(const std::optional<std::string>& text) {
  uint64_t x = 0;
  if (text)
    std::from_chars(text->data(), text->data() + text->size(), x);
  return x;
}

/// Another scheduler has opened the store after this one, which must not go on: what it knows is no longer true. Nobody
/// hears of the commit, so nobody is told that it happened. The root sees how this actor ends, and ends the process.
void step_down(self_pointer self, const error& why) {
  if (std::exchange(self->state.fenced_out, true))
    return;
  log().critical("another scheduler has taken over the store; this one steps down: {}", why.message);
  self->quit(to_caf(why));
}

result<store_opened> open_store(store_keeper_state& st) {
  const bool again = st.db != nullptr; // open still when only the queue manager was restarted
  if (!st.db) {
    auto opened = st.open();
    if (!opened)
      return std::move(opened).err();
    st.db = std::move(*opened);
  }
  auto boot = st.db->meta(boot_key);
  auto bound = st.db->meta(id_bound_key);
  auto members = st.db->meta_with_prefix(membership_prefix);
  auto types = st.db->meta_with_prefix(type_prefix);
  auto schedules = st.db->meta_with_prefix(schedule_prefix);
  auto progress = st.db->meta_with_prefix(schedule_progress_prefix);
  auto limits = st.db->meta_with_prefix(limit_prefix);
  auto templates = st.db->meta_with_prefix(template_prefix);
  auto ended_jobs = st.db->meta_with_prefix(ended_job_prefix);
  for (const auto* e :
       {boot ? nullptr : &boot.err(), bound ? nullptr : &bound.err(), members ? nullptr : &members.err(),
        types ? nullptr : &types.err(), schedules ? nullptr : &schedules.err(), progress ? nullptr : &progress.err(),
        limits ? nullptr : &limits.err(), templates ? nullptr : &templates.err(),
        ended_jobs ? nullptr : &ended_jobs.err()})
    if (e)
      return *e;
  // To go on counting from there would fence out the scheduler that has taken over.
  if (again && parse_number(*boot) != st.boot)
    return error{ec::wrong_version, "the store has a later writer (boot " + std::to_string(parse_number(*boot)) +
                                      "), this one has " + std::to_string(st.boot)};
  st.boot = parse_number(*boot) + 1;
  write_batch first;
  first.writer_epoch = st.boot;
  first.meta.emplace_back(boot_key, std::to_string(st.boot));
  if (auto ok = st.db->append(first); !ok)
    return std::move(ok).err();
  store_opened out;
  out.db = st.db;
  out.boot = st.boot;
  out.live_jobs = st.db->counts().live;
  out.id_floor = job_id{parse_number(*bound)};
  out.members = std::move(*members);
  out.types = std::move(*types);
  out.schedules = std::move(*schedules);
  out.schedule_progress = std::move(*progress);
  out.limits = std::move(*limits);
  out.templates = std::move(*templates);
  out.ended_jobs = std::move(*ended_jobs);
  return out;
}

void wake_at(self_pointer self, steady_point t) {
  self->send(self->state.timekeeper, wake_request{t, caf::actor_cast<caf::actor>(self)});
}

void set_alarm(self_pointer self) {
  const auto& st = self->state;
  wake_at(self, std::min(st.purge_at, st.release_at));
}

size_t bytes_of(const commit_part& part) {
  size_t n = 0;
  for (const auto& job : part.jobs)
    n += job.record.size() + (job.payload ? job.payload->size() : 0);
  return n;
}

/// The oldest parts that wait, as many as fit into one commit; a part that does not fit is one by itself.
std::vector<commit_part> take_parts(store_keeper_state& st) {
  std::vector<commit_part> out;
  size_t bytes = 0;
  while (!st.waiting.empty()) {
    bytes += bytes_of(st.waiting.front());
    if (!out.empty() && bytes > st.settings.commit_bytes_max)
      break;
    out.push_back(std::move(st.waiting.front()));
    st.waiting.pop_front();
  }
  return out;
}

/// Parts that share a write and an fsync, with the facts of commits that failed before.
void commit(self_pointer self, std::vector<commit_part> parts) {
  auto& st = self->state;
  auto [batch, report, to_disk] = st.group.make(*st.db, std::move(parts), st.boot);
  const auto begun = std::chrono::steady_clock::now();
  auto ok = st.db->append(batch);
  report.took = since(begun);
  if (!ok && ok.err().code == ec::wrong_version)
    return step_down(self, ok.err());
  if (ok && to_disk) {
    if (st.cannot_write)
      log().info("the store can write again");
    st.cannot_write.reset();
    st.wrote_at = time_source::steady(self);
    if (st.release_at == steady_point::max()) {
      st.release_at = st.wrote_at + st.settings.release_after;
      set_alarm(self);
    }
  } else if (!ok) {
    if (!st.cannot_write) {
      log().error("the store cannot write: {}", ok.err().message);
      wake_at(self, time_source::steady(self) + st.settings.probe_every);
    }
    st.group.failed();
    st.cannot_write = ok.err();
    report.failed = std::move(ok).err();
  }
  if (report.records != 0 || !report.notes.empty())
    self->send(st.manager, std::move(report));
}

/// All that waits.
void commit(self_pointer self) {
  auto& st = self->state;
  st.flush_pending = false;
  st.waiting_jobs = 0;
  if (st.waiting.empty() && st.group.unwritten_facts() == 0)
    return;
  do
    commit(self, take_parts(st));
  while (!st.fenced_out && !st.waiting.empty());
}

error not_open() {
  return {ec::starting, "the store is not open yet"};
}

/// Facts of others: a commit of their own, behind what waits, because they are few.
void write_facts(self_pointer self, fact_part& call) {
  auto& st = self->state;
  if (!st.db)
    return call.reply.deliver(not_open());
  commit(self);
  if (st.fenced_out)
    return; // whoever asked is answered when this actor is gone
  commit_part part;
  part.boot = st.boot;
  part.meta = std::move(call.facts);
  part.meta_removed = std::move(call.removed);
  part.facts_bound = true;
  std::vector<commit_part> parts;
  parts.push_back(std::move(part));
  commit(self, std::move(parts));
  if (!st.fenced_out)
    call.reply.deliver(st.cannot_write ? result<done>{*st.cannot_write} : result<done>{done{}});
}

/// Finished jobs that are kept no longer: those that ended long enough ago by the time of day.
void purge(self_pointer self, steady_point now) {
  auto& st = self->state;
  const auto begun = std::chrono::steady_clock::now();
  auto gone =
    st.db->purge({st.settings.retain_for, st.settings.retain_count}, st.clock.now(self), purge_slice_jobs, st.boot);
  if (!gone && gone.err().code == ec::wrong_version)
    return step_down(self, gone.err());
  if (!gone)
    log().warn("finished jobs could not be removed: {}", gone.err().message);
  const auto pause = purge_pause_slices * since(begun);
  st.purge_at = now + (gone && *gone == purge_slice_jobs ? pause : st.settings.retain_every);
}

void release_memory_if_at_rest(self_pointer self, steady_point now) {
  auto& st = self->state;
  st.release_at = st.wrote_at + st.settings.release_after;
  if (st.release_at > now)
    return;
  st.release_at = steady_point::max();
  if (auto ok = st.db->release_memory(); !ok)
    log().warn("{}", ok.err().message);
}

void look_around(self_pointer self) {
  auto& st = self->state;
  if (!st.db)
    return;
  const auto now = time_source::steady(self);
  if (st.cannot_write) {
    // A write of a fact that is true anyway: does the disk take it?
    st.group.add_fact(std::string{boot_key}, std::to_string(st.boot));
    commit(self);
    if (st.fenced_out)
      return;
    if (st.cannot_write)
      return wake_at(self, now + st.settings.probe_every);
  }
  if (st.purge_at <= now)
    purge(self, now);
  if (st.fenced_out)
    return;
  if (st.release_at <= now)
    release_memory_if_at_rest(self, now);
  set_alarm(self);
}

} // namespace

store_keeper_actor::behavior_type store_keeper(self_pointer self, store_factory open, store_settings settings,
                                               timekeeper_actor timekeeper, time_source clock) {
  auto& init = self->state;
  name_own_thread(self, "store-keeper");
  self->show_as("store-keeper", "root", [self]() -> actor_facts {
    const auto& st = self->state;
    return {{"boot", std::to_string(st.boot)},
            {"writable", st.cannot_write ? st.cannot_write->message : "true"},
            {"partsWaiting", std::to_string(st.waiting.size())},
            {"jobsWaiting", std::to_string(st.waiting_jobs)},
            {"factsUnwritten", std::to_string(st.group.unwritten_facts())}};
  });
  init.open = std::move(open);
  init.settings = std::move(settings);
  init.timekeeper = std::move(timekeeper);
  init.clock = clock;
  return {
    [self](start_atom) -> caf::result<store_opened> {
      auto& st = self->state;
      st.manager = caf::actor_cast<queue_manager_actor>(self->current_sender());
      auto promise = self->make_response_promise<store_opened>();
      // What a queue manager before this one has given us is part of what the new one reads.
      commit(self);
      if (st.fenced_out) {
        promise.deliver(to_caf(error{ec::wrong_version, "another scheduler has taken over the store"}));
        return promise;
      }
      const bool again = st.db != nullptr;
      auto opened = open_store(st);
      if (!opened) {
        if (again && opened.err().code == ec::wrong_version)
          step_down(self, opened.err());
        promise.deliver(to_caf(opened.err()));
        return promise;
      }
      promise.deliver(std::move(*opened));
      st.wrote_at = time_source::steady(self);
      st.purge_at = st.wrote_at + st.settings.retain_every;
      st.release_at = st.wrote_at + st.settings.release_after; // what was in the log is in memory now
      set_alarm(self);
      return promise;
    },
    [self](commit_part& part) {
      if (part.boot != self->state.boot)
        return;
      auto& st = self->state;
      st.waiting_jobs += part.jobs.size();
      st.waiting.push_back(std::move(part));
      if (st.waiting_jobs >= st.settings.commit_jobs_max) {
        commit(self);
      } else if (!st.flush_pending) {
        // Everything that is in the mailbox now is ahead of this message, and joins the commit.
        st.flush_pending = true;
        self->send(self, flush_atom{});
      }
    },
    [self](flush_atom) { commit(self); },
    [self](wake_atom) { look_around(self); },
    [self](fact_part& call) { write_facts(self, call); },
    [self](fact_read& call) {
      const auto& db = self->state.db;
      call.reply.deliver(db ? db->meta_with_prefix(call.prefix) : not_open());
    },
    [self](health_call& call) {
      const auto& st = self->state;
      auto view = std::move(call.view);
      view.components.push_back({"store", st.db && !st.cannot_write,
                                 !st.db            ? "opening"
                                 : st.cannot_write ? st.cannot_write->message
                                                   : "writable"});
      call.reply.deliver(std::move(view));
    },
  };
}

} // namespace callboard
