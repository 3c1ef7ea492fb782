#include "tests/sim/checkers.hpp"
#include "tests/sim/run.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::sim;
using namespace std::chrono_literals;

namespace {

attempt_run attempt(uint64_t job, uint64_t f, duration from, std::optional<duration> to) {
  return {job_id{job}, fence{f}, "w1", from, to};
}

final_state states(std::map<job_id, job_state> m) {
  return [m](job_id id) -> std::optional<job_state> {
    const auto i = m.find(id);
    return i == m.end() ? std::nullopt : std::optional{i->second};
  };
}

} // namespace

TEST_CASE("a seed and its run are the same thing", "[sim]") {
  const auto first = run({.seed = 7});
  const auto again = run({.seed = 7});
  CHECK(first.fingerprint == again.fingerprint);
  CHECK(first.events == again.events);
  CHECK(first.events > 1000);
  CHECK(run({.seed = 8}).fingerprint != first.fingerprint);
}

TEST_CASE("checker P1: what is gone is found, and what may be gone is not", "[sim]") {
  history h;
  h.accepted[job_id{1}] = {durability::fsync, 1s, true, ""};
  h.accepted[job_id{2}] = {durability::os, 1s, true, ""};
  CHECK_NOTHROW(check_nothing_lost(h, states({{job_id{1}, job_state::completed}})));
  CHECK_THROWS_AS(check_nothing_lost(h, states({{job_id{2}, job_state::completed}})), violation);
  h.accepted[job_id{2}].power_failed_since = false;
  CHECK_THROWS_AS(check_nothing_lost(h, states({{job_id{1}, job_state::completed}})), violation);
}

TEST_CASE("checker P2: attempts that overlap, never end or go back in fences are found", "[sim]") {
  history h;
  h.attempts = {attempt(1, 1, 1s, 2s), attempt(2, 2, 1s, 3s), attempt(1, 3, 2s, 4s)};
  CHECK_NOTHROW(check_one_attempt_at_a_time(h));
  auto overlap = h;
  overlap.attempts[2].begun = 1900ms;
  CHECK_THROWS_AS(check_one_attempt_at_a_time(overlap), violation);
  auto endless = h;
  endless.attempts[0].ended.reset();
  CHECK_THROWS_AS(check_one_attempt_at_a_time(endless), violation);
  auto backwards = h;
  backwards.attempts[2].proof = fence{1};
  CHECK_THROWS_AS(check_one_attempt_at_a_time(backwards), violation);
}

TEST_CASE("checker P3: a job that is not over is found", "[sim]") {
  history h;
  h.accepted[job_id{1}] = {};
  CHECK_NOTHROW(check_all_over(h, states({{job_id{1}, job_state::failed}})));
  CHECK_THROWS_AS(check_all_over(h, states({{job_id{1}, job_state::retrying}})), violation);
}

TEST_CASE("checker: a confirmed cancel that did not hold is found", "[sim]") {
  history h;
  h.cancelled.insert(job_id{1});
  CHECK_NOTHROW(check_cancels_hold(h, states({{job_id{1}, job_state::cancelled}})));
  CHECK_THROWS_AS(check_cancels_hold(h, states({{job_id{1}, job_state::completed}})), violation);
  CHECK_THROWS_AS(check_cancels_hold(h, states({})), violation);
}

TEST_CASE("checker P6: a dependant that was left behind is found", "[sim]") {
  stored_world s;
  s[job_id{1}].state = job_state::completed;
  s[job_id{2}] = {job_state::queued, {job_id{1}}, "", ""};
  CHECK_NOTHROW(check_dependants_are_settled(s));
  for (auto bad : {job_state::failed, job_state::cancelled}) {
    s[job_id{1}].state = bad;
    CHECK_THROWS_AS(check_dependants_are_settled(s), violation);
  }
  s[job_id{2}].state = job_state::cancelled;
  CHECK_NOTHROW(check_dependants_are_settled(s));
}

TEST_CASE("checker: two jobs with one key, and half a batch, are found", "[sim]") {
  stored_world s;
  s[job_id{1}].key = "k";
  s[job_id{2}].key = "l";
  CHECK_NOTHROW(check_keys_are_unique(s));
  s[job_id{2}].key = "k";
  CHECK_THROWS_AS(check_keys_are_unique(s), violation);
  stored_world batch;
  batch[job_id{1}].payload = R"({"batch":3,"of":2,"n":1})";
  CHECK_THROWS_AS(check_batches_are_whole(batch), violation);
  batch[job_id{2}].payload = R"({"batch":3,"of":2,"n":2})";
  CHECK_NOTHROW(check_batches_are_whole(batch));
}
