#include "actors/scheduler/store_reader.hpp"

#include "actors/runtime/thread_name.hpp"
#include "actors/scheduler/report_search.hpp"
#include "core/calendar/schedule_facts.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"
#include "storage/read_jobs.hpp"
#include "storage/read_schedules.hpp"

#include "files/time_zone.hpp"

namespace callboard {

namespace {

using self_pointer = observed_pointer<store_reader_actor, store_reader_state>;

/// Few enough that what clients read at start waits for some milliseconds only.
constexpr size_t recovery_chunk_jobs = 5'000;

void fetch(const store& db, const fetch_request& r) {
  auto jobs = db.load({r.job});
  if (!jobs)
    return r.reply.deliver(std::move(jobs).err());
  if (jobs->empty())
    return r.reply.deliver(error{ec::unknown_job, "no job " + to_string(r.job) + " is known here", "id"});
  auto rec = std::make_shared<job_record>(std::move(jobs->front()));
  if (r.overlay)
    lay_over(*rec, *r.overlay);
  r.reply.deliver(job_ptr{std::move(rec)});
}

void go_on(self_pointer self, const std::shared_ptr<page_search>& search) {
  switch (search->step(*self->state.db)) {
  case page_search::next::over:
    return;
  case page_search::next::slice:
    self->state.slices.emplace_back([self, search] { go_on(self, search); });
    return self->send(self, flush_atom{});
  case page_search::next::overlays:
    // When the queue manager ends, so does this actor.
    self->request(self->state.owner, caf::infinite, overlay_request{search->found()})
      .then(
        [self, search](overlay_answer& x) {
          search->lay(std::move(x.live));
          go_on(self, search);
        },
        [](caf::error&) {});
  }
}

void go_on(self_pointer self, const std::shared_ptr<report_search>& search) {
  if (search->step(*self->state.db))
    return;
  self->state.slices.emplace_back([self, search] { go_on(self, search); });
  self->send(self, flush_atom{});
}

void tell_versions(const store& db, const schedule_history_call& x) {
  auto found = db.meta_with_prefix(schedule_version_prefix(x.name));
  x.reply.deliver(found ? read_schedule_versions(*found, find_time_zone)
                        : result<schedule_versions>{std::move(found).err()});
}

/// One that was removed since the call came is not found.
result<template_versions> read_versions(const store& db, const template_read_call& x) {
  const auto found =
    db.meta_with_prefix(x.all ? template_version_prefix(x.name) : template_version_key(x.name, x.version.value_or(0)));
  if (!found)
    return found.err();
  if (found->empty())
    return error{ec::not_found, "that version of template '" + x.name + "' is not kept any more", "version"};
  template_versions out;
  for (auto i = found->rbegin(); i != found->rend(); ++i) {
    auto v = parse_template_version(i->first, i->second);
    if (!v)
      return std::move(v).err();
    out.versions.push_back(std::move(*v));
  }
  return out;
}

result<ended_page> what_ended(const store& db, const ended_query& q) {
  if (!q.only_place)
    return db.ended(q);
  auto place = db.ended_so_far();
  if (!place)
    return std::move(place).err();
  ended_page page;
  page.next = *place;
  page.complete = true;
  return page;
}

void add_finished(const store& db, std::array<uint64_t, job_state_count>& by_state) {
  const auto c = db.counts();
  by_state[static_cast<size_t>(job_state::completed)] = c.completed;
  by_state[static_cast<size_t>(job_state::failed)] = c.failed;
  by_state[static_cast<size_t>(job_state::cancelled)] = c.cancelled;
}

} // namespace

store_reader_actor::behavior_type store_reader(self_pointer self, std::shared_ptr<const store> db,
                                               queue_manager_actor owner) {
  name_own_thread(self, "store-reader");
  self->show_as("store-reader", "queue-manager", [self]() -> actor_facts {
    const auto n = self->state.db->counts();
    return {{"live", std::to_string(n.live)},
            {"completed", std::to_string(n.completed)},
            {"failed", std::to_string(n.failed)},
            {"cancelled", std::to_string(n.cancelled)}};
  });
  self->state.db = std::move(db);
  self->monitor(owner);
  self->state.owner = std::move(owner);
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  return {
    [self](read_request& r) { return read_jobs(*self->state.db, r); },
    [self](recover_request r) {
      recovered_chunk chunk;
      auto more = read_live(*self->state.db, r.from, recovery_chunk_jobs, chunk.jobs);
      chunk.last = !more || !*more;
      if (!more)
        chunk.failed = std::move(more).err();
      return chunk;
    },
    [self](fetch_request& r) { fetch(*self->state.db, r); },
    [self](page_request& r) { go_on(self, std::make_shared<page_search>(std::move(r))); },
    [self](schedule_history_call& x) { tell_versions(*self->state.db, x); },
    [self](template_read_call& x) { x.reply.deliver(read_versions(*self->state.db, x)); },
    [self](ended_call& x) { x.reply.deliver(what_ended(*self->state.db, x.query)); },
    [self](report_call& x) { go_on(self, std::make_shared<report_search>(std::move(x))); },
    [self](flush_atom) {
      const auto slice = std::move(self->state.slices.front());
      self->state.slices.pop_front();
      slice();
    },
    [self](metrics_call& call) {
      auto view = std::move(call.view);
      add_finished(*self->state.db, view.by_state);
      view.engine = self->state.db->figures();
      call.reply.deliver(std::move(view));
    },
    [self](status_call& call) {
      auto view = std::move(call.view);
      add_finished(*self->state.db, view.by_state);
      call.reply.deliver(std::move(view));
    },
  };
}

} // namespace callboard
