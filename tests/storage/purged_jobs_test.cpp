#include "storage/purged_jobs.hpp"
#include "tests/storage/store_fixture.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE("a change of a job that was purged since it was read is taken out of the write, the others stay",
          "[storage]") {
  const temp_directory dir;
  auto db = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  write_batch first;
  std::vector<job_record> jobs{small_record(id_at(1)), small_record(id_at(2)), small_record(id_at(3))};
  for (auto& rec : jobs) {
    rec.state = rec.id == id_at(3) ? job_state::queued : job_state::failed;
    rec.finished_at = at(10'000 * static_cast<int64_t>(&rec - jobs.data()));
    first.jobs.push_back(first_version(rec));
  }
  must(db->append(first));
  REQUIRE(must(db->purge({24h, 1}, at(1'000'000), 10, 0)) == 1); // the older of the two that have ended

  const auto to = GENERATE(job_state::retrying, job_state::cancelled);
  commit_part part;
  for (auto& rec : jobs) {
    job_note n;
    n.job = rec.id;
    part.jobs.push_back(later_version(rec, to));
    part.notes.push_back(n);
  }
  refuse_changes_of_purged(*db, part);
  REQUIRE(part.notes.size() == 3);
  REQUIRE(part.notes[0].refused);
  CHECK(part.notes[0].refused->code == ec::unknown_job);
  CHECK_FALSE(part.notes[1].refused);
  CHECK_FALSE(part.notes[2].refused); // it was alive: nothing to look up
  REQUIRE(part.jobs.size() == 2);
  CHECK(part.jobs[0].id == id_at(2));
}
