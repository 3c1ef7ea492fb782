#include "storage/store.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace callboard {

namespace {

job_id id_of(const job_record& rec) {
  return rec.id;
}
job_id id_of(job_id id) {
  return id;
}

/// Two pages, newest first, as one of at most `limit`. Only down to the higher of their two ends is everything known:
/// what one side has below it comes again later.
template <class T>
void merge_pages(std::vector<T>& out, std::optional<job_id>& examined_to, std::vector<T> other,
                 std::optional<job_id> other_examined_to, size_t limit) {
  const auto middle = static_cast<std::ptrdiff_t>(out.size());
  std::move(other.begin(), other.end(), std::back_inserter(out));
  std::inplace_merge(out.begin(), out.begin() + middle, out.end(),
                     [](const T& a, const T& b) { return id_of(a) > id_of(b); });
  examined_to = std::max(examined_to, other_examined_to);
  if (examined_to)
    std::erase_if(out, [&](const T& x) { return id_of(x) < *examined_to; });
  if (limit = std::max<size_t>(limit, 1); out.size() > limit) {
    out.resize(limit);
    examined_to = id_of(out.back());
  }
}

class tiered_store final : public store {
public:
  tiered_store(std::unique_ptr<store> durable, std::unique_ptr<store> volatile_jobs)
    : durable_(std::move(durable)), volatile_(std::move(volatile_jobs)) {
  }

  result<done> append(const write_batch& batch) override {
    const auto in_memory = [](const stored_job& job) { return job.level == durability::memory; };
    const auto memory_jobs = std::count_if(batch.jobs.begin(), batch.jobs.end(), in_memory);
    if (memory_jobs == 0)
      return durable_->append(batch); // nearly always: nothing to take apart
    write_batch to_memory;
    to_memory.writer_epoch = batch.writer_epoch;
    to_memory.sync = false;
    write_batch to_disk;
    to_disk.writer_epoch = batch.writer_epoch;
    to_disk.sync = batch.sync;
    to_disk.meta = batch.meta;
    to_disk.meta_removed = batch.meta_removed;
    for (const auto& job : batch.jobs)
      (in_memory(job) ? to_memory : to_disk).jobs.push_back(job);
    if (!to_disk.jobs.empty() || !to_disk.meta.empty() || !to_disk.meta_removed.empty())
      if (auto r = durable_->append(to_disk); !r)
        return r;
    return volatile_->append(to_memory);
  }

  result<done> for_each_live(job_id from, const std::function<bool(job_id, std::string_view)>& each) const override {
    // The few in memory are copied; the many on disk are walked through, with the others put in between.
    std::vector<std::pair<job_id, std::string>> in_memory;
    auto r = volatile_->for_each_live(from, [&](job_id id, std::string_view record) {
      in_memory.emplace_back(id, record);
      return true;
    });
    if (!r)
      return r;
    auto next = in_memory.begin();
    bool more = true;
    const auto until = [&](job_id bound) {
      for (; more && next != in_memory.end() && next->first < bound; ++next)
        more = each(next->first, next->second);
      return more;
    };
    r = durable_->for_each_live(from, [&](job_id id, std::string_view record) {
      more = until(id) && each(id, record);
      return more;
    });
    if (r)
      for (; more && next != in_memory.end(); ++next)
        more = each(next->first, next->second);
    return r;
  }

  result<std::vector<job_record>> load(const std::vector<job_id>& ids, bool with_payload) const override {
    auto from_memory = volatile_->load(ids, with_payload);
    if (!from_memory || from_memory->size() == ids.size())
      return from_memory;
    if (from_memory->empty())
      return durable_->load(ids, with_payload);
    // Both answers are in the order asked, so walking through the ids once puts them together.
    std::vector<job_id> rest;
    auto m = from_memory->begin();
    for (const auto id : ids) {
      if (m != from_memory->end() && m->id == id)
        ++m;
      else
        rest.push_back(id);
    }
    auto from_disk = durable_->load(rest, with_payload);
    if (!from_disk)
      return from_disk;
    std::vector<job_record> out;
    out.reserve(ids.size());
    m = from_memory->begin();
    auto d = from_disk->begin();
    for (const auto id : ids) {
      if (m != from_memory->end() && m->id == id)
        out.push_back(std::move(*m++));
      else if (d != from_disk->end() && d->id == id)
        out.push_back(std::move(*d++));
    }
    return out;
  }

  result<done_page> page(const job_filter& f, std::optional<job_id> below, size_t limit,
                         size_t examine_max) const override {
    auto a = durable_->page(f, below, limit, examine_max);
    if (!a)
      return a;
    auto b = volatile_->page(f, below, limit, examine_max);
    if (!b)
      return b;
    merge_pages(a->jobs, a->examined_to, std::move(b->jobs), b->examined_to, limit);
    return a;
  }

  result<id_page> find(const job_filter& f, std::optional<job_id> below, size_t limit,
                       size_t steps_max) const override {
    auto a = durable_->find(f, below, limit, steps_max);
    if (!a)
      return a;
    auto b = volatile_->find(f, below, limit, steps_max);
    if (!b)
      return b;
    merge_pages(a->ids, a->examined_to, std::move(b->ids), b->examined_to, limit);
    return a;
  }

  result<ended_page> ended(const ended_query& q) const override {
    auto a = durable_->ended(q);
    if (!a)
      return a;
    a->next.memory_row = q.after.memory_row;
    a->next.memory_taken = q.after.memory_taken;
    const auto limit = std::max<size_t>(q.limit, 1);
    if (!a->complete || a->jobs.size() >= limit) {
      a->complete = false;
      return a;
    }
    uint64_t bytes = 0;
    for (const auto& job : a->jobs)
      bytes += bytes_told(job);
    auto rest = q;
    rest.after = {.row = q.after.memory_row, .taken = q.after.memory_taken};
    rest.limit = limit - a->jobs.size();
    rest.bytes_max = q.bytes_max - std::min(q.bytes_max, bytes);
    auto b = volatile_->ended(rest);
    if (!b)
      return b;
    std::move(b->jobs.begin(), b->jobs.end(), std::back_inserter(a->jobs));
    a->next.memory_row = b->next.row;
    a->next.memory_taken = b->next.taken;
    a->complete = b->complete;
    return a;
  }

  result<ended_cursor> ended_so_far() const override {
    auto a = durable_->ended_so_far();
    const auto b = volatile_->ended_so_far();
    if (!a || !b)
      return a ? b : a;
    a->memory_row = b->row;
    a->memory_taken = b->taken;
    return a;
  }

  result<std::optional<job_id>> find_key(std::string_view key) const override {
    auto r = volatile_->find_key(key);
    auto d = durable_->find_key(key);
    // A unique key may have been bound again since, in the other tier.
    return !r || !d || !*d || (*r && **r > **d) ? (r && !*r ? d : r) : d;
  }

  result<std::optional<std::string>> meta(std::string_view name) const override {
    return durable_->meta(name);
  }

  result<std::vector<std::pair<std::string, std::string>>> meta_with_prefix(std::string_view prefix) const override {
    return durable_->meta_with_prefix(prefix);
  }

  store_counts counts() const override {
    auto n = durable_->counts();
    const auto m = volatile_->counts();
    n.live += m.live;
    n.completed += m.completed;
    n.failed += m.failed;
    n.cancelled += m.cancelled;
    return n;
  }

  std::optional<store_figures> figures() const override {
    return durable_->figures();
  }

  result<size_t> purge(const retention& r, time_point now, size_t jobs_max, uint64_t writer_epoch) override {
    const auto asking = [&](store& other) {
      auto x = r;
      x.is_open_elsewhere = [&](const std::string& workflow) { return other.is_open(workflow); };
      return x;
    };
    // The durable one knows whether there is a later writer.
    auto n = durable_->purge(asking(*volatile_), now, jobs_max, writer_epoch);
    if (!n || *n == jobs_max)
      return n;
    auto m = volatile_->purge(asking(*durable_), now, jobs_max - *n, writer_epoch);
    if (!m)
      return m;
    return *n + *m;
  }

  result<bool> is_open(const std::string& workflow) override {
    const auto in_memory = volatile_->is_open(workflow);
    return !in_memory || *in_memory ? in_memory : durable_->is_open(workflow);
  }

  result<done> release_memory() override {
    return durable_->release_memory();
  }

  result<done> backup(const std::string& directory) override {
    return durable_->backup(directory);
  }

private:
  std::unique_ptr<store> durable_;
  std::unique_ptr<store> volatile_;
};

} // namespace

std::unique_ptr<store> make_tiered_store(std::unique_ptr<store> durable, std::unique_ptr<store> volatile_jobs) {
  return std::make_unique<tiered_store>(std::move(durable), std::move(volatile_jobs));
}

} // namespace callboard
