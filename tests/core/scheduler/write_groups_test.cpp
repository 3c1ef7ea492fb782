#include "core/job/prerequisites.hpp"
#include "tests/core/scheduler/group_parts.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("write_groups: a batch is complete when each part is there, and comes in id order", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open_batch({job(1), job(2), job(3)});
  for (uint64_t n : {3, 1}) {
    CHECK_FALSE(groups.add(part(g, n, job_state::queued, durability::memory)));
    CHECK_FALSE(groups.take_complete(g));
  }
  groups.add(part(g, 2, job_state::queued, durability::os));
  const auto c = groups.take_complete(g);
  CHECK(jobs_of(c) == ids{job(1), job(2), job(3)});
  CHECK(c->level == durability::os); // the strictest
  CHECK(c->notes.size() == 3);
  CHECK_FALSE(groups.is_open(g));
  CHECK_FALSE(groups.take_complete(g));
  groups.sanity_check();
}

TEST_CASE("write_groups: the level of a group is its strictest one, in whatever order the parts come",
          "[write_groups]") {
  constexpr durability levels[] = {durability::fsync, durability::os, durability::memory};
  for (const auto first : levels)
    for (const auto second : levels)
      for (const auto third : levels) {
        CAPTURE(to_string(first), to_string(second), to_string(third));
        write_groups groups;
        const auto g = groups.open_batch({job(1), job(2), job(3)});
        groups.add(part(g, 2, job_state::queued, first));
        groups.add(part(g, 3, job_state::queued, second));
        groups.add(part(g, 1, job_state::queued, third));
        const auto c = groups.take_complete(g);
        REQUIRE(c);
        const auto has = [&](durability x) { return first == x || second == x || third == x; };
        CHECK(c->level == (has(durability::fsync) ? durability::fsync
                           : has(durability::os)  ? durability::os
                                                  : durability::memory));
      }
}

TEST_CASE("write_groups: a cancelled job of level fsync makes the failure that cancels it one", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open(job(1));
  REQUIRE(groups.add(part(g, 1, job_state::failed, durability::memory)));
  CHECK(groups.join(g, job(2), false) == joining::joined);
  groups.add(part(g, 2, job_state::cancelled, durability::fsync));
  const auto c = groups.take_complete(g);
  REQUIRE(c);
  CHECK(c->level == durability::fsync);
}

TEST_CASE("write_groups: who leaves an atomic batch takes all others with it", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open_batch({job(1), job(2), job(3)});
  groups.add(part(g, 1, job_state::queued));
  CHECK(groups.leave(g, job(1)).empty()); // its part is there: too late
  CHECK(groups.leave(g, job(2)) == ids{job(1), job(3)});
  CHECK_FALSE(groups.is_open(g));
  for (uint64_t n : {1, 2, 3})
    CHECK(groups.of(job(n)) == 0);
  groups.add(part(g, 3, job_state::queued));
  CHECK_FALSE(groups.take_complete(g));
  groups.sanity_check();
}

TEST_CASE("write_groups: who waits for a member is looked at when that ends", "[write_groups]") {
  write_groups groups;
  for (auto [after, ends] : {std::pair{job_state::completed, true},
                             {job_state::retrying, false},
                             {job_state::failed, true},
                             {job_state::cancelled, true}}) {
    const auto g = groups.open(job(1));
    auto p = part(g, 1, after);
    p.note.ending = ending_of(after, "");
    p.note.began = true;
    CHECK(groups.add(std::move(p)) == ends);
    REQUIRE(groups.ends_of(g).size() == size_t{ends});
    if (ends)
      CHECK(groups.ends_of(g).at(job(1)) == prerequisite_end{job(1), ending_of(after, ""), true});
    CHECK(jobs_of(groups.take_complete(g)) == ids{job(1)});
    CHECK(groups.of(job(1)) == g); // until it is settled
    CHECK(groups.settled(job(1)).empty());
    CHECK(groups.of(job(1)) == 0);
  }
}

TEST_CASE("write_groups: a failed job that is discarded has ended before", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open(job(1));
  auto p = part(g, 1);
  p.note.before = job_state::failed;
  CHECK_FALSE(groups.add(std::move(p)));
}

TEST_CASE("write_groups: facts of a group are written with it and only with it, each once", "[write_groups]") {
  write_groups groups;
  const auto a = groups.open(job(1)), b = groups.open(job(2));
  groups.add_fact(a, "x", "1");
  groups.add_fact(a, "x", "2");
  groups.add_fact(b, "y", "3");
  groups.add(part(a, 1, job_state::completed, durability::os));
  groups.add(part(b, 2, job_state::completed, durability::os));
  groups.link(a, job(2), false); // in b, which becomes one with a
  const auto c = groups.take_complete(b);
  CHECK(jobs_of(c) == ids{job(1), job(2)});
  CHECK(c->facts_bound);
  CHECK(c->level == durability::fsync);
  CHECK(c->meta == write_groups::facts{{"x", "2"}, {"y", "3"}});
}

TEST_CASE("write_groups: two groups that meet become one", "[write_groups]") {
  write_groups groups;
  const auto a = groups.open(job(1)), b = groups.open(job(2));
  groups.add(part(b, 2));
  CHECK(groups.join(b, job(3), false) == joining::joined);
  CHECK(groups.join(b, job(4), false) == joining::joined);
  groups.add(part(a, 1));
  CHECK(groups.join(a, job(4), false) == joining::already); // it is to be cancelled already
  CHECK(groups.join(a, job(5), false) == joining::joined);
  CHECK(groups.of(job(4)) == groups.of(job(5)));
  CHECK(groups.size() == 1);
  // Each part comes with the number that was its group's when it was asked for.
  groups.add(part(b, 3));
  groups.add(part(b, 4));
  CHECK_FALSE(groups.take_complete(b));
  groups.add(part(a, 5));
  CHECK(jobs_of(groups.take_complete(b)) == ids{job(1), job(2), job(3), job(4), job(5)});
  CHECK_FALSE(groups.is_open(a));
  CHECK_FALSE(groups.is_open(b));
  groups.sanity_check();
}

TEST_CASE("write_groups: a job that is written alone is waited for, and may join then", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open(job(1));
  groups.add(part(g, 1));
  const bool alive = GENERATE(true, false);
  CHECK(groups.join(g, job(2), true) == joining::awaited);
  CHECK_FALSE(groups.take_complete(g));
  CHECK(groups.settled(job(2)) == std::vector{g});
  if (alive) {
    CHECK(groups.join(g, job(2), false) == joining::joined);
    CHECK_FALSE(groups.take_complete(g));
    groups.add(part(g, 2));
    CHECK(jobs_of(groups.take_complete(g)) == ids{job(1), job(2)});
  } else {
    CHECK(jobs_of(groups.take_complete(g)) == ids{job(1)});
  }
  groups.sanity_check();
}

TEST_CASE("write_groups: an atomic batch is never torn: a failure waits until it is written", "[write_groups]") {
  write_groups groups;
  const auto batch = groups.open_batch({job(2), job(3)});
  const auto g = groups.open(job(1));
  groups.add(part(g, 1));
  CHECK(groups.join(g, job(2), false) == joining::awaited);
  groups.add(part(batch, 2, job_state::queued));
  groups.add(part(batch, 3, job_state::queued));
  CHECK(jobs_of(groups.take_complete(batch)) == ids{job(2), job(3)});
  CHECK_FALSE(groups.take_complete(g));
  CHECK(groups.settled(job(2)) == std::vector{g});
  CHECK(groups.settled(job(3)).empty());
  CHECK(groups.join(g, job(2), false) == joining::joined);
  groups.add(part(g, 2));
  CHECK(jobs_of(groups.take_complete(g)) == ids{job(1), job(2)});
}

TEST_CASE("write_groups: a group on its way to the disk takes no member, and is waited for", "[write_groups]") {
  write_groups groups;
  const auto first = groups.open(job(2));
  groups.add(part(first, 2));
  REQUIRE(groups.take_complete(first));
  const auto g = groups.open(job(1));
  groups.add(part(g, 1));
  CHECK(groups.join(g, job(2), false) == joining::awaited);
  CHECK_FALSE(groups.take_complete(g));
  CHECK(groups.settled(job(2)) == std::vector{g});
  CHECK(jobs_of(groups.take_complete(g)) == ids{job(1)});
}

namespace {

/// What jobs and disk do, in any order: heads end, members answer, some are written alone, commits come back. The model
/// counts for each job what it has been asked for and what was handed over.
class random_life {
public:
  explicit random_life(std::vector<std::pair<uint64_t, uint64_t>> waits) : waits_(std::move(waits)) {
  }

  void step(uint8_t what, uint8_t which) {
    if (what % 4 == 0)
      start(which % jobs + 1);
    else if (what % 4 == 1 && !under_way_.empty())
      deliver(which % under_way_.size());
    else if (what % 4 == 2 && !on_disk_.empty())
      written(which % on_disk_.size());
    else if (what % 4 == 3)
      alone(which % jobs + 1);
    check();
  }
  /// Everything answers and everything is written.
  void finish() {
    for (int turns = 0; !under_way_.empty() || !on_disk_.empty() || !alone_.empty(); ++turns) {
      RC_ASSERT(turns < 1000);
      while (!under_way_.empty())
        deliver(0);
      while (!on_disk_.empty())
        written(0);
      if (!alone_.empty())
        settle_alone(*alone_.begin());
    }
    check();
    RC_ASSERT(groups_.size() == 0u); // none waits for ever
    for (uint64_t n = 1; n <= jobs; ++n)
      RC_ASSERT(asked_[n] == handed_over_[n]); // none lost, none twice
    for (auto head : ended_)
      for (auto id : closure(head))
        RC_ASSERT(dead_.count(id) == 1u);
  }

private:
  static constexpr uint64_t jobs = 8;

  std::set<uint64_t> closure(uint64_t of) const {
    std::set<uint64_t> found{of};
    for (size_t before = 0; before != found.size();) {
      before = found.size();
      for (auto [waiting, awaited] : waits_)
        if (found.count(awaited) == 1)
          found.insert(waiting);
    }
    found.erase(of);
    return found;
  }
  bool free(uint64_t n) const {
    return dead_.count(n) == 0 && busy_.count(n) == 0 && alone_.count(n) == 0;
  }
  /// A job is asked to end: heads a group of its own, or belongs to the one that will cancel it.
  void start(uint64_t n) {
    if (!free(n) || groups_.of(job(n)) != 0)
      return;
    ask(n, groups_.open(job(n)));
  }
  void ask(uint64_t n, uint64_t group) {
    busy_.insert(n);
    ++asked_[n];
    under_way_.emplace_back(n, group);
  }
  void alone(uint64_t n) {
    if (free(n) && groups_.of(job(n)) == 0)
      alone_.insert(n);
    else if (alone_.count(n) == 1)
      settle_alone(n);
  }
  void settle_alone(uint64_t n) {
    alone_.erase(n);
    after(n);
  }
  void deliver(size_t at) {
    const auto [n, group] = under_way_[at];
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(at));
    if (groups_.add(part(group, n)))
      for (auto [waiting, awaited] : waits_)
        if (awaited == n && dead_.count(waiting) == 0)
          join(group, waiting);
    commit(group);
  }
  void join(uint64_t group, uint64_t n) {
    if (groups_.join(group, job(n), alone_.count(n) == 1) == joining::joined)
      ask(n, group);
  }
  void commit(uint64_t group) {
    if (auto c = groups_.take_complete(group)) {
      RC_ASSERT(c->jobs.size() == c->notes.size());
      std::vector<uint64_t> all;
      for (auto id : jobs_of(c)) {
        ++handed_over_[id.value];
        all.push_back(id.value);
      }
      RC_ASSERT(std::is_sorted(all.begin(), all.end()));
      on_disk_.push_back(std::move(all));
    }
  }
  void written(size_t at) {
    const auto all = on_disk_[at];
    on_disk_.erase(on_disk_.begin() + static_cast<std::ptrdiff_t>(at));
    for (auto n : all) {
      dead_.insert(n);
      busy_.erase(n);
      ended_.insert(n);
    }
    for (auto n : all)
      after(n);
  }
  void after(uint64_t n) {
    for (auto group : groups_.settled(job(n))) {
      if (groups_.is_open(group) && dead_.count(n) == 0)
        join(group, n);
      commit(group);
    }
  }
  void check() const {
    groups_.sanity_check();
    for (const auto& [n, times] : handed_over_)
      RC_ASSERT(times <= 1u);
  }

  std::vector<std::pair<uint64_t, uint64_t>> waits_; // who waits for whom; the second is smaller
  write_groups groups_;
  std::set<uint64_t> busy_, alone_, dead_, ended_;
  std::vector<std::pair<uint64_t, uint64_t>> under_way_; // job, group
  std::vector<std::vector<uint64_t>> on_disk_;
  std::map<uint64_t, unsigned> asked_, handed_over_;
};

} // namespace

TEST_CASE("write_groups: every group completes, no part is lost and none is written twice", "[write_groups]") {
  CHECK(rc::check("any order of events", [](const std::vector<std::pair<uint8_t, uint8_t>>& edges,
                                            const std::vector<std::pair<uint8_t, uint8_t>>& steps) {
    std::vector<std::pair<uint64_t, uint64_t>> waits;
    for (auto [x, y] : edges)
      if (const uint64_t a = x % 8 + 1, b = y % 8 + 1; a != b)
        waits.emplace_back(std::max(a, b), std::min(a, b));
    random_life life(waits);
    for (auto [what, which] : steps)
      life.step(what, which);
    life.finish();
  }));
}
