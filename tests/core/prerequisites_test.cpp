#include "core/job/prerequisites.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

using namespace callboard;

namespace {

using on = dependency_condition;
using rule = dependency_rule;
using ending = job_ending;

dependency dep(uint64_t job, on c, ending e, bool began = true) {
  dependency d{job_id{job}, c};
  d.ended = e;
  d.began = e == ending::open ? false : began;
  return d;
}

std::vector<dependency> random_jobs() {
  const auto n = *rc::gen::inRange(1, 5);
  std::vector<dependency> all;
  for (int i = 0; i < n; ++i)
    all.push_back(dep(static_cast<uint64_t>(i) + 1, static_cast<on>(*rc::gen::inRange(0, 4)),
                      static_cast<ending>(*rc::gen::inRange(0, 5)), *rc::gen::arbitrary<bool>()));
  return all;
}

} // namespace

TEST_CASE("prerequisites: what each ending does to each condition", "[prerequisites]") {
  // Columns: completed, failed, cancelled, skipped; an attempt of each had begun.
  const std::vector<std::pair<on, std::string>> table{
    {on::success, "ynnn"}, {on::failure, "nynn"}, {on::finished, "yyyy"}, {on::started, "yyyy"}};
  for (const auto& [condition, met] : table)
    for (size_t i = 0; i < 4; ++i) {
      const std::vector all{dep(1, condition, static_cast<ending>(i + 1))};
      CAPTURE(to_string(condition), to_string(all[0].ended));
      CHECK(prospect_of(rule::all, all) == (met[i] == 'y' ? prospect::runs : prospect::never));
    }
  for (auto condition : {on::success, on::failure, on::finished, on::started})
    CHECK(prospect_of(rule::all, std::vector{dep(1, condition, ending::open)}) == prospect::waits);
}

TEST_CASE("prerequisites: a start meets `started`, and an end before it does not", "[prerequisites]") {
  std::vector all{dep(1, on::started, ending::open)};
  all[0].began = true;
  CHECK(prospect_of(rule::all, all) == prospect::runs);
  CHECK(prospect_of(rule::all, std::vector{dep(1, on::started, ending::cancelled, false)}) == prospect::never);
}

TEST_CASE("prerequisites: rules", "[prerequisites]") {
  const auto met = dep(1, on::success, ending::completed), failed = dep(2, on::success, ending::failed),
             cancelled = dep(3, on::success, ending::cancelled), open = dep(4, on::success, ending::open);
  struct row {
    rule r;
    std::vector<dependency> jobs;
    prospect is;
  };
  const std::vector<row> rows{{rule::all, {met, open}, prospect::waits},
                              {rule::all, {met, met}, prospect::runs},
                              {rule::all, {open, failed}, prospect::never},
                              {rule::any, {open, failed}, prospect::waits},
                              {rule::any, {open, met}, prospect::runs},
                              {rule::any, {cancelled, failed}, prospect::never},
                              {rule::all_done, {failed, open}, prospect::waits},
                              {rule::all_done, {failed, cancelled}, prospect::runs},
                              {rule::none_failed, {met, open}, prospect::waits},
                              {rule::none_failed, {met, cancelled}, prospect::runs},
                              {rule::none_failed, {open, failed}, prospect::never}};
  for (const auto& x : rows) {
    CAPTURE(to_string(x.r), x.jobs.size());
    CHECK(prospect_of(x.r, x.jobs) == x.is);
  }
  for (auto r : {rule::all, rule::any, rule::all_done, rule::none_failed})
    CHECK(prospect_of(r, {}) == prospect::runs);
}

TEST_CASE("prerequisites: the reason is the gravest", "[prerequisites]") {
  const auto failed = dep(2, on::success, ending::failed), cancelled = dep(3, on::success, ending::cancelled),
             skipped = dep(4, on::success, ending::skipped), completed = dep(5, on::failure, ending::completed);
  CHECK(refusal_of(rule::all, std::vector{cancelled, failed}).code == job_error_code::upstream_failed);
  CHECK(refusal_of(rule::all, std::vector{skipped, cancelled}).code == job_error_code::upstream_cancelled);
  CHECK(refusal_of(rule::all, std::vector{skipped}).code == job_error_code::skipped);
  const auto why = refusal_of(rule::any, std::vector{completed});
  CHECK(why.code == job_error_code::skipped);
  CHECK(why.reason == to_string(job_id{5}) + " completed, and this job is for when it does not");
}

TEST_CASE("prerequisites: a prospect that is not `waits` is final", "[prerequisites]") {
  CHECK(rc::check("any order of ends", [] {
    const auto ends = random_jobs();
    const auto r = static_cast<rule>(*rc::gen::inRange(0, 4));
    auto now = ends;
    for (auto& d : now) {
      d.ended = ending::open;
      d.began = false;
    }
    auto is = prospect_of(r, now);
    for (auto i : *rc::gen::container<std::vector<size_t>>(ends.size(), rc::gen::inRange(size_t{0}, ends.size()))) {
      now[i] = ends[i];
      const auto then = prospect_of(r, now);
      RC_ASSERT(is == prospect::waits || then == is);
      RC_ASSERT((then == prospect::never) == static_cast<bool>(refusal_of(r, now)) || then != prospect::never);
      is = then;
    }
    if (std::none_of(ends.begin(), ends.end(), [](const auto& d) { return d.ended == ending::open; }))
      RC_ASSERT(prospect_of(r, ends) != prospect::waits);
  }));
}

TEST_CASE("prerequisites: the end of a job as others see it", "[prerequisites]") {
  CHECK(ending_of(job_state::completed, "") == ending::completed);
  CHECK(ending_of(job_state::failed, "E") == ending::failed);
  CHECK(ending_of(job_state::cancelled, "CANCELLED") == ending::cancelled);
  CHECK(ending_of(job_state::cancelled, "UPSTREAM_CANCELLED") == ending::cancelled);
  CHECK(ending_of(job_state::cancelled, "UPSTREAM_FAILED") == ending::failed);
  CHECK(ending_of(job_state::cancelled, "SKIPPED") == ending::skipped);
  for (auto s : {job_state::queued, job_state::scheduled, job_state::running, job_state::retrying})
    CHECK(ending_of(s, "E") == ending::open);
}

TEST_CASE("prerequisites: an end is written down and read again", "[prerequisites]") {
  for (auto how : {ending::completed, ending::failed, ending::cancelled, ending::skipped})
    for (bool began : {false, true}) {
      const prerequisite_end e{job_id{123456789}, how, began};
      const auto key = ended_job_key(e.job);
      REQUIRE(key.starts_with(ended_job_prefix));
      CHECK(parse_end(std::string_view{key}.substr(ended_job_prefix.size()), to_text(e)) == e);
    }
  CHECK_FALSE(parse_end("job_x", "failed"));
  CHECK_FALSE(parse_end(to_string(job_id{1}), "open"));
  CHECK_FALSE(parse_end(to_string(job_id{1}), ""));
}
