// What every store does: finding jobs, live or finished, by their queue, type and tag.
#include "tests/storage/store_fixture.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <utility>

using namespace callboard;
using namespace callboard::test;

namespace {

/// All that `find` has of a filter, in pages of this size.
std::vector<job_id> find_all(const store& s, const job_filter& f, size_t limit = 100, size_t steps_max = 1000) {
  std::vector<job_id> ids;
  std::optional<job_id> below;
  do {
    const auto page = must(s.find(f, below, limit, steps_max));
    CHECK(page.ids.size() <= limit);
    ids.insert(ids.end(), page.ids.begin(), page.ids.end());
    if (below && page.examined_to)
      REQUIRE(*page.examined_to < *below); // else this would never end
    below = page.examined_to;
  } while (below);
  return ids;
}

job_record named(job_id id, std::string queue, std::string type, std::vector<std::string> tags = {}) {
  auto rec = small_record(id);
  rec.spec.queue = std::move(queue);
  rec.spec.type = std::move(type);
  rec.spec.tags = std::move(tags);
  return rec;
}

} // namespace

TEST_CASE("find: names are whole, and of their own kind", "[store][find]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  append(*s, {first_version(named(id_at(1), "a", "b", {"c", "c", "\xC3\xBC x"})),
              first_version(named(id_at(2), "aa", "bb", {"cc"})), first_version(named(id_at(3), "b", "a", {"a", "b"})),
              first_version(named(id_at(4), "a", "bb", {""}))});
  CHECK(find_all(*s, {.queue = "a"}) == std::vector{id_at(4), id_at(1)});
  CHECK(find_all(*s, {.type = "a"}) == std::vector{id_at(3)});
  CHECK(find_all(*s, {.tag = "a"}) == std::vector{id_at(3)});
  CHECK(find_all(*s, {.tag = "c"}) == std::vector{id_at(1)});
  CHECK(find_all(*s, {.tag = "\xC3\xBC x"}) == std::vector{id_at(1)});
  CHECK(find_all(*s, {.type = "bb", .queue = "a"}) == std::vector{id_at(4)});
  CHECK(find_all(*s, {.queue = "c"}).empty());
  CHECK(find_all(*s, {.queue = "a", .down_to = id_at(2)}) == std::vector{id_at(4)});
}

TEST_CASE("find: whatever becomes of a job, until it is purged", "[store][find]") {
  temp_directory dir;
  const auto k = GENERATE(kind::memory, kind::rocksdb, kind::tiered);
  const auto s = make_store(k, dir);
  auto rec = named(id_at(1), "q", "t", {"g"});
  append(*s, {first_version(rec)});
  for (auto state : {job_state::failed, job_state::retrying, job_state::failed, job_state::cancelled}) {
    append(*s, {later_version(rec, state, at(1000))});
    for (const auto& f : {job_filter{.queue = "q"}, job_filter{.type = "t"}, job_filter{.tag = "g"},
                          job_filter{.type = "t", .queue = "q", .tag = "g"}})
      CHECK(find_all(*s, f) == std::vector{id_at(1)});
  }
  if (k != kind::memory) // it looks at no state
    CHECK(find_all(*s, {.states = {job_state::failed}, .queue = "q"}).empty());
  CHECK(find_all(*s, {.states = {job_state::cancelled}, .queue = "q"}) == std::vector{id_at(1)});
  CHECK(must(s->purge({duration{0}, 0}, at(2000), 10, 1)) == 1);
  CHECK(find_all(*s, {.queue = "q"}).empty());
}

TEST_CASE("find: rows of many jobs, and jobs of very different age in one write", "[rocksdb][find]") {
  temp_directory dir;
  const auto s = make_store(kind::rocksdb, dir);
  std::vector<stored_job> jobs;
  std::vector<job_id> expected;
  for (int64_t i = 1300; i >= 1; --i) {
    const auto id = id_at(i < 20 ? i * 3'600'000 : 100'000'000 + i, static_cast<uint64_t>(i));
    expected.push_back(id);
    jobs.push_back(first_version(named(id, "q", "t")));
  }
  append(*s, std::move(jobs));
  std::sort(expected.rbegin(), expected.rend());
  for (size_t limit : {1u, 7u, 512u, 2000u})
    CHECK(find_all(*s, {.type = "t", .queue = "q"}, limit, 2) == expected);
}

TEST_CASE("find: finished jobs behind many that wait are found without a look at each of these", "[rocksdb][find]") {
  temp_directory dir;
  const auto s = make_store(kind::rocksdb, dir);
  std::vector<job_record> jobs;
  std::vector<stored_job> first, ends;
  std::vector<job_id> completed;
  // Of ten seconds; then those that wait, of an hour.
  for (int64_t i = 0; i < 4000; ++i) {
    const bool ended = i < 1000;
    jobs.push_back(named(id_at(ended ? i * 10 : 60'000 + i * 1000, static_cast<uint64_t>(i)), "q", "t"));
    first.push_back(first_version(jobs.back()));
    if (!ended)
      continue;
    ends.push_back(later_version(jobs.back(), i % 2 == 0 ? job_state::completed : job_state::failed, at(1000)));
    if (i % 2 == 0)
      completed.push_back(jobs.back().id);
  }
  append(*s, first);
  append(*s, ends);
  std::reverse(completed.begin(), completed.end());
  for (const auto& states : {std::vector{job_state::completed}, std::vector{job_state::failed, job_state::completed}})
    CHECK(must(s->find({.states = states, .queue = "q"}, std::nullopt, 10, 50)).ids.size() == 10);
  // Who asks compares the record: those that failed are among them.
  auto all = find_all(*s, {.states = {job_state::completed}, .queue = "q"});
  CHECK(all.size() == 1000);
  CHECK(find_all(*s, {.states = {job_state::failed, job_state::completed}, .queue = "q"}) == all);
  CHECK(find_all(*s, {.states = {job_state::failed, job_state::cancelled}, .queue = "q"}).size() == 500);
  std::erase_if(all, [&](job_id id) { return std::find(completed.begin(), completed.end(), id) == completed.end(); });
  CHECK(all == completed);
}

TEST_CASE("find: a job that ends anew takes the place of none that ended with it", "[rocksdb][find]") {
  temp_directory dir;
  const auto s = make_store(kind::rocksdb, dir);
  auto a = small_record(id_at(1)), b = small_record(id_at(2));
  append(*s, {first_version(a), first_version(b)});
  append(*s, {later_version(a, job_state::failed, at(10)), later_version(b, job_state::failed, at(10))});
  append(*s, {later_version(b, job_state::retrying)});
  const job_filter f{.priority = priority_default};
  CHECK(all_pages(*s, f, 10, 10) == std::vector{id_at(1)});
  append(*s, {later_version(b, job_state::completed, at(20))});
  CHECK(all_pages(*s, f, 10, 10) == std::vector{id_at(2), id_at(1)});
}

TEST_CASE("find: a damaged record that was purged stands in nobody's way", "[rocksdb][find]") {
  temp_directory dir;
  const auto s = make_store(kind::rocksdb, dir);
  auto a = small_record(id_at(1)), b = small_record(id_at(2));
  append(*s, {first_version(a), first_version(b)});
  auto damaged = later_version(a, job_state::failed, at(10));
  damaged.record = "?";
  append(*s, {std::move(damaged), later_version(b, job_state::failed, at(1000))});
  CHECK(must(s->purge({duration{0}, 1}, at(20), 10, 1)) == 1);
  CHECK(all_pages(*s, {.priority = priority_default}, 10, 10) == std::vector{id_at(2)});
  CHECK(all_pages(*s, {.states = {job_state::failed}}, 10, 10) == std::vector{id_at(2)});
}

TEST_CASE("find: a rare priority among many finished jobs is found without a look at each", "[rocksdb][find]") {
  temp_directory dir;
  const auto s = make_store(kind::rocksdb, dir);
  std::vector<job_record> jobs;
  std::vector<stored_job> first, ends;
  for (int64_t i = 0; i < 4000; ++i) {
    jobs.push_back(small_record(id_at(1 + i * 10)));
    jobs.back().spec.priority = i == 7 ? 9 : 5;
    first.push_back(first_version(jobs.back()));
    ends.push_back(later_version(jobs.back(), job_state::completed, at(1000 + i)));
  }
  append(*s, first);
  append(*s, ends);
  const auto page = must(s->page({.states = {job_state::completed}, .priority = uint8_t{9}}, std::nullopt, 50, 10));
  REQUIRE(page.jobs.size() == 1);
  CHECK(page.jobs[0].id == id_at(71));
  CHECK_FALSE(page.examined_to);
  CHECK(must(s->page({.priority = uint8_t{8}}, std::nullopt, 50, 1)).jobs.empty());
}

TEST_CASE("find: random jobs, ends, purges and filters, as a look at every job tells", "[store][find]") {
  std::mt19937_64 draw{seed_of_run()};
  const auto below = [&](uint64_t n) { return draw() % n; };
  temp_directory dir;
  const auto k = GENERATE(kind::memory, kind::rocksdb, kind::tiered);
  auto s = make_store(k, dir);
  std::map<job_id, job_record> model; // live and finished
  int64_t ms = 0;
  uint64_t born = 0;
  const job_state ends[] = {job_state::completed, job_state::failed, job_state::cancelled};
  const auto pick = [&](std::string_view letters) { return std::string(1, letters[below(letters.size())]); };
  for (int round = 0; round < 60; ++round) {
    std::vector<stored_job> batch;
    for (auto n = below(30); n > 0; --n) {
      ms += below(4) == 0 ? static_cast<int64_t>(below(3000)) : 0;
      const auto id = id_at(ms, ++born);
      auto rec = named(id, pick("abcx"), pick("pq"), {pick("ghi"), pick("ghi")});
      rec.spec.priority = static_cast<uint8_t>(below(3));
      rec.spec.level = k == kind::tiered && below(2) == 0 ? durability::memory : durability::fsync;
      batch.push_back(first_version(rec));
      model.emplace(id, std::move(rec));
    }
    append(*s, std::move(batch));
    batch.clear();
    // Some live again, and may be given another priority then.
    for (auto& [id, rec] : model)
      if (rec.state == job_state::failed && below(6) == 0)
        batch.push_back(later_version(rec, job_state::retrying));
    if (below(2) == 0)
      append(*s, std::exchange(batch, {}));
    for (auto& [id, rec] : model)
      if (!is_terminal(rec.state) && below(8) == 0) {
        rec.spec.priority = static_cast<uint8_t>(below(3));
        batch.push_back(later_version(rec, rec.state));
      }
    for (auto& [id, rec] : model)
      if (!is_terminal(rec.state) && below(4) == 0)
        batch.push_back(later_version(rec, ends[below(3)], at(round * 1'000'000 + static_cast<int64_t>(batch.size()))));
    append(*s, std::move(batch));
    if (below(5) == 0) {
      must(s->purge({duration{0}, below(50)}, at(0), 10 + below(40), 1));
      std::erase_if(model, [&](const auto& kv) { return must(s->load({kv.first}, false)).empty(); });
    }
    if (k == kind::rocksdb && below(10) == 0) {
      s.reset();
      s = make_store(k, dir);
    }
    job_filter f;
    if (below(2) == 0)
      f.queue = pick("abcxz");
    if (below(2) == 0)
      f.type = pick("pq");
    if (below(2) == 0 || (f.queue.empty() && f.type.empty()))
      f.tag = pick("ghij");
    // A guide to what is looked at. Those that failed and were cancelled are told exactly.
    if (k == kind::rocksdb && below(2) == 0)
      std::copy_if(std::begin(ends), std::end(ends), std::back_inserter(f.states),
                   [&](job_state) { return below(2) == 0; });
    if (!f.states.empty() && below(2) == 0)
      f.priority = static_cast<uint8_t>(below(3));
    const auto is_exact = std::count(f.states.begin(), f.states.end(), job_state::completed) == 0;
    std::vector<job_id> expected;
    for (auto i = model.rbegin(); i != model.rend(); ++i) {
      const auto& x = i->second.spec;
      const auto state = i->second.state;
      const bool is_one = std::count(f.states.begin(), f.states.end(), state) != 0;
      if ((f.states.empty() || is_one || (!is_exact && is_terminal(state))) &&
          (!f.priority || *f.priority == x.priority) && (f.queue.empty() || f.queue == x.queue) &&
          (f.type.empty() || f.type == x.type) &&
          (f.tag.empty() || std::find(x.tags.begin(), x.tags.end(), f.tag) != x.tags.end()))
        expected.push_back(i->first);
    }
    CAPTURE(round, f.queue, f.type, f.tag, f.states.size());
    REQUIRE(find_all(*s, f, 1 + below(40), 1 + below(60)) == expected);
    job_filter finished{.states = f.states, .priority = static_cast<uint8_t>(below(3))};
    expected.clear();
    for (auto i = model.rbegin(); i != model.rend(); ++i)
      if (is_terminal(i->second.state) && *finished.priority == i->second.spec.priority &&
          (f.states.empty() || std::count(f.states.begin(), f.states.end(), i->second.state) != 0))
        expected.push_back(i->first);
    REQUIRE(all_pages(*s, finished, 1 + below(10), 1 + below(20)) == expected);
  }
}
