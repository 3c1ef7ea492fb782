// What a payload is compared by, and a job that completes with the result of another one.
#include "core/job/job_reaction.hpp"
#include "core/job/result_cache.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using test::job_builder;
using test::noon;

namespace {

const life_limits limits;
const job_id source{77};

std::string text_of(std::string type, std::string version, std::string payload) {
  return cache_text({std::move(type), std::move(version), blob{std::move(payload)}});
}

} // namespace

TEST_CASE("cache: payloads are compared with their members sorted and without white space", "[cache]") {
  CHECK(sorted_payload(R"( { "b" : [1, {"y":2,"x":"a b"}] , "a" : null } )") ==
        R"({"a":null,"b":[1,{"x":"a b","y":2}]})");
  CHECK(sorted_payload("[3,1,2]") == "[3,1,2]");
  CHECK(sorted_payload("{}") == "{}");
  CHECK(sorted_payload(" 7 ") == "7");
  CHECK(sorted_payload(R"("a\"}b")") == R"("a\"}b")");
}

TEST_CASE("cache: payloads that differ stay different", "[cache]") {
  // As doubles these are the same.
  CHECK(sorted_payload("[9007199254740993]") != sorted_payload("[9007199254740992]"));
  CHECK(sorted_payload("[0.1]") != sorted_payload("[0.1000000000000000055]"));
  CHECK(sorted_payload(R"({"a":"1 2"})") != sorted_payload(R"({"a":"12"})"));
  // The last of two with one name counts for most readers.
  CHECK(sorted_payload(R"({"a":1,"a":2})") != sorted_payload(R"({"a":2,"a":1})"));
}

TEST_CASE("cache: what is no JSON is compared as it is", "[cache]") {
  for (const std::string text : {"", "{", "{\"a\"", "{\"a\":1,}", "[1 2]", "{a:1}", "\"open", "[1]]", "{,}", "\"\\"})
    CHECK(sorted_payload(text) == text);
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  CHECK(sorted_payload(deep) == deep);
}

TEST_CASE("cache: type, version and payload are told apart", "[cache]") {
  CHECK(text_of("a", "1", R"({"x":1,"y":2})") == text_of("a", "1", R"({"y":2,"x":1})"));
  CHECK(text_of("a", "1", "{}") != text_of("b", "1", "{}"));
  CHECK(text_of("a", "1", "{}") != text_of("a", "2", "{}"));
  CHECK(text_of("a", "1", "{}") != text_of("a", "1", "[]"));
  CHECK(text_of("a", "11", "{}") != text_of("a1", "1", "{}"));
  CHECK(cache_key_name("0123").front() < ' '); // no idempotency key begins like this
}

TEST_CASE("cache: a result holds for its time, under its own key", "[cache]") {
  auto rec = job_builder{}.completed();
  rec.cache_key = "k";
  CHECK(holds_result(rec, "k", 10s, noon));
  CHECK(holds_result(rec, "k", 10s, noon + 10s - duration{1}));
  CHECK_FALSE(holds_result(rec, "k", 10s, noon + 10s));
  CHECK_FALSE(holds_result(rec, "other", 10s, noon));
  CHECK(holds_result(rec, "k", 10s, noon - 1h)); // the clock was set back
  auto failed = job_builder{}.failed();
  failed.cache_key = "k";
  CHECK_FALSE(holds_result(failed, "k", 10s, noon));
}

TEST_CASE("cache: a job that takes a result counts no attempt", "[cache]") {
  auto rec = job_builder{}.placed("w1", 5);
  const auto r = take_result(rec, fence_token{5}, source, blob{"42"}, noon + 1s, limits);
  REQUIRE(r);
  CHECK(r->before == job_state::scheduled);
  CHECK(r->after == job_state::completed);
  CHECK(r->durable);
  CHECK(rec.result.view() == "42");
  CHECK(rec.cached_from == source);
  CHECK(rec.cache_key.empty()); // whoever comes next takes it from where it came from
  CHECK(rec.attempt == 0);
  CHECK(rec.worker.empty());
  CHECK_FALSE(rec.started_at);
  CHECK(rec.finished_at == noon + 1s);
  CHECK(rec.ran == 0s);
  CHECK(rec.history.back().reason == "result of " + to_string(source));
  CHECK(rec.history.back().worker.empty());
  CHECK(has_begun(rec));
}

TEST_CASE("cache: a job that is tried again may take a result as well", "[cache]") {
  auto rec = job_builder{}.in(job_state::retrying);
  rec.checkpoint = blob{"half"};
  REQUIRE(place(rec, placement{"w2", fence_token{6}}, noon, limits));
  REQUIRE(take_result(rec, fence_token{6}, source, blob{"42"}, noon + 1s, limits));
  CHECK(rec.state == job_state::completed);
  CHECK(rec.attempt == 1);
  CHECK_FALSE(rec.error);
  CHECK(rec.checkpoint.empty());
}

TEST_CASE("cache: a result is taken for the present slot only, and never by what runs", "[cache]") {
  auto rec = job_builder{}.placed("w1", 5);
  CHECK(take_result(rec, fence_token{4}, source, blob{"42"}, noon, limits).err().code == ec::stale_fence);
  CHECK(take_result(rec, fence_token{}, source, blob{"42"}, noon, limits).err().code == ec::stale_fence);
  auto runs = job_builder{}.running("w1", 5);
  const auto r = take_result(runs, fence_token{5}, source, blob{"42"}, noon, limits);
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::invalid_state);
  CHECK(runs.state == job_state::running);
  CHECK(runs.result.empty());
}

TEST_CASE("cache: the key of a result is in the record and beside it, of a success only", "[cache]") {
  for (const auto kind : {outcome_kind::succeeded, outcome_kind::failed_final}) {
    auto rec = job_builder{}.running("w1", 5);
    job_command c;
    attempt_outcome o;
    o.kind = kind;
    c.event = job_command::finish{fence_token{5}, o, 0, "k", std::nullopt};
    c.now = noon;
    const auto r = react(rec, c, limits);
    REQUIRE(r.version);
    const bool good = kind == outcome_kind::succeeded;
    CHECK(rec.cache_key == (good ? "k" : ""));
    CHECK(r.version->cache_key == rec.cache_key);
  }
}
