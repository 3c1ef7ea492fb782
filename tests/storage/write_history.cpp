#include "tests/storage/write_history.hpp"

#include <algorithm>
#include <iterator>

namespace callboard::test {

namespace {

constexpr const char* number_name = "number";

void apply(contents& to, const stored_job& job) {
  if (job.level == durability::memory)
    return;
  auto& known = to.jobs[job.id];
  known.record = job.record;
  known.live = !is_terminal(job.state);
  if (job.payload)
    known.payload = job.payload->view();
  if (job.payload && !job.idempotency_key.empty())
    to.keys[job.idempotency_key] = job.id;
}

/// What follows from the jobs.
void count(contents& c) {
  c.counts = {0, 0, 0, 0};
  c.failed.clear();
  for (const auto& [id, job] : c.jobs) {
    const auto rec = must(decode_record(job.record));
    ++c.counts[job.live ? 0 : rec.state == job_state::completed ? 1 : rec.state == job_state::failed ? 2 : 3];
    if (rec.state == job_state::failed)
      c.failed.insert(c.failed.begin(), id);
  }
}

} // namespace

write_history::write_history(std::mt19937_64& random, bool with_memory_jobs)
  : random_(random), with_memory_jobs_(with_memory_jobs) {
}

durability write_history::any_level() {
  return static_cast<durability>(random_() % (with_memory_jobs_ ? 3 : 2));
}

stored_job write_history::new_job(durability level) {
  auto rec = small_record(id_at(++last_id_));
  rec.spec.level = level;
  if (random_() % 2 == 0)
    rec.spec.idempotency_key = "key-" + std::to_string(last_id_);
  // Sometimes larger than a block of the log, sometimes none.
  const size_t bytes = random_() % 16 == 0 ? random_() % 80'000 : random_() % 4 * (random_() % 500);
  std::string payload(bytes, '\0');
  for (auto& byte : payload)
    byte = static_cast<char>('a' + random_() % 26);
  return first_version(rec, std::move(payload));
}

stored_job write_history::change_of(job_record& rec) {
  constexpr job_state all[] = {job_state::running,   job_state::retrying, job_state::queued,
                               job_state::completed, job_state::failed,   job_state::cancelled};
  rec.attempt += 1;
  return later_version(rec, all[random_() % std::size(all)], at(++clock_ * 1000));
}

write_batch write_history::next() {
  auto now = after_.back();
  write_batch b;
  b.writer_epoch = 1;
  b.sync = false;
  // Mostly of one level, as a client has its own: else nearly every batch would be synced.
  const bool mixed = random_() % 4 == 0;
  const auto level = any_level();
  std::vector<job_id> known;
  for (const auto& [id, job] : now.jobs)
    if (mixed || must(decode_index(job.record)).level == level)
      known.push_back(id);
  for (auto n = 1 + random_() % 6; n > 0; --n) {
    if (known.empty() || random_() % 2 == 0) {
      b.jobs.push_back(new_job(mixed ? any_level() : level));
    } else {
      auto rec = must(decode_record(now.jobs.at(known[random_() % known.size()]).record));
      b.jobs.push_back(change_of(rec));
    }
    apply(now, b.jobs.back());
    b.sync = b.sync || b.jobs.back().level == durability::fsync;
  }
  b.meta.emplace_back(number_name, std::to_string(++number_));
  now.meta = b.meta;
  count(now);
  after_.push_back(std::move(now));
  return b;
}

void write_history::synced() {
  after_.erase(after_.begin(), after_.end() - 1);
}

void write_history::purged(contents now) {
  count(now);
  after_.push_back(std::move(now));
}

void write_history::check_and_rewind(const contents& found) {
  const auto it = std::find(after_.rbegin(), after_.rend(), found);
  if (it == after_.rend()) {
    const auto number = [](const contents& c) { return c.meta.empty() ? "0" : c.meta.front().second; };
    for (const auto& c : after_)
      if (c.meta == found.meta)
        UNSCOPED_INFO("after that number: " << c.jobs.size() << " jobs, the same: jobs " << (c.jobs == found.jobs)
                                            << ", failed " << (c.failed == found.failed) << ", keys "
                                            << (c.keys == found.keys) << ", counts " << (c.counts == found.counts));
    FAIL("found " << found.jobs.size() << " jobs and batch " << number(found) << ", synced are those up to "
                  << number(after_.front()) << ", written those up to " << number(after_.back()));
  }
  after_.resize(after_.size() - static_cast<size_t>(it - after_.rbegin()));
}

contents write_history::read(const store& s) const {
  std::map<job_id, std::string> live;
  must(s.for_each_live(job_id{}, [&](job_id id, std::string_view record) {
    live.emplace(id, record);
    return true;
  }));
  auto ids = all_pages(s, {}, 1000, 1000);
  for (const auto& [id, record] : live)
    ids.push_back(id);
  contents c;
  for (const auto& rec : must(s.load(ids))) {
    if (rec.spec.level == durability::memory)
      continue;
    const auto it = live.find(rec.id);
    const bool lives = it != live.end();
    c.jobs[rec.id] = {lives ? it->second : encode_record(rec), std::string{rec.spec.payload.view()}, lives};
  }
  for (const auto id : all_pages(s, {.states = {job_state::failed}}, 1000, 1000))
    if (c.jobs.contains(id))
      c.failed.push_back(id);
  for (int64_t n = 1; n <= last_id_; ++n) {
    const auto key = "key-" + std::to_string(n);
    if (const auto id = must(s.find_key(key)); id && c.jobs.contains(*id))
      c.keys[key] = *id;
  }
  if (auto number = must(s.meta(number_name)))
    c.meta.emplace_back(number_name, *number);
  c.counts = numbers(s.counts());
  return c;
}

} // namespace callboard::test
