#include "core/base/ids.hpp"
#include "core/base/invariant.hpp"
#include "storage/filter.hpp"
#include "storage/key_layout.hpp"
#include "storage/name_index.hpp"
#include "storage/record_codec.hpp"
#include "storage/rocksdb_store.hpp"

#include <rocksdb/snapshot.h>

#include <algorithm>
#include <numeric>

namespace callboard {

namespace {

/// For a walk over all live jobs at start: read ahead, and keep the cache for others.
constexpr size_t scan_readahead_bytes = 2u << 20;

/// So many look-ups at least are worth an iterator.
constexpr size_t walk_keys_min = 16;
/// Steps from one key to the next one; further away it is sought.
constexpr int walk_steps_max = 4;
/// Removed entries on the way; more are not walked over.
constexpr uint64_t walk_removed_max = 64;
/// No more than this, and one in eight keys, are sought before the walk is given up.
constexpr size_t walk_seeks_max = 4;

error in_job(job_id id, const error& e) {
  return error{e.code, to_string(id) + ": " + e.message, e.field};
}

/// Adds the job if it is wanted.
std::optional<error> take(job_id id, std::string_view record, const job_filter& f, done_page& out) {
  auto rec = decode_if_match(f, record);
  if (!rec)
    return in_job(id, rec.err());
  if (*rec)
    out.jobs.push_back(std::move(**rec));
  return std::nullopt;
}

} // namespace

store_counts rocksdb_store::counts() const {
  return {live_.load(std::memory_order_relaxed), completed_.load(std::memory_order_relaxed),
          failed_jobs_.load(std::memory_order_relaxed), cancelled_.load(std::memory_order_relaxed)};
}

result<std::optional<std::string>> rocksdb_store::get(family f, std::string_view key) const {
  std::string value;
  const auto s = (*db_)->Get({}, (*db_)[f], key, &value);
  if (s.IsNotFound())
    return std::optional<std::string>{};
  if (!s.ok())
    return error_of(s, "read");
  return std::optional{std::move(value)};
}

result<done> rocksdb_store::for_each_live(job_id from,
                                          const std::function<bool(job_id, std::string_view)>& each) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  rocksdb::ReadOptions o;
  o.fill_cache = false;
  o.readahead_size = scan_readahead_bytes;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator(o, (*db_)[family::live])};
  for (it->Seek(job_key(from).view()); it->Valid(); it->Next()) {
    if (it->key().size() != 8)
      return error{ec::corrupt_record, "the table of live jobs has a damaged key"};
    if (!each(job_id{get_big_endian(it->key().data())}, it->value().ToStringView()))
      break;
  }
  if (!it->status().ok())
    return error_of(it->status(), "read its live jobs");
  return done{};
}

/// Looks the keys up by walking from one to the next: that costs much less than finding each by itself where they are
/// neighbours, as the jobs of a queue that is worked off are. Returns how many it looked up; it gives up when they turn
/// out not to be neighbours, or when something is wrong.
size_t rocksdb_store::walk(const rocksdb::ReadOptions& given, family f, lookups& l) const {
  const auto n = l.keys.size();
  auto end = l.keys.back().ToString();
  end.push_back('\0');
  const rocksdb::Slice end_slice{end};
  auto o = given;
  o.iterate_upper_bound = &end_slice;
  o.max_skippable_internal_keys = walk_removed_max;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator(o, (*db_)[f])};
  it->Seek(l.keys.front());
  size_t seeks = 1;
  for (size_t i = 0; i < n; ++i) {
    const auto& key = l.keys[i];
    const auto is_before = [&] { return it->Valid() && it->key().compare(key) < 0; };
    for (int steps = 0; is_before() && steps < walk_steps_max; ++steps)
      it->Next();
    if (is_before()) {
      if (++seeks > walk_seeks_max + i / 8)
        return i;
      it->Seek(key);
    }
    if (!it->status().ok())
      return i;
    if (it->Valid() && it->key() == key)
      l.values[i].PinSelf(it->value());
    else
      l.statuses[i] = rocksdb::Status::NotFound();
  }
  return n;
}

/// Looks up the keys that are given, all of one family; those that do not exist stay empty.
std::optional<error> rocksdb_store::get_many(const rocksdb::ReadOptions& o, family f, lookups& l) const {
  const auto n = l.keys.size();
  l.values.clear();
  l.values.resize(n);
  l.statuses.assign(n, rocksdb::Status{});
  if (n == 0)
    return std::nullopt;
  const auto walked = n < walk_keys_min ? 0 : walk(o, f, l);
  // In the order of the keys: neighbours are in one block, which is then found and unpacked once.
  if (walked < n)
    (*db_)->MultiGet(o, (*db_)[f], n - walked, &l.keys[walked], &l.values[walked], &l.statuses[walked], true);
  for (size_t i = 0; i < n; ++i)
    if (!l.statuses[i].ok() && !l.statuses[i].IsNotFound())
      return in_job(job_id{get_big_endian(l.keys[i].data())}, error_of(l.statuses[i], "read"));
  return std::nullopt;
}

result<std::vector<job_record>> rocksdb_store::load(const std::vector<job_id>& ids, bool with_payload) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  // Of one moment: a job that finishes meanwhile leaves `live` for `done`, an operator's retry goes the other way.
  rocksdb::ManagedSnapshot moment{db_->get()};
  rocksdb::ReadOptions o;
  o.snapshot = moment.snapshot();
  auto sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  std::vector<fixed_key<8>> keys;
  keys.reserve(sorted.size());
  for (const auto id : sorted)
    keys.push_back(job_key(id));
  std::vector<std::optional<job_record>> found(sorted.size());
  std::vector<size_t> wanted(sorted.size());
  std::iota(wanted.begin(), wanted.end(), size_t{0});
  const auto look_up = [&](family f, lookups& l) {
    l.keys.clear();
    for (const auto i : wanted)
      l.keys.emplace_back(keys[i].view());
    return get_many(o, f, l);
  };
  lookups l;
  for (const auto f : {family::live, family::done}) {
    if (auto e = look_up(f, l))
      return std::move(*e);
    std::vector<size_t> missing;
    for (size_t k = 0; k < wanted.size(); ++k) {
      if (!l.statuses[k].ok()) {
        missing.push_back(wanted[k]);
        continue;
      }
      auto rec = decode_record(l.values[k].ToStringView());
      if (!rec)
        return in_job(sorted[wanted[k]], rec.err());
      found[wanted[k]] = std::move(*rec);
    }
    wanted = std::move(missing);
  }
  if (with_payload) {
    wanted.clear();
    for (size_t i = 0; i < found.size(); ++i)
      if (found[i])
        wanted.push_back(i);
    if (auto e = look_up(family::payload, l))
      return std::move(*e);
    for (size_t k = 0; k < wanted.size(); ++k)
      if (l.statuses[k].ok())
        found[wanted[k]]->spec.payload = blob{l.values[k].ToString()};
  }
  std::vector<job_record> out;
  out.reserve(ids.size());
  const bool each_once = sorted.size() == ids.size();
  for (const auto id : ids) {
    auto& rec = found[static_cast<size_t>(std::lower_bound(sorted.begin(), sorted.end(), id) - sorted.begin())];
    if (rec)
      out.push_back(each_once ? std::move(*rec) : *rec);
  }
  return out;
}

result<done_page> rocksdb_store::page(const job_filter& f, std::optional<job_id> below, size_t limit,
                                      size_t examine_max) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  const auto range = range_of(f, below);
  std::vector<job_state> states;
  std::copy_if(f.states.begin(), f.states.end(), std::back_inserter(states), is_terminal);
  if (range.first >= range.end || (states.empty() && !f.states.empty()))
    return done_page{};
  rocksdb::ManagedSnapshot moment{db_->get()};
  rocksdb::ReadOptions o;
  o.snapshot = moment.snapshot();
  std::vector<std::unique_ptr<id_walk>> walks;
  if (have_status_rows(states))
    walks.push_back(walk_states(*db_->get(), (*db_)[family::status], o, states));
  if (f.priority)
    walks.push_back(walk_name(*db_->get(), (*db_)[family::names], o, index_kind::priority, priority_name(*f.priority)));
  limit = std::max<size_t>(limit, 1);
  return walks.empty() ? page_of_done(f, range, limit, examine_max, o)
                       : page_of(walks, f, range, limit, examine_max, o);
}

/// A page of finished jobs that are in an index.
result<done_page> rocksdb_store::page_of(const std::vector<std::unique_ptr<id_walk>>& walks, const job_filter& f,
                                         const id_range& range, size_t limit, size_t steps_max,
                                         const rocksdb::ReadOptions& o) const {
  const auto found = common_ids(walks, range, limit, steps_max);
  if (!found)
    return found.err();
  done_page out;
  out.examined_to = found->examined_to;
  rocksdb::PinnableSlice record;
  for (const auto id : found->ids) {
    record.Reset();
    const auto s = (*db_)->Get(o, (*db_)[family::done], job_key(id).view(), &record);
    if (s.IsNotFound() && f.priority)
      continue; // a record that could not be read when it was purged is in this index still
    if (!s.ok())
      return in_job(id, s.IsNotFound() ? error{ec::corrupt_record, "is listed as finished but has no record"}
                                       : error_of(s, "read"));
    if (auto e = take(id, record.ToStringView(), f, out))
      return std::move(*e);
  }
  return out;
}

/// A page of any finished jobs.
result<done_page> rocksdb_store::page_of_done(const job_filter& f, const id_range& range, size_t limit,
                                              size_t examine_max, rocksdb::ReadOptions o) const {
  const auto first = job_key(range.first), end = job_key(range.end);
  const rocksdb::Slice first_slice{first.view()}, end_slice{end.view()};
  o.iterate_lower_bound = &first_slice;
  o.iterate_upper_bound = &end_slice;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator(o, (*db_)[family::done])};
  done_page out;
  size_t examined = 0;
  for (it->SeekToLast(); it->Valid(); it->Prev(), ++examined) {
    if (out.jobs.size() == limit || examined == std::max<size_t>(examine_max, 1))
      return out;
    if (it->key().size() != end_slice.size())
      return error{ec::corrupt_record, "the table of finished jobs has a damaged key"};
    const job_id id{get_big_endian(it->key().data())};
    out.examined_to = id;
    if (auto e = take(id, it->value().ToStringView(), f, out))
      return std::move(*e);
  }
  if (!it->status().ok())
    return error_of(it->status(), "list finished jobs");
  out.examined_to.reset();
  return out;
}

result<id_page> rocksdb_store::find(const job_filter& f, std::optional<job_id> below, size_t limit,
                                    size_t steps_max) const {
  std::shared_lock open{open_mutex_};
  return db_ ? find_named(f, below, limit, steps_max) : result<id_page>{not_open()};
}

/// Precondition: the database is open, and stays so.
result<id_page> rocksdb_store::find_named(const job_filter& f, std::optional<job_id> below, size_t limit,
                                          size_t steps_max) const {
  CB_INVARIANT(!f.queue.empty() || !f.type.empty() || !f.tag.empty() || !f.workflow.empty() || f.first_of_workflow,
               "find looks for a queue, a type, a tag or parts of workflows");
  const auto range = range_of(f, below);
  if (range.first >= range.end)
    return id_page{};
  auto& db = *db_->get();
  rocksdb::ManagedSnapshot moment{&db};
  rocksdb::ReadOptions o;
  o.snapshot = moment.snapshot();
  std::vector<std::unique_ptr<id_walk>> walks;
  for (const auto& [kind, name] : {std::pair{index_kind::workflow, &f.workflow}, std::pair{index_kind::tag, &f.tag},
                                   std::pair{index_kind::queue, &f.queue}, std::pair{index_kind::type, &f.type}})
    if (!name->empty())
      walks.push_back(walk_name(db, (*db_)[family::names], o, kind, *name));
  if (f.first_of_workflow)
    walks.push_back(walk_name(db, (*db_)[family::names], o, index_kind::first_of_workflow, {}));
  if (!f.states.empty() && std::all_of(f.states.begin(), f.states.end(), is_terminal)) {
    if (f.priority)
      walks.push_back(walk_name(db, (*db_)[family::names], o, index_kind::priority, priority_name(*f.priority)));
    if (have_status_rows(f.states))
      walks.push_back(walk_states(db, (*db_)[family::status], o, f.states));
    else if (!f.priority) // goes past the live ones, which may be many
      walks.push_back(walk_done(db, (*db_)[family::done], o));
  }
  return common_ids(walks, range, limit, steps_max);
}

result<std::optional<job_id>> rocksdb_store::find_key(std::string_view key) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  const auto found = get(family::keys, key);
  if (!found)
    return found.err();
  if (!*found)
    return std::optional<job_id>{};
  if ((*found)->size() != 8)
    return error{ec::corrupt_record, "an idempotency key is bound to a damaged id"};
  return std::optional{job_id{get_big_endian((*found)->data())}};
}

result<std::optional<std::string>> rocksdb_store::meta(std::string_view name) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  return get(family::meta, name);
}

result<std::vector<std::pair<std::string, std::string>>>
rocksdb_store::meta_with_prefix(std::string_view prefix) const {
  std::shared_lock open{open_mutex_};
  if (!db_)
    return not_open();
  std::vector<std::pair<std::string, std::string>> out;
  const std::unique_ptr<rocksdb::Iterator> it{(*db_)->NewIterator({}, (*db_)[family::meta])};
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next())
    out.emplace_back(it->key().ToString(), it->value().ToString());
  if (!it->status().ok())
    return error_of(it->status(), "read its facts");
  return out;
}

} // namespace callboard
