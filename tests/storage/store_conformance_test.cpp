// What every store does, whatever it is made of: appending, reading by id, keys, facts, counts.
#include "storage/read_jobs.hpp"
#include "tests/storage/store_fixture.hpp"

#include <thread>

using namespace callboard;
using namespace callboard::test;

#define FOR_EVERY_STORE                                                                                                \
  temp_directory dir;                                                                                                  \
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir)

TEST_CASE("a writer whose epoch is over removes nothing", "[store][purge]") {
  temp_directory dir;
  const auto s = make_store(GENERATE(kind::memory, kind::rocksdb, kind::tiered), dir);
  auto rec = small_record(id_at(1));
  append(*s, {first_version(rec)}, 7);
  append(*s, {later_version(rec, job_state::completed, at(1))}, 7);
  const auto refused = s->purge({duration{0}, 0}, at(1000), 10, 6);
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::wrong_version);
  CHECK(s->counts().completed == 1);
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 7)) == 1);
}

TEST_CASE("a new store is empty", "[store]") {
  FOR_EVERY_STORE;
  CHECK(live_ids(*s).empty());
  CHECK(must(s->load({id_at(1)})).empty());
  CHECK(all_pages(*s, {}, 10, 10).empty());
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 0});
  CHECK_FALSE(must(s->find_key("k")));
  CHECK_FALSE(must(s->meta("m")));
  CHECK(must(s->meta_with_prefix("")).empty());
  CHECK(must(s->purge({}, at(0), 10, 1)) == 0);
}

TEST_CASE("a job can be read back with and without its payload, live and finished", "[store]") {
  FOR_EVERY_STORE;
  auto rec = small_record();
  append(*s, {first_version(rec, "{\"to\":\"a@b\"}")});
  for (auto state : {job_state::queued, job_state::running, job_state::completed}) {
    if (state != job_state::queued)
      append(*s, {later_version(rec, state, at(100))});
    const auto found = must(s->load({rec.id}));
    REQUIRE(found.size() == 1);
    CHECK(same_stored(found[0], rec));
    CHECK(found[0].spec.payload.view() == "{\"to\":\"a@b\"}");
    CHECK(must(s->load({rec.id}, false)).at(0).spec.payload.empty());
  }
}

TEST_CASE("a large and an empty payload come back", "[store]") {
  FOR_EVERY_STORE;
  const std::string large(300'000, 'x');
  append(*s, {first_version(small_record(id_at(1)), large), first_version(small_record(id_at(2)), "")});
  const auto found = must(s->load({id_at(1), id_at(2)}));
  REQUIRE(found.size() == 2);
  CHECK(found[0].spec.payload.view() == large);
  CHECK(found[1].spec.payload.empty());
}

TEST_CASE("load answers in the order asked and leaves out what does not exist", "[store]") {
  FOR_EVERY_STORE;
  append(*s, {first_version(small_record(id_at(1))), first_version(small_record(id_at(2))),
              first_version(small_record(id_at(3)))});
  const auto found = must(s->load({id_at(3), id_at(9), id_at(1), id_at(3)}));
  CHECK(ids_of(found) == std::vector{id_at(3), id_at(1), id_at(3)});
}

TEST_CASE("many jobs are read at once, whether they are neighbours or not", "[store]") {
  FOR_EVERY_STORE;
  constexpr int64_t jobs = 600;
  const auto ends = [](int64_t i) { return i % 5 == 0 || (i > 200 && i <= 300); };
  const auto payload_of = [](job_id id) { return "{\"n\":\"" + to_string(id) + "\"}"; };
  for (int64_t i = 1; i <= jobs; ++i) {
    auto rec = small_record(id_at(i));
    append(*s, {first_version(rec, i % 7 == 0 ? "" : payload_of(rec.id))});
    if (ends(i))
      append(*s, {later_version(rec, job_state::completed, at(i))});
  }
  const auto every = [](int64_t from, int64_t to, int64_t step) {
    std::vector<job_id> ids;
    for (auto i = from; i <= to; i += step)
      ids.push_back(id_at(i));
    return ids;
  };
  auto mixed = every(90, 130, 1);
  for (const auto& more : {every(150, 600, 31), every(580, 1000, 3), every(1, 3, 1)})
    mixed.insert(mixed.end(), more.begin(), more.end());
  for (const auto& asked : {every(1, jobs, 1), every(1, jobs, 3), every(1, jobs, 37), every(601, 700, 1),
                            every(250, 330, 1), every(5, jobs, 5), mixed}) {
    std::vector<job_id> there;
    std::copy_if(asked.begin(), asked.end(), std::back_inserter(there), [&](job_id id) { return id <= id_at(jobs); });
    const auto found = must(s->load(asked));
    CHECK(ids_of(found) == there);
    for (const auto& rec : found) {
      INFO(to_string(rec.id));
      const auto text = rec.spec.payload.view();
      CHECK((text.empty() || text == payload_of(rec.id)));
    }
  }
  // Each as when it is read alone.
  const auto together = must(s->load(every(1, jobs, 1)));
  for (const auto& rec : together) {
    const auto alone = must(s->load({rec.id})).at(0);
    CHECK(same_stored(rec, alone));
    CHECK(rec.state == alone.state);
    CHECK(rec.spec.payload == alone.spec.payload);
  }
}

TEST_CASE("live jobs are walked through in id order, until told to stop", "[store]") {
  FOR_EVERY_STORE;
  auto finished = small_record(id_at(2));
  append(*s, {first_version(small_record(id_at(3))), first_version(finished), first_version(small_record(id_at(1)))});
  append(*s, {later_version(finished, job_state::completed)});
  CHECK(live_ids(*s) == std::vector{id_at(1), id_at(3)});
  size_t seen = 0;
  must(s->for_each_live(job_id{}, [&](job_id, std::string_view) { return ++seen < 1; }));
  CHECK(seen == 1);
}

TEST_CASE("counts follow every change", "[store]") {
  FOR_EVERY_STORE;
  auto a = small_record(id_at(1));
  auto b = small_record(id_at(2));
  append(*s, {first_version(a), first_version(b)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{2, 0, 0, 0});
  append(*s, {later_version(a, job_state::running)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{2, 0, 0, 0});
  append(*s, {later_version(a, job_state::completed), later_version(b, job_state::failed)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 1, 1, 0});
}

TEST_CASE("an operator's retry makes a failed job live again", "[store]") {
  FOR_EVERY_STORE;
  auto rec = small_record();
  append(*s, {first_version(rec)});
  append(*s, {later_version(rec, job_state::failed, at(100))});
  append(*s, {later_version(rec, job_state::retrying)});
  CHECK(live_ids(*s) == std::vector{rec.id});
  CHECK(all_pages(*s, {}, 10, 10).empty());
  CHECK(all_pages(*s, {.states = {job_state::failed}}, 10, 10).empty());
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{1, 0, 0, 0});
  CHECK(must(s->load({rec.id})).at(0).spec.payload.view() == "{}");
  // Retention must have forgotten the first end.
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 0);
  append(*s, {later_version(rec, job_state::completed, at(200))});
  CHECK(all_pages(*s, {.states = {job_state::completed}}, 10, 10) == std::vector{rec.id});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 1, 0, 0});
}

TEST_CASE("discarding a failed job moves it from one list to the other", "[store]") {
  FOR_EVERY_STORE;
  auto rec = small_record();
  append(*s, {first_version(rec)});
  append(*s, {later_version(rec, job_state::failed, at(100))});
  append(*s, {later_version(rec, job_state::cancelled, at(200))});
  CHECK(all_pages(*s, {.states = {job_state::failed}}, 10, 10).empty());
  CHECK(all_pages(*s, {.states = {job_state::cancelled}}, 10, 10) == std::vector{rec.id});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 0, 0, 1});
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 0);
}

TEST_CASE("several versions of a job in one batch, also from birth to its end", "[store]") {
  FOR_EVERY_STORE;
  auto rec = small_record();
  std::vector<stored_job> versions{first_version(rec)};
  versions.push_back(later_version(rec, job_state::running));
  versions.push_back(later_version(rec, job_state::failed, at(5)));
  versions.push_back(later_version(rec, job_state::retrying));
  versions.push_back(later_version(rec, job_state::completed, at(9)));
  append(*s, std::move(versions));
  CHECK(live_ids(*s).empty());
  CHECK(all_pages(*s, {}, 10, 10) == std::vector{rec.id});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 1, 0, 0});
  auto dead = small_record(id_at(7));
  dead.state = job_state::cancelled;
  dead.finished_at = at(1);
  append(*s, {first_version(dead)});
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{0, 1, 0, 1});
}

TEST_CASE("an idempotency key finds its job, until the job is purged", "[store]") {
  FOR_EVERY_STORE;
  auto rec = small_record();
  rec.spec.idempotency_key = "order-1";
  append(*s, {first_version(rec)});
  append(*s, {first_version(small_record(id_at(9)))});
  CHECK(must(s->find_key("order-1")) == rec.id);
  CHECK_FALSE(must(s->find_key("order-2")));
  CHECK_FALSE(must(s->find_key("")));
  append(*s, {later_version(rec, job_state::completed, at(10))});
  CHECK(must(s->find_key("order-1")) == rec.id);
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK_FALSE(must(s->find_key("order-1")));
}

TEST_CASE("a unique key finds the last job that took it, and a purge of an earlier one leaves it", "[store]") {
  FOR_EVERY_STORE;
  const auto name = unique_key_name("report of today");
  auto first = small_record(id_at(1)), second = small_record(id_at(2));
  first.spec.unique = second.spec.unique = unique_rule{"report of today", unique_scope::unfinished, duration{0}, {}};
  append(*s, {first_version(first)});
  CHECK(must(s->find_key(name)) == id_at(1));
  CHECK_FALSE(must(s->find_key("report of today"))); // it is no idempotency key
  append(*s, {later_version(first, job_state::completed, at(10))});
  append(*s, {first_version(second)});
  CHECK(must(s->find_key(name)) == id_at(2));
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK(must(s->find_key(name)) == id_at(2));
  append(*s, {later_version(second, job_state::completed, at(11))});
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK_FALSE(must(s->find_key(name)));
}

TEST_CASE("the key of a result finds the last job that left one, and a purge of an earlier one leaves it", "[store]") {
  FOR_EVERY_STORE;
  const auto name = cache_key_name("0123");
  auto first = small_record(id_at(1)), second = small_record(id_at(2));
  append(*s, {first_version(first), first_version(second)});
  CHECK_FALSE(must(s->find_key(name)));
  first.cache_key = second.cache_key = name;
  auto end = later_version(first, job_state::completed, at(10));
  end.cache_key = name;
  append(*s, {end});
  CHECK(must(s->find_key(name)) == id_at(1));
  end = later_version(second, job_state::completed, at(11));
  end.cache_key = name;
  append(*s, {end});
  CHECK(must(s->find_key(name)) == id_at(2));
  CHECK(must(s->purge({duration{0}, 1}, at(10) + duration{1}, 1, 1)) == 1);
  CHECK(must(s->load({id_at(1)})).empty());
  CHECK(must(s->find_key(name)) == id_at(2));
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 1);
  CHECK_FALSE(must(s->find_key(name)));
}

TEST_CASE("a store is asked for a result by type, version and payload", "[store]") {
  FOR_EVERY_STORE;
  read_request r;
  r.with_payload = false;
  r.cache = cache_question{"noop", "1.0", blob{R"({"b":1,"a":2})"}};
  const auto key = read_jobs(*s, r).cache_key;
  CHECK(key.size() == cache_key_name("").size() + 64); // SHA-256
  CHECK(read_jobs(*s, r).jobs.empty());
  auto rec = small_record(id_at(1));
  append(*s, {first_version(rec)});
  rec.cache_key = key;
  auto end = later_version(rec, job_state::completed, at(10));
  end.cache_key = key;
  append(*s, {end});
  r.cache->payload = blob{R"({ "a": 2, "b": 1 })"};
  const auto found = read_jobs(*s, r);
  REQUIRE(found.jobs.size() == 1);
  CHECK(found.jobs.front().id == id_at(1));
  CHECK(found.cache_key == key);
  CHECK(found.keys.empty());
  r.cache->version = "1.1";
  CHECK(read_jobs(*s, r).jobs.empty());
  CHECK(read_jobs(*s, r).cache_key != key);
}

TEST_CASE("facts are kept by name", "[store]") {
  FOR_EVERY_STORE;
  write_batch b;
  b.meta = {{"node/b", "2"}, {"node/a", "1"}, {"nodf", "x"}, {"boot", std::string("\0\1", 2)}};
  must(s->append(b));
  CHECK(must(s->meta("boot")) == std::string("\0\1", 2));
  const auto nodes = must(s->meta_with_prefix("node/"));
  CHECK(nodes == std::vector<std::pair<std::string, std::string>>{{"node/a", "1"}, {"node/b", "2"}});
  b.meta = {{"node/a", "3"}};
  b.meta_removed = {"node/b", "never there"};
  must(s->append(b));
  CHECK(must(s->meta("node/a")) == "3");
  CHECK_FALSE(must(s->meta("node/b")));
}

TEST_CASE("a writer with an older epoch is refused and changes nothing", "[store]") {
  FOR_EVERY_STORE;
  append(*s, {first_version(small_record(id_at(1)))}, 5);
  append(*s, {first_version(small_record(id_at(2)))}, 5);
  const auto late = s->append(batch_of({first_version(small_record(id_at(3)))}, 4));
  REQUIRE_FALSE(late);
  CHECK(late.err().code == ec::wrong_version);
  CHECK(live_ids(*s).size() == 2);
  CHECK(s->counts().live == 2);
  append(*s, {first_version(small_record(id_at(3)))}, 6);
  CHECK_FALSE(s->append(batch_of({first_version(small_record(id_at(4)))}, 5)));
}

TEST_CASE("readers on other threads see whole batches only", "[store]") {
  FOR_EVERY_STORE;
  // Two jobs change sides together, again and again: whoever looks finds both, on the same side.
  auto a = small_record(id_at(1));
  auto b = small_record(id_at(2));
  append(*s, {first_version(a), first_version(b)});
  std::atomic<bool> stop{false};
  std::atomic<int> looks{0}, wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const auto both = s->load({id_at(1), id_at(2)});
        if (!both || both->size() != 2 || (*both)[0].state != (*both)[1].state)
          ++wrong;
        const auto listed = s->page({}, std::nullopt, 10, 10);
        if (!listed || listed->jobs.size() % 2 != 0)
          ++wrong;
        ++looks;
      }
    });
  for (int round = 0; round < 100 || looks < 100; ++round) {
    append(*s, {later_version(a, job_state::failed, at(round)), later_version(b, job_state::failed, at(round))});
    append(*s, {later_version(a, job_state::retrying), later_version(b, job_state::retrying)});
  }
  stop = true;
  for (auto& t : readers)
    t.join();
  CHECK(wrong == 0);
  CHECK(numbers(s->counts()) == std::vector<uint64_t>{2, 0, 0, 0});
}

namespace {

job_record part_of(job_id id, const std::string& workflow, bool first) {
  auto rec = small_record(id);
  rec.spec.workflow = workflow_part{workflow, "nightly", "k" + to_string(id), first};
  return rec;
}

/// All that `find` has of a filter, in pages of this size.
std::vector<job_id> found_in_pages(const store& s, const job_filter& f, size_t limit) {
  std::vector<job_id> ids;
  std::optional<job_id> below;
  do {
    const auto page = must(s.find(f, below, limit, 3));
    CHECK(page.ids.size() <= limit);
    ids.insert(ids.end(), page.ids.begin(), page.ids.end());
    if (below && page.examined_to)
      REQUIRE(*page.examined_to < *below); // else this would never end
    below = page.examined_to;
  } while (below);
  return ids;
}

} // namespace

TEST_CASE("the jobs of a workflow are found by its id, and each workflow by its first job", "[store][workflow]") {
  FOR_EVERY_STORE;
  auto a1 = part_of(id_at(1), "w-a", true), a2 = part_of(id_at(2), "w-a", false), b1 = part_of(id_at(3), "w-b", true),
       a3 = part_of(id_at(5), "w-a", false);
  append(*s, {first_version(a1), first_version(a2), first_version(b1), first_version(small_record(id_at(4)))});
  append(*s, {first_version(a3)}); // a retry, later
  for (const size_t limit : {1u, 2u, 100u}) {
    CHECK(found_in_pages(*s, {.workflow = "w-a"}, limit) == std::vector{id_at(5), id_at(2), id_at(1)});
    CHECK(found_in_pages(*s, {.workflow = "w-b"}, limit) == std::vector{id_at(3)});
    CHECK(found_in_pages(*s, {.first_of_workflow = true}, limit) == std::vector{id_at(3), id_at(1)});
    CHECK(found_in_pages(*s, {.workflow = "w-a", .first_of_workflow = true}, limit) == std::vector{id_at(1)});
  }
  CHECK(found_in_pages(*s, {.workflow = "w-"}, 10).empty());
  CHECK(must(s->load({id_at(5)})).at(0).spec.workflow == a3.spec.workflow);
  append(*s, {later_version(a1, job_state::completed, at(10)), later_version(a2, job_state::failed, at(11))});
  CHECK(found_in_pages(*s, {.workflow = "w-a"}, 2) == std::vector{id_at(5), id_at(2), id_at(1)});
  CHECK(all_pages(*s, {.workflow = "w-a"}, 10, 10) == std::vector{id_at(2), id_at(1)});
  CHECK(all_pages(*s, {.first_of_workflow = true}, 10, 10) == std::vector{id_at(1)});
  append(*s, {later_version(a3, job_state::completed, at(12))});
  // The first job finished first, and is purged first.
  CHECK(must(s->purge({duration{0}, 1}, at(11), 1, 1)) == 1);
  CHECK(found_in_pages(*s, {.first_of_workflow = true}, 10) == std::vector{id_at(3)});
  CHECK(found_in_pages(*s, {.workflow = "w-a"}, 10) == std::vector{id_at(5), id_at(2)});
  append(*s, {later_version(b1, job_state::cancelled, at(13))});
  CHECK(must(s->purge({duration{0}, 0}, at(1000), 10, 1)) == 3);
  CHECK(found_in_pages(*s, {.workflow = "w-a"}, 10).empty());
  CHECK(found_in_pages(*s, {.first_of_workflow = true}, 10).empty());
}
