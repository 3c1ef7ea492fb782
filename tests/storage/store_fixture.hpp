#pragma once

#include "tests/storage/records.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <atomic>
#include <filesystem>

namespace callboard::test {

/// A directory of its own for a test, removed with it.
class temp_directory {
public:
  temp_directory() {
    static std::atomic<int> count{0};
    path_ = std::filesystem::temp_directory_path() /
            ("callboard-storage-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;
  ~temp_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

private:
  std::filesystem::path path_;
};

/// Small, so that tests also write files and compact them.
inline rocksdb_settings small_settings(const std::string& directory) {
  return {directory, 1u << 20, 256u << 10};
}

inline std::unique_ptr<store> open_or_fail(const std::string& directory) {
  auto s = open_rocksdb_store(small_settings(directory));
  if (!s)
    FAIL(s.err().message);
  return std::move(*s);
}

/// The value of a result, or the test fails with the error.
template <class T>
T must(result<T> r) {
  if (!r)
    FAIL(r.err().message);
  return std::move(*r);
}

enum class kind { memory, rocksdb, tiered };

inline std::unique_ptr<store> make_store(kind k, const temp_directory& dir) {
  switch (k) {
  case kind::memory:
    return make_memory_store();
  case kind::rocksdb:
    return open_or_fail(dir / "db");
  case kind::tiered:
    return make_tiered_store(open_or_fail(dir / "db"), make_memory_store());
  }
  FAIL("no such kind");
  return nullptr;
}

inline write_batch batch_of(std::vector<stored_job> jobs, uint64_t epoch = 1) {
  write_batch b;
  b.writer_epoch = epoch;
  b.jobs = std::move(jobs);
  return b;
}

inline void append(store& s, std::vector<stored_job> jobs, uint64_t epoch = 1) {
  must(s.append(batch_of(std::move(jobs), epoch)));
}

inline std::vector<job_id> live_ids(const store& s) {
  std::vector<job_id> ids;
  must(s.for_each_live(job_id{}, [&](job_id id, std::string_view record) {
    CHECK(must(decode_index(record)).id == id);
    ids.push_back(id);
    return true;
  }));
  return ids;
}

inline std::vector<job_id> ids_of(const std::vector<job_record>& jobs) {
  std::vector<job_id> ids;
  for (const auto& rec : jobs)
    ids.push_back(rec.id);
  return ids;
}

/// All pages of a filter put together.
inline std::vector<job_id> all_pages(const store& s, const job_filter& f, size_t limit, size_t examine_max) {
  std::vector<job_id> ids;
  std::optional<job_id> below;
  do {
    const auto page = must(s.page(f, below, limit, examine_max));
    CHECK(page.jobs.size() <= limit);
    for (const auto& rec : page.jobs)
      ids.push_back(rec.id);
    if (below && page.examined_to)
      REQUIRE(*page.examined_to < *below); // else this would never end
    below = page.examined_to;
  } while (below);
  return ids;
}

inline std::vector<uint64_t> numbers(const store_counts& n) {
  return {n.live, n.completed, n.failed, n.cancelled};
}

} // namespace callboard::test

namespace Catch {
template <>
struct StringMaker<callboard::job_id> {
  static std::string convert(callboard::job_id id) {
    return callboard::to_string(id);
  }
};
} // namespace Catch
