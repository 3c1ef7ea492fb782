#include "storage/filter.hpp"
#include "storage/finished_walk.hpp"
#include "storage/key_layout.hpp"
#include "storage/name_index.hpp"
#include "storage/record_codec.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>

namespace callboard {

/// What is to be removed of a finished job besides its record and payload.
struct purged_job {
  job_id id;
  job_state state = job_state::completed;
  std::vector<std::string> keys; ///< those that are bound to it
  std::string queue, type;       ///< empty: its record cannot be read
  std::vector<std::string> tags;
  uint8_t priority = priority_default;
  std::string workflow;
  bool first_of_workflow = false;
};

namespace {

/// A row for each, so that none takes the place of another.
void add_parked(rocksdb::WriteBatch& out, rocksdb::ColumnFamilyHandle* f, const std::vector<purged_job>& jobs,
                time_point now) {
  std::string value;
  for (const auto& job : jobs) {
    value.clear();
    add_finished_entry(value, {job.id, job.state});
    put(out, f, parked_key(now, job.id).view(), value);
  }
}

void sort_each_once(std::vector<purged_job>& jobs) {
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return b.id > a.id; });
  jobs.erase(std::unique(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) { return a.id == b.id; }),
             jobs.end());
}

} // namespace

/// What a purge has found so far.
struct purge_findings {
  std::vector<purged_job> gone, parked;
  size_t dealt_with() const {
    return gone.size() + parked.size();
  }
};

/// Looks at the jobs whose ends these are, all at once, and puts down what belongs to them. Left out are those for
/// which it is not the last end any more: they live again, are gone already, or finished again since, in a later row.
result<done> rocksdb_store::look_up_ends(std::vector<told_end>& ends, std::vector<purged_job>& out) const {
  std::sort(ends.begin(), ends.end(), [](const auto& a, const auto& b) { return b.end.id > a.end.id; });
  std::vector<fixed_key<8>> keys;
  keys.reserve(ends.size());
  for (const auto& e : ends)
    keys.push_back(job_key(e.end.id));
  lookups records;
  records.keys.reserve(keys.size());
  for (const auto& k : keys)
    records.keys.emplace_back(k.view());
  if (auto e = get_many({}, family::done, records))
    return std::move(*e);
  for (size_t i = 0; i < ends.size(); ++i) {
    if (!records.statuses[i].ok())
      continue;
    purged_job job{.id = ends[i].end.id, .state = ends[i].end.state};
    // A record that cannot be read goes as well; only its keys and names, which nobody knows any more, stay.
    if (auto rec = decode_record(records.values[i].ToStringView())) {
      if (rec->finished_at.value_or(ends[i].row_time) > ends[i].row_time)
        continue;
      job.state = rec->state;
      job.queue = std::move(rec->spec.queue);
      job.type = std::move(rec->spec.type);
      job.tags = std::move(rec->spec.tags);
      job.priority = rec->spec.priority;
      if (rec->spec.workflow) {
        job.workflow = std::move(rec->spec.workflow->id);
        job.first_of_workflow = rec->spec.workflow->first;
      }
      std::vector<std::string> names;
      if (!rec->spec.idempotency_key.empty())
        names.push_back(std::move(rec->spec.idempotency_key));
      if (rec->spec.unique)
        names.push_back(unique_key_name(rec->spec.unique->key));
      if (!rec->cache_key.empty())
        names.push_back(std::move(rec->cache_key));
      for (auto& name : names) {
        const auto bound = get(family::keys, name);
        if (!bound)
          return bound.err();
        if (*bound == keys[i].view())
          job.keys.push_back(std::move(name));
      }
    }
    out.push_back(std::move(job));
  }
  return done{};
}

/// Family by family, each in id order, as in `add_jobs`.
result<done> rocksdb_store::remove_jobs(rocksdb::WriteBatch& out, const std::vector<purged_job>& jobs) const {
  const auto& db = *db_;
  for (const auto f : {family::done, family::payload})
    for (const auto& job : jobs)
      remove(out, db[f], job_key(job.id).view());
  for (const auto& job : jobs) {
    for (const auto& key : job.keys)
      remove(out, db[family::keys], key);
    if (has_status_row(job.state))
      remove(out, db[family::status], status_key(job.state, job.id).view());
  }
  std::vector<named_job> named;
  std::vector<finished_priority> finished;
  for (const auto& job : jobs)
    if (!job.type.empty()) {
      named.push_back({job.id, job.queue, job.type, &job.tags, job.workflow, job.first_of_workflow});
      finished.push_back({job.id, job.priority});
    }
  if (auto r = remove_names(out, *db.get(), db[family::names], finished); !r)
    return r;
  return remove_names(out, *db.get(), db[family::names], named);
}

/// Those that are kept for a workflow leave `jobs` for `parked`.
result<done> rocksdb_store::park(const retention& r, std::vector<purged_job>& jobs, std::vector<purged_job>& parked) {
  std::map<std::string_view, bool> known;
  std::optional<error> failed;
  const auto is_kept = [&](const purged_job& job) {
    if (job.workflow.empty() || failed)
      return false;
    if (const auto k = known.find(job.workflow); k != known.end())
      return k->second;
    auto open = has_live_job(job.workflow);
    if (open && !*open && r.is_open_elsewhere)
      open = r.is_open_elsewhere(job.workflow);
    if (!open)
      failed = open.err();
    return known[job.workflow] = open && *open;
  };
  const auto kept = std::stable_partition(jobs.begin(), jobs.end(), [&](const auto& job) { return !is_kept(job); });
  known.clear(); // its names go with the jobs
  std::move(kept, jobs.end(), std::back_inserter(parked));
  jobs.erase(kept, jobs.end());
  return failed ? result<done>{std::move(*failed)} : result<done>{done{}};
}

/// How many entries are in the rows of jobs that are kept.
result<uint64_t> rocksdb_store::count_parked() const {
  uint64_t n = 0;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator({}, (*db_)[family::finished])};
  for (it->Seek(first_parked); it->Valid(); it->Next())
    n += it->value().size() / finished_entry_bytes;
  if (!it->status().ok())
    return error_of(it->status(), "read its index of finished jobs");
  return n;
}

/// Takes ends of rows before the cutoff, and of others as many as are `beyond` the retention by number.
/// @return  how many entries were taken from the rows
result<size_t> rocksdb_store::take_ends(finished_walk& walk, const retention& r, time_point cutoff, uint64_t beyond,
                                        size_t jobs_max, purge_findings& out) {
  size_t taken = 0, entries = 0;
  // Few ends are of jobs that live again: then more are looked at than go.
  for (size_t looks = 4 * jobs_max; looks > 0 && out.dealt_with() < jobs_max;) {
    auto ends =
      walk.take(std::min(looks, jobs_max - out.dealt_with()), cutoff, beyond - std::min<uint64_t>(beyond, taken));
    if (!ends)
      return ends.err();
    if (ends->empty())
      break;
    looks -= ends->size();
    entries += ends->size();
    std::vector<purged_job> found;
    if (auto ok = look_up_ends(*ends, found); !ok)
      return ok.err();
    taken += found.size();
    if (auto ok = park(r, found, out.parked); !ok)
      return ok.err();
    std::move(found.begin(), found.end(), std::back_inserter(out.gone));
  }
  return entries;
}

result<size_t> rocksdb_store::purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) {
  std::lock_guard writer{writer_mutex_};
  if (failed_)
    if (auto ok = recover(); !ok)
      return ok.err();
  if (writer_epoch < epoch_)
    return later_writer(epoch_, writer_epoch);
  std::shared_lock open{open_mutex_};
  const auto& db = *db_;
  if (!parked_) {
    const auto found = count_parked();
    if (!found)
      return found.err();
    parked_ = *found;
  }
  auto n = counts();
  const auto all = n.completed + n.failed + n.cancelled;
  const auto kept = all - std::min(all, *parked_);
  purge_findings found;
  const rocksdb::Slice bound{first_parked};
  rocksdb::ReadOptions unparked;
  unparked.iterate_upper_bound = &bound;
  const auto rows = [&](const rocksdb::ReadOptions& o) {
    return std::unique_ptr<rocksdb::Iterator>{db->NewIterator(o, db[family::finished])};
  };
  finished_walk again{rows({}), parked_from_, parked_at_of}, walk{rows(unparked), purge_from_, finished_at_of};
  // Those that were parked when they are to be looked at again now, or before.
  const auto looked_before = now - r.look_again_after() + duration{1};
  auto were_parked = take_ends(again, r, looked_before, 0, jobs_max, found);
  if (!were_parked)
    return were_parked;
  if (auto ok = take_ends(walk, r, purge_before(r, now), kept - std::min(kept, r.count_max), jobs_max, found); !ok)
    return ok;
  if (walk.last().empty() && again.last().empty())
    return size_t{0};
  // Two ends of one job within a row's spread look alike.
  sort_each_once(found.gone);
  sort_each_once(found.parked);
  for (const auto& job : found.gone)
    decrease(counter_of(n, job.state));
  rocksdb::WriteBatch out;
  again.remove_taken(out, db[family::finished]);
  walk.remove_taken(out, db[family::finished]);
  if (auto ok = remove_jobs(out, found.gone); !ok)
    return ok.err();
  add_parked(out, db[family::finished], found.parked, now);
  const auto ends_from = trim_ends(out, walk.left_from(), now);
  if (!ends_from)
    return ends_from.err();
  add_counters(out, n);
  if (auto ok = write(out, false); !ok)
    return ok.err();
  ends_from_ = *ends_from;
  if (auto last = walk.last(); !last.empty())
    purge_from_ = std::move(last);
  if (auto last = again.last(); !last.empty())
    parked_from_ = std::move(last);
  if (!found.parked.empty()) // before that, if the clock was set back
    parked_from_ = std::min(parked_from_, std::string{parked_key(now, found.parked.front().id).view()});
  *parked_ += found.parked.size();
  *parked_ -= std::min<uint64_t>(*parked_, *were_parked);
  publish(n);
  return found.dealt_with();
}

} // namespace callboard
