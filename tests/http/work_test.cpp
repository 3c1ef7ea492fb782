// Workers over HTTP: what they send, and what they are answered.
#include "core/job/outcome.hpp"
#include "http/limits.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

http_response ask(direct& d, const std::string& what, const json& body) {
  return d.call(http_method::post, "/api/work/" + what, body.dump(), "application/json");
}

json registration() {
  return {{"name", "py-1"}, {"instance", "0123456789abcdef"}, {"types", {{{"name", "thumbnail"}}}}};
}

/// Of an outcome, and more.
json attempt(json more = json::object()) {
  json out{{"session", "s"}, {"id", to_string(some_id())}, {"fence", "4294967297"}};
  out.update(more);
  return out;
}

outcome_kind kind_of(const direct& d) {
  return static_cast<outcome_kind>(d.back.last_outcome.end.kind);
}

} // namespace

TEST_CASE("a worker registers with its types, its offer and what it has", "[work]") {
  direct d;
  auto body = registration();
  body["types"] = {{{"name", "thumbnail"},
                    {"version", "1.2"},
                    {"summary", "Makes thumbnails"},
                    {"schema", {{"type", "object"}}},
                    {"cacheForSeconds", 60}},
                   {{"name", "t2"}}};
  body["slots"] = 8;
  body["resources"] = {{"cpu", 2.5}, {"memory", "1GiB"}, {"gpu", 1}, {"labels", {{"zone", "eu"}}}};
  body["host"] = "h1";
  body["pid"] = 4711;
  body["again"] = true;
  body["number"] = 3;
  body["attempts"] = {{{"id", to_string(some_id())},
                       {"fence", "4294967297"},
                       {"attempt", 2},
                       {"startedAt", "2026-01-15T10:30:00.000Z"},
                       {"timeoutSeconds", 12.5}}};
  const auto answer = ask(d, "workers", body);
  REQUIRE(answer.status == 201);
  CHECK(json::parse(answer.body) == json{{"workerID", "py-1"},
                                         {"session", "token"},
                                         {"heartbeatSeconds", 1},
                                         {"leaseSeconds", 10},
                                         {"killGraceSeconds", 5},
                                         {"waitSecondsMax", 15}});
  const auto& r = d.back.last_sign_up.registration;
  CHECK(r.name == "py-1");
  CHECK(r.types == std::vector<std::string>{"thumbnail", "t2"});
  CHECK(r.versions == std::vector<std::string>{"1.2", ""});
  CHECK(r.summaries == std::vector<std::string>{"Makes thumbnails", ""});
  CHECK(r.schemas == std::vector<std::string>{R"({"type":"object"})", ""});
  CHECK(r.cache_for_us == std::vector<int64_t>{60'000'000, 0});
  CHECK(r.slots == 8);
  CHECK(r.cpu_milli == 2500);
  CHECK(r.memory_bytes == uint64_t{1} << 30);
  CHECK(r.named == std::vector<std::pair<std::string, uint32_t>>{{"gpu", 1}});
  CHECK(r.labels == std::vector<std::pair<std::string, std::string>>{{"zone", "eu"}});
  CHECK(r.host == "h1");
  CHECK(r.pid == 4711);
  CHECK(r.again);
  CHECK(d.back.last_sign_up.number == 3);
  CHECK(r.held == std::vector<held_attempt>{{some_id().value, 4294967297, 2, noon().time_since_epoch().count()}});
  CHECK(d.back.last_sign_up.left == std::vector<duration>{12500ms});
  CHECK(r.boot_epoch != 0);
}

TEST_CASE("the instance tells two processes of one name apart, and cannot be worked out from what is shown", "[work]") {
  direct d;
  auto body = registration();
  ask(d, "workers", body);
  const auto first = d.back.last_sign_up.registration.boot_epoch;
  ask(d, "workers", body);
  CHECK(d.back.last_sign_up.registration.boot_epoch == first);
  body["instance"] = "0123456789abcdeF";
  ask(d, "workers", body);
  CHECK(d.back.last_sign_up.registration.boot_epoch != first);
  CHECK(d.back.last_sign_up.registration.slots == 1);
}

TEST_CASE("what is wrong with a registration is said by its field", "[work]") {
  direct d;
  const auto field = [&](auto change) {
    auto body = registration();
    change(body);
    const auto r = ask(d, "workers", body);
    CAPTURE(body.dump());
    CHECK(r.status == 400);
    return code_of(r) + " " + field_of(r);
  };
  CHECK(field([](json& b) { b.erase("name"); }) == "missing_field name");
  CHECK(field([](json& b) { b["name"] = "a b"; }) == "invalid_value name");
  CHECK(field([](json& b) { b.erase("instance"); }) == "missing_field instance");
  CHECK(field([](json& b) { b["instance"] = "short"; }) == "invalid_value instance");
  CHECK(field([](json& b) { b.erase("types"); }) == "missing_field types");
  CHECK(field([](json& b) { b["types"] = "t"; }) == "invalid_value types");
  CHECK(field([](json& b) { b["types"] = json::array({1}); }) == "invalid_value types[0]");
  CHECK(field([](json& b) { b["types"][0].erase("name"); }) == "missing_field types[0].name");
  CHECK(field([](json& b) { b["types"][0]["name"] = "no/name"; }) == "invalid_value types[0].name");
  CHECK(field([](json& b) { b["types"][0]["schema"] = "x"; }) == "invalid_value types[0].schema");
  CHECK(field([](json& b) { b["types"][0]["cacheForSeconds"] = 0.5; }) == "out_of_range types[0].cacheForSeconds");
  CHECK(field([](json& b) { b["types"][0]["speed"] = 1; }) == "unknown_field types[0].speed");
  CHECK(field([](json& b) { b["slots"] = 0; }) == "out_of_range slots");
  CHECK(field([](json& b) { b["slots"] = 4097; }) == "out_of_range slots");
  CHECK(field([](json& b) { b["slots"] = "4"; }) == "invalid_value slots");
  CHECK(field([](json& b) { b["resources"] = {{"slots", 2}}; }) == "invalid_value resources.slots");
  CHECK(field([](json& b) { b["resources"] = {{"cpu", -1}}; }) == "out_of_range resources.cpu");
  CHECK(field([](json& b) { b["attempts"] = {{{"id", "x"}}}; }) == "invalid_value attempts[0].id");
  CHECK(field([](json& b) {
          b["attempts"] = {{{"id", to_string(some_id())}, {"fence", 5}}};
        }) == "invalid_value attempts[0].fence");
  CHECK(field([](json& b) { b["more"] = 1; }) == "unknown_field more");
  CHECK(d.call(http_method::post, "/api/work/workers", "{", "application/json").status == 400);
  CHECK(d.call(http_method::post, "/api/work/workers", "[]", "application/json").status == 400);
}

TEST_CASE("a claim is answered with jobs, and with what is to stop", "[work]") {
  direct d;
  attempt_order o;
  o.job = some_id().value;
  o.fence = (uint64_t{9} << 60) + 1;
  o.type = "thumbnail";
  o.payload = R"({ "to": "x@example.com" })";
  o.number = 3;
  o.timeout_us = 1'500'000;
  o.soft_timeout_us = 1'000'000;
  o.memory_bytes = 1024;
  o.cpu_milli = 500;
  o.checkpoint = "half\"way";
  o.checkpoint_bytes_max = 65536;
  d.back.claimed.attempts = {{o, noon()}};
  d.back.claimed.news = {{{{some_id(2).value, 7}, stop_reason::soft_timeout}}, true};
  const auto answer = ask(d, "claim", {{"session", "s"}, {"claim", 5}, {"max", 4}, {"waitSeconds", 2.5}});
  REQUIRE(answer.status == 200);
  const auto body = json::parse(answer.body);
  CHECK(body == json{{"jobs",
                      {{{"id", to_string(some_id())},
                        {"fence", std::to_string(o.fence)},
                        {"attempt", 3},
                        {"type", "thumbnail"},
                        {"startedAt", "2026-01-15T10:30:00.000Z"},
                        {"payload", {{"to", "x@example.com"}}},
                        {"timeout", 1.5},
                        {"softTimeout", 1},
                        {"memory", 1024},
                        {"cpu", 0.5},
                        {"checkpoint", "half\"way"},
                        {"checkpointBytesMax", 65536}}}},
                     {"stop", {{{"id", to_string(some_id(2))}, {"fence", "7"}, {"reason", "soft_timeout"}}}},
                     {"drain", true}});
  // A number in a payload stays as it was written.
  CHECK(answer.body.find(o.payload) != std::string::npos);
  const auto& r = d.back.last_claim;
  CHECK(r.session == "s");
  CHECK(r.number == 5);
  CHECK(r.max == 4);
  CHECK(r.wait == 2500ms);

  CHECK(field_of(ask(d, "claim", {{"claim", 1}})) == "session");
  CHECK(field_of(ask(d, "claim", {{"session", "s"}})) == "claim");
  CHECK(field_of(ask(d, "claim", {{"session", "s"}, {"claim", 0}})) == "claim");
  CHECK(field_of(ask(d, "claim", {{"session", "s"}, {"claim", 1}, {"max", 0}})) == "max");
  CHECK(field_of(ask(d, "claim", {{"session", "s"}, {"claim", 1}, {"waitSeconds", 3601}})) == "waitSeconds");
}

TEST_CASE("heartbeats and leaving name their session", "[work]") {
  direct d;
  d.back.news = {{{{some_id().value, 7}, stop_reason::cancelled}}, false};
  const auto beat = ask(d, "heartbeat", {{"session", "s1"}});
  CHECK(json::parse(beat.body) ==
        json{{"stop", {{{"id", to_string(some_id())}, {"fence", "7"}, {"reason", "cancelled"}}}}, {"drain", false}});
  CHECK(d.back.last_session == "s1");
  const auto left = ask(d, "leave", {{"session", "s2"}});
  CHECK(json::parse(left.body) == json{{"left", true}});
  CHECK(d.back.last_session == "s2");
  d.back.fail_with = error{ec::unknown_worker, "gone", "session"};
  CHECK(ask(d, "heartbeat", {{"session", "s1"}}).status == 404);
  CHECK(field_of(ask(d, "heartbeat", json::object())) == "session");
}

TEST_CASE("outcomes become what the attempt came to", "[work]") {
  direct d;
  const auto done = ask(d, "complete", attempt({{"result", {{"pages", 10}}}}));
  REQUIRE(done.status == 200);
  CHECK(json::parse(done.body) == json{{"id", to_string(some_id())}, {"fence", "4294967297"}});
  const auto& end = d.back.last_outcome.end;
  CHECK(d.back.last_outcome.session == "s");
  CHECK(end.job == some_id().value);
  CHECK(end.fence == 4294967297);
  CHECK(kind_of(d) == outcome_kind::succeeded);
  CHECK(end.result == R"({"pages":10})");
  ask(d, "complete", attempt({{"result", nullptr}}));
  CHECK(end.result.empty());

  ask(d, "fail", attempt({{"code", "X"}, {"message", "no\nway"}, {"retryAfterSeconds", 2}}));
  CHECK(kind_of(d) == outcome_kind::failed_retryable);
  CHECK(end.code == "X");
  CHECK(end.message == "no\nway");
  CHECK(end.retry_after_us == 2'000'000);
  ask(d, "fail", attempt({{"code", "X"}, {"retryable", false}, {"message", std::string(5000, 'm')}}));
  CHECK(kind_of(d) == outcome_kind::failed_final);
  CHECK(end.message.size() == http_limits::work_message_bytes_max);

  ask(d, "release", attempt());
  CHECK(kind_of(d) == outcome_kind::returned);
  ask(d, "release", attempt({{"afterSeconds", 1.5}}));
  CHECK(kind_of(d) == outcome_kind::snoozed);
  CHECK(end.snooze_us == 1'500'000);
  ask(d, "release", attempt({{"reason", "timed_out"}}));
  CHECK(kind_of(d) == outcome_kind::timed_out);
  CHECK(end.code == job_error_code::timeout);

  CHECK(field_of(ask(d, "release", attempt({{"reason", "tired"}}))) == "reason");
  CHECK(field_of(ask(d, "fail", attempt())) == "code");
  CHECK(field_of(ask(d, "complete", attempt({{"id", "job_"}}))) == "id");
  CHECK(field_of(ask(d, "complete", attempt({{"fence", "-1"}}))) == "fence");
  CHECK(field_of(ask(d, "complete", attempt({{"fence", "1x"}}))) == "fence");
  CHECK(field_of(ask(d, "complete", attempt({{"results", 1}}))) == "results");
  CHECK(code_of(ask(d, "complete", attempt({{"result", std::string(1u << 20, 'x')}}))) == "out_of_range");
  d.back.fail_with = error{ec::stale_fence, "late", "fence"};
  CHECK(ask(d, "complete", attempt()).status == 409);
}

TEST_CASE("progress has a percentage, lines with their number, and a checkpoint", "[work]") {
  direct d;
  const auto answer = ask(d, "progress",
                          attempt({{"number", 2},
                                   {"percent", 40},
                                   {"message", "half"},
                                   {"log", {{"first", 7}, {"lines", {"a", std::string(5000, 'l')}}}},
                                   {"checkpoint", "{}"}}));
  REQUIRE(answer.status == 200);
  CHECK(json::parse(answer.body) == json{{"stop", json::array()}, {"drain", false}});
  const auto& r = d.back.last_progress;
  CHECK(r.attempt == attempt_ref{some_id().value, 4294967297});
  CHECK(r.number == 2);
  CHECK(r.percent == 40);
  CHECK(r.message == "half");
  CHECK(r.log_first == 7);
  REQUIRE(r.lines.size() == 2);
  CHECK(r.lines[1].size() == worker_settings{}.log_line_bytes_max);
  CHECK(r.checkpoint == "{}");
  ask(d, "progress", attempt());
  CHECK(d.back.last_progress.number == 0);
  CHECK_FALSE(d.back.last_progress.percent);
  CHECK_FALSE(d.back.last_progress.checkpoint);

  CHECK(field_of(ask(d, "progress", attempt({{"number", 0}}))) == "number");
  CHECK(field_of(ask(d, "progress", attempt({{"percent", 101}}))) == "percent");
  CHECK(field_of(ask(d, "progress", attempt({{"message", "m"}}))) == "percent");
  CHECK(field_of(ask(d, "progress", attempt({{"log", {{"lines", {1}}}}}))) == "log.lines");
  CHECK(field_of(ask(d, "progress", attempt({{"log", json::object()}}))) == "log.lines");
  CHECK(field_of(ask(d, "progress", attempt({{"checkpoint", json::object()}}))) == "checkpoint");
  CHECK(code_of(ask(d, "progress", attempt({{"checkpoint", std::string(65u << 10, 'c')}}))) == "out_of_range");
}
