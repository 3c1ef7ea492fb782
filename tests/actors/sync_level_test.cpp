// Which writes ask the disk for a sync (P1): those that hold a job of level `fsync`, or a fact that must not get lost.
#include "tests/actors/scheduler_fixture.hpp"

#include <algorithm>
#include <tuple>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

struct sync_fixture : scheduler_fixture {
  /// The scheduler has issued ids, so that the next submit need not write their bound.
  void start_with_ids() {
    start();
    REQUIRE(cancel(submit(of(durability::memory))));
    disk->synced.clear();
  }
  static job_spec of(durability level) {
    auto s = spec();
    s.level = level;
    return s;
  }
  /// The one write since the last call asked for a sync.
  bool one_write_synced() {
    REQUIRE(disk->synced.size() == 1);
    const bool out = disk->synced.front();
    disk->synced.clear();
    return out;
  }
  /// Requests that are in the mailbox together, hence one commit.
  void submit_together(const std::vector<durability>& levels) {
    size_t answers = 0;
    for (const auto level : levels) {
      submit_call c;
      c.request = std::make_shared<submit_request>();
      c.request->jobs.push_back(of(level));
      c.reply = answer<submit_answers>{[&](result<submit_answers> a) { answers += a ? 1 : 0; }};
      caf::anon_send(manager, std::move(c));
    }
    settle();
    CHECK(answers == levels.size());
  }
};

constexpr durability all_levels[] = {durability::fsync, durability::os, durability::memory};

} // namespace

TEST_CASE_METHOD(sync_fixture, "a submit is synced if its level is fsync") {
  start_with_ids();
  for (const auto level : all_levels) {
    CAPTURE(to_string(level));
    submit(of(level));
    CHECK(one_write_synced() == (level == durability::fsync));
  }
}

TEST_CASE_METHOD(sync_fixture, "each later version of a job is synced as its first one") {
  start_with_ids();
  auto& n = add_node("w1");
  disk->synced.clear();
  for (const auto level : all_levels) {
    CAPTURE(to_string(level));
    const bool synced = level == durability::fsync;
    auto s = of(level);
    s.max_retries = 1;
    s.retry.base = 1s;
    const auto id = submit(s);
    CHECK(one_write_synced() == synced);
    begin(n, id);
    CHECK(disk->synced.empty()); // the worker knows
    end(n, id, {.kind = outcome_kind::failed_retryable, .code = "X", .message = "no"});
    REQUIRE(state(id) == job_state::retrying);
    CHECK(one_write_synced() == synced);
    job_patch change;
    change.priority = 9;
    REQUIRE(ask(modify_call{id, change, {}}, &modify_call::reply));
    CHECK(one_write_synced() == synced);
    advance(2s);
    beat(n);
    disk->synced.clear();
    end(n, id, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
    REQUIRE(state(id) == job_state::failed);
    CHECK(one_write_synced() == synced);
    REQUIRE(ask(retry_call{id, {}}, &retry_call::reply));
    CHECK(one_write_synced() == synced);
    end(n, id);
    REQUIRE(state(id) == job_state::completed);
    CHECK(one_write_synced() == synced);
    auto later = of(level);
    later.schedule_at = now() + 1h;
    const auto cancelled = submit(later);
    disk->synced.clear();
    REQUIRE(cancel(cancelled));
    CHECK(one_write_synced() == synced);
  }
}

TEST_CASE_METHOD(sync_fixture, "of the levels in one commit the strictest counts, wherever it is") {
  start_with_ids();
  std::vector<durability> levels{durability::fsync, durability::os, durability::memory};
  do {
    submit_together(levels);
    CHECK(one_write_synced());
  } while (std::next_permutation(levels.begin(), levels.end()));
  submit_together({durability::os, durability::memory, durability::os});
  CHECK_FALSE(one_write_synced());
  submit_together({durability::memory, durability::memory});
  CHECK_FALSE(one_write_synced());
}

TEST_CASE_METHOD(sync_fixture, "of the levels in an atomic batch the strictest counts, wherever it is") {
  start_with_ids();
  const auto [a, b, synced] = GENERATE(std::tuple{durability::fsync, durability::os, true},
                                       std::tuple{durability::memory, durability::fsync, true},
                                       std::tuple{durability::os, durability::memory, false});
  submit_request r;
  r.atomic = true;
  r.jobs = {of(a), of(b)};
  REQUIRE(submit_all(std::move(r)));
  CHECK(one_write_synced() == synced);
}

TEST_CASE_METHOD(sync_fixture, "a failure is synced if one that it cancels is of level fsync") {
  start_with_ids();
  auto& n = add_node("w1");
  const auto level = GENERATE(durability::fsync, durability::os);
  const auto head = submit(of(durability::os));
  auto s = of(level);
  s.dependencies = {head};
  const auto dependant = submit(s);
  disk->synced.clear();
  end(n, head, {.kind = outcome_kind::failed_final, .code = "X", .message = "no"});
  REQUIRE(state(dependant) == job_state::cancelled);
  CHECK(one_write_synced() == (level == durability::fsync));
}

TEST_CASE_METHOD(sync_fixture, "what a later scheduler must know is synced: its epoch, its workers, the ids issued") {
  start();
  CHECK(one_write_synced()); // the epoch
  submit(of(durability::memory));
  CHECK(one_write_synced()); // the bound of the ids
  add_node("w1");
  CHECK(one_write_synced()); // the member, before it gets work
}

TEST_CASE_METHOD(sync_fixture,
                 "facts of a write that failed are synced with the next one to the disk, whatever its level") {
  start_with_ids();
  disk->full = true;
  add_node("w1");
  disk->synced.clear();
  disk->full = false;
  submit(of(durability::memory)); // does not need the disk
  CHECK_FALSE(one_write_synced());
  submit(of(durability::os));
  CHECK(one_write_synced());
  submit(of(durability::os));
  CHECK_FALSE(one_write_synced());
}
