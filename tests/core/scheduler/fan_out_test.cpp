// Jobs with forEach: they fan out in one write, wait for their elements, and complete with their results.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/hand_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// list -> each (forEach) -> report
struct fan_out_world : hand_world {
  explicit fan_out_world(decision_settings s = plain_settings()) : hand_world(s) {
  }
  void build(fan_out f = {}, uint32_t slots = 2) {
    start();
    w = join("w1", slots);
    list = submit(part("list", {}));
    auto s = part("each", {list});
    f.over = "list";
    s.for_each = f;
    s.max_retries = 0;
    each = submit(s);
    report = submit(part("report", {each}));
  }
  static job_spec part(const std::string& key, std::vector<job_id> after) {
    job_builder b;
    for (auto id : after)
      b.after(id);
    auto s = b.spec();
    s.workflow = workflow_part{"w", "w", key, false};
    return s;
  }
  /// The list is done, and each fans out as far as that goes.
  void list_ends(const std::string& elements) {
    end(w, list, with(elements));
  }
  static attempt_outcome with(std::string text) {
    attempt_outcome o;
    o.result = blob{std::move(text)};
    return o;
  }
  std::vector<job_id> elements() const {
    std::vector<job_id> out;
    for (const auto& [id, rec] : disk)
      if (rec.spec.for_each && rec.spec.for_each->stage == fan_out_stage::element)
        out.push_back(id);
    return out;
  }
  void all_end(const std::string& result = "7") {
    for (auto id : elements())
      end(w, id, with(result));
  }
  uint32_t taken() const {
    return core.state().ledger.busy_slots();
  }

  worker_id w;
  job_id list, each, report;
};

} // namespace

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
