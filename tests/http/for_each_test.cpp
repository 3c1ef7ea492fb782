// forEach of a workflow's job: what is read and refused, and how elements are shown, cancelled and retried.
#include "core/job/fan_out_step.hpp"
#include "tests/http/workflow_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string at(const std::string& id, const std::string& rest = {}) {
  return "/api/workflows/" + id + rest;
}

/// list -> each -> report
json three(const json& for_each, const std::string& payload = "${item.path}") {
  return {
    {"name", "w"},
    {"jobs",
     {{"list", {{"jobType", "noop"}}},
      {"each", {{"jobType", "noop"}, {"payload", {{"x", payload}}}, {"dependencies", {"list"}}, {"forEach", for_each}}},
      {"report", {{"jobType", "noop"}, {"dependencies", {"each"}}}}}}};
}

json over(json more = json::object()) {
  more["over"] = "${jobs.list.result.files}";
  return more;
}

/// As the scheduler does it: the job fans out into so many.
void fan_out_each(job_shelf& back, uint32_t n) {
  auto& each = back.at("each");
  const auto whole = each.spec;
  std::vector<job_id> elements;
  for (uint32_t i = 0; i < n; ++i) {
    job_record e;
    e.id = some_id(back.jobs.size() + 1);
    e.spec = element_of(whole, i, blob{"{}"});
    e.created_at = back.now;
    elements.push_back(e.id);
    back.jobs[e.id] = e;
  }
  auto& rec = back.at("each");
  rec.state = job_state::scheduled;
  rec.current_fence = fence_token{1};
  REQUIRE(fan_out_into(rec, fence_token{1}, elements, back.now, {}));
}

struct refused {
  json body;
  const char* code;
  const char* field;
  const char* says;
};

} // namespace

TEST_CASE("forEach: it is read, with its defaults", "[for_each]") {
  workflow_bench b;
  b.a.jobs.fan_out_max = 700;
  b.submit(three("${jobs.list.result}"));
  auto f = b.back.submits.back().jobs[1].for_each;
  REQUIRE(f);
  CHECK(f->over == "list");
  CHECK(f->path.empty());
  CHECK(f->max == 700);
  CHECK(f->collect);
  CHECK(f->rule == dependency_rule::all);
  CHECK(f->stage == fan_out_stage::planned);
  b.submit(three(over({{"max", 5}, {"collect", false}, {"rule", "all_done"}}),
                 "${index} ${item} ${items} ${jobs.list.result.n}"));
  f = b.back.submits.back().jobs[1].for_each;
  CHECK(f->path == std::vector<std::string>{"files"});
  CHECK(f->max == 5);
  CHECK_FALSE(f->collect);
  CHECK(f->rule == dependency_rule::all_done);
}

TEST_CASE("forEach: every wrong field is refused by its name", "[for_each]") {
  workflow_bench b;
  auto on_failure = three(over());
  on_failure["jobs"]["each"]["dependencies"] = json::array({{{"id", "list"}, {"on", "failure"}}});
  auto without = three(over());
  without["jobs"]["each"].erase("forEach");
  auto other = three({{"over", "${jobs.report.result}"}});
  const refused all[] = {
    {three(7), "invalid_value", "jobs.each.forEach", "an object with over"},
    {three(json::array()), "invalid_value", "jobs.each.forEach", "not an array"},
    {three(json::object()), "missing_field", "jobs.each.forEach.over", "is required"},
    {three(over({{"mx", 1}})), "unknown_field", "jobs.each.forEach.mx", "known here are over, max, collect, rule"},
    {three("list"), "invalid_value", "jobs.each.forEach.over", "must be one reference to an array"},
    {three({{"over", 3}}), "invalid_value", "jobs.each.forEach.over", "not 3"},
    {three("${jobs.list.result} "), "invalid_value", "jobs.each.forEach.over", "must be one reference"},
    {three("${jobs.list.result.}"), "invalid_value", "jobs.each.forEach.over", "must be one reference"},
    {other, "unknown_dependency", "jobs.each.forEach.over", "does not depend on by success; it depends so on list"},
    {on_failure, "unknown_dependency", "jobs.each.forEach.over", "it depends so on none"},
    {three(over({{"max", 0}})), "out_of_range", "jobs.each.forEach.max", "from 1 to 1000 (jobs.fan_out_max), not 0"},
    {three(over({{"max", -1}})), "out_of_range", "jobs.each.forEach.max", "not -1"},
    {three(over({{"max", 1001}})), "out_of_range", "jobs.each.forEach.max", "not 1001"},
    {three(over({{"max", "9"}})), "invalid_value", "jobs.each.forEach.max", "whole number"},
    {three(over({{"max", 1.5}})), "invalid_value", "jobs.each.forEach.max", "not 1.5"},
    {three(over({{"collect", 1}})), "invalid_value", "jobs.each.forEach.collect", "true or false, not 1"},
    {three(over({{"rule", "any"}})), "invalid_value", "jobs.each.forEach.rule", "one of all, all_done"},
    {three(over({{"rule", 1}})), "invalid_value", "jobs.each.forEach.rule", "not 1"},
    {three(over(), "${item.}"), "invalid_value", "jobs.each.payload", "${item.}"},
    {three(over(), "${item.a"), "invalid_value", "jobs.each.payload", "is written ${item}"},
    {without, "invalid_value", "jobs.each.payload", "'${item.path}', which is for a job with forEach"},
  };
  for (const auto& x : all) {
    INFO(x.body.dump());
    const auto r = b.call(http_method::post, "/api/workflows", x.body.dump());
    REQUIRE(r.failure);
    CHECK(code_of(r) == x.code);
    CHECK(r.failure->field == x.field);
    CHECK_THAT(r.failure->message, Catch::Contains(x.says));
  }
  const auto twice = b.call(http_method::post, "/api/workflows",
                            R"({"name":"w","jobs":{"a":{"jobType":"noop","forEach":{"over":"x","over":"y"}}}})");
  CHECK(twice.failure->field == "jobs.a.forEach");
  const auto alone = b.call(http_method::post, "/api/jobs/submit", R"({"jobType":"noop","forEach":"x"})");
  CHECK(code_of(alone) == "unknown_field");
}

TEST_CASE("forEach: elements are jobs of the workflow, between the list and who waits for all", "[for_each]") {
  workflow_bench b;
  const auto id = b.submit(three(over()));
  b.back.complete("list");
  fan_out_each(b.back, 2);
  b.back.complete("each[0]", 5s);
  auto w = b.get(at(id));
  CHECK(w["progress"]["total"] == 5);
  CHECK(w["progress"]["completed"] == 2);
  CHECK(w["jobs"]["each[1]"]["dependencies"] == json{"list"});
  CHECK(w["jobs"]["each"]["dependencies"] == json{"each[0]", "each[1]"});
  b.back.complete("each[1]", 2s);
  b.back.complete("each", 0s);
  b.back.complete("report", 1s, "\"r\"");
  w = b.get(at(id));
  CHECK(w["state"] == "completed");
  CHECK(w["result"] == json{{"report", "r"}});
  const auto g = b.get(at(id, "/graph"));
  CHECK(g["nodes"].size() == 5);
  CHECK(g["edges"].size() == 5);
  CHECK(g["criticalPath"] == json{"list", "each[0]", "each", "report"});
  // The same workflow once more, under its key.
  const auto job = b.get("/api/jobs/" + to_string(b.back.at("each[1]").id));
  CHECK(job["workflow"]["index"] == 1);
  CHECK_FALSE(job.contains("forEach"));
  CHECK(b.get("/api/jobs/" + to_string(b.back.at("each").id))["forEach"] ==
        json{{"over", "${jobs.list.result.files}"}, {"max", 1000}, {"collect", true}, {"rule", "all"}, {"count", 2}});
}

TEST_CASE("forEach: many elements are one node of the graph, with counts", "[for_each]") {
  workflow_bench b;
  const auto id = b.submit(three(over()));
  b.back.complete("list");
  fan_out_each(b.back, 51);
  b.back.complete("each[7]", 9s);
  const auto g = b.get(at(id, "/graph"));
  REQUIRE(g["nodes"].size() == 4);
  const auto many =
    std::find_if(g["nodes"].begin(), g["nodes"].end(), [](const auto& n) { return n["key"] == "each[*]"; });
  REQUIRE(many != g["nodes"].end());
  CHECK((*many)["status"] == "running");
  CHECK((*many)["duration"] == 9);
  CHECK((*many)["elements"] == json{{"total", 51}, {"queued", 50}, {"completed", 1}});
  CHECK(g["edges"].size() == 3);
  CHECK(g["criticalPath"] == json{"list", "each[*]", "each", "report"});
}

TEST_CASE("forEach: a retry submits the elements that did not complete, and the job behind them", "[for_each]") {
  workflow_bench b;
  const auto id = b.submit(three(over()));
  b.back.complete("list");
  fan_out_each(b.back, 3);
  b.back.complete("each[0]");
  b.back.end("each[1]", job_state::failed, "EXIT_CODE");
  b.back.complete("each[2]");
  b.back.end("each", job_state::cancelled, "UPSTREAM_FAILED");
  b.back.end("report", job_state::cancelled, "UPSTREAM_FAILED");
  const auto first = b.back.at("each[0]").id, last = b.back.at("each[2]").id, list = b.back.at("list").id;
  CHECK(b.post(at(id, "/retry"))["retried"] == 3);
  const auto& s = b.back.submits.back();
  REQUIRE(s.jobs.size() == 3);
  CHECK(s.jobs[0].workflow->key == "each[1]");
  CHECK(s.jobs[0].for_each->count == 1);
  CHECK(s.jobs[0].for_each->before == std::vector<dependency>{list});
  CHECK(s.jobs[0].dependencies.empty());
  CHECK(s.jobs[1].workflow->key == "each");
  CHECK(s.jobs[1].for_each->stage == fan_out_stage::expanded);
  CHECK(s.jobs[1].dependencies == std::vector<dependency>{first, last});
  REQUIRE(s.inner.size() == 2);
  CHECK(s.inner[0].job == 1);
  CHECK(s.inner[0].depends_on == 0);
}

TEST_CASE("forEach: a cancel reaches elements that came meanwhile", "[for_each]") {
  workflow_bench b;
  const auto id = b.submit(three(over()));
  b.back.complete("list");
  b.back.hold = true;
  b.start(http_method::post, at(id, "/cancel"));
  // The jobs are looked up, then the fan-out is written, then they are cancelled.
  CHECK(b.back.cancels.empty());
  b.back.release_one();
  fan_out_each(b.back, 2);
  while (!b.answer)
    b.back.release();
  const auto w = json::parse(b.answer->body);
  CHECK(w["cancelled"] == 4);
  CHECK(w["state"] == "cancelled");
  CHECK(w["progress"]["waiting"] == 0);
}

TEST_CASE("forEach: a workflow with elements is the same one under its key", "[for_each]") {
  workflow_bench b;
  auto body = three(over());
  body["idempotencyKey"] = "k";
  const auto id = b.submit(body);
  b.back.complete("list");
  fan_out_each(b.back, 2);
  const auto again = b.json_of(200, http_method::post, "/api/workflows", body.dump());
  CHECK(again["id"] == id);
  CHECK(again["duplicate"] == true);
}
