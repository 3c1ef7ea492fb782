// Jobs with forEach: they fan out in one write, wait for their elements, and complete with their results.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/fan_out_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(fan_out_world, "fan-out: the job and its elements are one write, and no worker hears of it",
                 "[fan_out]") {
  build();
  written.clear();
  list_ends("3");
  const auto all = elements();
  REQUIRE(all.size() == 3);
  REQUIRE(written.size() == 2); // the end of the list, and the fan-out
  CHECK(written[1].size() == 4);
  CHECK_FALSE(has(w, each));
  const auto& rec = disk.at(each);
  CHECK(rec.spec.for_each->stage == fan_out_stage::expanded);
  CHECK(rec.spec.for_each->count == 3);
  CHECK(rec.attempt == 0);
  CHECK(rec.state == job_state::scheduled);
  CHECK(rec.history.back().reason == "fanned out into 3 jobs");
  CHECK(taken() == 2); // of the elements
  for (uint32_t i = 0; i < 3; ++i) {
    const auto& spec = disk.at(all[i]).spec;
    CHECK(spec.workflow->key == "each[" + std::to_string(i) + "]");
    CHECK(spec.payload.view() == "{}" + std::to_string(i));
    CHECK(spec.for_each->before == std::vector<dependency>{list});
    CHECK(spec.dependencies.empty());
  }
  const auto why = explain(core, each, now);
  REQUIRE(why->reasons.size() == 1);
  CHECK(why->reasons[0].text == "It has fanned out, and waits for 3 of 3 jobs.");
  end(w, all[0]);
  CHECK(explain(core, each, now)->reasons[0].text == "It has fanned out, and waits for 2 of 3 jobs.");
}

TEST_CASE_METHOD(fan_out_world, "fan-out: the results are collected in the order of the elements", "[fan_out]") {
  build();
  list_ends("3");
  const auto all = elements();
  end(w, all[0], with("0"));
  end(w, all[1], with(""));
  CHECK(disk.at(each).state == job_state::scheduled);
  end(w, all[2], with(R"({"n":2})"));
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).result.view() == R"([0,null,{"n":2}])");
  CHECK(has(w, report));
  end(w, report);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: without collect its result is how many there were", "[fan_out]") {
  fan_out f;
  f.collect = false;
  build(f);
  list_ends("2");
  all_end();
  CHECK(disk.at(each).result.view() == R"({"count":2})");
}

TEST_CASE_METHOD(fan_out_world, "fan-out: an empty array completes it at once", "[fan_out]") {
  build();
  list_ends("0");
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).result.view() == "[]");
  CHECK(elements().empty());
  CHECK(has(w, report));
}

TEST_CASE_METHOD(fan_out_world, "fan-out: too many elements, or no array, fail it, and a retry fans it out",
                 "[fan_out]") {
  fan_out f;
  f.max = 2;
  build(f);
  SECTION("too many") {
    list_ends("3");
    CHECK(disk.at(each).error->code == job_error_code::fan_out_too_large);
    CHECK(disk.at(each).error->message == "3 of 2");
  }
  SECTION("none") {
    list_ends("");
    CHECK(disk.at(each).error->code == job_error_code::missing_result);
  }
  CHECK(disk.at(each).state == job_state::failed);
  CHECK(disk.at(report).error->code == job_error_code::upstream_failed);
  CHECK(elements().empty());
  disk.at(list).result = blob{"2"};
  ask(retry_call{each, {}});
  settle();
  CHECK(elements().size() == 2);
  all_end();
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).result.view() == "[7,7]");
}

TEST_CASE_METHOD(fan_out_world, "fan-out: an element that fails cancels it in the same write", "[fan_out]") {
  build();
  list_ends("2");
  const auto all = elements();
  written.clear();
  attempt_outcome o;
  o.kind = outcome_kind::failed_final;
  end(w, all[1], o);
  CHECK(disk.at(each).state == job_state::cancelled);
  CHECK(disk.at(each).error->code == job_error_code::upstream_failed);
  REQUIRE(written.size() == 1);
  CHECK(written[0].size() == 3); // with the report
  end(w, all[0]);
  CHECK(core.state().ledger.attempts() == 0);
}

TEST_CASE_METHOD(fan_out_world, "fan-out: by all_done it collects what there is", "[fan_out]") {
  fan_out f;
  f.rule = dependency_rule::all_done;
  build(f);
  list_ends("2");
  const auto all = elements();
  attempt_outcome o;
  o.kind = outcome_kind::failed_final;
  end(w, all[0], o);
  CHECK(disk.at(each).state == job_state::scheduled);
  end(w, all[1], with("1"));
  CHECK(disk.at(each).state == job_state::completed);
  CHECK(disk.at(each).result.view() == "[null,1]");
}

TEST_CASE("fan-out: results beyond the limit fail it", "[fan_out]") {
  auto s = hand_world::plain_settings();
  s.result_bytes_max = 20;
  fan_out_world world{s};
  world.build();
  world.list_ends("3");
  world.all_end("1234567");
  const auto& rec = world.disk.at(world.each);
  CHECK(rec.state == job_state::failed);
  CHECK(rec.error->code == job_error_code::result_too_large);
  CHECK(rec.error->message == "the results of the 3 elements have 25 bytes together; allowed are 20 "
                              "(workers.result_bytes_max), or \"collect\": false");
}

TEST_CASE_METHOD(fan_out_world, "fan-out: a result that was purged is missing", "[fan_out]") {
  build();
  list_ends("2");
  reader_held = true;
  all_end();
  disk.erase(elements()[1]);
  reader_held = false;
  settle();
  CHECK(disk.at(each).error->code == job_error_code::missing_result);
  CHECK(disk.at(each).error->message == "each[1] is not stored any more, so its result cannot be collected");
}

TEST_CASE_METHOD(fan_out_world, "fan-out: results of many elements are read piece by piece", "[fan_out]") {
  build({}, 300);
  list_ends("250");
  REQUIRE(elements().size() == 250);
  const auto before = reads;
  all_end("1");
  CHECK(reads == before + 3);
  CHECK(disk.at(each).result.size() == 501);
}
