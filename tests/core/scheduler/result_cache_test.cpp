// Results of pure types that are used again: who may have whose.
#include "core/scheduler/explain.hpp"
#include "tests/core/scheduler/cache_world.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(cache_world, "cache: the same question has the same answer, and no worker hears of it", "[cache]") {
  const auto first = run(w);
  const auto second = submit(asks(R"({ "x": 1 })").spec());
  REQUIRE(hit(second, first));
  CHECK(disk.at(second).result.view() == "42");
  CHECK(disk.at(second).attempt == 0);
  CHECK(disk.at(second).worker.empty());
  CHECK_FALSE(has(w, second));
  CHECK(at_rest());
  CHECK(cache_hits == 1);
  CHECK(measured_runs == 1); // by which others are estimated
}

TEST_CASE_METHOD(cache_world, "cache: another payload, version or type is another question", "[cache]") {
  run(w);
  const auto other = submit(asks(R"({"x":2})").spec());
  CHECK(has(w, other));
  end(w, other);
  leave(w);
  const auto newer = join_pure("w2", "2.0.0");
  const auto id = submit(asks().spec());
  REQUIRE(has(newer, id));
  end(newer, id);
  CHECK(hit(submit(asks().spec()), id));
}

TEST_CASE_METHOD(cache_world, "cache: a result holds for its time", "[cache]") {
  const auto first = run(w);
  pass(59s);
  CHECK(hit(submit(asks().spec()), first));
  pass(1s);
  const auto late = submit(asks().spec());
  REQUIRE(has(w, late));
  attempt_outcome o;
  o.result = blob{"43"};
  end(w, late, o);
  const auto last = submit(asks().spec());
  REQUIRE(hit(last, late));
  CHECK(disk.at(last).result.view() == "43");
}

TEST_CASE_METHOD(cache_world, "cache: what took a result is nobody's source", "[cache]") {
  const auto first = run(w);
  pass(30s);
  const auto second = submit(asks().spec());
  REQUIRE(hit(second, first));
  pass(29s);
  CHECK(hit(submit(asks().spec()), first));
  pass(1s); // since the first one ran
  CHECK(has(w, submit(asks().spec())));
}

TEST_CASE_METHOD(cache_world, "cache: a type that nobody calls pure costs no question", "[cache]") {
  leave(w);
  const auto plain = join_pure("w2", "1.0.0", 0s);
  const auto before = reads;
  run(plain);
  const auto second = submit(asks().spec());
  CHECK(has(plain, second));
  end(plain, second);
  CHECK(reads == before);
  CHECK(disk.at(second).cache_key.empty());
}

TEST_CASE_METHOD(cache_world, "cache: an operator's rule goes before what workers say, at once", "[cache]") {
  const auto first = run(w);
  pass(10s);
  set_cache(5s);
  const auto second = submit(asks().spec());
  CHECK(has(w, second));
  end(w, second);
  pass(4s);
  CHECK(hit(submit(asks().spec()), second));
  set_cache(0s); // never
  const auto before = reads;
  const auto third = submit(asks().spec());
  CHECK(has(w, third));
  CHECK(reads == before);
  end(w, third);
  set_cache({});
  CHECK(hit(submit(asks().spec()), second)); // the third one left no name
  CHECK(first != second);
}

TEST_CASE_METHOD(cache_world, "cache: an operator may call a type pure of which no worker says so", "[cache]") {
  leave(w);
  const auto plain = join_pure("w2", "1.0.0", 0s);
  set_cache(1h);
  const auto first = run(plain);
  pass(59min);
  CHECK(hit(submit(asks().spec()), first));
}

TEST_CASE_METHOD(cache_world, "cache: a failure is no answer", "[cache]") {
  const auto first = submit(asks().retries(0).spec());
  attempt_outcome o;
  o.kind = outcome_kind::failed_final;
  o.code = "BROKEN";
  end(w, first, o);
  REQUIRE(disk.at(first).state == job_state::failed);
  CHECK(has(w, submit(asks().spec())));
}

TEST_CASE_METHOD(cache_world, "cache: a store that does not answer is no hit", "[cache]") {
  run(w);
  reader_broken = true;
  const auto id = submit(asks().spec());
  CHECK(has(w, id));
  reader_broken = false;
  end(w, id);
  CHECK(disk.at(id).cache_key.empty());
}

TEST_CASE_METHOD(cache_world, "cache: two of the same that come together both run", "[cache]") {
  const auto a = submit(asks().spec()), b = submit(asks().spec());
  CHECK(has(w, a));
  CHECK(has(w, b));
  end(w, a);
  end(w, b);
  CHECK(hit(submit(asks().spec()), b));
}

TEST_CASE_METHOD(cache_world, "cache: explain says that the store is asked", "[cache]") {
  run(w);
  const auto id = ask_store();
  const auto x = explain(core, id, now);
  REQUIRE(x);
  CHECK(x->reasons.front().code == "placed");
  CHECK(x->reasons.front().text.find("reads results of other jobs first") != std::string::npos);
  answer_reader();
}
