#include "tests/sim/attempt_checks.hpp"
#include "tests/sim/cache_checks.hpp"
#include "tests/sim/checkers.hpp"
#include "tests/sim/run.hpp"
#include "tests/sim/unique_jobs.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace callboard;
using namespace callboard::sim;
using namespace std::chrono_literals;

namespace {

attempt_run attempt(uint64_t job, uint64_t f, duration from, std::optional<duration> to) {
  return {job_id{job}, fence_token{f}, "w1", from, to, std::nullopt};
}

final_state states(std::map<job_id, job_state> m) {
  return [m](job_id id) -> std::optional<job_state> {
    const auto i = m.find(id);
    return i == m.end() ? std::nullopt : std::optional{i->second};
  };
}

} // namespace

TEST_CASE("a seed and its run are the same thing", "[sim]") {
  std::set<uint64_t> all;
  for (uint64_t seed : {7, 8, 10}) { // all with workers over HTTP
    const auto first = run({.seed = seed});
    const auto again = run({.seed = seed});
    CHECK(first.fingerprint == again.fingerprint);
    CHECK(first.events == again.events);
    CHECK(first.events > 1000);
    all.insert(first.fingerprint);
  }
  CHECK(all.size() == 3);
}

TEST_CASE("checker P1: what is gone is found, and what may be gone is not", "[sim]") {
  struct fate {
    durability level;
    bool outlives_process, outlives_power;
  };
  for (const auto& f : {fate{durability::fsync, true, true}, fate{durability::os, true, false},
                        fate{durability::memory, false, false}}) {
    history h;
    h.accepted[job_id{1}] = {{f.level}, 1s, ""};
    h.cancelled[job_id{1}] = {f.level};
    const auto broken = [&](const auto& check) {
      try {
        check(h, states({}));
      } catch (const violation&) {
        return true;
      }
      return false;
    };
    CHECK(broken(check_nothing_lost));
    CHECK(broken(check_cancels_hold));
    CHECK_NOTHROW(check_nothing_lost(h, states({{job_id{1}, job_state::completed}})));
    h.process_ended(false);
    CHECK(broken(check_nothing_lost) == f.outlives_process);
    h.process_ended(true);
    CHECK(broken(check_nothing_lost) == f.outlives_power);
    h.process_ended(false); // what may be undone stays so
    CHECK(broken(check_nothing_lost) == f.outlives_power);
    CHECK(broken(check_cancels_hold) == f.outlives_power);
  }
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
  backwards.attempts[2].fence = fence_token{1};
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
  h.cancelled[job_id{1}] = {};
  CHECK_NOTHROW(check_cancels_hold(h, states({{job_id{1}, job_state::cancelled}})));
  CHECK_THROWS_AS(check_cancels_hold(h, states({{job_id{1}, job_state::completed}})), violation);
  CHECK_THROWS_AS(check_cancels_hold(h, states({})), violation);
}

TEST_CASE("checker P6: a dependant that was left behind is found", "[sim]") {
  stored_world s;
  stored_ends ends;
  s[job_id{2}].waits_for.jobs = {job_id{1}};
  ends[job_id{1}].state = job_state::completed;
  CHECK_NOTHROW(check_dependants_are_settled(s, ends, {}));
  for (auto bad : {job_state::failed, job_state::cancelled}) {
    ends[job_id{1}].state = bad;
    CHECK_THROWS_AS(check_dependants_are_settled(s, ends, {}), violation);
  }
  s[job_id{2}].state = job_state::cancelled;
  CHECK_NOTHROW(check_dependants_are_settled(s, ends, {}));
}

TEST_CASE("checker: what dependencies allow is told from the ends of jobs", "[sim]") {
  stored_ends ends;
  ends[job_id{1}] = {job_state::failed, "E", true, false};
  ends[job_id{2}] = {job_state::cancelled, "CANCELLED", false, false};
  const auto nobody = [](job_id) { return false; };
  const auto by = [&](dependency_rule r, std::vector<dependency> jobs) {
    return allowed_by({r, std::move(jobs)}, ends, nobody);
  };
  using on = dependency_condition;
  CHECK(by(dependency_rule::all, {{job_id{1}, on::failure}}).run);
  CHECK_FALSE(by(dependency_rule::all, {{job_id{2}, on::failure}}).ever);
  CHECK_FALSE(by(dependency_rule::all, {{job_id{2}, on::started}}).ever);
  CHECK(by(dependency_rule::any, {job_id{1}, job_id{9}}).ever);
  CHECK_FALSE(by(dependency_rule::any, {job_id{1}, job_id{9}}).run);
  CHECK_FALSE(by(dependency_rule::any, {job_id{1}, job_id{2}}).ever);
  CHECK(by(dependency_rule::all_done, {job_id{1}, job_id{2}}).run);
  CHECK_FALSE(by(dependency_rule::none_failed, {job_id{1}}).ever);
  CHECK(by(dependency_rule::none_failed, {job_id{2}}).run);
}

TEST_CASE("checker: two holders of one unique key are found", "[sim]") {
  stored_world s;
  stored_ends ends;
  for (uint64_t n : {1, 2}) {
    s[job_id{n}].unique = unique_rule{"k", unique_scope::unfinished, duration{0}, on_unique_conflict::reject};
    s[job_id{n}].created_at = time_point{duration{static_cast<int64_t>(n)}};
  }
  CHECK_THROWS_AS(check_unique(s, {}, ends, job_id{2}), violation);
  s[job_id{1}].state = job_state::completed;
  CHECK_NOTHROW(check_unique(s, {}, ends, job_id{2}));
  s[job_id{1}].unique->scope = unique_scope::window;
  s[job_id{1}].unique->window = duration{5};
  CHECK_THROWS_AS(check_unique(s, {}, ends, job_id{2}), violation);
  s[job_id{2}].created_at = time_point{duration{6}};
  CHECK_NOTHROW(check_unique(s, {}, ends, job_id{2}));
}

TEST_CASE("checker: two that run with one unique key, and one that runs and was replaced, are found", "[sim]") {
  history h;
  const auto fence = [](uint64_t boot, uint64_t n) { return fence_token{(boot << 32) + n}; };
  h.attempts = {attempt(1, fence(1, 1).value, 1s, 3s), attempt(2, fence(1, 2).value, 3s, 5s)};
  for (const auto& a : h.attempts)
    h.turns[a.fence] = {"k", {}};
  CHECK_NOTHROW(check_turns(h));
  h.attempts[1].begun = 2900ms;
  CHECK_THROWS_AS(check_turns(h), violation);
  h.turns[fence(1, 2)].key = "other";
  CHECK_NOTHROW(check_turns(h));
  // Of two schedulers: the later one has to know of the other attempt.
  h.attempts[1].fence = fence(2, 2);
  h.turns[fence(2, 2)] = {"k", {}};
  CHECK_NOTHROW(check_turns(h));
  h.turns[fence(2, 2)].known = {fence(1, 1)};
  CHECK_THROWS_AS(check_turns(h), violation);

  job_record rec;
  rec.error = job_error{std::string{job_error_code::replaced}, "", {}};
  const auto record = [&](job_id) { return std::optional{rec}; };
  CHECK_NOTHROW(check_replaced_never_ran(h, record));
  h.replaced[job_id{1}] = 2;
  CHECK_NOTHROW(check_replaced_never_ran(h, record)); // a former scheduler's
  h.replaced[job_id{1}] = 1;
  CHECK_NOTHROW(check_replaced_never_ran(h, record)); // its worker was lost before anybody heard of it
  h.heard.insert(fence(1, 1));
  CHECK_THROWS_AS(check_replaced_never_ran(h, record), violation);
  rec.error.reset(); // that could not be written
  CHECK_NOTHROW(check_replaced_never_ran(h, record));
}

TEST_CASE("checker: a job that is put off to another time than it should is found", "[sim]") {
  const auto put_off = [](duration created, duration start, std::optional<duration> since) {
    stored_facts f;
    f.unique = unique_rule{"k", unique_scope::queued, duration{0}, on_unique_conflict::debounce, 5s, 12s, {}};
    if (since)
      f.unique->since = time_point{*since};
    f.created_at = time_point{created};
    f.schedule_at = time_point{start};
    return f;
  };
  const auto first = put_off(10s, 15s, {});
  CHECK_NOTHROW(check_put_off(job_id{1}, first, nullptr));
  CHECK_THROWS_AS(check_put_off(job_id{1}, put_off(10s, 14s, {}), nullptr), violation);
  CHECK_THROWS_AS(check_put_off(job_id{1}, put_off(10s, 15s, 9s), nullptr), violation);
  const auto second = put_off(14s, 19s, 10s);
  CHECK_NOTHROW(check_put_off(job_id{2}, second, &first));
  CHECK_THROWS_AS(check_put_off(job_id{2}, put_off(14s, 19s, {}), &first), violation);
  CHECK_NOTHROW(check_put_off(job_id{3}, put_off(18s, 22s, 10s), &second));
  CHECK_THROWS_AS(check_put_off(job_id{3}, put_off(18s, 23s, 10s), &second), violation);
}

TEST_CASE("checker: half a fan-out, and one that completes too early, are found", "[sim]") {
  stored_world s;
  stored_ends ends;
  const job_id whole{1}, first{2}, second{3};
  auto& f = s[whole].for_each.emplace();
  f.stage = fan_out_stage::expanded;
  f.count = 2;
  s[whole].waits_for.jobs = {first, second};
  for (auto id : {first, second}) {
    auto& e = s[id].for_each.emplace();
    e.stage = fan_out_stage::element;
    e.count = id == first ? 0 : 1;
  }
  CHECK_NOTHROW(check_fan_outs(s, ends, {whole, first, second}, {}));
  CHECK_THROWS_AS(check_fan_outs(s, ends, {whole, first}, {}), violation);  // one is not born with it
  CHECK_THROWS_AS(check_fan_outs(s, ends, {first, second}, {}), violation); // born without it
  s[second].for_each->count = 0;
  CHECK_THROWS_AS(check_fan_outs(s, ends, {whole, first, second}, {}), violation); // two of one index
  s[second].for_each->count = 1;
  f.count = 3;
  CHECK_THROWS_AS(check_fan_outs(s, ends, {whole, first, second}, {}), violation);
  f.count = 2;
  ends[first].state = job_state::completed;
  CHECK_THROWS_AS(check_fan_outs(s, ends, {}, {whole}), violation);
  ends[second].state = job_state::failed; // by the rule all_done
  CHECK_NOTHROW(check_fan_outs(s, ends, {}, {whole}));
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
  batch.erase(job_id{1}); // with the process
  CHECK_NOTHROW(check_batches_are_whole(batch, {{3, 1}}));
  CHECK_THROWS_AS(check_batches_are_whole(batch, {{4, 1}}), violation);
}

TEST_CASE("checker: an outcome that counts twice, or for another attempt, is found", "[sim]") {
  history h;
  h.accepted[job_id{1}] = {};
  h.attempts = {attempt(1, 1, 1s, 2s), attempt(1, 2, 3s, 4s), attempt(2, 3, 1s, 2s)};
  h.attempts[0].how = outcome_kind::failed_retryable;
  h.attempts[2].how = outcome_kind::succeeded;
  job_record rec;
  rec.retry_count = 1;
  const auto check = [&] { check_outcomes_count_once(h, [&](job_id) { return std::optional{rec}; }); };
  CHECK_NOTHROW(check());
  rec.retry_count = 2;
  CHECK_THROWS_AS(check(), violation);
  rec.retry_count = 1;
  rec.state = job_state::completed;
  CHECK_THROWS_AS(check(), violation);
  h.attempts[1].how = outcome_kind::succeeded;
  rec.result = blob{result_of_attempt(job_id{1}, fence_token{2})};
  CHECK_NOTHROW(check());
  rec.result = blob{result_of_attempt(job_id{1}, fence_token{1})}; // not the last one
  CHECK_THROWS_AS(check(), violation);
  rec.result = blob{result_of_attempt(job_id{1}, fence_token{2})};
  rec.retry_count = 2;
  h.timed_out[fence_token{4}] = job_id{1}; // of a worker over HTTP that did not end it
  CHECK_NOTHROW(check());
  rec.retry_count = 3;
  CHECK_THROWS_AS(check(), violation);
}

TEST_CASE("checker: a lease that is over without a fault is found", "[sim]") {
  history h;
  h.lapsed = {{"w1", "the scheduler", 9s, 5s, 6s, true}};
  CHECK_NOTHROW(check_leases_outlast_clocks(h)); // the fault came after the renewal
  h.lapsed[0].disturbed = 4s;
  CHECK_THROWS_AS(check_leases_outlast_clocks(h), violation);
}

TEST_CASE("checker: a checkpoint of another job, one that nobody saved, and one that is too old are found") {
  const job_id one{1}, two{2};
  const auto first = checkpoint_text(one, fence_token{3}, 9), second = checkpoint_text(one, fence_token{3}, 10),
             later = checkpoint_text(one, fence_token{12}, 1), other = checkpoint_text(two, fence_token{3}, 9);
  const std::set<std::string> saved{first, second, later};
  CHECK_NOTHROW(check_checkpoint(one, "", saved, ""));
  CHECK_NOTHROW(check_checkpoint(one, second, saved, first));
  CHECK_NOTHROW(check_checkpoint(one, later, saved, second));
  CHECK_THROWS_AS(check_checkpoint(one, "", saved, first), violation);
  CHECK_THROWS_AS(check_checkpoint(one, first, saved, second), violation);
  CHECK_THROWS_AS(check_checkpoint(one, second, saved, later), violation);
  CHECK_THROWS_AS(check_checkpoint(one, other, saved, ""), violation);
}

TEST_CASE(
  "checker: a log with a gap, with lines of two attempts, of another job, too long or without its end is found") {
  const fence_token first{3}, second{12};
  const std::map<fence_token, uint64_t> logged{{first, 6}, {second, 4}};
  job_record rec;
  rec.id = job_id{1};
  rec.state = job_state::completed;
  rec.attempt = 2;
  const auto with = [&](uint32_t attempt, uint64_t from, std::vector<std::string> lines) {
    rec.log.attempt = attempt;
    rec.log.first = from;
    rec.log.lines = std::move(lines);
    return rec;
  };
  const auto line = [](fence_token f, uint64_t n) { return log_line_text(job_id{1}, f, n); };
  CHECK_NOTHROW(check_log(with(0, 0, {}), logged));
  CHECK_NOTHROW(check_log(with(2, 2, {line(second, 2), line(second, 3)}), logged));
  CHECK_NOTHROW(check_log(with(1, 2, {line(first, 2), line(first, 3)}), logged)); // the last attempt wrote none
  CHECK_THROWS_AS(check_log(with(2, 1, {line(second, 1), line(second, 2)}), logged), violation);
  CHECK_THROWS_AS(check_log(with(1, 2, {line(first, 2), line(first, 4)}), logged), violation);
  CHECK_THROWS_AS(check_log(with(1, 2, {line(first, 2), line(second, 3)}), logged), violation);
  CHECK_THROWS_AS(check_log(with(1, 3, {line(first, 2)}), logged), violation);
  CHECK_THROWS_AS(check_log(with(1, 5, {line(first, 5), line(first, 6)}), logged), violation);
  CHECK_THROWS_AS(check_log(with(1, 0, {log_line_text(job_id{2}, first, 0)}), logged), violation);
  std::vector<std::string> many;
  for (uint64_t n = 0; n < 100; ++n)
    many.push_back(line(first, n));
  CHECK_THROWS_AS(check_log(with(1, 0, many), {{first, 100}}), violation);
}

TEST_CASE("checker: a soft timeout that its job does not have, and one that is missing, are found") {
  const job_id one{1};
  CHECK_NOTHROW(check_soft_timeout(one, 300s, 0s));
  CHECK_NOTHROW(check_soft_timeout(one, timeout_beside(2s), 2s));
  CHECK_THROWS_AS(check_soft_timeout(one, timeout_beside(2s), 0s), violation);
  CHECK_THROWS_AS(check_soft_timeout(one, 300s, 2s), violation);
}

TEST_CASE("checker: a preemption that nobody agreed to is found") {
  observed_preemption p{attempt(1, 1, 1s, std::nullopt), false, 11s, {}, {}};
  p.of_victim.priority = 2;
  p.of_victim.preemptible_after = 10s;
  p.of_other.priority = 3;
  p.of_other.preempts = true;
  const auto check = [](const observed_preemption& x) { check_preemption(job_id{2}, x); };
  CHECK_NOTHROW(check(p));
  const auto broken = [&](auto change) {
    auto x = p;
    change(x);
    CHECK_THROWS_AS(check(x), violation);
  };
  broken([](auto& x) { x.of_other.preempts = false; });
  broken([](auto& x) { x.of_victim.preemptible_after.reset(); });
  broken([](auto& x) { x.of_victim.priority = 3; });
  broken([](auto& x) { x.at = 5s; });
  p.if_waiting = true;
  p.at = 1s;
  CHECK_NOTHROW(check(p));
}

TEST_CASE("a clock that is set or drifts anew goes on from where it is", "[sim]") {
  world w{1};
  machine m{w, 20'000};
  const auto begin = m.now();
  w.run_until(100s);
  CHECK(m.steady() - begin.steady == 102s);
  m.step_wall(-1h);
  m.drift(-20'000);
  CHECK(m.steady() - begin.steady == 102s);
  w.run_until(200s);
  CHECK(m.steady() - begin.steady == 200s);
  CHECK(m.wall() - begin.wall == 200s - 1h);
  CHECK(m.true_time(98s) == 100s + 1us);
}
