// Queues that are bounded by jobs and by bytes, and shed the least urgent jobs when they are full.
#include "tests/core/scheduler/shed_world.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(shed_world, "a queue is full by the bytes of what waits in it", "[scheduler][shed]") {
  limit({.waiting_bytes_max = 100});
  const auto a = accepted(job(5, 60));
  accepted(job(5, 40));
  CHECK_THAT(refused(job(9, 1)), Catch::Contains("100 bytes of payloads that wait (waitingBytesMax): 100 wait, this "
                                                 "job brings 1"));
  CHECK(view().waiting_bytes == 100);
  CHECK(view().waiting_jobs == 2);
  ask(cancel_call{a, "", {}});
  settle();
  CHECK(view().waiting_bytes == 40);
  accepted(job(5, 60));
  CHECK_THAT(refused(job(5, 101)), Catch::Contains("which is more than may wait at all"));
  // What runs does not wait.
  const auto w = join("w1", 1);
  const auto first = job_id{told.at(w).run.front().job};
  begin(w, first);
  CHECK(view().waiting_bytes == 60);
}

TEST_CASE_METHOD(shed_world, "the least urgent job makes room, and of equals the youngest", "[scheduler][shed]") {
  limit({.waiting_max = 4, .sheds = true});
  const auto low = accepted(job(3)), lowest = accepted(job(1)), young = accepted(job(1)), high = accepted(job(7));
  const auto a = accepted(job(5));
  CHECK(is_shed(young));
  CHECK(written_together(young, a));
  CHECK(disk.at(young).history.back().reason ==
        "SHED: its queue was full: it made room for " + to_string(a) + ", which is more urgent");
  const auto b = accepted(job(5));
  CHECK(is_shed(lowest));
  CHECK(written_together(lowest, b));
  accepted(job(5));
  CHECK(is_shed(low));
  // What is as urgent makes no room.
  CHECK_THAT(refused(job(5)), Catch::Contains("4 waiting jobs (waitingMax); none that waits may be shed for a job of "
                                              "priority 5"));
  CHECK(live(a));
  CHECK(live(high));
  CHECK(view().waiting_jobs == 4);
}

TEST_CASE_METHOD(shed_world, "several jobs make room for a large one, and no more of them than it needs",
                 "[scheduler][shed]") {
  limit({.waiting_bytes_max = 100, .sheds = true});
  std::vector<job_id> small;
  for (int i = 0; i < 10; ++i)
    small.push_back(accepted(job(2, 10)));
  const auto large = accepted(job(5, 35));
  for (size_t i = 0; i < 10; ++i)
    CHECK(is_shed(small[i]) == (i >= 6));
  for (size_t i = 6; i < 10; ++i)
    CHECK(written_together(small[i], large));
  CHECK(view().waiting_bytes == 95);
  CHECK(submitted == 11);
}

TEST_CASE_METHOD(shed_world, "a job sheds no more than 16 others", "[scheduler][shed]") {
  limit({.waiting_bytes_max = 100, .sheds = true});
  for (int i = 0; i < 50; ++i)
    accepted(job(2, 2));
  CHECK_THAT(refused(job(5, 33)), Catch::Contains("more than 16 jobs would have to be shed"));
  CHECK(view().waiting_jobs == 50);
  accepted(job(5, 32));
  CHECK(view().waiting_jobs == 35);
}

TEST_CASE_METHOD(shed_world, "what has begun or is with a worker is not shed", "[scheduler][shed]") {
  const auto w = join("w1", 1);
  limit({.waiting_max = 2, .sheds = true});
  const auto placed = accepted(job(1));
  REQUIRE(has(w, placed));
  const auto waits = accepted(job(4));
  const auto a = accepted(job(5));
  CHECK(is_shed(waits));
  CHECK_FALSE(is_shed(placed));
  CHECK_THAT(refused(job(5)), Catch::Contains("none that waits may be shed"));
  begin(w, placed);
  accepted(job(2)); // there is room
  end(w, placed, {.kind = outcome_kind::failed_retryable});
  CHECK(live(placed)->state == job_state::retrying);
  CHECK_THAT(refused(job(1)), Catch::Contains("none that waits may be shed"));
  CHECK(live(a));
}

TEST_CASE_METHOD(shed_world, "while one job is being written others shed others", "[scheduler][shed]") {
  limit({.waiting_max = 2, .sheds = true});
  const auto a = accepted(job(1)), b = accepted(job(2));
  disk_held = true;
  const auto first = send(job(5)), second = send(job(5)), third = send(job(5));
  settle();
  disk_held = false;
  settle();
  CHECK((***first)[0]);
  CHECK((***second)[0]);
  CHECK_FALSE((***third)[0]);
  CHECK(is_shed(a));
  CHECK(is_shed(b));
  CHECK(view().waiting_jobs == 2);
}

TEST_CASE_METHOD(shed_world, "a rule that begins to shed finds the jobs that wait, and one that ends forgets them",
                 "[scheduler][shed]") {
  limit({.waiting_max = 2});
  const auto a = accepted(job(1)), b = accepted(job(2));
  refused(job(5));
  CHECK_FALSE(core.state().index.shedding().any());
  limit({.waiting_max = 2, .sheds = true});
  accepted(job(5));
  CHECK(is_shed(a));
  limit({.waiting_max = 2});
  refused(job(5));
  CHECK(live(b));
  CHECK_FALSE(core.state().index.shedding().any());
  limit({.waiting_max = 2, .sheds = true}, "empty"); // that has no job yet
  auto first = job(1);
  first.queue = "empty";
  const auto x = accepted(first);
  accepted(first);
  first.priority = 5;
  accepted(first);
  CHECK(live(x)); // the youngest went
}
