// What is done to workflows that were submitted: cancel and retry.
#include "tests/http/workflow_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string at(const std::string& id, const std::string& rest = {}) {
  return "/api/workflows/" + id + rest;
}

/// right failed, and what needs it was cancelled.
void fail_right(job_shelf& back) {
  back.complete("load");
  back.complete("left");
  back.end("right", job_state::failed, "EXIT_CODE");
  back.end("join", job_state::cancelled, "UPSTREAM_FAILED");
  back.end("alarm", job_state::completed);
}

} // namespace

TEST_CASE("a workflow is cancelled from its end", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.complete("load");
  const auto w = b.post(at(id, "/cancel"), {{"reason", "no need"}});
  CHECK(w["cancelled"] == 4);
  CHECK(w["state"] == "cancelled");
  CHECK(w["jobs"]["load"]["status"] == "completed");
  CHECK(b.back.last_reason == "no need");
  CHECK(b.back.cancels == std::vector{some_id(5), some_id(4), some_id(3), some_id(2)});
  CHECK(b.post(at(id, "/cancel"))["cancelled"] == 0);
  CHECK(b.back.cancels.size() == 4);
}

TEST_CASE("a job that ends while its workflow is cancelled is left, and the scheduler's error is told", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.hold = true;
  b.start(http_method::post, at(id, "/cancel"));
  CHECK_FALSE(b.answer);
  b.back.complete("load");
  b.back.release();
  while (!b.answer)
    b.back.release();
  CHECK(json::parse(b.answer->body)["cancelled"] == 4);
  b.back.hold = false;
  const auto two = b.submit(diamond());
  b.back.fail_cancel = error{ec::storage_unavailable, "no"};
  CHECK(code_of(b.call(http_method::post, at(two, "/cancel"))) == "storage_unavailable");
}

TEST_CASE("a retry submits what did not complete, behind what did", "[workflow]") {
  workflow_bench b;
  auto body = diamond();
  const auto outside = to_string(some_id(88));
  body["jobs"]["right"].update({{"scheduleAt", "2026-01-15T11:30:00Z"}, {"deadline", "2026-01-15T12:30:00Z"}});
  body["jobs"]["right"]["dependencies"].push_back({{"id", outside}, {"on", "finished"}});
  body["idempotencyKey"] = "k";
  const auto id = b.submit(body);
  fail_right(b.back);
  b.a.clock = [] { return noon() + 2h; }; // later than that start, and than that deadline
  const auto w = b.post(at(id, "/retry"));
  CHECK(w["retried"] == 2);
  CHECK(w["state"] == "running");
  CHECK(w["progress"]["completed"] == 3);
  CHECK(w["progress"]["waiting"] == 2);
  const auto& s = b.back.submits.back();
  CHECK(s.atomic);
  REQUIRE(s.jobs.size() == 2);
  const auto &right = s.jobs[0], &join = s.jobs[1];
  CHECK(right.workflow == workflow_part{id, "nightly", "right", false});
  CHECK(join.workflow == workflow_part{id, "nightly", "join", false});
  CHECK_FALSE(right.schedule_at);
  CHECK_FALSE(right.deadline);
  CHECK(right.payload.view() == "{}");
  CHECK(right.dependencies ==
        std::vector{dependency{some_id(88), dependency_condition::finished}, dependency{some_id(1)}});
  CHECK(join.dependencies == std::vector{dependency{some_id(2)}});
  REQUIRE(s.inner.size() == 1);
  CHECK(s.inner[0].job == 1);
  CHECK(s.inner[0].depends_on == 0);
  CHECK(s.inner[0].on == dependency_condition::finished);
  CHECK(right.idempotency_key == id + "/retry/" + to_string(some_id(3)));
  // The graph stays the same.
  const auto g = b.get(at(id, "/graph"));
  CHECK(g["edges"].size() == 5);
  CHECK(g["nodes"].size() == 5);
  // Not while it runs, and not when it is done.
  CHECK(code_of(b.call(http_method::post, at(id, "/retry"))) == "invalid_state");
  b.back.complete("right");
  b.back.complete("join");
  const auto done = b.get(at(id));
  CHECK(done["state"] == "completed");
  CHECK(done["jobs"]["right"]["id"] == to_string(some_id(6)));
  const auto r = b.call(http_method::post, at(id, "/retry"));
  CHECK(r.status == 409);
  CHECK(code_of(r) == "invalid_state");
  CHECK(r.failure->message.find("nothing to retry") != std::string::npos);
  CHECK(b.get("/api/workflows")["count"] == 1);
}

TEST_CASE("what was not needed is decided again when what it waits for is retried", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.complete("load");
  b.back.complete("left");
  b.back.end("right", job_state::cancelled, "CANCELLED");
  b.back.end("join", job_state::cancelled, "UPSTREAM_CANCELLED");
  b.back.end("alarm", job_state::cancelled, "SKIPPED");
  CHECK(b.post(at(id, "/retry"))["retried"] == 3);
  std::vector<std::string> keys;
  for (const auto& s : b.back.submits.back().jobs)
    keys.push_back(s.workflow->key);
  CHECK(keys == std::vector<std::string>{"right", "join", "alarm"});
}

TEST_CASE("a retry that is asked for twice is done once, and its refusal names the job", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  fail_right(b.back);
  b.back.hold = true;
  std::optional<http_response> first;
  b.start(http_method::post, at(id, "/retry"));
  // The second one begins before the first has submitted anything.
  http_request request;
  request.method = http_method::post;
  request.target = at(id, "/retry");
  auto match = b.routes.find(request.method, request.target);
  CHECK_FALSE(b.routes.run(match, request, responder{[&](responder::maker make) { first = make(); }}));
  while (!b.answer || !first)
    b.back.release();
  CHECK(b.answer->status == 200);
  CHECK(first->status == 200);
  CHECK(b.back.jobs.size() == 7);
  b.back.hold = false;
  fail_right(b.back);
  b.back.refuse[0] = error{ec::queue_full, "the limit is reached"};
  const auto r = b.call(http_method::post, at(id, "/retry"));
  CHECK(code_of(r) == "queue_full");
  CHECK(field_of(r) == "jobs.right");
}
