// POST /api/workflows: what is submitted, and every refusal.
#include "tests/http/workflow_bench.hpp"

#include <set>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

constexpr const char* target = "/api/workflows";

std::vector<std::string> keys_of(const submit_request& r) {
  std::vector<std::string> out;
  for (const auto& s : r.jobs)
    out.push_back(s.workflow->key);
  return out;
}

std::string with_job(const std::string& fields) {
  return R"({"name":"w","jobs":{"a":{"jobType":"noop",)" + fields + R"(},"b":{"jobType":"noop"}}})";
}

} // namespace

TEST_CASE("a workflow's id has its time and is random", "[workflow]") {
  CHECK(workflow_id(time_point{}, 0, 0) == "w-00000000000000000000000000");
  CHECK(workflow_id(time_point{}, 0xffff, UINT64_MAX) == "w-0000000000zzzzzzzzzzzzzzzz");
  CHECK(workflow_id(noon(), 0, 33) < workflow_id(noon() + std::chrono::milliseconds{1}, 0, 0));
  CHECK(workflow_id(noon(), 0, 33).ends_with("11"));
  const auto draw = random_workflow_ids();
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto id = draw(noon());
    CHECK(is_workflow_id(id));
    CHECK(id.substr(0, 12) == workflow_number(1).substr(0, 12));
    ids.insert(id);
  }
  CHECK(ids.size() == 100);
  for (const auto* text : {"", "w-", "w-0000000000000000000000000", "w-0000000000000000000000000u",
                           "w-0000000000000000000000000A", "x-00000000000000000000000000"})
    CHECK_FALSE(is_workflow_id(text));
}

TEST_CASE("a workflow is one atomic batch, in the order in which its jobs wait for each other", "[workflow]") {
  workflow_bench b;
  const auto r = b.json_of(201, http_method::post, target, diamond().dump());
  CHECK(r["id"] == workflow_number(1));
  CHECK(r["name"] == "nightly");
  CHECK(r["jobs"].size() == 5);
  CHECK(r["jobs"]["load"] == json{{"id", to_string(some_id(1))}, {"status", "queued"}, {"durability", "fsync"}});
  CHECK_FALSE(r.contains("duplicate"));
  REQUIRE(b.back.submits.size() == 1);
  const auto& s = b.back.submits.front();
  CHECK(s.atomic);
  CHECK(keys_of(s) == std::vector<std::string>{"load", "left", "right", "join", "alarm"});
  for (size_t i = 0; i < s.jobs.size(); ++i) {
    CHECK(s.jobs[i].workflow->first == (i == 0));
    CHECK(s.jobs[i].workflow->id == workflow_number(1));
    CHECK(s.jobs[i].workflow->name == "nightly");
    CHECK(s.jobs[i].idempotency_key.empty());
    CHECK(s.jobs[i].dependencies.empty());
  }
  CHECK(s.jobs[0].priority == 7);
  CHECK(s.jobs[0].tags == std::vector<std::string>{"x"});
  CHECK(s.jobs[0].payload.view() == R"({"n":1})");
  std::set<std::tuple<size_t, size_t, int>> inner;
  for (const auto& d : s.inner)
    inner.emplace(d.job, d.depends_on, static_cast<int>(d.on));
  CHECK(inner == std::set<std::tuple<size_t, size_t, int>>{{1, 0, 0}, {2, 0, 0}, {3, 1, 0}, {3, 2, 2}, {4, 3, 1}});
}

TEST_CASE("a job of a workflow may wait for a job outside of it, by a rule", "[workflow]") {
  workflow_bench b;
  const auto outside = to_string(some_id(77));
  b.submit({{"name", "w"},
            {"jobs",
             {{"a.1-x_Y", {{"jobType", "noop"}}},
              {"b",
               {{"jobType", "noop"},
                {"dependencies", {{{"id", outside}, {"on", "started"}}, "a.1-x_Y"}},
                {"dependencyRule", "any"}}}}}});
  const auto& s = b.back.submits.front();
  REQUIRE(s.jobs.size() == 2);
  CHECK(s.jobs[1].dependencies == std::vector{dependency{some_id(77), dependency_condition::started}});
  CHECK(s.jobs[1].rule == dependency_rule::any);
  CHECK(s.inner.size() == 1);
}

TEST_CASE("what a workflow is refused for, by place", "[workflow]") {
  struct bad {
    std::string body, code, field, says;
  };
  const std::string job = R"({"jobType":"noop"})";
  std::string long_key(65, 'k');
  const std::vector<bad> rows{
    {"", "malformed_json", "", "empty"},
    {"{", "malformed_json", "", "byte"},
    {"[]", "invalid_value", "", "an object"},
    {"5", "invalid_value", "", "an object"},
    {"{}", "missing_field", "name", "required"},
    {R"({"name":"w"})", "missing_field", "jobs", "required"},
    {R"({"name":"w","jobs":{}})", "invalid_value", "jobs", "at least one"},
    {R"({"name":"w","jobs":[]})", "invalid_value", "jobs", "by key"},
    {R"({"name":"w","jobs":5})", "invalid_value", "jobs", "by key"},
    {R"({"name":5,"jobs":{}})", "invalid_value", "name", "a string"},
    {R"({"name":{},"jobs":{}})", "invalid_value", "name", "a string"},
    {R"({"name":"","jobs":{}})", "out_of_range", "name", "128"},
    {R"({"name":"w","name":"w","jobs":{}})", "invalid_value", "name", "twice"},
    {R"({"name":"w","tags":[]})", "unknown_field", "tags", "name, jobs, idempotencyKey"},
    {R"({"name":"w","idempotencyKey":5,"jobs":{}})", "invalid_value", "idempotencyKey", "a string"},
    {R"({"name":"w","jobs":{"a":5}})", "invalid_value", "jobs.a", "an object"},
    {R"({"name":"w","jobs":{"a":[]}})", "invalid_value", "jobs.a", "an object"},
    {R"({"name":"w","jobs":{"a b":)" + job + "}}", "invalid_value", "jobs.a b", "letters"},
    {R"({"name":"w","jobs":{"":)" + job + "}}", "invalid_value", "jobs.", "1 to 64"},
    {R"({"name":"w","jobs":{")" + long_key + "\":" + job + "}}", "invalid_value", "jobs." + std::string(64, 'k'), "64"},
    {R"({"name":"w","jobs":{"job_x":)" + job + "}}", "invalid_value", "jobs.job_x", "job_"},
    {R"({"name":"w","jobs":{"a":)" + job + ",\"a\":" + job + "}}", "invalid_value", "jobs.a", "twice"},
    {with_job(R"("priority":11)"), "out_of_range", "jobs.a.priority", "0 to 9"},
    {with_job(R"("colour":1)"), "unknown_field", "jobs.a.colour", "known here"},
    {R"({"name":"w","jobs":{"a":{"jobType":"nope"}}})", "unknown_job_type", "jobs.a.jobType", "noop"},
    {R"({"name":"w","jobs":{"a":{"jobType":"email_send"}}})", "invalid_payload", "jobs.a.payload.to", "string"},
    {with_job(R"("idempotencyKey":"k")"), "invalid_value", "jobs.a.idempotencyKey", "of the workflow"},
    {with_job(R"("unique":{"onConflict":"existing"})"), "invalid_value", "jobs.a.unique.onConflict", "replace"},
    {with_job(R"("unique":{"onConflict":"debounce"})"), "invalid_value", "jobs.a.unique.onConflict", "needs a time"},
    {with_job(R"("unique":{"by":["type"],"while":"running"})"), "invalid_value", "jobs.a.unique.by", "queue"},
    {with_job(R"("dependencies":"b")"), "invalid_value", "jobs.a.dependencies", "an array"},
    {with_job(R"("dependencies":{"id":"b"})"), "invalid_value", "jobs.a.dependencies", "an array"},
    {with_job(R"("dependencies":null)"), "invalid_value", "jobs.a.dependencies", "an array"},
    {with_job(R"("dependencies":[],"dependencies":[])"), "invalid_value", "jobs.a.dependencies", "twice"},
    {with_job(R"("dependencies":[5])"), "invalid_value", "jobs.a.dependencies[0]", "a key"},
    {with_job(R"("dependencies":["b",["b"]])"), "invalid_value", "jobs.a.dependencies[1]", "a key"},
    {with_job(R"("dependencies":[{"id":"b","id":"b"}])"), "invalid_value", "jobs.a.dependencies", "twice"},
    {with_job(R"("dependencies":["b","b"])"), "invalid_value", "jobs.a.dependencies[1]", "twice"},
    {with_job(R"("dependencies":[{"on":"failure"}])"), "missing_field", "jobs.a.dependencies[0].id", "required"},
    {with_job(R"("dependencies":[{"id":5}])"), "invalid_value", "jobs.a.dependencies[0].id", "a key"},
    {with_job(R"("dependencies":[{"id":"b","on":"luck"}])"), "invalid_value", "jobs.a.dependencies[0].on", "failure"},
    {with_job(R"("dependencies":[{"id":"b","on":1}])"), "invalid_value", "jobs.a.dependencies[0].on", "failure"},
    {with_job(R"("dependencies":[{"id":"b","x":1}])"), "unknown_field", "jobs.a.dependencies[0].x", "id, on"},
    {with_job(R"("dependencies":["job_zzz"])"), "invalid_value", "jobs.a.dependencies[0]", "job_01h8xgq2m4k7c"},
    {with_job(R"("dependencies":["c"])"), "unknown_dependency", "jobs.a.dependencies[0]", "a, b"},
    {with_job(R"("dependencies":["#0"])"), "unknown_dependency", "jobs.a.dependencies[0]", "a, b"},
    {with_job(R"("dependencies":["a"])"), "dependency_cycle", "jobs", "a -> a"},
    {with_job(R"("dependencyRule":"none_failed","dependencies":[{"id":"b","on":"failure"}])"), "invalid_value",
     "jobs.a.dependencyRule", "all_done"},
    {with_job(R"("payload":{"x":"${jobs.b.result}"})"), "unknown_dependency", "jobs.a.payload", "depends on none"},
    {with_job(R"("payload":{"x":"${jobs.c.result}"},"dependencies":["b"])"), "unknown_dependency", "jobs.a.payload",
     "it depends on b"},
    {with_job(R"("payload":{"x":"${jobs.b}"},"dependencies":["b"])"), "invalid_value", "jobs.a.payload",
     "${jobs.KEY.result}"},
    {R"({"name":"w","jobs":{"a":{"jobType":"noop","dependencies":["b"]},
        "b":{"jobType":"noop","durability":"memory"}}})",
     "invalid_value", "jobs.a.dependencies[0]", "memory"},
    {R"({"name":"w","idempotencyKey":")" + std::string(127, 'k') + R"(","jobs":{"abc":)" + job + "}}", "out_of_range",
     "idempotencyKey", "abc"},
  };
  for (const auto& row : rows) {
    workflow_bench b;
    const auto r = b.call(http_method::post, target, row.body);
    INFO(row.body);
    REQUIRE(r.failure);
    INFO(r.failure->message);
    CHECK(code_of(r) == row.code);
    CHECK(field_of(r) == row.field);
    CHECK(r.failure->message.find(row.says) != std::string::npos);
    CHECK(b.back.submits.empty());
  }
}

TEST_CASE("a circle in a workflow is named by keys", "[workflow]") {
  workflow_bench b;
  const auto job = [](const char* on) { return json{{"jobType", "noop"}, {"dependencies", {on}}}; };
  const json body{{"name", "w"}, {"jobs", {{"a", job("c")}, {"b", job("a")}, {"c", job("b")}, {"d", job("c")}}}};
  const auto r = b.call(http_method::post, target, body.dump());
  CHECK(code_of(r) == "dependency_cycle");
  CHECK(r.failure->message.find("a -> c -> b -> a") != std::string::npos);
}

TEST_CASE("a workflow has as many jobs as a batch, and its dependencies have their limit", "[workflow]") {
  workflow_bench b;
  b.a.jobs.batch_jobs_max = 2;
  b.a.jobs.dependencies_max = 1;
  const std::string job = R"({"jobType":"noop"})";
  CHECK(field_of(b.call(http_method::post, target,
                        R"({"name":"w","jobs":{"a":)" + job + R"(,"b":)" + job + R"(,"c":)" + job + "}}")) == "jobs");
  const auto r = b.call(http_method::post, target,
                        R"({"name":"w","jobs":{"a":)" + job + R"(,"b":{"jobType":"noop","dependencies":["a","x"]}}})");
  CHECK(code_of(r) == "out_of_range");
  CHECK(field_of(r) == "jobs.b.dependencies");
}

TEST_CASE("a workflow comes as JSON, not as lines", "[workflow]") {
  workflow_bench b;
  b.start(http_method::post, target, diamond().dump(), {}, "application/x-ndjson");
  REQUIRE(b.answer);
  CHECK(code_of(*b.answer) == "unsupported_media_type");
}

TEST_CASE("the scheduler's refusal names the job that is the cause", "[workflow]") {
  workflow_bench b;
  b.back.refuse[2] = error{ec::unknown_dependency, "there is no job job_x", "dependencies[0]"};
  auto r = b.call(http_method::post, target, diamond().dump());
  CHECK(code_of(r) == "unknown_dependency");
  CHECK(field_of(r) == "jobs.right.dependencies");
  b.back.refuse.clear();
  b.back.fail_submit = error{ec::overloaded, "later"};
  CHECK(code_of(b.call(http_method::post, target, diamond().dump())) == "overloaded");
}

TEST_CASE("a workflow that is sent again with its key is the one that exists", "[workflow]") {
  workflow_bench b;
  auto body = diamond();
  body["idempotencyKey"] = "k1";
  const auto first = b.json_of(201, http_method::post, target, body.dump());
  CHECK(b.back.submits.back().jobs.front().idempotency_key == "k1/load");
  auto again = b.json_of(200, http_method::post, target, body.dump());
  CHECK(again["duplicate"] == true);
  again.erase("duplicate");
  CHECK(again == first);
  CHECK(b.back.jobs.size() == 5);

  // The header says the same.
  body.erase("idempotencyKey");
  const auto by_header = b.call(http_method::post, target, body.dump(), "k1");
  CHECK(by_header.status == 200);
  CHECK(json::parse(by_header.body)["id"] == first["id"]);

  // Another workflow with the key is refused before anything is accepted.
  auto other = diamond();
  other["idempotencyKey"] = "k1";
  other["jobs"]["more"] = {{"jobType", "noop"}, {"dependencies", {"load"}}};
  const auto submits = b.back.submits.size();
  auto r = b.call(http_method::post, target, other.dump());
  CHECK(r.status == 409);
  CHECK(code_of(r) == "idempotency_conflict");
  CHECK(field_of(r) == "idempotencyKey");
  CHECK(b.back.submits.size() == submits);

  // So is one whose key a plain job has.
  for (auto& [id, job] : b.back.jobs)
    job.spec.workflow.reset();
  CHECK(code_of(b.call(http_method::post, target, body.dump(), "k1")) == "idempotency_conflict");
}

TEST_CASE("a payload stands for results of jobs that it depends on", "[workflow]") {
  workflow_bench b;
  const auto body = with_job(R"("payload":{"x":"${jobs.b.result.path}"},"dependencies":["b"])");
  b.json_of(201, http_method::post, target, body);
  REQUIRE(b.back.submits.size() == 1);
  CHECK(b.back.submits.front().jobs[1].payload.view() == R"({"x":"${jobs.b.result.path}"})");
}
