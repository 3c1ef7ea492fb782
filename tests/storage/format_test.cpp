// Stores that releases before this one have written.
#include "storage/rocksdb_store.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

/// Takes away what formats 3 to 5 have and format 2 had not.
void back_to_format_2(const rocksdb_handle& db, rocksdb::WriteBatch& b, uint64_t format) {
  const std::unique_ptr<rocksdb::Iterator> rows{db->NewIterator({}, db[family::names])};
  for (rows->SeekToFirst(); rows->Valid(); rows->Next())
    REQUIRE(b.Delete(db[family::names], rows->key()).ok());
  const std::unique_ptr<rocksdb::Iterator> ends{db->NewIterator({}, db[family::ends])};
  for (ends->SeekToFirst(); ends->Valid(); ends->Next())
    REQUIRE(b.Delete(db[family::ends], ends->key()).ok());
  char bytes[8];
  put_big_endian(bytes, format);
  REQUIRE(b.Put(db[family::own], "format", {bytes, sizeof bytes}).ok());
}

/// Turns what this release wrote about jobs 1 (completed at 10) and 2 (failed at 5) into what format 1 has of them.
void back_to_format_1(const std::string& directory) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto* name : family_names)
    families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  REQUIRE(rocksdb::DB::Open({}, directory, families, &handles, &raw).ok());
  const rocksdb_handle db{std::unique_ptr<rocksdb::DB>{raw}, std::move(handles)};
  rocksdb::WriteBatch b;
  const std::unique_ptr<rocksdb::Iterator> rows{db->NewIterator({}, db[family::finished])};
  for (rows->SeekToFirst(); rows->Valid(); rows->Next())
    REQUIRE(b.Delete(db[family::finished], rows->key()).ok());
  const char completed = static_cast<char>(job_state::completed), failed = static_cast<char>(job_state::failed);
  REQUIRE(b.Put(db[family::finished], finished_key(at(10), id_at(1)).view(), {&completed, 1}).ok());
  REQUIRE(b.Put(db[family::finished], finished_key(at(5), id_at(2)).view(), {&failed, 1}).ok());
  REQUIRE(b.Put(db[family::status], status_key(job_state::completed, id_at(1)).view(), {}).ok());
  back_to_format_2(db, b, 1);
  REQUIRE(db->Write({}, &b).ok());
}

size_t rows_of(const std::string& directory, family f) {
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto* name : family_names)
    families.emplace_back(name, rocksdb::ColumnFamilyOptions{});
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  REQUIRE(rocksdb::DB::OpenForReadOnly({}, directory, families, &handles, &raw).ok());
  const rocksdb_handle db{std::unique_ptr<rocksdb::DB>{raw}, std::move(handles)};
  const std::unique_ptr<rocksdb::Iterator> it{db->NewIterator({}, db[f])};
  size_t n = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next())
    ++n;
  return n;
}

/// Jobs 1, 2, ... that failed in one batch, at these times.
std::vector<job_record> failed_at(store& s, const std::vector<int64_t>& times) {
  std::vector<job_record> all;
  std::vector<stored_job> born, ended;
  for (const auto t : times) {
    all.push_back(small_record(id_at(static_cast<int64_t>(all.size()) + 1)));
    born.push_back(first_version(all.back()));
    ended.push_back(later_version(all.back(), job_state::failed, at(t)));
  }
  append(s, std::move(born));
  append(s, std::move(ended));
  return all;
}

} // namespace

TEST_CASE("a store of format 1 is opened, listed and purged", "[rocksdb][format]") {
  temp_directory dir;
  {
    const auto s = open_or_fail(dir / "db");
    auto completed = small_record(id_at(1)), failed = small_record(id_at(2));
    append(*s, {first_version(completed), first_version(failed)});
    append(*s,
           {later_version(completed, job_state::completed, at(10)), later_version(failed, job_state::failed, at(5))});
  }
  back_to_format_1(dir / "db");
  {
    const auto s = open_or_fail(dir / "db");
    CHECK(all_pages(*s, {.states = {job_state::completed}}, 10, 10) == std::vector{id_at(1)});
    CHECK(all_pages(*s, {.states = {job_state::failed}}, 10, 10) == std::vector{id_at(2)});
    CHECK(must(s->find({.queue = "default"}, std::nullopt, 10, 10)).ids == std::vector{id_at(2), id_at(1)});
    CHECK(all_pages(*s, {.priority = priority_default}, 10, 10) == std::vector{id_at(2), id_at(1)});
    CHECK(ids_of(must(s->ended({})).jobs) == std::vector{id_at(2), id_at(1)});
  }
  CHECK(rows_of(dir / "db", family::status) == 1); // that of the failed one
  const auto s = open_or_fail(dir / "db");
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 1, 1)) == 1);
  CHECK(all_pages(*s, {}, 10, 10) == std::vector{id_at(1)}); // what finished first went first
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 0});
}

TEST_CASE("jobs that finish together share a row, whatever becomes of one of them", "[rocksdb][format]") {
  temp_directory dir;
  {
    const auto s = open_or_fail(dir / "db");
    auto all = failed_at(*s, {1, 2, 3, 4, 5});
    // One is retried, and lives; one is discarded later, and is young again.
    append(*s,
           {later_version(all[1], job_state::retrying), later_version(all[2], job_state::cancelled, at(50'000'000))});
  }
  CHECK(rows_of(dir / "db", family::finished) == 2);
  const auto s = open_or_fail(dir / "db");
  CHECK(must(s->purge({std::chrono::seconds{10}, 1000}, at(30'000'000), 100, 1)) == 3);
  CHECK(live_ids(*s) == std::vector{id_at(2)});
  CHECK(all_pages(*s, {}, 10, 10) == std::vector{id_at(3)});
  CHECK(must(s->purge({std::chrono::seconds{10}, 1000}, at(70'000'000), 100, 1)) == 1);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{1, 0, 0, 0});
}

TEST_CASE("a job that failed twice within a row's spread is purged and counted once", "[rocksdb][format]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  auto all = failed_at(*s, {900'001, 900'002, 900'003, 100'000'000});
  append(*s, {later_version(all[0], job_state::retrying)});
  append(*s, {later_version(all[0], job_state::failed, at(500'000))});
  // Both of its ends are among the three oldest.
  CHECK(must(s->purge({duration::max(), 1}, at(0), 100, 1)) == 2);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 2, 0});
  CHECK(must(s->purge({duration::max(), 1}, at(0), 100, 1)) == 1);
  CHECK(all_pages(*s, {}, 10, 10) == std::vector{id_at(4)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 1, 0});
}
