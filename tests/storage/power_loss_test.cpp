// What the disk has when the power fails (P1): answered with a sync means there, whole. Random writes against a disk
// that forgets what was not synced, with the expected contents kept outside the store.
#include "storage/rocksdb_store.hpp"
#include "tests/storage/power_loss.hpp"
#include "tests/storage/write_history.hpp"
#include "tests/support/seed.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

/// A store on a disk that can lose its power.
struct machine {
  temp_directory dir;
  power_loss_disk disk;
  bool tiered = false;
  std::unique_ptr<store> s;

  explicit machine(bool with_memory_jobs = false) : disk(made(dir / "disk")), tiered(with_memory_jobs) {
  }
  static std::string made(const std::string& path) {
    std::filesystem::create_directory(path);
    return path;
  }

  result<std::unique_ptr<store>> try_open(const std::string& name = "db") {
    // As small as RocksDB lets it be: logs end, files are written and merged.
    auto r = rocksdb_store::open({disk / name, 1u << 20, 64u << 10}, disk.env());
    if (r && tiered)
      return make_tiered_store(std::move(*r), make_memory_store());
    return r;
  }
  void open() {
    s = must(try_open());
  }
  void kill() {
    disk.cut();
    s.reset();
    disk.end_process();
  }
  void lose_power(leftovers left, std::mt19937_64& random) {
    disk.cut();
    s.reset();
    disk.lose_power(left, random);
  }
};

write_batch with_level(int64_t number, durability level, size_t payload_bytes = 100) {
  auto rec = small_record(id_at(number));
  rec.spec.level = level;
  auto b = batch_of({first_version(rec, std::string(payload_bytes, 'p'))});
  b.sync = level == durability::fsync;
  return b;
}

} // namespace

TEST_CASE("power loss: what was answered with a sync is there, what was not may be gone", "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  machine m;
  m.open();
  must(m.s->append(with_level(1, durability::os)));
  must(m.s->append(with_level(2, durability::fsync)));
  must(m.s->append(with_level(3, durability::os)));
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(live_ids(*m.s) == std::vector{id_at(1), id_at(2)});
  CHECK(must(m.s->load({id_at(2)})).at(0).spec.payload.view() == std::string(100, 'p'));
}

TEST_CASE("power loss: beside jobs in memory the others are synced all the same", "[power_loss][tiered]") {
  std::mt19937_64 random{seed_of_run()};
  machine m{true};
  m.open();
  auto b = with_level(1, durability::fsync);
  auto in_memory = small_record(id_at(2));
  in_memory.spec.level = durability::memory;
  b.jobs.push_back(first_version(in_memory));
  must(m.s->append(b));
  CHECK(live_ids(*m.s) == std::vector{id_at(1), id_at(2)});
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(live_ids(*m.s) == std::vector{id_at(1)});
}

TEST_CASE("power loss: the first start of a store survives it, in directories that were not there", "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  machine m;
  auto s = must(m.try_open("data/of/callboard"));
  must(s->append(with_level(1, durability::fsync)));
  m.disk.cut();
  s.reset();
  m.disk.lose_power(leftovers::none, random);
  CHECK(live_ids(*must(m.try_open("data/of/callboard"))) == std::vector{id_at(1)});
}

TEST_CASE("power loss: a first start that was killed at any point does no harm to the next one", "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  bool started = false;
  for (uint64_t changes = 0; !started; changes += 1 + random() % 6) {
    CAPTURE(changes);
    machine m;
    m.disk.cut_after(changes);
    started = m.try_open() && !m.disk.is_cut();
    m.kill();
    m.open();
    must(m.s->append(with_level(1, durability::fsync)));
    m.lose_power(leftovers::none, random);
    m.open();
    REQUIRE(live_ids(*m.s) == std::vector{id_at(1)});
  }
}

TEST_CASE("power loss: a purge is not synced, and what comes back is purged again", "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  machine m;
  m.open();
  auto rec = small_record(id_at(1));
  append(*m.s, {first_version(rec), later_version(rec, job_state::failed, at(5))});
  REQUIRE(must(m.s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(all_pages(*m.s, {.states = {job_state::failed}}, 10, 10) == std::vector{id_at(1)});
  CHECK(numbers(m.s->counts()) == std::vector<uint64_t>{0, 0, 1, 0});
  CHECK(must(m.s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  append(*m.s, {first_version(small_record(id_at(2)))});
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(must(m.s->load({id_at(1)})).empty()); // the sync of a later write was one of the purge as well
}

TEST_CASE("power loss: what a killed process left unsynced does not go while what was synced after it stays",
          "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  machine m;
  m.open();
  auto rec = small_record(id_at(1));
  rec.spec.level = durability::os;
  auto created = batch_of({first_version(rec, "the payload")});
  created.sync = false;
  must(m.s->append(created));
  m.kill();
  m.open();
  must(m.s->append(batch_of({later_version(rec, job_state::retrying)})));
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(must(m.s->load({id_at(1)})).at(0).spec.payload.view() == "the payload");
  CHECK(numbers(m.s->counts()) == std::vector<uint64_t>{1, 0, 0, 0});
}

TEST_CASE("power loss: what came before a failed sync does not go while what was synced after it stays",
          "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  machine m;
  m.open();
  must(m.s->append(with_level(1, durability::os)));
  m.disk.fail_syncs(true);
  CHECK_FALSE(m.s->append(with_level(2, durability::fsync)));
  m.disk.fail_syncs(false);
  must(m.s->append(with_level(3, durability::fsync)));
  m.lose_power(leftovers::none, random);
  m.open();
  CHECK(live_ids(*m.s) == std::vector{id_at(1), id_at(3)});
  CHECK(m.s->counts().live == 2);
}

TEST_CASE("power loss: a backup that was reported as finished is there, whole", "[power_loss][backup]") {
  std::mt19937_64 random{seed_of_run()};
  const std::string where = GENERATE("copy", "deep/er/copy", "empty");
  const auto level = GENERATE(durability::fsync, durability::os);
  CAPTURE(where, to_string(level));
  machine m;
  std::filesystem::create_directory(m.disk / "empty");
  m.open();
  for (int64_t n = 1; n <= 50; ++n)
    must(m.s->append(with_level(n, level, 5000)));
  must(m.s->backup(m.disk / where));
  m.lose_power(leftovers::none, random);
  const auto copy = must(m.try_open(where));
  CHECK(live_ids(*copy).size() == 50);
  CHECK(must(copy->load({id_at(7)})).at(0).spec.payload.view() == std::string(5000, 'p'));
}

namespace {

/// One process: opens the store, compares, writes until the disk is cut.
void live_once(machine& m, write_history& history, std::mt19937_64& random, std::optional<contents>& backup) {
  m.disk.cut_after(random() % 2 == 0 ? random() % 250 : 250 + random() % 400);
  auto opened = m.try_open();
  if (!opened || m.disk.is_cut()) {
    INFO((opened ? "" : opened.err().message));
    REQUIRE(m.disk.is_cut());
    return;
  }
  m.s = std::move(*opened);
  history.check_and_rewind(history.read(*m.s));
  // A batch that was under way when the disk was cut may be found or not, as one that is not synced.
  while (!m.disk.is_cut()) {
    const auto what = random() % 40;
    if (what == 0) {
      const auto before = history.present();
      const auto gone = m.s->purge({duration::max(), random() % 10}, at(0), 1 + random() % 20, 1);
      REQUIRE((gone || m.disk.is_cut()));
      auto now = history.read(*m.s);
      for (const auto& [id, job] : before.jobs)
        REQUIRE((now.jobs.contains(id) ? now.jobs.at(id) == job : !job.live));
      history.purged(std::move(now));
    } else if (what == 1) {
      static_cast<void>(m.s->release_memory());
    } else if (what == 2 && !backup) {
      if (m.s->backup(m.disk / "copy") && !m.disk.is_cut())
        backup = history.present();
    } else {
      const auto batch = history.next();
      const auto written = m.s->append(batch);
      const bool cut = m.disk.is_cut();
      REQUIRE((written || cut));
      if (batch.sync && !cut)
        history.synced();
    }
  }
}

} // namespace

TEST_CASE("power loss: random writes, kills and power losses leave what was written, up to some point",
          "[power_loss]") {
  const bool tiered = GENERATE(false, true);
  const int run = GENERATE(range(0, 3));
  CAPTURE(tiered, run);
  std::mt19937_64 random{seed_of_run() + static_cast<uint64_t>(run)};
  machine m{tiered};
  write_history history{random, tiered};
  std::optional<contents> backup;
  for (int life = 0; life < 12; ++life) {
    CAPTURE(life);
    live_once(m, history, random, backup);
    m.disk.cut();
    m.s.reset();
    if (random() % 3 == 0)
      m.disk.end_process();
    else
      m.disk.lose_power(random() % 2 == 0 ? leftovers::none : leftovers::some, random);
    if (backup) {
      const auto copy = must(m.try_open("copy"));
      CHECK((history.read(*copy) == *backup));
    }
  }
}

// An unsynced record of some pages, the last of which are on the disk and some others not, looks like damage of what
// was synced (see wal_recovery_mode): the store may refuse to open. It never opens without what was synced.
TEST_CASE("power loss: pages written out of order lose nothing synced, though the store may refuse to open",
          "[power_loss]") {
  std::mt19937_64 random{seed_of_run()};
  for (int run = 0; run < 10; ++run) {
    CAPTURE(run);
    machine m;
    m.open();
    for (int64_t n = 1; n <= 5; ++n)
      must(m.s->append(with_level(n, durability::fsync)));
    m.disk.cut_after(1 + random() % 3);
    const bool written = m.s->append(with_level(6, durability::fsync, 200'000)) && !m.disk.is_cut();
    m.lose_power(leftovers::reordered, random);
    const auto again = m.try_open();
    if (!again) {
      CHECK(again.err().code == ec::storage_unavailable);
      CHECK(again.err().message.find("Corruption") != std::string::npos);
      CHECK_FALSE(written);
      continue;
    }
    std::vector<job_id> expected;
    for (int64_t n = 1; n <= (must((*again)->load({id_at(6)})).empty() ? 5 : 6); ++n)
      expected.push_back(id_at(n));
    CHECK(live_ids(**again) == expected);
    CHECK((expected.size() == 6 || !written));
  }
}
