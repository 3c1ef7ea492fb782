// Jobs and workflows that are held: REST.
#include "tests/http/job_fields.hpp"
#include "tests/http/workflow_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const std::string path = "/api/jobs/" + to_string(some_id(7));

std::string at(const std::string& id, const std::string& rest = {}) {
  return "/api/workflows/" + id + rest;
}

} // namespace

TEST_CASE("a job is submitted held", "[hold]") {
  direct d;
  REQUIRE(d.submit(R"({"jobType":"noop","held":true})").status == 201);
  CHECK(is_held(d.back.submits.at(0).jobs.at(0)));
  REQUIRE(d.submit(R"({"jobType":"noop","held":false})").status == 201);
  CHECK_FALSE(d.back.submits.at(1).jobs.at(0).hold);
  for (const auto* wrong : {"1", "\"yes\"", "null"}) {
    const auto r = d.submit(std::string{R"({"jobType":"noop","held":)"} + wrong + "}");
    CHECK(r.status == 400);
    CHECK(code_of(r) == "invalid_value");
    CHECK(field_of(r) == "held");
    CHECK(r.failure->message.find("true or false") != std::string::npos);
  }
  CHECK(field_of(d.submit(R"({"jobType":"noop","held":{}})")) == "held");
  CHECK(field_of(d.submit(R"({"jobType":"noop","held":true,"held":true})")) == "held");
}

TEST_CASE("a held job says since when and why", "[hold]") {
  job_spec s;
  CHECK_FALSE(written(s).contains("held"));
  s.hold = job_hold{true, noon(), "audit"};
  CHECK(written(s)["held"] == true);
  CHECK(written(s)["heldSince"] == "2026-01-15T10:30:00.000Z");
  CHECK(written(s)["holdReason"] == "audit");
  s.hold->held = false;
  CHECK_FALSE(written(s).contains("held"));
  CHECK_FALSE(written(s).contains("heldSince"));
  s.hold = job_hold{};
  CHECK(written(s)["held"] == true); // of a schedule's job, which is not there yet
  CHECK_FALSE(written(s).contains("heldSince"));
}

TEST_CASE("PATCH holds and releases", "[hold]") {
  direct d;
  CHECK(d.call(http_method::patch, path, R"({"held":true,"reason":"audit"})").status == 200);
  CHECK(d.back.last_patch.held == true);
  CHECK(d.back.last_patch.reason == "audit");
  CHECK(d.call(http_method::patch, path, R"({"held":false,"priority":9})").status == 200);
  CHECK(d.back.last_patch.held == false);
  CHECK(d.back.last_patch.reason.empty());
  CHECK(d.back.last_patch.priority == uint8_t{9});
  CHECK(d.call(http_method::patch, path, R"({"priority":9})").status == 200);
  CHECK_FALSE(d.back.last_patch.held);
  struct row {
    std::string body, code, field, contains;
  };
  const row rows[] = {
    {"{}", "missing_field", "", "held"},
    {R"({"held":1})", "invalid_value", "held", "true or false"},
    {R"({"held":{}})", "invalid_value", "held", ""},
    {R"({"held":null})", "invalid_value", "held", "true or false"},
    {R"({"priority":1,"reason":"x"})", "invalid_value", "reason", "goes with held only"},
    {R"({"held":true,"reason":7})", "invalid_value", "reason", ""},
    {R"({"held":true,"reason":")" + std::string(1025, 'x') + "\"}", "out_of_range", "reason", "1024"},
    {R"({"hold":true})", "unknown_field", "hold", "held"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.body.substr(0, 60));
    const auto r = d.call(http_method::patch, path, x.body);
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    CHECK_THAT(r.failure->message, Catch::Contains(x.contains));
  }
}

TEST_CASE("lists by hold and by workflow", "[hold]") {
  direct d;
  const auto& l = d.back.last_list;
  REQUIRE(d.call(http_method::get, "/api/jobs?held=true").status == 200);
  CHECK(l.held == true);
  CHECK(l.states == std::vector{job_state::queued, job_state::scheduled, job_state::running, job_state::retrying});
  REQUIRE(d.call(http_method::get, "/api/jobs?held=true&status=running").status == 200);
  CHECK(l.states == std::vector{job_state::running});
  REQUIRE(d.call(http_method::get, "/api/jobs?held=false").status == 200);
  CHECK(l.held == false);
  CHECK(l.states.empty());
  REQUIRE(d.call(http_method::get, "/api/jobs?workflow=" + workflow_number(1)).status == 200);
  CHECK(l.workflow == workflow_number(1));
  CHECK(l.by_index());
  for (const auto* wrong : {"held=yes", "held=", "held=1"}) {
    const auto r = d.call(http_method::get, std::string{"/api/jobs?"} + wrong);
    CHECK(code_of(r) == "invalid_value");
    CHECK(field_of(r) == "held");
  }
  for (const auto* wrong : {"workflow=", "workflow=nightly", "workflow=w-1"}) {
    const auto r = d.call(http_method::get, std::string{"/api/jobs?"} + wrong);
    CHECK(code_of(r) == "invalid_value");
    CHECK(field_of(r) == "workflow");
    CHECK(r.failure->message.find("w- and 26 characters") != std::string::npos);
  }
}

TEST_CASE("bulk holds what is not held, and releases what is", "[bulk][hold]") {
  direct d;
  d.back.page.jobs = {std::make_shared<job_record>(full_job())};
  const auto bulk = [&](const char* action, const json& filter, json rest = json::object()) {
    rest.update({{"action", action}, {"filter", filter}});
    return d.call(http_method::post, "/api/bulk", rest.dump());
  };
  const json tagged{{"tag", "x"}};
  auto r = bulk("hold", tagged, {{"reason", "audit"}});
  REQUIRE(r.status == 200);
  CHECK(json::parse(r.body)["changed"] == 1);
  CHECK(d.back.last_list.states ==
        std::vector{job_state::queued, job_state::scheduled, job_state::retrying, job_state::running});
  CHECK(d.back.last_list.held == false);
  CHECK(d.back.last_patch.held == true);
  CHECK(d.back.last_patch.reason == "audit");
  REQUIRE(bulk("release", {{"workflow", workflow_number(1)}}).status == 200);
  CHECK(d.back.last_list.held == true);
  CHECK(d.back.last_list.workflow == workflow_number(1));
  CHECK(d.back.last_patch.held == false);
  REQUIRE(bulk("cancel", {{"held", true}}).status == 200);
  CHECK(d.back.last_list.held == true);
  CHECK(field_of(bulk("hold", {{"status", "failed"}})) == "filter.status");
  CHECK(field_of(bulk("hold", {{"held", 1}})) == "filter.held");
  CHECK(field_of(bulk("hold", {{"workflow", "x"}})) == "filter.workflow");
  CHECK(field_of(bulk("change", tagged, {{"change", {{"held", true}}}})) == "change.held");
  CHECK(field_of(bulk("retry", tagged, {{"reason", "x"}})) == "reason");
}

TEST_CASE("a workflow is paused from its end, and resumed from its beginning", "[hold][workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.complete("load");
  b.back.at("left").state = job_state::running;
  CHECK_FALSE(b.get(at(id)).contains("paused"));
  auto w = b.post(at(id, "/pause"), {{"reason", "the disk is full"}});
  CHECK(w["held"] == 4);
  CHECK(w["state"] == "paused");
  CHECK(w["paused"] == true);
  CHECK(w["jobs"]["left"]["held"] == true);
  CHECK_FALSE(w["jobs"]["load"].contains("held"));
  CHECK(b.back.changed == std::vector{some_id(5), some_id(4), some_id(3), some_id(2)});
  CHECK(b.back.at("right").spec.hold->reason == "the disk is full");
  // Once more: nothing is left to be done.
  CHECK(b.post(at(id, "/pause"))["held"] == 0);
  CHECK(b.back.changed.size() == 4);
  CHECK(b.get("/api/workflows?state=paused")["count"] == 1);
  CHECK(b.get("/api/workflows?state=running")["count"] == 0);
  CHECK(b.get(at(id, "/graph"))["state"] == "paused");
  // What runs goes on and ends, and the rest stays.
  b.back.complete("left");
  CHECK(b.get(at(id))["state"] == "paused");
  b.back.changed.clear();
  w = b.post(at(id, "/resume"));
  CHECK(w["released"] == 3);
  CHECK(w["state"] == "running");
  CHECK_FALSE(w.contains("paused"));
  CHECK(b.back.changed == std::vector{some_id(3), some_id(4), some_id(5)});
  CHECK(b.post(at(id, "/resume"))["released"] == 0);
}

TEST_CASE("a workflow is paused when all that may begin is held", "[hold][workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  const auto state = [&] { return b.get(at(id))["state"]; };
  CHECK(state() == "waiting");
  for (const auto* key : {"left", "right", "join", "alarm"})
    b.back.at(key).spec.hold = job_hold{};
  CHECK(state() == "waiting");
  b.back.at("load").state = job_state::running;
  CHECK(state() == "paused");
  b.back.at("load").attempt = 1;
  b.back.at("load").state = job_state::retrying;
  CHECK(state() == "running");
  b.back.at("load").spec.hold = job_hold{};
  CHECK(state() == "paused");
  for (const auto* key : {"load", "left", "right", "join", "alarm"})
    b.back.end(key, job_state::failed, "X"); // a hold of what has failed is for its retry
  CHECK(state() == "failed");
}

TEST_CASE("a pause that meets an end, an error, a wrong body", "[hold][workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.hold = true;
  b.start(http_method::post, at(id, "/pause"));
  b.back.complete("load");
  while (!b.answer)
    b.back.release();
  CHECK(json::parse(b.answer->body)["held"] == 4);
  b.back.hold = false;
  const auto two = b.submit(diamond());
  b.back.fail_modify = error{ec::storage_unavailable, "no"};
  CHECK(code_of(b.call(http_method::post, at(two, "/pause"))) == "storage_unavailable");
  CHECK(field_of(b.call(http_method::post, at(two, "/pause"), R"({"why":"x"})")) == "why");
  CHECK(field_of(b.call(http_method::post, at(two, "/resume"), R"({"reason":1})")) == "reason");
  CHECK(b.call(http_method::post, at("w-x", "/pause")).status == 404);
  CHECK(b.call(http_method::post, at(workflow_number(99), "/resume")).status == 404);
}

TEST_CASE("the retry of a workflow is not held, though its jobs were", "[hold][workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  for (const auto* key : {"load", "left", "right", "join", "alarm"}) {
    b.back.at(key).spec.hold = job_hold{};
    b.back.end(key, job_state::failed, "X");
  }
  b.post(at(id, "/retry"));
  for (const auto& s : b.back.submits.back().jobs)
    CHECK_FALSE(s.hold);
}
