#include "storage/ended_row.hpp"
#include "storage/filter.hpp"
#include "storage/record_codec.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <tuple>

namespace callboard {

namespace {

/// Ordered maps under one lock: slow enough to be obvious, which is what the other stores are compared with.
class memory_store final : public store {
public:
  result<done> append(const write_batch& batch) override {
    std::unique_lock lock{mutex_};
    if (batch.writer_epoch < epoch_)
      return later_writer(epoch_, batch.writer_epoch);
    epoch_ = batch.writer_epoch;
    ends_next_ = std::max(ends_next_, first_ended_row(epoch_));
    // Those of one batch in the order in which they ended.
    std::vector<const stored_job*> ended;
    for (const auto& job : batch.jobs) {
      put(job);
      if (is_terminal(job.state))
        ended.push_back(&job);
    }
    std::stable_sort(ended.begin(), ended.end(),
                     [](const auto* a, const auto* b) { return a->finished_at < b->finished_at; });
    for (const auto* job : ended)
      note_end(job->id);
    for (const auto& [name, value] : batch.meta)
      meta_.insert_or_assign(name, value);
    for (const auto& name : batch.meta_removed)
      meta_.erase(name);
    return done{};
  }

  result<done> for_each_live(job_id from, const std::function<bool(job_id, std::string_view)>& each) const override {
    std::shared_lock lock{mutex_};
    for (auto i = live_.lower_bound(from); i != live_.end(); ++i)
      if (!each(i->first, i->second.record))
        break;
    return done{};
  }

  result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool with_payload) const override {
    std::shared_lock lock{mutex_};
    std::vector<job_record> out;
    out.reserve(ids.size());
    for (const auto id : ids) {
      const auto* job = find(id);
      if (!job)
        continue;
      auto rec = decode_record(job->record);
      if (!rec)
        return rec.err();
      if (with_payload)
        rec->spec.payload = job->payload;
      out.push_back(std::move(*rec));
    }
    return out;
  }

  result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit,
                         size_t examine_max) const override {
    std::shared_lock lock{mutex_};
    const auto range = range_of(f, below);
    done_page out;
    size_t examined = 0;
    for (auto it = done_.lower_bound(range.end); it != done_.begin();) {
      --it;
      if (it->first < range.first)
        break;
      if (!wants_state(f, it->second.state))
        continue; // as with an index of that state: not examined
      if (out.jobs.size() == std::max<size_t>(limit, 1) || examined == std::max<size_t>(examine_max, 1))
        return out;
      ++examined;
      out.examined_to = it->first;
      auto rec = decode_if_match(f, it->second.record);
      if (!rec)
        return rec.err();
      if (*rec)
        out.jobs.push_back(std::move(**rec));
    }
    out.examined_to.reset();
    return out;
  }

  result<id_page> find(const job_filter& f, std::optional<job_id> below, size_t limit,
                       size_t steps_max) const override {
    std::shared_lock lock{mutex_};
    const auto range = range_of(f, below);
    std::map<job_id, const entry*, std::greater<>> all;
    for (const auto* jobs : {&live_, &done_})
      for (auto it = jobs->lower_bound(range.first); it != jobs->lower_bound(range.end); ++it)
        all.emplace(it->first, &it->second);
    id_page out;
    size_t steps = 0;
    for (const auto& [id, job] : all) {
      if (out.ids.size() == std::max<size_t>(limit, 1) || steps++ == std::max<size_t>(steps_max, 1))
        return out;
      out.examined_to = id;
      const auto rec = decode_record(job->record);
      if (!rec)
        continue;
      const auto& s = rec->spec;
      if ((f.queue.empty() || f.queue == s.queue) && (f.type.empty() || f.type == s.type) &&
          (f.tag.empty() || std::find(s.tags.begin(), s.tags.end(), f.tag) != s.tags.end()) &&
          (f.workflow.empty() || (s.workflow && s.workflow->id == f.workflow)) &&
          (!f.first_of_workflow || (s.workflow && s.workflow->first)))
        out.ids.push_back(id);
    }
    out.examined_to.reset();
    return out;
  }

  result<ended_page> ended(const ended_query& q) const override {
    std::shared_lock lock{mutex_};
    ended_page out;
    out.next = q.after;
    size_t examined = 0;
    uint64_t bytes = 0;
    for (auto it = ends_.lower_bound(q.after.row); it != ends_.end(); ++it) {
      if (out.jobs.size() == std::max<size_t>(q.limit, 1) || examined++ == std::max<size_t>(q.examine_max, 1))
        return out;
      const auto& job = done_.at(it->second);
      auto rec = decode_record(job.record);
      if (!rec)
        return rec.err();
      if (wants(q, *rec)) {
        if (q.payload)
          rec->spec.payload = job.payload;
        if (!q.result)
          rec->result = blob{};
        bytes += bytes_told(*rec);
        if (bytes > q.bytes_max && !out.jobs.empty())
          return out;
        out.jobs.push_back(std::move(*rec));
      }
      out.next.row = it->first + 1;
    }
    out.complete = true;
    return out;
  }

  result<ended_cursor> ended_so_far() const override {
    std::shared_lock lock{mutex_};
    return ended_cursor{.row = ends_next_};
  }

  result<std::optional<job_id>> find_key(std::string_view key) const override {
    std::shared_lock lock{mutex_};
    const auto it = keys_.find(key);
    return it == keys_.end() ? std::nullopt : std::optional{it->second};
  }

  result<std::optional<std::string>> meta(std::string_view name) const override {
    std::shared_lock lock{mutex_};
    const auto it = meta_.find(name);
    return it == meta_.end() ? std::nullopt : std::optional{it->second};
  }

  result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view prefix) const override {
    std::shared_lock lock{mutex_};
    std::vector<std::pair<std::string, std::string>> out;
    for (auto it = meta_.lower_bound(prefix); it != meta_.end() && it->first.starts_with(prefix); ++it)
      out.emplace_back(*it);
    return out;
  }

  store_counts counts() const override {
    std::shared_lock lock{mutex_};
    store_counts n;
    n.live = live_.size();
    for (const auto& [id, job] : done_)
      ++(job.state == job_state::completed ? n.completed : job.state == job_state::failed ? n.failed : n.cancelled);
    return n;
  }

  result<size_t> purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) override {
    auto over = jobs_over(r, now, jobs_max, writer_epoch);
    if (!over)
      return over.err();
    // Outside of the lock: the other store takes locks of its own, and asks this one while it holds them.
    std::set<std::string, std::less<>> open_elsewhere;
    for (const auto& job : *over)
      if (r.is_open_elsewhere && !job.workflow.empty() && !open_elsewhere.contains(job.workflow)) {
        const auto open = r.is_open_elsewhere(job.workflow);
        if (!open)
          return open.err();
        if (*open)
          open_elsewhere.insert(job.workflow);
      }
    std::unique_lock lock{mutex_};
    for (const auto& job : *over)
      remove_or_park(job, open_elsewhere.contains(job.workflow), now);
    return over->size();
  }

  result<bool> is_open(const std::string& workflow) override {
    std::shared_lock lock{mutex_};
    return open_.contains(workflow);
  }

  result<done> release_memory() override {
    return done{};
  }

  result<done> backup(const std::string&) override {
    return error{ec::invalid_state, "jobs that are kept in memory only cannot be backed up"};
  }

private:
  struct entry {
    job_state state = job_state::queued;
    std::string record;
    blob payload;
    std::vector<std::string> keys;
    std::string workflow;
    std::optional<time_point> parked_at; ///< it is kept for its workflow
    std::optional<uint64_t> end;         ///< where it is in `ends_`
  };

  /// A job whose time is over.
  struct over_job {
    job_id id;
    std::string workflow;
    std::optional<std::tuple<time_point, job_id, job_state>> end; ///< none: it was parked before
  };

  /// At most `jobs_max`, those that are to be looked at again first.
  result<std::vector<over_job>> jobs_over(const retention& r, time_point now, size_t jobs_max,
                                          uint64_t writer_epoch) const {
    std::shared_lock lock{mutex_};
    if (writer_epoch < epoch_)
      return later_writer(epoch_, writer_epoch);
    std::vector<over_job> out;
    for (const auto& [at, id] : parked_) {
      if (out.size() == jobs_max || at + r.look_again_after() > now)
        break;
      out.push_back({id, done_.at(id).workflow, {}});
    }
    const auto cutoff = purge_before(r, now);
    auto left = finished_.size();
    for (const auto& end : finished_) {
      if (out.size() == jobs_max || (left <= r.count_max && std::get<0>(end) >= cutoff))
        break;
      const auto id = std::get<1>(end);
      out.push_back({id, done_.at(id).workflow, end});
      --left;
    }
    return out;
  }

  /// One that lives again since it was found to be over stays as it is.
  void remove_or_park(const over_job& over, bool open_elsewhere, time_point now) {
    const auto job = done_.find(over.id);
    if (job == done_.end() || (over.end ? finished_.erase(*over.end) == 0 : !job->second.parked_at))
      return;
    if (job->second.parked_at)
      parked_.erase({*job->second.parked_at, over.id});
    if (open_elsewhere || (!over.workflow.empty() && open_.contains(over.workflow))) {
      job->second.parked_at = now;
      parked_.emplace(now, over.id);
      return;
    }
    for (const auto& name : job->second.keys)
      if (const auto key = keys_.find(name); key != keys_.end() && key->second == over.id)
        keys_.erase(key);
    forget_end(job->second);
    done_.erase(job);
  }

  void forget_end(entry& e) {
    if (e.end)
      ends_.erase(*e.end);
    e.end.reset();
  }
  /// The latest of what has ended, unless it lives again by the end of the batch.
  void note_end(job_id id) {
    const auto job = done_.find(id);
    if (job == done_.end())
      return;
    forget_end(job->second);
    job->second.end = ends_next_;
    ends_.emplace(ends_next_++, id);
  }

  void put(const stored_job& job) {
    entry e;
    auto& former = job.was_terminal ? done_ : live_;
    if (const auto it = former.find(job.id); it != former.end()) {
      e = std::move(it->second);
      former.erase(it);
    }
    if (job.was_terminal)
      finished_.erase({job.former_finished_at, job.id, job.former_state});
    if (e.parked_at)
      parked_.erase({*e.parked_at, job.id});
    e.parked_at.reset();
    forget_end(e);
    const bool lived = !job.was_terminal && !job.payload, lives = !is_terminal(job.state);
    e.state = job.state;
    e.record = job.record;
    if (job.payload) {
      e.payload = *job.payload;
      e.workflow = job.workflow;
      if (!job.idempotency_key.empty())
        e.keys.push_back(job.idempotency_key);
      if (!job.unique_key.empty())
        e.keys.push_back(unique_key_name(job.unique_key));
      for (const auto& key : e.keys)
        keys_.insert_or_assign(key, job.id);
    }
    if (!job.cache_key.empty()) {
      e.keys.push_back(job.cache_key);
      keys_.insert_or_assign(job.cache_key, job.id);
    }
    if (!e.workflow.empty() && lives != lived)
      count_open(e.workflow, lives);
    if (is_terminal(job.state))
      finished_.emplace(job.finished_at, job.id, job.state);
    (is_terminal(job.state) ? done_ : live_).insert_or_assign(job.id, std::move(e));
  }

  void count_open(const std::string& workflow, bool more) {
    auto& n = open_[workflow];
    n += more ? 1 : -1;
    if (n == 0)
      open_.erase(workflow);
  }

  const entry* find(job_id id) const {
    for (const auto* jobs : {&live_, &done_})
      if (const auto it = jobs->find(id); it != jobs->end())
        return &it->second;
    return nullptr;
  }

  mutable std::shared_mutex mutex_;
  uint64_t epoch_ = 0;
  std::map<job_id, entry> live_;
  std::map<job_id, entry> done_;
  std::set<std::tuple<time_point, job_id, job_state>> finished_;
  std::map<uint64_t, job_id> ends_; ///< of `done_`, in the order in which they ended
  uint64_t ends_next_ = 0;
  std::set<std::pair<time_point, job_id>> parked_; ///< not in `finished_`
  std::map<std::string, int64_t> open_;            ///< workflows: jobs that have not ended
  std::map<std::string, job_id, std::less<>> keys_;
  std::map<std::string, std::string, std::less<>> meta_;
};

} // namespace

std::unique_ptr<store> make_memory_store() {
  return std::make_unique<memory_store>();
}

} // namespace callboard
