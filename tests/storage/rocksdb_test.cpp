// What only a store on disk does: coming back after close, kill -9 and a copy.
#include "tests/storage/store_fixture.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>

using namespace callboard;
using namespace callboard::test;

namespace {

job_record with_key(int64_t n) {
  auto rec = small_record(id_at(n));
  rec.spec.idempotency_key = "key-" + std::to_string(n);
  return rec;
}

/// A job of each kind; epoch 3.
void write_something(store& s) {
  auto completed = with_key(1);
  auto failed = with_key(2);
  auto b = batch_of({first_version(completed, "p1"), first_version(failed, "p2"), first_version(with_key(3), "p3")}, 3);
  b.meta = {{"boot", "3"}};
  must(s.append(b));
  append(s, {later_version(completed, job_state::completed, at(10)), later_version(failed, job_state::failed, at(5))},
         3);
}

void check_something(store& s) {
  CHECK(live_ids(s) == std::vector{id_at(3)});
  CHECK(numbers(s.counts()) == std::vector<uint64_t>{1, 1, 1, 0});
  CHECK(all_pages(s, {}, 10, 10) == std::vector{id_at(2), id_at(1)});
  CHECK(all_pages(s, {.states = {job_state::failed}}, 10, 10) == std::vector{id_at(2)});
  CHECK(must(s.load({id_at(1)})).at(0).spec.payload.view() == "p1");
  CHECK(must(s.find_key("key-2")) == id_at(2));
  CHECK(must(s.meta("boot")) == "3");
  // The writer's epoch as well: a former scheduler that wakes up is refused.
  const auto late = s.append(batch_of({first_version(small_record(id_at(9)))}, 2));
  REQUIRE_FALSE(late);
  CHECK(late.err().code == ec::wrong_version);
}

} // namespace

TEST_CASE("everything is there after close and open", "[rocksdb]") {
  temp_directory dir;
  write_something(*open_or_fail(dir / "db"));
  for (int round = 0; round < 2; ++round)
    check_something(*open_or_fail(dir / "db"));
  const auto s = open_or_fail(dir / "db");
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 3)) == 2);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{1, 0, 0, 0});
}

TEST_CASE("a store in use is closed to a second one", "[rocksdb]") {
  temp_directory dir;
  const auto first = open_or_fail(dir / "db");
  const auto second = open_rocksdb_store(small_settings(dir / "db"));
  REQUIRE_FALSE(second);
  CHECK(second.err().code == ec::storage_unavailable);
  CHECK(second.err().message.find(dir / "db") != std::string::npos);
}

TEST_CASE("a path that cannot be a directory is refused with the reason", "[rocksdb]") {
  temp_directory dir;
  std::ofstream{dir / "file"} << "x";
  const auto s = open_rocksdb_store(small_settings(dir / "file/db"));
  REQUIRE_FALSE(s);
  CHECK(s.err().code == ec::storage_unavailable);
  CHECK(s.err().message.find("file/db") != std::string::npos);
}

TEST_CASE("files copied while the store is open are what kill -9 leaves: nothing is missing", "[rocksdb][crash]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  write_something(*s);
  std::filesystem::copy(dir / "db", dir / "copy", std::filesystem::copy_options::recursive);
  check_something(*open_or_fail(dir / "copy"));
}

TEST_CASE("a torn last record of the log is dropped, what was before it is kept", "[rocksdb][crash]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  write_something(*s);
  append(*s, {first_version(small_record(id_at(100)), std::string(1000, 'x'))}, 3);
  std::filesystem::copy(dir / "db", dir / "copy", std::filesystem::copy_options::recursive);
  size_t torn = 0;
  for (const auto& file : std::filesystem::directory_iterator{dir / "copy"})
    if (file.path().extension() == ".log" && file.file_size() > 700) {
      std::filesystem::resize_file(file.path(), file.file_size() - 500);
      ++torn;
    }
  REQUIRE(torn == 1);
  check_something(*open_or_fail(dir / "copy"));
}

// Run by the next test in a process of its own (a forked copy of this one would lack RocksDB's threads).
TEST_CASE("child: appends, tells each append on standard output, and ends without closing", "[.child]") {
  const char* directory = std::getenv("CALLBOARD_TEST_STORE");
  const char* sync = std::getenv("CALLBOARD_TEST_SYNC");
  REQUIRE(directory);
  REQUIRE(sync);
  const auto s = open_or_fail(directory);
  for (int64_t i = 1; i <= 200; ++i) {
    auto rec = small_record(id_at(i));
    auto b = batch_of({first_version(rec)});
    if (i % 2 == 0)
      b.jobs.push_back(later_version(rec, job_state::completed, at(i)));
    b.sync = std::string{sync} == "1";
    must(s->append(b));
    REQUIRE(::write(STDOUT_FILENO, "+", 1) == 1);
  }
  ::kill(::getpid(), SIGKILL); // no destructor runs: nothing is closed or flushed
}

TEST_CASE("what a process acknowledged is there after kill -9", "[rocksdb][crash]") {
  const char* sync = GENERATE("1", "0");
  temp_directory dir;
  REQUIRE(::setenv("CALLBOARD_TEST_STORE", (dir / "db").c_str(), 1) == 0);
  REQUIRE(::setenv("CALLBOARD_TEST_SYNC", sync, 1) == 0);
  int out[2];
  REQUIRE(::pipe(out) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::close(out[0]);
    ::close(out[1]);
    ::execl("/proc/self/exe", "test_storage", "[.child]", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(out[1]);
  std::string told;
  char buffer[256];
  for (ssize_t n; (n = ::read(out[0], buffer, sizeof buffer)) > 0;)
    told.append(buffer, static_cast<size_t>(n));
  ::close(out[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  INFO(told);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
  REQUIRE(std::count(told.begin(), told.end(), '+') == 200);
  const auto s = open_or_fail(dir / "db");
  CHECK(live_ids(*s).size() == 100);
  CHECK(all_pages(*s, {}, 1000, 1000).size() == 100);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{100, 100, 0, 0});
}

namespace {

/// The name of the log that is written to: a new one is begun when the buffers are to be written out.
std::string current_log(const std::string& directory) {
  std::string last;
  for (const auto& file : std::filesystem::directory_iterator{directory})
    if (file.path().extension() == ".log")
      last = std::max(last, file.path().filename().string());
  return last;
}

} // namespace

TEST_CASE("memory is released when there is enough of it, and nothing is lost by it", "[rocksdb]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  const auto first_log = current_log(dir / "db");
  append(*s, {first_version(small_record(id_at(1)), std::string(100, 'x'))});
  must(s->release_memory());
  CHECK(current_log(dir / "db") == first_log);
  std::vector<job_id> ids{id_at(1)};
  for (int64_t i = 2; i <= 9; ++i) {
    append(*s, {first_version(small_record(id_at(i)), std::string(20'000, 'x'))});
    ids.push_back(id_at(i));
  }
  REQUIRE(current_log(dir / "db") == first_log);
  must(s->release_memory());
  CHECK(current_log(dir / "db") > first_log);
  append(*s, {first_version(small_record(id_at(10)))});
  ids.push_back(id_at(10));
  CHECK(live_ids(*s) == ids);
  std::filesystem::copy(dir / "db", dir / "copy", std::filesystem::copy_options::recursive);
  CHECK(live_ids(*open_or_fail(dir / "copy")) == ids);
}

TEST_CASE("a backup is a store of its own, taken while the first one goes on", "[rocksdb][backup]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  write_something(*s);
  must(s->backup(dir / "deep/copy"));
  std::filesystem::create_directory(dir / "empty");
  must(s->backup(dir / "empty"));
  append(*s, {first_version(small_record(id_at(50)))}, 3);
  check_something(*open_or_fail(dir / "deep/copy"));
  check_something(*open_or_fail(dir / "empty"));
  CHECK(live_ids(*s) == std::vector{id_at(3), id_at(50)});
}

TEST_CASE("a backup never writes into a directory that has something in it", "[rocksdb][backup]") {
  temp_directory dir;
  const auto s = open_or_fail(dir / "db");
  std::filesystem::create_directory(dir / "full");
  std::ofstream{dir / "full/mine"} << "x";
  std::ofstream{dir / "file"} << "x";
  for (const char* name : {"full", "file", "db"}) {
    const auto r = s->backup(dir / name);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::invalid_value);
    CHECK(r.err().field == "directory");
  }
  CHECK(std::filesystem::exists(dir / "full/mine"));
}

TEST_CASE("many jobs come and go: files are written and compacted, the answers stay right", "[rocksdb]") {
  temp_directory dir;
  constexpr int64_t jobs = 6000, at_once = 500;
  {
    const auto s = open_or_fail(dir / "db");
    for (int64_t from = 0; from < jobs; from += at_once) {
      std::vector<stored_job> born, ended;
      for (int64_t i = from + 1; i <= from + at_once; ++i) {
        auto rec = with_key(i);
        born.push_back(first_version(rec, std::string(200, 'p')));
        if (i % 10 != 0)
          ended.push_back(later_version(rec, job_state::completed, at(i)));
      }
      append(*s, std::move(born));
      append(*s, std::move(ended));
      while (must(s->purge({duration::max(), 1000}, at(0), 100, 1)) == 100)
        ;
    }
  }
  const auto s = open_or_fail(dir / "db");
  CHECK(live_ids(*s).size() == 600);
  CHECK(all_pages(*s, {}, 100, 100).size() == 1000);
  CHECK(all_pages(*s, {.states = {job_state::completed}}, 100, 100).size() == 1000);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{600, 1000, 0, 0});
  CHECK_FALSE(must(s->find_key("key-1")));
  CHECK(must(s->find_key("key-5999")) == id_at(5999));
}

TEST_CASE("the engine on disk tells of itself, and a store in memory does not", "[rocksdb]") {
  temp_directory dir;
  auto s = open_or_fail(dir / "db");
  write_something(*s);
  const auto x = s->figures();
  REQUIRE(x);
  CHECK(x->memtable_bytes > 0);
  CHECK(x->block_cache_bytes_max == small_settings(dir / "db").block_cache_bytes);
  CHECK(x->disk_bytes >= x->disk_bytes_free);
  CHECK(x->disk_bytes > 0);
  CHECK_FALSE(x->writes_stopped);
  CHECK_FALSE(make_memory_store()->figures());
  const auto both = make_tiered_store(std::move(s), make_memory_store());
  CHECK(both->figures()->block_cache_bytes_max == x->block_cache_bytes_max);
}
