#include "storage/group_commit.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

using facts = std::vector<std::pair<std::string, std::string>>;

commit_part part(facts meta, bool bound = false, durability level = durability::fsync) {
  commit_part p;
  p.meta = std::move(meta);
  p.facts_bound = bound;
  p.level = level;
  return p;
}

std::vector<commit_part> parts(commit_part a) {
  std::vector<commit_part> out;
  out.push_back(std::move(a));
  return out;
}

} // namespace

TEST_CASE("group commit: facts that are true anyway go along with the next write, bound ones do not", "[storage]") {
  const auto db = make_memory_store();
  group_commit g;
  auto two = parts(part({{"id_bound", "7"}}));
  two.push_back(part({{"schedule-progress/s", "x"}}, true));
  const auto first = g.make(*db, std::move(two), 1);
  CHECK(first.batch.meta == facts{{"id_bound", "7"}, {"schedule-progress/s", "x"}});
  CHECK(first.batch.sync);
  g.failed();
  CHECK(g.unwritten_facts() == 1);
  const auto second = g.make(*db, parts(part({{"other", "1"}}, false, durability::os)), 1);
  CHECK(second.batch.meta == facts{{"id_bound", "7"}, {"other", "1"}});
  CHECK(second.batch.sync); // the facts of the failed write were to be on disk
  CHECK(g.unwritten_facts() == 0);
}

TEST_CASE("group commit: a fact that came after the failed write is not undone by it", "[storage]") {
  const auto db = make_memory_store();
  group_commit g;
  static_cast<void>(g.make(*db, parts(part({{"a", "old"}})), 1));
  g.add_fact("a", "new");
  g.failed();
  CHECK(g.make(*db, {}, 1).batch.meta == facts{{"a", "new"}});
}

TEST_CASE("group commit: a removal is a fact, and the last word of a write counts", "[storage]") {
  const auto db = make_memory_store();
  group_commit g;
  auto two = parts(part({{"a", "1"}}));
  two.emplace_back();
  two.back().meta_removed = {"a"};
  const auto made = g.make(*db, std::move(two), 1);
  CHECK(made.batch.meta.empty());
  CHECK(made.batch.meta_removed == std::vector<std::string>{"a"});
}

TEST_CASE("group commit: a bound fact behind the removal of its name is written", "[storage]") {
  const auto db = make_memory_store();
  group_commit g;
  std::vector<commit_part> both(1);
  both.front().meta_removed = {"a"};
  both.push_back(part({{"a", "2"}}, true));
  const auto made = g.make(*db, std::move(both), 1);
  CHECK(made.batch.meta == facts{{"a", "2"}});
  CHECK(made.batch.meta_removed.empty());
}

TEST_CASE("group commit: a write of durability memory alone does not carry facts of a failed one", "[storage]") {
  const auto db = make_memory_store();
  group_commit g;
  g.add_fact("boot", "1");
  const auto made = g.make(*db, parts(part({}, false, durability::memory)), 1);
  CHECK_FALSE(made.to_disk);
  CHECK(made.batch.meta.empty());
  CHECK(g.unwritten_facts() == 1);
}

TEST_CASE(
  "group commit: jobs of a part are written in the order of their ids, a job that has fanned out behind its elements",
  "[storage]") {
  const auto db = make_memory_store();
  commit_part p;
  for (const uint64_t id : {7, 3, 9, 4}) {
    p.jobs.emplace_back().id = job_id{id};
    auto& n = p.notes.emplace_back();
    n.job = job_id{id};
    n.token = 10 * id;
    if (id == 3)
      n.waits_anew = std::make_shared<prerequisites>();
  }
  const auto held = std::make_shared<int>();
  const std::weak_ptr<int> still = held;
  p.leftovers = held;
  group_commit g;
  auto all = parts(part({{"a", "1"}}));
  all.push_back(std::move(p));
  const auto made = g.make(*db, std::move(all), 1);
  std::vector<uint64_t> written, reported;
  for (const auto& j : made.batch.jobs)
    written.push_back(j.id.value);
  for (const auto& n : made.report.notes)
    reported.push_back(n.token);
  CHECK(written == std::vector<uint64_t>{4, 7, 9, 3});
  CHECK(reported == std::vector<uint64_t>{40, 70, 90, 30});
  CHECK(still.use_count() == 1); // what it was collected with is gone
}
