#include "core/scheduler/job_index.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using callboard::test::noon;
using namespace std::chrono_literals;

namespace {

const moment now{noon, steady_point{1000h}};

moment later(duration d) {
  return {now.wall + d, now.steady + d};
}

/// No type has a rate of retries.
auto at_once(const moment& at) {
  return [at](uint16_t) { return at.steady; };
}

struct index_of_noops : job_index {
  index_of_noops() : job_index(duration{0}) {
  }
  static job_note note(uint64_t n, job_state after = job_state::queued) {
    job_note x;
    x.job = job_id{n};
    x.after = after;
    return x;
  }
  bool put(const job_note& n, const std::vector<dependency>& waits_for = {}, const moment& at = now) {
    return insert(n, *acquire("default", "noop", "", {}), {dependency_rule::all, waits_for}, at);
  }
  static prerequisite_end ends(uint64_t job, job_ending how = job_ending::completed) {
    return {job_id{job}, how, true};
  }
  /// Job 1 has failed and is to be tried again in ten seconds.
  void back_off() {
    put(note(1));
    take(*line().peek(now.steady));
    auto n = note(1, job_state::retrying);
    n.backoff = 10s;
    CHECK_FALSE(change(n, false, now));
  }
  std::vector<uint64_t> in_line(const moment& at = now) {
    std::vector<uint64_t> out;
    while (const auto p = line().peek(at.steady)) {
      out.push_back(p->entry.id.value);
      take(*p);
      sanity_check();
    }
    return out;
  }
  std::vector<job_id> pop(const moment& at) {
    bool more = false;
    std::vector<job_id> late;
    for (const auto& t : pop_due(at, 100, at_once(at), more))
      late.push_back(t.id);
    CHECK_FALSE(more);
    sanity_check();
    return late;
  }
};

} // namespace

TEST_CASE_METHOD(index_of_noops, "job_index: a job is in the line, behind those that came before", "[job_index]") {
  for (uint64_t n : {3, 1, 2})
    CHECK_FALSE(put(note(n)));
  sanity_check();
  CHECK(plain_ready() == 3);
  CHECK(ready_by_type().at(0) == 3);
  CHECK(in_line() == std::vector<uint64_t>{3, 1, 2});
  CHECK(find(job_id{3})->state == job_state::scheduled);
  CHECK(plain_ready() == 0);
}

TEST_CASE_METHOD(index_of_noops, "job_index: a job that is due later is armed, and comes into the line in its time",
                 "[job_index]") {
  auto n = note(1);
  n.due = noon + 10s;
  CHECK(put(n));
  CHECK(next_timer().wall == noon + 10s);
  CHECK(line().empty());
  CHECK(pop(later(9s)).empty());
  CHECK(line().empty());
  CHECK(pop(later(10s)).empty());
  CHECK(line().size() == 1);
  CHECK(next_timer().wall == time_point::max());
}

TEST_CASE_METHOD(index_of_noops, "job_index: who waits for jobs is in no line until all of them completed",
                 "[job_index]") {
  put(note(1));
  put(note(2));
  put(note(3), {job_id{1}, job_id{2}});
  auto timed = note(4);
  timed.due = noon + 1h;
  put(timed, {job_id{1}});
  CHECK(next_timer().wall == time_point::max());
  std::vector<job_id> to_arm;
  finish(ends(1), now, to_arm);
  sanity_check();
  CHECK(to_arm == std::vector{job_id{4}});
  CHECK(next_timer().wall == noon + 1h);
  CHECK(line().size() == 1);
  finish(ends(2), now, to_arm);
  CHECK(in_line() == std::vector<uint64_t>{3});
}

TEST_CASE_METHOD(index_of_noops, "job_index: an end is remembered until nobody is conditional on it", "[job_index]") {
  put(note(1));
  put(note(2));
  auto any = note(3);
  insert(any, *acquire("default", "noop", "", {}), {dependency_rule::any, {job_id{1}, job_id{2}}}, now);
  std::vector<job_id> to_arm;
  remember_end(ends(1, job_ending::failed));
  finish(ends(1, job_ending::failed), now, to_arm);
  CHECK(take_forgotten_ends().empty());
  finish(ends(2), now, to_arm);
  CHECK(in_line() == std::vector<uint64_t>{3});
  CHECK(take_forgotten_ends() == std::vector{job_id{1}});
  CHECK(take_forgotten_ends().empty());
  sanity_check();
}

TEST_CASE_METHOD(index_of_noops, "job_index: after a restart conditional jobs stand where they stood", "[job_index]") {
  recovered_job second;
  second.id = job_id{2};
  second.type = "noop";
  second.queue = "default";
  auto waits = second;
  waits.id = job_id{3};
  waits.waits_for = {dependency_rule::any, {job_id{1}, job_id{2}}};
  SECTION("the first had failed") {
    recover_ends({ends(1, job_ending::failed)});
    recover(second, *acquire("default", "noop", "", {}), false, now);
    recover(waits, *acquire("default", "noop", "", {}), false, now);
    CHECK(graph().waits_for(job_id{3}) == std::vector{job_id{2}});
    CHECK(take_forgotten_ends().empty());
  }
  SECTION("of the first nothing is known: the job had ceased to wait") {
    recover(second, *acquire("default", "noop", "", {}), false, now);
    recover(waits, *acquire("default", "noop", "", {}), false, now);
    CHECK_FALSE(find(job_id{3})->has(job_flag::waits_for_jobs));
  }
  SECTION("nobody waits any more: the end is forgotten") {
    recover_ends({ends(1, job_ending::failed)});
    recover(second, *acquire("default", "noop", "", {}), false, now);
    CHECK(take_forgotten_ends() == std::vector{job_id{1}});
  }
  SECTION("the second had been lost before: what waits for its start runs") {
    waits.waits_for = {dependency_rule::all, {{job_id{2}, dependency_condition::started}}};
    second.attempt = 1;
    recover(second, *acquire("default", "noop", "", {}), false, now);
    recover(waits, *acquire("default", "noop", "", {}), false, now);
    CHECK_FALSE(find(job_id{3})->has(job_flag::waits_for_jobs));
  }
  sanity_check();
}

TEST_CASE_METHOD(index_of_noops, "job_index: a job that failed frees nobody", "[job_index]") {
  put(note(1));
  put(note(2), {job_id{1}});
  std::vector<job_id> to_arm;
  finish(ends(1, job_ending::failed), now, to_arm);
  CHECK(line().empty());
  CHECK(find(job_id{2})->has(job_flag::waits_for_jobs));
  finish(ends(2, job_ending::cancelled), now, to_arm); // in the same write
  CHECK_FALSE(graph().has_dependants(job_id{1}));
  CHECK(table().size() == 0);
  CHECK(classes().last_processed(0) == noon);
}

TEST_CASE_METHOD(index_of_noops,
                 "job_index: a job that is handed back or changed keeps its place, a retried one does not",
                 "[job_index]") {
  for (uint64_t n : {1, 2, 3})
    put(note(n));
  SECTION("handed back") {
    take(*line().peek(now.steady));
    CHECK_FALSE(unplace(job_id{1}, job_state::scheduled, {}, later(1s)));
    CHECK(in_line() == std::vector<uint64_t>{1, 2, 3});
  }
  SECTION("changed") {
    auto n = note(1);
    n.must_start_by = noon + 1h;
    CHECK_FALSE(change(n, false, later(1s)));
    CHECK(next_timer().wall == noon + 1h);
    change(note(1), false, later(1s));
    CHECK(next_timer().wall == time_point::max());
    CHECK(in_line() == std::vector<uint64_t>{1, 2, 3});
  }
  SECTION("retried") {
    take(*line().peek(now.steady));
    change(note(1, job_state::running), true, now);
    change(note(1, job_state::retrying), false, later(1s));
    CHECK(in_line() == std::vector<uint64_t>{2, 3, 1});
  }
}

TEST_CASE_METHOD(index_of_noops, "job_index: a deadline to start is told once, and not of a job that runs",
                 "[job_index]") {
  for (uint64_t n : {1, 2}) {
    auto x = note(n);
    x.must_start_by = noon + 10s;
    put(x);
  }
  place(job_id{1}, job_state::running);
  sanity_check();
  CHECK(pop(later(10s)) == std::vector{job_id{2}});
  CHECK(pop(later(20s)).empty());
}

TEST_CASE_METHOD(index_of_noops, "job_index: a timer by the wall clock follows a step of it, the age does not",
                 "[job_index]") {
  auto n = note(1);
  n.due = noon + 10s;
  put(n);
  const moment stepped{noon + 1h, now.steady + 1s};
  CHECK(pop(stepped).empty());
  REQUIRE(line().size() == 1);
  CHECK(find(job_id{1})->ready_at == stepped.steady);
}

TEST_CASE_METHOD(index_of_noops,
                 "job_index: a back-off is a pause: a step of the wall clock neither ends nor extends it",
                 "[job_index]") {
  back_off();
  sanity_check();
  CHECK(next_timer().steady == now.steady + 10s);
  CHECK(next_timer().wall == time_point::max());
  const auto step = GENERATE(duration{-1h}, duration{0}, duration{1h});
  CHECK(pop({now.wall + step, now.steady + 9s}).empty());
  CHECK(line().empty());
  SECTION("it ends in its time") {
  }
  SECTION("also when something else of the job is changed meanwhile") {
    auto other = note(1, job_state::retrying);
    other.priority = 9;
    change(other, false, {now.wall + step, now.steady + 9s});
    sanity_check();
    CHECK(line().empty());
  }
  CHECK(pop({now.wall + step, now.steady + 10s}).empty());
  CHECK(line().size() == 1);
  CHECK(next_timer().steady == steady_point::max());
}

TEST_CASE_METHOD(index_of_noops, "job_index: a time that a client sets takes the place of a back-off, and stays",
                 "[job_index]") {
  back_off();
  auto set = note(1, job_state::retrying);
  set.due = noon + 1h;
  CHECK_FALSE(change(set, false, now));
  sanity_check();
  CHECK(next_timer().steady == steady_point::max());
  change(note(1, job_state::retrying), false, now); // its priority, say
  CHECK(next_timer().wall == noon + 1h);
  CHECK(pop({now.wall, now.steady + 2h}).empty());
  CHECK(line().empty());
  pop({noon + 1h, now.steady});
  CHECK(line().size() == 1);
}

TEST_CASE_METHOD(index_of_noops, "job_index: a back-off that ends with the job's end, or with a slot, is forgotten",
                 "[job_index]") {
  back_off();
  SECTION("cancelled") {
    std::vector<job_id> to_arm;
    finish(ends(1, job_ending::failed), now, to_arm);
  }
  SECTION("its worker comes back with it after all") {
    place(job_id{1}, job_state::running);
  }
  sanity_check();
  CHECK(next_timer().steady == steady_point::max());
}

TEST_CASE_METHOD(index_of_noops, "job_index: after a restart a back-off lasts as long as the wall clock tells",
                 "[job_index]") {
  recovered_job f;
  f.id = job_id{1};
  f.type = "noop";
  f.queue = "default";
  f.state = job_state::retrying;
  f.retry_at = noon + 10s;
  SECTION("it is not over") {
    recover(f, *acquire(f.queue, f.type, "", f.resources), false, now);
    sanity_check();
    CHECK(next_timer().steady == now.steady + 10s);
  }
  SECTION("it is over") {
    recover(f, *acquire(f.queue, f.type, "", f.resources), false, later(10s));
    CHECK(line().size() == 1);
  }
  SECTION("a client had set it") {
    f.schedule_at = f.retry_at;
    recover(f, *acquire(f.queue, f.type, "", f.resources), false, now);
    CHECK(next_timer().wall == noon + 10s);
  }
}

TEST_CASE_METHOD(index_of_noops, "job_index: what is found at start stands in front, in its order", "[job_index]") {
  put(note(10));
  for (uint64_t n : {1, 2}) {
    recovered_job f;
    f.id = job_id{n};
    f.type = "noop";
    f.queue = "default";
    if (n == 2)
      f.waits_for.jobs = {job_id{99}}; // not live: it has completed
    recover(f, *acquire(f.queue, f.type, "", f.resources), false, now);
  }
  recovered(now); // by its id that one might be an element
  sanity_check();
  CHECK(in_line() == std::vector<uint64_t>{1, 2, 10});
}

TEST_CASE_METHOD(index_of_noops, "job_index: a slice of timers at once", "[job_index]") {
  for (uint64_t i = 1; i <= 5; ++i) {
    auto n = note(i);
    n.due = noon + 1s;
    put(n);
  }
  bool more = false;
  pop_due(later(1s), 3, at_once(later(1s)), more);
  CHECK(more);
  CHECK(line().size() == 3);
  pop_due(later(1s), 3, at_once(later(1s)), more);
  CHECK_FALSE(more);
  CHECK(line().size() == 5);
}

TEST_CASE_METHOD(index_of_noops, "job_index: names and shapes without jobs make room for others", "[job_index]") {
  std::vector<job_id> to_arm;
  // More than the tables hold, each with one job that ends.
  constexpr uint64_t rounds = 70'000;
  for (uint64_t n = 1; n <= rounds; ++n) {
    const auto name = std::to_string(n);
    resource_request r;
    r.memory_bytes = n;
    const auto c = acquire("q" + name, "t" + name, "", r);
    REQUIRE(c);
    if (n % 2 == 0) {
      release(*c); // refused
      continue;
    }
    insert(note(n), *c, {}, now);
    finish(ends(n), later(std::chrono::seconds{static_cast<int64_t>(n)}), to_arm);
  }
  CHECK(queues().size() <= 1000);
  CHECK(types().size() <= 1000);
  CHECK(shapes().size() == 0);
  CHECK(shapes().end() <= shape_table::idle_kept + 1);
  CHECK(line().empty());
  sanity_check();
  // A number that has another name now knows nothing of the one before.
  const auto fresh = acquire("new", "noop", "", {});
  CHECK(classes().last_processed(fresh->queue) == time_point{});
}

TEST_CASE_METHOD(index_of_noops, "job_index: 100,000 queues at the same time", "[job_index]") {
  constexpr uint64_t all = 100'000;
  for (uint64_t n = 1; n <= all; ++n) {
    const auto c = acquire("q" + std::to_string(n), "noop", "", {});
    REQUIRE(c);
    insert(note(n), *c, {}, now);
  }
  CHECK(line().busy_queues() == all);
  std::vector<job_id> to_arm;
  for (uint64_t n = 1; n <= all; ++n)
    finish(ends(n), now, to_arm);
  CHECK(line().busy_queues() == 0);
}

TEST_CASE_METHOD(index_of_noops, "job_index: a job whose new shape has no room keeps the old one", "[job_index]") {
  put(note(1));
  const auto kept = find(job_id{1})->shape;
  resource_request r;
  for (r.memory_bytes = 1; acquire("default", "noop", "", r); ++r.memory_bytes) {}
  REQUIRE(shapes().size() == shape_table::shapes_max);
  auto n = note(1);
  n.resources = r; // one that is in the table by nobody
  change(n, false, now);
  CHECK(find(job_id{1})->shape == kept);
  CHECK(shapes().jobs(kept) == 1);
}
