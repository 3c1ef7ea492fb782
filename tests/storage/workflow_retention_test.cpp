// Jobs of a workflow are kept until all of it has ended.
#include "tests/storage/store_fixture.hpp"
#include "tests/support/seed.hpp"

#include <map>
#include <random>
#include <set>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

job_record part_of_workflow(job_id id, const std::string& workflow, durability level = durability::fsync) {
  auto rec = small_record(id);
  rec.spec.workflow = workflow_part{workflow, "name", "k" + std::to_string(id.value), false};
  rec.spec.level = level;
  return rec;
}

bool is_stored(const store& s, job_id id) {
  return !must(s.load({id}, false)).empty();
}

retention nothing_kept() {
  return {duration{0}, 0};
}

/// At a number of seconds.
time_point second(int64_t n) {
  return at(n * 1'000'000);
}

} // namespace

TEST_CASE("a finished job of a workflow stays until all of it has ended", "[store][purge][workflow]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  auto first = part_of_workflow(id_at(1), "w"), second_one = part_of_workflow(id_at(2), "w"),
       other = part_of_workflow(id_at(3), "v");
  auto alone = small_record(id_at(4));
  append(*s, {first_version(first), first_version(second_one), first_version(other), first_version(alone)});
  append(*s,
         {later_version(first, job_state::completed, second(1)), later_version(other, job_state::completed, second(1)),
          later_version(alone, job_state::completed, second(1))});
  CHECK(must(s->is_open("w")));
  CHECK_FALSE(must(s->is_open("v")));
  CHECK(must(s->purge(nothing_kept(), second(5), 10, 1)) == 3); // two went, one was put off
  CHECK(is_stored(*s, first.id));
  CHECK_FALSE(is_stored(*s, other.id));
  CHECK_FALSE(is_stored(*s, alone.id));
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{1, 1, 0, 0});
  // It is not looked at again for a while, then once.
  CHECK(must(s->purge(nothing_kept(), second(6), 10, 1)) == 0);
  CHECK(must(s->purge(nothing_kept(), second(14), 10, 1)) == 0);
  CHECK(must(s->purge(nothing_kept(), second(15), 10, 1)) == 1);
  CHECK(must(s->purge(nothing_kept(), second(15), 10, 1)) == 0);
  append(*s, {later_version(second_one, job_state::failed, second(16))});
  CHECK_FALSE(must(s->is_open("w")));
  CHECK(must(s->purge(nothing_kept(), second(17), 10, 1)) == 1);
  CHECK(is_stored(*s, first.id));
  CHECK(must(s->purge(nothing_kept(), second(25), 10, 1)) == 1);
  CHECK_FALSE(is_stored(*s, first.id));
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 0});
}

TEST_CASE("a workflow is open again with a job that lives again, or is new", "[store][purge][workflow]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  auto a = part_of_workflow(id_at(1), "w"), b = part_of_workflow(id_at(2), "w");
  append(*s, {first_version(a), first_version(b)});
  append(*s, {later_version(a, job_state::completed, second(1)), later_version(b, job_state::failed, second(1))});
  CHECK_FALSE(must(s->is_open("w")));
  append(*s, {later_version(b, job_state::retrying)});
  CHECK(must(s->is_open("w")));
  CHECK(must(s->purge(nothing_kept(), second(5), 10, 1)) == 1);
  CHECK(is_stored(*s, a.id));
  append(*s, {later_version(b, job_state::completed, second(6))});
  CHECK_FALSE(must(s->is_open("w")));
  auto c = part_of_workflow(id_at(3), "w");
  append(*s, {first_version(c)});
  CHECK(must(s->is_open("w")));
  CHECK(must(s->purge(nothing_kept(), second(20), 10, 1)) == 2);
  CHECK(is_stored(*s, a.id));
  CHECK(is_stored(*s, b.id));
}

TEST_CASE("jobs that are kept for their workflow do not count as finished ones", "[store][purge][workflow]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  std::vector<stored_job> jobs, ends;
  std::vector<job_record> parts;
  for (int64_t i = 1; i <= 6; ++i)
    parts.push_back(part_of_workflow(id_at(i), "w"));
  for (auto& p : parts)
    jobs.push_back(first_version(p));
  append(*s, std::move(jobs));
  for (size_t i = 0; i < 5; ++i)
    ends.push_back(later_version(parts[i], job_state::completed, second(1)));
  append(*s, std::move(ends));
  auto alone = small_record(id_at(10)), last = small_record(id_at(11));
  append(*s, {first_version(alone), first_version(last)});
  append(*s,
         {later_version(alone, job_state::completed, second(2)), later_version(last, job_state::completed, second(3))});
  const retention one{24h * 365, 1};
  CHECK(must(s->purge(one, second(100), 100, 1)) == 6);
  CHECK(must(s->purge(one, second(100), 100, 1)) == 0);
  CHECK_FALSE(is_stored(*s, alone.id));
  CHECK(is_stored(*s, last.id));
  for (size_t i = 0; i < 5; ++i)
    CHECK(is_stored(*s, parts[i].id));
  append(*s, {later_version(parts[5], job_state::completed, second(200))});
  CHECK(must(s->purge(one, second(200) + 1h, 100, 1)) == 6); // those that were kept, and then the oldest of two
  CHECK(must(s->purge(one, second(200) + 2h, 100, 1)) == 0);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 1, 0, 0});
}

TEST_CASE("jobs in memory keep those of their workflow on disk, and the other way", "[store][purge][workflow]") {
  temp_directory dir;
  const auto s = make_store(kind::tiered, dir);
  const bool first_in_memory = GENERATE(false, true);
  auto a = part_of_workflow(id_at(1), "w", first_in_memory ? durability::memory : durability::fsync),
       b = part_of_workflow(id_at(2), "w", first_in_memory ? durability::fsync : durability::memory);
  append(*s, {first_version(a), first_version(b)});
  append(*s, {later_version(a, job_state::completed, second(1))});
  CHECK(must(s->purge(nothing_kept(), second(5), 10, 1)) == 1);
  CHECK(is_stored(*s, a.id));
  append(*s, {later_version(b, job_state::completed, second(6))});
  must(s->purge(nothing_kept(), second(20), 10, 1));
  CHECK_FALSE(is_stored(*s, a.id));
  CHECK_FALSE(is_stored(*s, b.id));
}

TEST_CASE("what is kept for a workflow is so after the store was opened again", "[rocksdb][purge][workflow]") {
  temp_directory dir;
  auto s = make_store(kind::rocksdb, dir);
  auto a = part_of_workflow(id_at(1), "w"), b = part_of_workflow(id_at(2), "w");
  append(*s, {first_version(a), first_version(b)});
  append(*s, {later_version(a, job_state::completed, second(1))});
  CHECK(must(s->purge(nothing_kept(), second(5), 10, 1)) == 1);
  s.reset();
  s = make_store(kind::rocksdb, dir);
  CHECK(must(s->purge(nothing_kept(), second(6), 10, 1)) == 0);
  CHECK(is_stored(*s, a.id));
  append(*s, {later_version(b, job_state::completed, second(7))});
  CHECK(must(s->purge(nothing_kept(), second(15), 10, 1)) == 2);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 0});
}

TEST_CASE("a writer whose epoch is over puts nothing off", "[store][purge][workflow]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  auto a = part_of_workflow(id_at(1), "w"), b = part_of_workflow(id_at(2), "w");
  append(*s, {first_version(a), first_version(b)}, 7);
  append(*s, {later_version(a, job_state::completed, second(1))}, 7);
  CHECK(s->purge(nothing_kept(), second(5), 10, 6).err().code == ec::wrong_version);
  CHECK(must(s->purge(nothing_kept(), second(5), 10, 7)) == 1);
}

TEST_CASE("workflow retention: random histories, as a model tells", "[store][purge][workflow]") {
  std::mt19937_64 draw{seed_of_run()};
  const auto below = [&](uint64_t n) { return draw() % n; };
  temp_directory dir;
  const auto k = GENERATE(kind::memory, kind::rocksdb, kind::tiered);
  auto s = make_store(k, dir);
  std::map<job_id, job_record> model;
  uint64_t born = 0;
  int64_t now = 10;
  const auto is_open = [&](const std::string& w) {
    return std::any_of(model.begin(), model.end(), [&](const auto& x) {
      return x.second.spec.workflow && x.second.spec.workflow->id == w && !is_terminal(x.second.state);
    });
  };
  for (int round = 0; round < 150; ++round) {
    now += static_cast<int64_t>(below(20));
    if (below(20) == 0)
      now -= static_cast<int64_t>(below(10)); // the clock is set back
    std::vector<stored_job> batch;
    for (auto n = below(6); n > 0; --n) {
      const auto id = id_at(static_cast<int64_t>(++born));
      auto rec = small_record(id);
      if (below(4) != 0)
        rec = part_of_workflow(id, "w" + std::to_string(below(5)));
      rec.spec.level = k == kind::tiered && below(2) == 0 ? durability::memory : durability::fsync;
      batch.push_back(first_version(rec));
      model.emplace(id, std::move(rec));
    }
    for (auto& [id, rec] : model) {
      if (!is_terminal(rec.state) && below(5) == 0)
        batch.push_back(later_version(rec, below(2) == 0 ? job_state::completed : job_state::failed, second(now)));
      else if (rec.state == job_state::failed && below(20) == 0)
        batch.push_back(later_version(rec, job_state::retrying));
    }
    append(*s, std::move(batch));
    const retention r{std::chrono::seconds{below(30)}, below(3) == 0 ? below(20) : 1000};
    std::set<std::string> open;
    for (const std::string w : {"w0", "w1", "w2", "w3", "w4"})
      if (is_open(w))
        open.insert(w);
    must(s->purge(r, second(now), 1 + below(20), 1));
    std::erase_if(model, [&](const auto& x) {
      if (is_stored(*s, x.first))
        return false;
      CAPTURE(to_string(x.first));
      REQUIRE(is_terminal(x.second.state));
      REQUIRE((!x.second.spec.workflow || open.count(x.second.spec.workflow->id) == 0));
      return true;
    });
    for (const std::string w : {"w0", "w1", "w2", "w3", "w4"}) {
      CAPTURE(w, round);
      REQUIRE(must(s->is_open(w)) == (open.count(w) != 0));
    }
    if (k == kind::rocksdb && below(15) == 0) {
      s.reset();
      s = make_store(k, dir);
    }
  }
  // What was open kept all of its jobs; when all is over, all goes.
  std::vector<stored_job> ends;
  for (auto& [id, rec] : model)
    if (!is_terminal(rec.state))
      ends.push_back(later_version(rec, job_state::completed, second(now)));
  append(*s, std::move(ends));
  for (int i = 0; i < 3; ++i)
    while (must(s->purge(nothing_kept(), second(now + 100 * (i + 1)), 7, 1)) == 7) {}
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 0});
}
