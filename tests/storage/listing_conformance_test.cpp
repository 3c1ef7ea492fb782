// What every store does: pages of finished jobs, and retention.
#include "tests/storage/store_fixture.hpp"

#include <algorithm>

using namespace callboard;
using namespace callboard::test;

namespace {

/// Jobs 1..n, one per millisecond; a third each completed, failed, cancelled; every fourth urgent, in a queue of its
/// own, with a tag. Finished in the order of their ids, one per second.
void fill(store& s, int64_t n, durability level_of_even = durability::fsync) {
  constexpr job_state ends[] = {job_state::completed, job_state::failed, job_state::cancelled};
  std::vector<stored_job> jobs;
  for (int64_t i = 1; i <= n; ++i) {
    auto rec = small_record(id_at(i));
    if (i % 4 == 0) {
      rec.spec.priority = 9;
      rec.spec.queue = "urgent";
      rec.spec.type = "exec";
      rec.spec.tags = {"x", "night"};
    }
    rec.result = blob{"[1]"};
    rec.spec.level = i % 2 == 0 ? level_of_even : durability::fsync;
    jobs.push_back(first_version(rec));
    jobs.push_back(later_version(rec, ends[i % 3], at(i * 1'000'000)));
  }
  append(s, std::move(jobs));
}

template <class F>
std::vector<job_id> expected(int64_t n, F wanted) {
  std::vector<job_id> ids;
  for (int64_t i = n; i >= 1; --i)
    if (wanted(i))
      ids.push_back(id_at(i));
  return ids;
}

} // namespace

#define FOR_EVERY_STORE                                                                                                \
  temp_directory dir;                                                                                                  \
  const auto k = GENERATE(kind::memory, kind::rocksdb, kind::tiered);                                                  \
  const auto s = make_store(k, dir);                                                                                   \
  const auto level_of_even = k == kind::tiered ? durability::memory : durability::fsync

TEST_CASE("pages never skip or repeat, whatever their size", "[store][page]") {
  FOR_EVERY_STORE;
  fill(*s, 60, level_of_even);
  append(*s, {first_version(small_record(id_at(61)))}); // live: in no page
  for (size_t limit : {1u, 2u, 7u, 59u, 60u, 61u})
    for (size_t examine : {1u, 3u, 60u, 1000u}) {
      CAPTURE(limit, examine);
      CHECK(all_pages(*s, {}, limit, examine) == expected(60, [](int64_t) { return true; }));
      CHECK(all_pages(*s, {.states = {job_state::failed}}, limit, examine) ==
            expected(60, [](int64_t i) { return i % 3 == 1; }));
      CHECK(all_pages(*s, {.states = {job_state::cancelled, job_state::failed}}, limit, examine) ==
            expected(60, [](int64_t i) { return i % 3 != 0; }));
      CHECK(all_pages(*s, {.queue = "urgent"}, limit, examine) == expected(60, [](int64_t i) { return i % 4 == 0; }));
    }
}

TEST_CASE("every filter selects what it says", "[store][page]") {
  FOR_EVERY_STORE;
  fill(*s, 24, level_of_even);
  const auto urgent = expected(24, [](int64_t i) { return i % 4 == 0; });
  CHECK(all_pages(*s, {.type = "exec"}, 100, 100) == urgent);
  CHECK(all_pages(*s, {.tag = "night"}, 100, 100) == urgent);
  CHECK(all_pages(*s, {.tag = "nigh"}, 100, 100).empty());
  CHECK(all_pages(*s, {.priority = uint8_t{9}}, 100, 100) == urgent);
  CHECK(all_pages(*s, {.states = {job_state::completed}, .type = "exec", .priority = uint8_t{9}}, 100, 100) ==
        expected(24, [](int64_t i) { return i % 12 == 0; }));
  CHECK(all_pages(*s, {.states = {job_state::queued}}, 100, 100).empty());
  CHECK(all_pages(*s, {.states = {job_state::queued, job_state::failed}}, 100, 100) ==
        expected(24, [](int64_t i) { return i % 3 == 1; }));
  CHECK(all_pages(*s, {.states = {job_state::completed, job_state::failed}}, 100, 100) ==
        expected(24, [](int64_t i) { return i % 3 != 2; }));
  CHECK(all_pages(*s, {.type = "nothing"}, 100, 100).empty());
}

TEST_CASE("creation is filtered from inclusive, to exclusive", "[store][page]") {
  FOR_EVERY_STORE;
  fill(*s, 10, level_of_even);
  const auto between = [](int64_t a, int64_t b) { return expected(10, [=](int64_t i) { return i >= a && i < b; }); };
  CHECK(all_pages(*s, {.from = at(3000), .to = at(6000)}, 2, 100) == between(3, 6));
  CHECK(all_pages(*s, {.from = at(3001), .to = at(6001)}, 2, 100) == between(4, 7));
  CHECK(all_pages(*s, {.from = at(8000)}, 100, 100) == between(8, 11));
  CHECK(all_pages(*s, {.to = at(3000)}, 100, 100) == between(1, 3));
  CHECK(all_pages(*s, {.states = {job_state::completed}, .from = at(3000), .to = at(7000)}, 100, 100) ==
        std::vector{id_at(6), id_at(3)});
  CHECK(all_pages(*s, {.from = at(6000), .to = at(3000)}, 100, 100).empty());
  CHECK(all_pages(*s, {.from = time_point::min(), .to = time_point::max()}, 100, 100) == between(1, 11));
}

TEST_CASE("a page has nothing below the id that bounds it", "[store][page]") {
  FOR_EVERY_STORE;
  fill(*s, 10, level_of_even);
  CHECK(all_pages(*s, {.down_to = id_at(4)}, 3, 100) == expected(10, [](int64_t i) { return i >= 4; }));
  CHECK(all_pages(*s, {.states = {job_state::completed}, .from = at(2000), .down_to = id_at(4)}, 3, 100) ==
        expected(10, [](int64_t i) { return i >= 4 && i % 3 == 0; }));
  // Nothing is looked at in vain.
  CHECK_FALSE(must(s->page({.type = "nothing", .down_to = id_at(8)}, std::nullopt, 100, 3)).examined_to);
}

TEST_CASE("a page is short of payload and result, and examines no more than allowed", "[store][page]") {
  FOR_EVERY_STORE;
  fill(*s, 20, level_of_even);
  const auto page = must(s->page({.type = "exec"}, std::nullopt, 100, 3));
  CHECK(page.jobs.size() <= 3);
  REQUIRE(page.examined_to);
  CHECK(*page.examined_to >= id_at(15));
  const auto all = must(s->page({}, id_at(3), 100, 100));
  CHECK(ids_of(all.jobs) == std::vector{id_at(2), id_at(1)});
  CHECK_FALSE(all.examined_to);
  CHECK(all.jobs[0].result.empty());
  CHECK(all.jobs[0].spec.payload.empty());
}

TEST_CASE("retention by count removes what finished first, with everything", "[store][purge]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  std::vector<stored_job> jobs;
  for (int64_t i = 1; i <= 9; ++i) {
    auto rec = small_record(id_at(i));
    rec.spec.idempotency_key = "key-" + std::to_string(i);
    jobs.push_back(first_version(rec));
    jobs.push_back(later_version(rec, i % 2 ? job_state::completed : job_state::failed, at((10 - i) * 1000)));
  }
  append(*s, std::move(jobs));
  append(*s, {first_version(small_record(id_at(50)))});
  // The highest id finished first. Three calls of at most two each.
  const retention keep{std::chrono::hours{1}, 4};
  CHECK(must(s->purge(keep, at(100'000), 2, 1)) == 2);
  CHECK(all_pages(*s, {}, 100, 100) == expected(7, [](int64_t) { return true; }));
  CHECK(must(s->purge(keep, at(100'000), 2, 1)) == 2);
  CHECK(must(s->purge(keep, at(100'000), 2, 1)) == 1);
  CHECK(must(s->purge(keep, at(100'000), 2, 1)) == 0);
  CHECK(all_pages(*s, {}, 100, 100) == expected(4, [](int64_t) { return true; }));
  CHECK(all_pages(*s, {.states = {job_state::failed}}, 100, 100) == std::vector{id_at(4), id_at(2)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{1, 2, 2, 0});
  CHECK(must(s->load({id_at(9), id_at(5)})).empty());
  CHECK_FALSE(must(s->find_key("key-9")));
  CHECK(must(s->find_key("key-4")) == id_at(4));
  CHECK(live_ids(*s) == std::vector{id_at(50)});
}

TEST_CASE("retention by age keeps what is just young enough", "[store][purge]") {
  FOR_EVERY_STORE;
  fill(*s, 10, level_of_even); // job i finished at second i
  const retention keep{std::chrono::seconds{6}, 1000};
  CHECK(must(s->purge(keep, at(10'000'000), 100, 1)) == 3);
  CHECK(must(s->purge(keep, at(10'000'001), 100, 1)) == 1);
  CHECK(all_pages(*s, {}, 100, 100) == expected(10, [](int64_t i) { return i > 4; }));
  CHECK(must(s->purge({duration::max(), 1000}, at(1'000'000'000), 100, 1)) == 0);
}

TEST_CASE("a job that finishes with an earlier time than what was purged is purged next", "[store][purge]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  fill(*s, 10);
  CHECK(must(s->purge({duration::max(), 5}, at(20'000'000), 100, 1)) == 5);
  auto early = small_record(id_at(100));
  append(*s, {first_version(early)});
  append(*s, {later_version(early, job_state::completed, at(1))});
  CHECK(must(s->purge({std::chrono::seconds{20}, 1000}, at(20'000'002), 100, 1)) == 1);
  CHECK(all_pages(*s, {}, 100, 100) == expected(10, [](int64_t i) { return i > 5; }));
  CHECK(must(s->load({id_at(100)})).empty());
}
