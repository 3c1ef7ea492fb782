#include "actors/scheduler/list_page.hpp"

#include <algorithm>
#include <iterator>
#include <span>

namespace callboard {

namespace {

/// Finished jobs that are looked through in one slice, some milliseconds of work.
constexpr size_t slice_examine_max = 3'000;
/// Steps in an index.
constexpr size_t slice_steps_max = 20'000;
/// Jobs that are read from the store at once: few enough to stop soon after the page is full.
constexpr size_t load_max = 128;

template <class T>
bool is_any(const std::vector<T>& allowed, const T& x) {
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), x) != allowed.end();
}

bool wants(const list_request& q, const job_record& rec) {
  const auto& s = rec.spec;
  return is_any(q.states, rec.state) && (q.type.empty() || q.type == s.type) &&
         (q.queue.empty() || q.queue == s.queue) && (!q.priority || *q.priority == s.priority) &&
         (q.tag.empty() || std::find(s.tags.begin(), s.tags.end(), q.tag) != s.tags.end()) &&
         (q.workflow.empty() || (s.workflow && q.workflow == s.workflow->id)) &&
         (!q.held || *q.held == (is_held(s) && !is_terminal(rec.state))) &&
         (!q.first_of_workflow || (s.workflow && s.workflow->first)) && (q.key.empty() || q.key == s.idempotency_key) &&
         (!q.from || rec.created_at >= *q.from) && (!q.to || rec.created_at < *q.to);
}

job_filter filter_of(const list_request& q) {
  job_filter f;
  f.states = q.states;
  f.type = q.type;
  f.queue = q.queue;
  f.tag = q.tag;
  f.workflow = q.workflow;
  f.first_of_workflow = q.first_of_workflow;
  f.priority = q.priority;
  f.from = q.from;
  f.to = q.to;
  return f;
}

/// Puts payloads and results in, as far as they are asked for. The page ends early when they become too many bytes.
result<done> add_parts(const store& db, const list_request& q, std::vector<std::shared_ptr<job_record>>& jobs,
                       std::optional<job_id>& next) {
  constexpr size_t at_once = 16;
  uint64_t bytes = 0;
  auto end = jobs.begin();
  for (auto from = jobs.begin(); from != jobs.end();) {
    const auto to = from + std::min<ptrdiff_t>(at_once, jobs.end() - from);
    std::vector<job_id> ids;
    std::transform(from, to, std::back_inserter(ids), [](const auto& rec) { return rec->id; });
    auto loaded = db.load(ids, q.payload);
    if (!loaded)
      return std::move(loaded).err();
    for (auto& whole : *loaded) {
      from = std::find_if(from, to, [&](const auto& rec) { return rec->id == whole.id; });
      bytes += (q.payload ? whole.spec.payload.size() : 0) + (q.result ? whole.result.size() : 0);
      if (bytes > q.bytes_max && end != jobs.begin()) {
        next = (*std::prev(end))->id;
        jobs.erase(end, jobs.end());
        return done{};
      }
      auto& rec = **from;
      if (q.payload)
        rec.spec.payload = std::move(whole.spec.payload);
      // One that ended after it was put on the page is shown as it was then.
      if (q.result && is_terminal(rec.state) == is_terminal(whole.state))
        rec.result = std::move(whole.result);
      std::swap(*end++, *from);
    }
    from = to;
  }
  jobs.erase(end, jobs.end()); // those that were purged meanwhile
  return done{};
}

} // namespace

void lay_over(job_record& rec, const live_overlay& live) {
  // Between the queue manager's look and ours the job may have ended; then what is stored is newer.
  if (is_terminal(rec.state))
    return;
  rec.state = live.state;
  rec.worker = live.worker;
  rec.attempt = std::max(rec.attempt, live.attempt);
  rec.current_fence = live.fence;
  if (live.started_at)
    rec.started_at = live.started_at;
}

page_search::page_search(page_request r) : r_(std::move(r)), live_(std::move(r_.live)) {
}

page_search::next page_search::step(const store& db) {
  return q_.by_index() ? step_by_index(db) : step_through(db);
}

page_search::next page_search::step_by_index(const store& db) {
  if (!ids_.empty()) {
    auto ok = add(db, ids_);
    ids_.clear();
    return ok ? go_on(db, examined_to_.has_value()) : fail(std::move(ok).err());
  }
  if (!q_.key.empty()) {
    const auto id = db.find_key(q_.key);
    if (!id)
      return fail(id.err());
    if (!*id || (q_.below && **id >= *q_.below))
      return finish(db);
    ids_ = {**id};
    return next::overlays;
  }
  auto page = db.find(filter_of(q_), examined_to_ ? examined_to_ : q_.below, load_max, slice_steps_max);
  if (!page)
    return fail(std::move(page).err());
  examined_to_ = page->examined_to;
  ids_ = std::move(page->ids);
  if (!ids_.empty())
    return next::overlays;
  return examined_to_ ? next::slice : finish(db);
}

page_search::next page_search::step_through(const store& db) {
  if (!std::exchange(begun_, true)) {
    std::vector<job_id> ids;
    for (const auto& x : live_)
      ids.push_back(x.job);
    for (std::span<const job_id> rest{ids}; !rest.empty(); rest = rest.subspan(std::min(rest.size(), load_max))) {
      const auto some = rest.first(std::min(rest.size(), load_max));
      if (auto ok = add(db, {some.begin(), some.end()}); !ok)
        return fail(std::move(ok).err());
    }
  }
  if (!q_.states.empty() && std::none_of(q_.states.begin(), q_.states.end(), is_terminal)) {
    examined_to_ = r_.live_examined_to;
    return finish(db);
  }
  auto f = filter_of(q_);
  f.down_to = r_.live_examined_to.value_or(job_id{});
  auto page = db.page(f, examined_to_ ? examined_to_ : q_.below, q_.limit + size_t{1}, slice_examine_max);
  if (!page)
    return fail(std::move(page).err());
  // A job that is among the live ones, too, has finished meanwhile: this is the newer record.
  for (auto& rec : page->jobs)
    if (wants(q_, rec))
      jobs_.insert_or_assign(rec.id, std::make_shared<job_record>(std::move(rec)));
  examined_to_ = std::max(r_.live_examined_to, page->examined_to);
  return go_on(db, page->examined_to.has_value());
}

/// Reads these and adds those that are wanted, as they are now.
result<done> page_search::add(const store& db, const std::vector<job_id>& ids) {
  auto loaded = db.load(ids, false);
  if (!loaded)
    return std::move(loaded).err();
  for (auto& rec : *loaded) {
    const auto live =
      std::lower_bound(live_.begin(), live_.end(), rec.id, [](const live_overlay& x, job_id id) { return x.job > id; });
    if (live != live_.end() && live->job == rec.id)
      lay_over(rec, *live);
    rec.result = blob{};
    if (wants(q_, rec))
      jobs_.emplace(rec.id, std::make_shared<job_record>(std::move(rec)));
  }
  return done{};
}

/// @param more  there may be more jobs below what was examined
page_search::next page_search::go_on(const store& db, bool more) {
  if (!more)
    return finish(db);
  const auto end = examined_to_ ? jobs_.upper_bound(*examined_to_) : jobs_.end();
  return static_cast<size_t>(std::distance(jobs_.begin(), end)) >= q_.limit ? finish(db) : next::slice;
}

page_search::next page_search::fail(error e) {
  r_.reply.deliver(std::move(e));
  return next::over;
}

page_search::next page_search::finish(const store& db) {
  job_list out;
  out.next = examined_to_;
  std::vector<std::shared_ptr<job_record>> jobs;
  for (auto& [id, rec] : jobs_) {
    if (examined_to_ && id < *examined_to_)
      break;
    if (jobs.size() == q_.limit) {
      out.next = jobs.back()->id;
      break;
    }
    jobs.push_back(std::move(rec));
  }
  if (q_.payload || q_.result)
    if (auto ok = add_parts(db, q_, jobs, out.next); !ok)
      return fail(std::move(ok).err());
  out.jobs.assign(std::make_move_iterator(jobs.begin()), std::make_move_iterator(jobs.end()));
  r_.reply.deliver(std::move(out));
  return next::over;
}

} // namespace callboard
