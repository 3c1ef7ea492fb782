#include "actors/scheduler/list_page.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <span>

namespace callboard {

namespace {

/// Newest first. A record is large: it is moved once, and then the pointer.
using page_jobs = std::map<job_id, std::shared_ptr<job_record>, std::greater<>>;

/// Finished jobs that are looked at for one page at most, some milliseconds of work; a page may therefore be short and
/// still have a next one.
constexpr size_t page_examine_max = 3'000;

/// Jobs that are read from the store at once: few enough to stop soon after the page is full.
constexpr size_t slice_jobs = 128;

std::vector<job_id> ids_of(std::span<const live_overlay> jobs) {
  std::vector<job_id> ids;
  ids.reserve(jobs.size());
  for (const auto& x : jobs)
    ids.push_back(x.job);
  return ids;
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

/// Adds the live jobs that are wanted, one more than fit at most. Returns the id down to which they were looked at;
/// none: all were.
result<std::optional<job_id>> add_live(const store& db, const page_request& r, page_jobs& out) {
  for (std::span<const live_overlay> rest{r.live}; !rest.empty();) {
    const auto slice = rest.first(std::min(rest.size(), slice_jobs));
    rest = rest.subspan(slice.size());
    auto jobs = db.load(ids_of(slice), false);
    if (!jobs)
      return std::move(jobs).err();
    auto live = slice.begin();
    for (auto& rec : *jobs) {
      // In the order asked; one that is missing was purged.
      live = std::find_if(live, slice.end(), [&](const live_overlay& x) { return x.job == rec.id; });
      lay_over(rec, *live);
      rec.result = blob{};
      if (wants(r.request, rec))
        out.emplace(rec.id, std::make_shared<job_record>(std::move(rec)));
    }
    if (out.size() > r.request.limit)
      return std::optional{slice.back().job};
  }
  return r.live_examined_to;
}

/// Adds the finished jobs that are wanted and may be shown: what is below `down_to` belongs to the next page. Returns
/// the id down to which everything was looked at; none: all was.
result<std::optional<job_id>> add_finished(const store& db, const list_request& q, std::optional<job_id> down_to,
                                           page_jobs& out) {
  if (!q.states.empty() && std::none_of(q.states.begin(), q.states.end(), is_terminal))
    return down_to;
  auto f = filter_of(q);
  f.down_to = down_to.value_or(job_id{});
  auto page = db.page(f, q.below, q.limit, page_examine_max);
  if (!page)
    return std::move(page).err();
  // A job that is among the live ones, too, has finished meanwhile: this is the newer record.
  for (auto& rec : page->jobs)
    if (wants(q, rec))
      out.insert_or_assign(rec.id, std::make_shared<job_record>(std::move(rec)));
  return std::max(down_to, page->examined_to);
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
  rec.current_fence = live.proof;
  if (live.started_at)
    rec.started_at = live.started_at;
}

result<job_list> read_page(const store& db, const page_request& r) {
  const auto& q = r.request;
  page_jobs found;
  auto examined_to = add_live(db, r, found);
  if (!examined_to)
    return std::move(examined_to).err();
  examined_to = add_finished(db, q, *examined_to, found);
  if (!examined_to)
    return std::move(examined_to).err();
  job_list out;
  out.next = *examined_to;
  std::vector<std::shared_ptr<job_record>> jobs;
  for (auto& [id, rec] : found) {
    if (*examined_to && id < **examined_to)
      break;
    if (jobs.size() == q.limit) {
      out.next = jobs.back()->id;
      break;
    }
    jobs.push_back(std::move(rec));
  }
  if (q.payload || q.result)
    if (auto ok = add_parts(db, q, jobs, out.next); !ok)
      return std::move(ok).err();
  out.jobs.assign(std::make_move_iterator(jobs.begin()), std::make_move_iterator(jobs.end()));
  return out;
}

} // namespace callboard
