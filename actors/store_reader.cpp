#include "actors/store_reader.hpp"

#include "actors/thread_name.hpp"
#include "messages/error_category.hpp"
#include "messages/type_ids.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>
#include <map>

namespace callboard {

namespace {

/// Few enough that what clients read at start waits for some milliseconds only.
constexpr size_t recovery_chunk_jobs = 5'000;

void lay_over(job_record& rec, const live_overlay& live) {
  // Between the queue manager's look and ours the job may have ended; then what is stored is newer.
  if (is_terminal(rec.state))
    return;
  rec.state = live.state;
  rec.worker = live.worker;
  rec.attempt = std::max(rec.attempt, live.attempt);
  rec.current_fence = live.proof;
  if (live.started_at)
    rec.started_at = live.started_at;
}

read_answer load(const store& db, const read_request& r) {
  read_answer out;
  auto ids = r.jobs;
  for (const auto& key : r.keys) {
    auto found = db.find_key(key);
    if (!found) {
      out.failed = std::move(found).err();
      return out;
    }
    if (*found) {
      out.keys.emplace_back(key, **found);
      ids.push_back(**found);
    }
  }
  auto jobs = db.load(ids, r.with_payload);
  if (!jobs)
    out.failed = std::move(jobs).err();
  else
    out.jobs = std::move(*jobs);
  return out;
}

recovered_chunk recover(const store& db, job_id from) {
  recovered_chunk chunk;
  bool more = false;
  auto end = db.for_each_live(from, [&](job_id id, std::string_view bytes) {
    if (chunk.jobs.size() == recovery_chunk_jobs) {
      more = true;
      return false;
    }
    auto fields = decode_index(bytes);
    if (!fields) {
      chunk.failed = std::move(fields).err();
      chunk.failed->message = to_string(id) + ": " + chunk.failed->message;
      return false;
    }
    chunk.jobs.push_back({fields->id, fields->state, fields->priority, fields->level, fields->attempt,
                          fields->schedule_at, fields->deadline, fields->retry_at, std::string{fields->type},
                          std::string{fields->queue}, std::move(fields->resources), std::move(fields->dependencies)});
    return true;
  });
  if (!end && !chunk.failed)
    chunk.failed = std::move(end).err();
  chunk.last = !more;
  return chunk;
}

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

bool wants(const list_request& q, const job_record& rec) {
  if (!q.states.empty() && std::find(q.states.begin(), q.states.end(), rec.state) == q.states.end())
    return false;
  return q.tag.empty() || std::find(rec.spec.tags.begin(), rec.spec.tags.end(), q.tag) != rec.spec.tags.end();
}

job_filter filter_of(const list_request& q) {
  job_filter f;
  if (q.states.size() == 1)
    f.state = q.states.front();
  f.type = q.type;
  f.queue = q.queue;
  f.tag = q.tag;
  f.priority = q.priority;
  f.from = q.from;
  f.to = q.to;
  return f;
}

/// Merges live and finished jobs, newest first. Nothing is shown below the higher of the two bounds down to which each
/// side was looked at: what lies below belongs to the next page.
result<job_list> page(const store& db, const page_request& r) {
  std::map<job_id, job_ptr, std::greater<>> found;
  std::optional<job_id> examined_to = r.live_examined_to;
  const auto& q = r.request;
  if (!r.live.empty()) {
    std::vector<job_id> ids;
    for (const auto& x : r.live)
      ids.push_back(x.job);
    auto jobs = db.load(ids);
    if (!jobs)
      return std::move(jobs).err();
    std::map<job_id, const live_overlay*> overlays;
    for (const auto& x : r.live)
      overlays.emplace(x.job, &x);
    for (auto& rec : *jobs) {
      lay_over(rec, *overlays.at(rec.id));
      if (wants(q, rec))
        found.emplace(rec.id, std::make_shared<const job_record>(std::move(rec)));
    }
  }
  const bool any_finished = q.states.empty() || std::any_of(q.states.begin(), q.states.end(), is_terminal);
  if (any_finished) {
    auto finished = db.page(filter_of(q), q.below, q.limit, page_examine_max);
    if (!finished)
      return std::move(finished).err();
    if (finished->examined_to && (!examined_to || *finished->examined_to > *examined_to))
      examined_to = finished->examined_to;
    for (auto& rec : finished->jobs)
      if (wants(q, rec))
        found.insert_or_assign(rec.id, std::make_shared<const job_record>(std::move(rec)));
  }
  job_list out;
  for (auto& [id, rec] : found) {
    if (examined_to && id < *examined_to)
      break;
    if (out.jobs.size() == q.limit) {
      out.next = out.jobs.back()->id;
      return out;
    }
    out.jobs.push_back(std::move(rec));
  }
  out.next = examined_to;
  return out;
}

void add_finished(const store& db, std::array<uint64_t, job_state_count>& by_state) {
  const auto c = db.counts();
  by_state[static_cast<size_t>(job_state::completed)] = c.completed;
  by_state[static_cast<size_t>(job_state::failed)] = c.failed;
  by_state[static_cast<size_t>(job_state::cancelled)] = c.cancelled;
}

} // namespace

store_reader_actor::behavior_type store_reader(observed_pointer<store_reader_actor, store_reader_state> self,
                                               std::shared_ptr<const store> db, queue_manager_actor owner) {
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
  self->set_down_handler([self](caf::down_msg&) { self->quit(); });
  return {
    [self](read_request& r) { return load(*self->state.db, r); },
    [self](recover_request r) { return recover(*self->state.db, r.from); },
    [self](fetch_request& r) { fetch(*self->state.db, r); },
    [self](page_request& r) { r.reply.deliver(page(*self->state.db, r)); },
    [self](metrics_call& call) {
      auto view = std::move(call.view);
      add_finished(*self->state.db, view.by_state);
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
