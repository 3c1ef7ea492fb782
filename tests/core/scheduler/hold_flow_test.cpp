// Jobs that are held, where they meet placements, writes, restarts and what people do.
#include "core/scheduler/live_views.hpp"
#include "tests/core/scheduler/hold_world.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(hold_world, "hold: a held job is passed, and has its place again when it is released", "[hold]") {
  start();
  const auto a = submit(), b = submit(), c = submit();
  hold(a);
  CHECK(disk.at(a).spec.hold->held);
  CHECK(core.state().index.line().size() == 2);
  const auto w = join("w1");
  CHECK(has(w, b));
  pass(1s);
  release(a);
  end(w, b);
  CHECK(has(w, a));
  CHECK_FALSE(has(w, c));
  end(w, a);
  CHECK(has(w, c));
}

TEST_CASE_METHOD(hold_world, "hold: one that is submitted held has the place of its submit", "[hold]") {
  start();
  const auto a = submit(held_spec()), b = submit();
  release(a);
  const auto w = join("w1");
  CHECK(has(w, a));
  end(w, a);
  CHECK(has(w, b));
}

TEST_CASE_METHOD(hold_world, "hold: says since when and why, beside what else it waits for", "[hold]") {
  start();
  const auto first = submit();
  const auto id = submit(held_spec(job_builder{}.after(first).schedule_at(now.wall + 1h)));
  const auto since = now.wall;
  set_held(id, true, "wait for the audit");
  settle();
  CHECK(reasons_of(id) == std::vector<std::string>{"held", "dependency", "scheduled"});
  const auto x = *explain(core, id, now);
  CHECK(x.reasons[0].text == "It is held: wait for the audit");
  CHECK(x.reasons[0].since == since);
  CHECK_FALSE(x.projected_start);
  const auto behind = submit(job_builder{}.after(id).spec());
  CHECK(explain(core, behind, now)->reasons[0].text == "It waits for " + to_string(id) + ", which is queued and held.");
}

TEST_CASE_METHOD(hold_world, "hold x a placement on its way: what was only about to be placed is not", "[hold]") {
  start();
  const auto id = submit();
  disk_held = true;
  const auto held = set_held(id, true);
  settle();
  const auto w = join("w1"); // its slot is chosen for the job, whose hold is being written
  CHECK(live(id)->has(job_flag::placed));
  CHECK_FALSE(has(w, id));
  CHECK(core.state().ledger.busy_slots() == 1);
  disk_held = false;
  settle();
  CHECK((*held && **held));
  CHECK_FALSE(has(w, id));
  CHECK(core.state().ledger.busy_slots() == 0);
  release(id);
  CHECK(has(w, id));
}

TEST_CASE_METHOD(hold_world, "hold x a placed attempt that has not started: it goes on", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  REQUIRE(has(w, id));
  hold(id);
  CHECK(live(id)->has(job_flag::placed));
  CHECK(reasons_of(id) == std::vector<std::string>{"placed", "held"});
  begin(w, id);
  end(w, id);
  CHECK(disk.at(id).state == job_state::completed);
}

TEST_CASE_METHOD(hold_world, "hold x hand back: a held job that comes back unstarted waits", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  hold(id);
  attempt_outcome o;
  o.kind = outcome_kind::returned;
  end(w, id, o);
  CHECK(core.state().ledger.busy_slots() == 0);
  CHECK(core.state().index.line().empty());
  const auto orders = told[w].run.size();
  release(id);
  CHECK(told[w].run.size() == orders + 1);
}

TEST_CASE_METHOD(hold_world, "hold x cancel: a held job is cancelled, and nothing of it is left", "[hold]") {
  start();
  const auto id = submit(held_spec());
  CHECK(core.state().index.held().of_queue(live(id)->queue) == 1);
  ask(cancel_call{id, "", {}});
  settle();
  CHECK(disk.at(id).state == job_state::cancelled);
  CHECK_FALSE(disk.at(id).spec.hold);
  CHECK(core.state().index.held().size() == 0);
  CHECK(core.state().index.held().by_queue().empty());
}

TEST_CASE_METHOD(hold_world, "hold x operator's retry: a job that failed while it was held is held again", "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit(job_builder{}.retries(0).spec());
  begin(w, id);
  hold(id);
  end(w, id, failure());
  REQUIRE(disk.at(id).state == job_state::failed);
  const auto orders = told[w].run.size();
  ask(retry_call{id, {}});
  settle();
  pass(1s);
  CHECK(told[w].run.size() == orders);
  CHECK(reasons_of(id) == std::vector<std::string>{"held"});
  release(id);
  CHECK(told[w].run.size() == orders + 1);
}

TEST_CASE_METHOD(hold_world, "hold x failed write: what was not written holds nothing, of a job that runs as well",
                 "[hold]") {
  start();
  const auto w = join("w1");
  const auto runs = submit(), waits = submit();
  begin(w, runs);
  disk_full = true;
  const auto a = set_held(runs, true), b = set_held(waits, true);
  settle();
  CHECK((**a).err().code == ec::storage_unavailable);
  CHECK((**b).err().code == ec::storage_unavailable);
  disk_full = false;
  CHECK(core.state().index.held().size() == 0);
  end(w, runs);
  CHECK(disk.at(runs).state == job_state::completed);
  CHECK(disk.at(runs).attempt == 1);
  CHECK(has(w, waits));
}

TEST_CASE_METHOD(hold_world, "hold x failed write: a hold that was written before stays, and the attempt counts once",
                 "[hold]") {
  start();
  const auto w = join("w1");
  const auto id = submit();
  begin(w, id);
  hold(id);
  disk_full = true;
  set_held(id, false);
  settle();
  disk_full = false;
  CHECK(live(id)->has(job_flag::held));
  end(w, id, failure());
  CHECK(disk.at(id).attempt == 1);
  CHECK(disk.at(id).retry_count == 1);
  CHECK(disk.at(id).spec.hold->held);
}

TEST_CASE_METHOD(hold_world, "hold x restart: held jobs are found held, and keep their order when released", "[hold]") {
  open();
  std::vector<recovered_job> found;
  for (uint64_t n = 1; n <= 3; ++n) {
    recovered_job f;
    f.id = job_id{first_id_at(noon).value + n};
    f.type = "noop";
    f.queue = "default";
    if (n == 1)
      f.hold = std::make_shared<const job_hold>(job_hold{true, noon, "why"});
    auto rec = job_builder{n}.created();
    if (n == 1)
      rec.spec.hold = *f.hold;
    disk[f.id] = rec;
    found.push_back(std::move(f));
  }
  core.on_recovered(found, now);
  core.on_recovery_complete(now);
  end_turn();
  const auto w = join("w1");
  CHECK_FALSE(has(w, found[0].id));
  REQUIRE(has(w, found[1].id));
  CHECK(explain(core, found[0].id, now)->reasons[0].text == "It is held: why");
  release(found[0].id);
  end(w, found[1].id);
  CHECK(has(w, found[0].id));
  CHECK_FALSE(has(w, found[2].id));
}

TEST_CASE_METHOD(hold_world, "hold x lists: held jobs are found among the live ones", "[hold]") {
  start();
  const auto a = submit(held_spec());
  const auto b = submit();
  page_request page;
  page.request.held = true;
  CHECK(add_live_jobs(core.state(), page, 100));
  REQUIRE(page.live.size() == 1);
  CHECK(page.live[0].job == a);
  page_request others;
  others.request.held = false;
  CHECK(add_live_jobs(core.state(), others, 100));
  REQUIRE(others.live.size() == 1);
  CHECK(others.live[0].job == b);
  status_view status;
  fill(core.state(), status, now);
  REQUIRE(status.queues.size() == 1);
  CHECK(status.queues[0].held == 1);
  CHECK(status.queues[0].ready == 1);
  CHECK(status.queues[0].waiting == 1);
}
