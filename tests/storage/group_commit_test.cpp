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
