// A disk that is full, or does not sync, and works again later: real error paths of RocksDB through a file system that
// fails on demand.
#include "storage/rocksdb_store.hpp"
#include "tests/storage/store_fixture.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

using namespace callboard;
using namespace callboard::test;

namespace {

enum class disk {
  healthy,
  full,       ///< nothing can be written
  torn,       ///< half of what is written arrives, then it is full
  sync_fails, ///< everything is written, and the sync says it was not
};

using state = std::shared_ptr<std::atomic<disk>>;

class failing_file : public rocksdb::FSWritableFileOwnerWrapper {
public:
  failing_file(std::unique_ptr<rocksdb::FSWritableFile>&& file, state s)
    : FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(s)) {
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& o,
                           rocksdb::IODebugContext* dbg) override {
    switch (*state_) {
    case disk::full:
      return rocksdb::IOStatus::NoSpace("disk full, says the test");
    case disk::torn: {
      auto half = FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), data.size() / 2), o, dbg);
      return half.ok() ? rocksdb::IOStatus::NoSpace("disk full half way, says the test") : half;
    }
    default:
      return FSWritableFileOwnerWrapper::Append(data, o, dbg);
    }
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& o,
                           const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* dbg) override {
    return Append(data, o, dbg);
  }
  rocksdb::IOStatus Sync(const rocksdb::IOOptions& o, rocksdb::IODebugContext* dbg) override {
    return *state_ == disk::healthy ? FSWritableFileOwnerWrapper::Sync(o, dbg)
                                    : rocksdb::IOStatus::IOError("no sync, says the test");
  }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions& o, rocksdb::IODebugContext* dbg) override {
    return *state_ == disk::healthy ? FSWritableFileOwnerWrapper::Fsync(o, dbg)
                                    : rocksdb::IOStatus::IOError("no sync, says the test");
  }

private:
  state state_;
};

class failing_file_system : public rocksdb::FileSystemWrapper {
public:
  explicit failing_file_system(state s) : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(s)) {
  }
  const char* Name() const override {
    return "failing_file_system";
  }
  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& o,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* dbg) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    auto s = FileSystemWrapper::NewWritableFile(name, o, &file, dbg);
    if (s.ok())
      *out = std::make_unique<failing_file>(std::move(file), state_);
    return s;
  }

private:
  state state_;
};

struct bad_disk {
  state now = std::make_shared<std::atomic<disk>>(disk::healthy);
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(std::make_shared<failing_file_system>(now));
  temp_directory dir;

  std::unique_ptr<store> open() {
    return must(rocksdb_store::open(small_settings(dir / "db"), env.get()));
  }
};

/// Jobs 1 (live) and 2 (failed) were there before.
void check_before(const store& s, size_t more_live = 0) {
  CHECK(live_ids(s).size() == 1 + more_live);
  CHECK(must(s.load({id_at(1)})).at(0).state == job_state::queued);
  CHECK(must(s.load({id_at(2)})).at(0).state == job_state::failed);
  CHECK(must(s.load({id_at(3)})).empty());
  CHECK(all_pages(s, {}, 10, 10) == std::vector{id_at(2)});
  CHECK_FALSE(must(s.find_key("of 3")));
  CHECK_FALSE(must(s.meta("fact")));
  CHECK(must(s.meta("old fact")) == "kept");
  CHECK(numbers(s.counts()) == std::vector<uint64_t>{1 + more_live, 0, 1, 0});
}

} // namespace

TEST_CASE("a failed batch leaves no trace, the next one works when the disk does", "[rocksdb][fault]") {
  const auto how = GENERATE(disk::full, disk::torn, disk::sync_fails);
  // With nothing written since the start all memtables are empty, which is the case that DB::Resume cannot resume.
  const bool fresh = GENERATE(true, false);
  CAPTURE(static_cast<int>(how), fresh);
  bad_disk d;
  auto s = d.open();
  auto one = small_record(id_at(1));
  auto two = small_record(id_at(2));
  auto start = batch_of({first_version(one), first_version(two)});
  start.meta = {{"old fact", "kept"}};
  must(s->append(start));
  append(*s, {later_version(two, job_state::failed, at(5))});
  if (fresh) {
    s.reset();
    s = d.open();
  }

  // The batch creates, finishes, retries, changes and removes.
  auto three = small_record(id_at(3));
  three.spec.idempotency_key = "of 3";
  auto lost = batch_of(
    {first_version(three), later_version(one, job_state::completed, at(6)), later_version(two, job_state::retrying)},
    2);
  lost.meta = {{"fact", "new"}};
  lost.meta_removed = {"old fact"};
  *d.now = how;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const auto r = s->append(lost);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::storage_unavailable);
    CHECK(r.err().message.find("says the test") != std::string::npos);
    check_before(*s); // reading goes on
  }
  CHECK_FALSE(s->append(batch_of({})));
  CHECK_FALSE(s->purge({duration{0}, 0}, at(1000), 10, 1));
  must(s->release_memory()); // leaves a failed write alone

  *d.now = disk::healthy;
  must(s->append(batch_of({}))); // the probe; epoch 2 was in the lost batch
  check_before(*s);
  append(*s, {first_version(small_record(id_at(4)))});
  check_before(*s, 1);
  s.reset();
  s = d.open();
  check_before(*s, 1);
  append(*s, {first_version(small_record(id_at(5)))});
  check_before(*s, 2);
}

TEST_CASE("a purge that failed is done by the next one", "[rocksdb][fault]") {
  bad_disk d;
  auto s = d.open();
  auto rec = small_record(id_at(1));
  append(*s, {first_version(rec), later_version(rec, job_state::completed, at(5))});
  *d.now = disk::full;
  CHECK_FALSE(s->purge({duration{0}, 0}, at(1000), 10, 1));
  CHECK(s->counts().completed == 1);
  CHECK(must(s->load({id_at(1)})).size() == 1);
  CHECK_FALSE(s->backup(d.dir / "copy"));
  *d.now = disk::healthy;
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK(s->counts().completed == 0);
  CHECK(must(s->load({id_at(1)})).empty());
}

TEST_CASE("a disk that fails again and again loses nothing acknowledged", "[rocksdb][fault]") {
  bad_disk d;
  auto s = d.open();
  std::vector<job_id> acknowledged;
  constexpr disk troubles[] = {disk::full, disk::torn, disk::sync_fails};
  for (int64_t i = 1; i <= 60; ++i) {
    *d.now = i % 3 == 0 ? troubles[i / 3 % 3] : disk::healthy;
    if (s->append(batch_of({first_version(small_record(id_at(i)), std::string(5000, 'x'))})))
      acknowledged.push_back(id_at(i));
  }
  *d.now = disk::healthy;
  must(s->append(batch_of({}))); // the last one failed: this gets the store going
  CHECK(acknowledged.size() == 40);
  CHECK(live_ids(*s) == acknowledged);
  s.reset();
  s = d.open();
  CHECK(live_ids(*s) == acknowledged);
  CHECK(s->counts().live == acknowledged.size());
}
