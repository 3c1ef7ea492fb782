#include "core/job/job_life.hpp"
#include "core/job/job_reaction.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;
using enum callboard::job_state;

namespace {

const life_limits limits;

} // namespace

TEST_CASE("a missed deadline ends the job, or does not, as was asked", "[job_life]") {
  using enum deadline_action;
  struct row {
    deadline_action on_miss;
    job_state before, after;
    std::string says;
  };
  const std::string missed = "DEADLINE_MISSED: it had not started by its deadline";
  const std::string late = "its deadline passed; it runs late";
  const row rows[] = {
    {fail, queued, failed, missed},
    {fail, scheduled, failed, missed},
    {fail, retrying, failed, missed},
    {cancel, queued, cancelled, missed},
    {cancel, scheduled, cancelled, missed},
    {cancel, retrying, cancelled, missed},
    {run_anyway, queued, queued, late},
    {run_anyway, scheduled, scheduled, late},
    {run_anyway, retrying, retrying, late},
    {promote, queued, queued, late + ", with priority 9 instead of 2"},
    {promote, scheduled, scheduled, late + ", with priority 9 instead of 2"},
    {promote, retrying, retrying, late + ", with priority 9 instead of 2"},
  };
  for (const auto& x : rows) {
    CAPTURE(to_string(x.on_miss), to_string(x.before));
    auto rec = job_builder{}.priority(2).deadline(noon).in(x.before);
    rec.spec.on_miss = x.on_miss;
    const auto fence = rec.current_fence;
    const auto error = rec.error;
    const auto r = miss_deadline(rec, noon, noon + 1s, limits);
    REQUIRE(r);
    CHECK(r->durable);
    CHECK(r->before == x.before);
    CHECK(r->after == x.after);
    CHECK(rec.history.back().reason == x.says);
    CHECK(rec.history.back().at == noon + 1s);
    if (is_terminal(x.after)) {
      CHECK(rec.error->code == "DEADLINE_MISSED");
      CHECK_FALSE(rec.current_fence);
      CHECK(rec.finished_at == noon + 1s);
      CHECK(rec.spec.deadline == noon);
    } else {
      CHECK(rec.error == error);
      CHECK(rec.current_fence == fence);
      CHECK_FALSE(rec.spec.deadline);
      CHECK(rec.spec.priority == (x.on_miss == promote ? 9 : 2));
      CHECK(miss_deadline(rec, noon, noon + 2s, limits).err().field == "deadline"); // once is enough
    }
  }
  for (const auto on_miss : {fail, cancel, run_anyway, promote})
    for (const auto s : {running, completed, failed, cancelled}) {
      auto other = job_builder{}.deadline(noon).in(s);
      other.spec.on_miss = on_miss;
      CHECK(miss_deadline(other, noon, noon, limits).err().code == ec::invalid_state);
      CHECK(other.spec.deadline == noon);
    }
}

TEST_CASE("a job that runs late can have a new deadline, with the same action", "[job_life]") {
  auto rec = job_builder{}.deadline(noon).created();
  rec.spec.on_miss = deadline_action::promote;
  REQUIRE(miss_deadline(rec, noon, noon, limits));
  REQUIRE(modify(rec, {uint8_t{3}, {}, noon + 1h}, noon, limits));
  REQUIRE(miss_deadline(rec, noon + 1h, noon + 1h, limits));
  CHECK(rec.spec.priority == 9);
  CHECK(rec.state == queued);
}

TEST_CASE("the note of a job that runs late has its new priority and no latest start", "[job_life]") {
  for (const auto on_miss : {deadline_action::run_anyway, deadline_action::promote}) {
    auto rec = job_builder{}.priority(4).deadline(noon).after(job_id{7}).created();
    rec.spec.on_miss = on_miss;
    dependency ended{job_id{7}};
    ended.ended = job_ending::completed;
    job_command c;
    c.now = noon;
    c.event = job_command::miss_deadline{noon, {ended}};
    const auto r = react(rec, c, limits);
    CHECK_FALSE(r.note.refused);
    CHECK(r.note.before == queued);
    CHECK(r.note.after == queued);
    CHECK(r.note.priority == (on_miss == deadline_action::promote ? 9 : 4));
    CHECK_FALSE(r.note.must_start_by);
    CHECK(r.note.ending == job_ending::open);
    CHECK(r.version.has_value());
    // What it knows of those it waits for is not written while it waits.
    CHECK(rec.spec.dependencies.at(0).ended == job_ending::open);
  }
}
