// What every store does: finished jobs in the order in which their ends were written.
#include "tests/storage/store_fixture.hpp"

#include <algorithm>
#include <limits>

using namespace callboard;
using namespace callboard::test;

namespace {

#define FOR_EVERY_STORE                                                                                                \
  temp_directory dir;                                                                                                  \
  const auto k = GENERATE(kind::memory, kind::rocksdb, kind::tiered);                                                  \
  const auto s = make_store(k, dir)

/// Job `n`, which ends at `when`.
void end_job(store& s, int64_t n, time_point when, job_state state = job_state::completed, uint64_t epoch = 1) {
  auto rec = small_record(id_at(n));
  rec.result = blob{"[1]"};
  append(s, {first_version(rec, R"({"n":1})")}, epoch);
  append(s, {later_version(rec, state, when)}, epoch);
}

struct told {
  std::vector<job_id> ids;
  ended_cursor next;
};

/// All pages behind a cursor put together.
told all_ended(const store& s, ended_query q) {
  told out;
  for (;;) {
    const auto page = must(s.ended(q));
    CHECK(page.jobs.size() <= q.limit);
    for (const auto& rec : page.jobs)
      out.ids.push_back(rec.id);
    if (!page.complete)
      REQUIRE(page.next != q.after); // else this would never end
    q.after = out.next = page.next;
    if (page.complete)
      return out;
  }
}

std::vector<job_id> these(std::vector<int64_t> numbers) {
  std::vector<job_id> ids;
  for (const auto n : numbers)
    ids.push_back(id_at(n));
  return ids;
}

} // namespace

TEST_CASE("pages of what ended neither skip nor repeat, whatever their size", "[store][ended]") {
  FOR_EVERY_STORE;
  std::vector<stored_job> jobs;
  std::vector<job_id> expected;
  for (int64_t i = 1; i <= 40; ++i) {
    auto rec = small_record(id_at(i));
    jobs.push_back(first_version(rec));
    jobs.push_back(later_version(rec, job_state::completed, at(1000 - i))); // together, in another order
    expected.push_back(id_at(i));
  }
  std::reverse(expected.begin(), expected.end());
  append(*s, std::move(jobs));
  for (int64_t i = 41; i <= 50; ++i) {
    end_job(*s, i, at(2000 + i));
    expected.push_back(id_at(i));
  }
  append(*s, {first_version(small_record(id_at(60)))}); // it lives
  for (size_t limit : {1u, 3u, 39u, 40u, 41u, 1000u})
    for (size_t examine : {1u, 7u, 1000u}) {
      CAPTURE(limit, examine);
      CHECK(all_ended(*s, {.limit = limit, .examine_max = examine}).ids == expected);
    }
}

TEST_CASE("a cursor goes on with what has ended since, also when the clock was set back", "[store][ended]") {
  FOR_EVERY_STORE;
  CHECK(all_ended(*s, {}).ids.empty());
  end_job(*s, 1, at(1'000'000'000));
  const auto first = all_ended(*s, {});
  CHECK(first.ids == these({1}));
  end_job(*s, 2, at(10)); // by a clock that was set back by a quarter of an hour
  end_job(*s, 3, at(999'999'999));
  const auto then = all_ended(*s, {.after = first.next});
  CHECK(then.ids == these({2, 3}));
  CHECK(then.next == must(s->ended_so_far()));
  CHECK(all_ended(*s, {.after = then.next}).ids.empty());
  end_job(*s, 4, at(1'000'000'000));
  CHECK(all_ended(*s, {.after = then.next}).ids == these({4}));
}

TEST_CASE("an end that is not the last one is not told", "[store][ended]") {
  FOR_EVERY_STORE;
  auto rec = small_record(id_at(1));
  append(*s, {first_version(rec)});
  append(*s, {later_version(rec, job_state::failed, at(5))});
  end_job(*s, 2, at(6));
  append(*s, {later_version(rec, job_state::retrying)});
  CHECK(all_ended(*s, {}).ids == these({2}));
  append(*s, {later_version(rec, job_state::completed, at(7))});
  CHECK(all_ended(*s, {}).ids == these({2, 1}));
}

TEST_CASE("what ended is filtered, and comes without what is not asked for", "[store][ended]") {
  FOR_EVERY_STORE;
  for (int64_t i = 1; i <= 12; ++i) {
    auto rec = small_record(id_at(i));
    rec.result = blob{"[1]"};
    rec.spec.type = i % 2 == 0 ? "exec" : "email_send";
    rec.spec.queue = i % 3 == 0 ? "urgent" : "default";
    rec.spec.tags = {i % 4 == 0 ? "x" : "y"};
    append(*s, {first_version(rec, R"({"n":1})")});
    append(*s, {later_version(rec, i % 6 == 0 ? job_state::failed : job_state::completed, at(i * 10))});
  }
  CHECK(all_ended(*s, {.state = job_state::failed}).ids == these({6, 12}));
  CHECK(all_ended(*s, {.type = "exec", .limit = 2}).ids == these({2, 4, 6, 8, 10, 12}));
  CHECK(all_ended(*s, {.queue = "urgent", .examine_max = 2}).ids == these({3, 6, 9, 12}));
  CHECK(all_ended(*s, {.tag = "x"}).ids == these({4, 8, 12}));
  CHECK(all_ended(*s, {.from = at(95), .limit = 1, .examine_max = 1}).ids == these({10, 11, 12}));
  auto page = must(s->ended({.limit = 1}));
  CHECK((page.jobs.at(0).spec.payload.empty() && page.jobs.at(0).result.empty()));
  page = must(s->ended({.limit = 1, .payload = true, .result = true}));
  CHECK(page.jobs.at(0).spec.payload.view() == R"({"n":1})");
  CHECK(page.jobs.at(0).result.view() == "[1]");
  // A page ends where it has as many bytes as it may have, but has one job.
  page = must(s->ended({.limit = 10, .payload = true, .bytes_max = 1}));
  CHECK(ids_of(page.jobs) == these({1}));
  CHECK_FALSE(page.complete);
  page = must(s->ended({.after = page.next, .limit = 10, .payload = true, .bytes_max = 16}));
  CHECK(ids_of(page.jobs) == these({2, 3}));
}

TEST_CASE("what is purged is told no more, and a cursor in the middle of it goes on behind it", "[store][ended]") {
  FOR_EVERY_STORE;
  constexpr auto day = std::chrono::hours{24};
  std::vector<stored_job> jobs;
  for (int64_t i = 1; i <= 30; ++i) {
    auto rec = small_record(id_at(i));
    jobs.push_back(first_version(rec));
    jobs.push_back(later_version(rec, job_state::completed, at(i)));
  }
  append(*s, std::move(jobs));
  const auto begun = must(s->ended({.limit = 10}));
  CHECK(begun.jobs.size() == 10);
  end_job(*s, 31, at(0) + 2 * day);
  CHECK(must(s->purge({day, 1'000'000}, at(0) + 2 * day, 15, 1)) == 15);
  auto rest = all_ended(*s, {.after = begun.next}).ids;
  REQUIRE(rest.size() == 16);
  CHECK((rest.front() == id_at(16) && rest.back() == id_at(31)));
  CHECK(must(s->purge({day, 1'000'000}, at(0) + 2 * day, 100, 1)) == 15);
  CHECK(all_ended(*s, {.after = begun.next}).ids == these({31}));
  CHECK(all_ended(*s, {}).ids == these({31}));
  end_job(*s, 32, at(0) + 2 * day);
  CHECK(all_ended(*s, {}).ids == these({31, 32}));
}

TEST_CASE("jobs of all levels are told, behind one cursor that outlives the process", "[store][ended]") {
  temp_directory dir;
  const auto open = [&] { return make_tiered_store(open_or_fail(dir / "db"), make_memory_store()); };
  const auto ended = [](int64_t n, durability level) {
    auto rec = small_record(id_at(n));
    rec.spec.level = level;
    rec.state = job_state::completed;
    rec.finished_at = at(n);
    return first_version(rec);
  };
  auto s = open();
  append(*s, {ended(1, durability::memory), ended(2, durability::os), ended(3, durability::memory)}, 1);
  auto seen = all_ended(*s, {.limit = 1});
  CHECK(seen.ids == these({2, 1, 3}));
  CHECK(all_ended(*s, {.after = seen.next}).ids.empty());
  append(*s, {ended(4, durability::memory), ended(5, durability::fsync)}, 1);
  const auto next = all_ended(*s, {.after = seen.next});
  CHECK(next.ids == these({5, 4}));
  s.reset();
  s = open();
  CHECK(all_ended(*s, {.after = next.next}).ids.empty());
  append(*s, {ended(6, durability::memory), ended(7, durability::fsync)}, 2);
  CHECK(all_ended(*s, {.after = next.next}).ids == these({7, 6}));
}

TEST_CASE("a cursor of a store that a backup has taken the place of is refused", "[rocksdb][ended]") {
  temp_directory dir;
  ended_cursor ahead;
  {
    const auto s = open_or_fail(dir / "db");
    end_job(*s, 1, at(1), job_state::completed, 1);
    must(s->backup(dir / "copy"));
    end_job(*s, 2, at(2), job_state::completed, 1);
    end_job(*s, 3, at(3), job_state::completed, 7);
    ahead = must(s->ended_so_far());
  }
  const auto s = open_or_fail(dir / "copy");
  end_job(*s, 4, at(4), job_state::completed, 2);
  const auto page = s->ended({.after = ahead});
  REQUIRE_FALSE(page);
  CHECK((page.err().code == ec::invalid_value && page.err().field == "after"));
  CHECK(all_ended(*s, {}).ids == these({1, 4}));
}

TEST_CASE("a text stands for every cursor, and other text for none", "[ended]") {
  constexpr auto most = std::numeric_limits<uint32_t>::max();
  for (const auto& c : {ended_cursor{}, ended_cursor{1, 2, 3, 4}, ended_cursor{UINT64_MAX, most, UINT64_MAX, most}})
    CHECK(must(parse_ended_cursor(to_string(c))) == c);
  for (const auto* text : {"", "1", "1.0.0.0", "2.0.0.0.0", "1.0.0.0.0.0", "1.0.0.0.0 ", "1.g.0.0.0", "1.-1.0.0.0",
                           "1.0.100000000.0.0", "1.10000000000000000.0.0.0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ended_cursor(text));
  }
}
