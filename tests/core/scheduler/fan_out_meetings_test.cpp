// Jobs with forEach where other features meet them: failed writes, lost workers, cancels, full queues, deadlines,
// restarts.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/fan_out_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(fan_out_world, "fan-out: a write that fails leaves nothing, and is tried again", "[fan_out]") {
  build();
  reader_held = true;
  list_ends("3");
  disk_full = true;
  reader_held = false;
  settle();
  CHECK(elements().empty());
  CHECK(disk.at(each).spec.for_each->stage == fan_out_stage::planned);
  CHECK(taken() == 0);
  CHECK(core.state().requests.unborn() == 0);
  CHECK(core.state().groups.size() == 0);
  disk_full = false;
  pass(2s);
  CHECK(elements().size() == 3);
  all_end();
  CHECK(disk.at(each).state == job_state::completed);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: its worker is lost while the result is read", "[fan_out]") {
  build();
  reader_held = true;
  list_ends("2");
  leave(w);
  reader_held = false;
  settle();
  CHECK(elements().empty());
  CHECK(disk.at(each).attempt == 0);
  CHECK(core.state().ledger.attempts() == 0);
  w = join("w2", 2);
  CHECK(elements().size() == 2);
  all_end();
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).loss_count == 0);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: its worker is lost while it is written", "[fan_out]") {
  build();
  disk_held = false;
  reader_held = true;
  list_ends("2");
  disk_held = true;
  reader_held = false;
  settle();
  leave(w);
  disk_held = false;
  settle();
  CHECK(elements().size() == 2);
  w = join("w2", 2);
  all_end();
  CHECK(disk.at(each).state == job_state::completed);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: a cancel while the result is read comes first", "[fan_out]") {
  build();
  reader_held = true;
  list_ends("2");
  SECTION("it is written") {
    ask(cancel_call{each, "", {}});
    settle();
  }
  SECTION("it is on its way to the disk") {
    disk_held = true;
    ask(cancel_call{each, "", {}});
    settle();
  }
  reader_held = false;
  settle();
  disk_held = false;
  settle();
  CHECK(elements().empty());
  CHECK(disk.at(each).state == job_state::cancelled);
  CHECK(disk.at(report).error->code == job_error_code::upstream_cancelled);
  CHECK(core.state().ledger.attempts() == 0);
  CHECK(core.state().requests.unborn() == 0);
  CHECK(taken() == 0);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: a cancel while it is written comes behind it", "[fan_out]") {
  build();
  reader_held = true;
  list_ends("2");
  disk_held = true;
  reader_held = false;
  settle();
  ask(cancel_call{each, "", {}});
  settle();
  disk_held = false;
  settle();
  CHECK(elements().size() == 2);
  CHECK(disk.at(each).state == job_state::cancelled);
  CHECK(disk.at(report).error->code == job_error_code::upstream_cancelled);
  all_end(); // they are jobs like others
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(fan_out_world,
                 "fan-out: an element that is cancelled while it is written takes the job with it, in one write",
                 "[fan_out]") {
  build();
  reader_held = true;
  list_ends("2");
  disk_held = true;
  reader_held = false;
  settle();
  const auto born = unwritten();
  REQUIRE(born.size() == 2);
  const auto got = ask(cancel_call{born[1], {}, {}});
  written.clear();
  disk_held = false;
  settle();
  REQUIRE(got->has_value());
  CHECK(static_cast<bool>(**got));
  CHECK(disk.at(born[1]).state == job_state::cancelled);
  CHECK(disk.at(each).error->code == job_error_code::upstream_cancelled);
  CHECK(disk.at(report).error->code == job_error_code::upstream_cancelled);
  REQUIRE(written.size() == 2);
  CHECK(written[1] == std::vector{each, report, born[1]});
}

TEST_CASE_METHOD(fan_out_world, "fan-out: elements of an accepted job are accepted by a full queue", "[fan_out]") {
  build();
  limit_call c;
  c.target = {limit_kind::queue, "default", {}};
  c.rule.emplace().waiting_max = 1;
  ask_limit(std::move(c));
  list_ends("5");
  CHECK(elements().size() == 5);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: the deadline is met by it, and is that of its elements", "[fan_out]") {
  start();
  w = join("w1", 1);
  list = submit(part("list", {}));
  auto s = part("each", {list});
  s.for_each.emplace().over = "list";
  s.deadline = now.wall + 10s;
  each = submit(s);
  SECTION("it passes while the result is read") {
    reader_held = true;
    list_ends("2");
    pass(20s);
    reader_held = false;
    settle();
    CHECK(elements().empty());
    CHECK(disk.at(each).error->code == job_error_code::deadline_missed);
  }
  SECTION("it passes while it is written") {
    reader_held = true;
    list_ends("2");
    disk_held = true;
    reader_held = false;
    settle();
    pass(20s);
    disk_held = false;
    settle();
    pass(1s);
    CHECK(disk.at(each).error->code == job_error_code::upstream_failed);
    CHECK(disk.at(elements()[0]).error->code == job_error_code::deadline_missed);
  }
}

TEST_CASE_METHOD(fan_out_world, "fan-out: one that is found at start waits for its elements, which are younger",
                 "[fan_out]") {
  build();
  list_ends("2");
  const auto all = elements();
  hand_world next;
  next.disk = disk;
  next.open();
  std::vector<recovered_job> found;
  for (const auto& [id, rec] : disk)
    if (!is_terminal(rec.state))
      found.push_back({id,
                       rec.state,
                       5,
                       durability::fsync,
                       rec.attempt,
                       {},
                       {},
                       {},
                       rec.spec.type,
                       rec.spec.queue,
                       "",
                       rec.spec.resources,
                       {rec.spec.rule, rec.spec.dependencies}});
  next.core.on_recovered(found, next.now);
  next.core.on_recovery_complete(next.now);
  next.end_turn();
  const auto v = next.join("w1", 2);
  CHECK(explain(next.core, each, next.now)->reasons[0].text == "It has fanned out, and waits for 2 of 2 jobs.");
  next.end(v, all[0], with("1"));
  CHECK(next.live(each)->has(job_flag::waits_for_jobs));
  next.end(v, all[1], with("2"));
  CHECK(next.disk.at(each).result.view() == "[1,2]");
  CHECK(next.has(v, report));
}
