// Workflows that were submitted: lists, states, graphs, cancel and retry.
#include "http/api/workflow_view.hpp"
#include "http/json/job_text.hpp"
#include "http/limits.hpp"
#include "tests/http/workflow_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string at(const std::string& id, const std::string& rest = {}) {
  return "/api/workflows/" + id + rest;
}

json progress(int completed, int skipped, int failed, int cancelled, int running, int waiting) {
  return {{"total", completed + skipped + failed + cancelled + running + waiting},
          {"completed", completed},
          {"skipped", skipped},
          {"failed", failed},
          {"cancelled", cancelled},
          {"running", running},
          {"waiting", waiting}};
}

void complete_all(job_shelf& back) {
  for (const auto* key : {"load", "left", "right", "join"})
    back.complete(key, 2s, std::string{"\""} + key + "\"");
  back.end("alarm", job_state::cancelled, "SKIPPED");
}

} // namespace

TEST_CASE("a workflow's state and progress follow its jobs", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  auto& back = b.back;
  const auto expect = [&](const char* state, const json& p) {
    const auto w = b.get(at(id));
    CHECK(w["state"] == state);
    CHECK(w["progress"] == p);
    CHECK(w.contains("completedAt") == (p["running"] == 0 && p["waiting"] == 0));
    CHECK(w.contains("result") == (std::string{state} == "completed"));
  };
  expect("waiting", progress(0, 0, 0, 0, 0, 5));
  back.at("load").state = job_state::running;
  back.at("load").attempt = 1;
  expect("running", progress(0, 0, 0, 0, 1, 4));
  back.at("load").state = job_state::retrying;
  expect("running", progress(0, 0, 0, 0, 0, 5));
  back.complete("load");
  expect("running", progress(1, 0, 0, 0, 0, 4));
  complete_all(back);
  expect("completed", progress(4, 1, 0, 0, 0, 0));
  back.end("left", job_state::cancelled, "CANCELLED");
  expect("cancelled", progress(3, 1, 0, 1, 0, 0));
  back.end("join", job_state::cancelled, "UPSTREAM_CANCELLED");
  expect("cancelled", progress(2, 1, 0, 2, 0, 0));
  back.end("join", job_state::cancelled, "UPSTREAM_FAILED");
  expect("failed", progress(2, 1, 0, 2, 0, 0));
  back.end("right", job_state::failed, "EXIT_CODE");
  expect("failed", progress(1, 1, 1, 2, 0, 0));
}

TEST_CASE("a workflow shows its jobs by key, and the results of the last ones", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  complete_all(b.back);
  const auto w = b.get(at(id));
  CHECK(w["id"] == id);
  CHECK(w["name"] == "nightly");
  CHECK(w["createdAt"] == "2026-01-15T10:30:00.000Z");
  CHECK(w["completedAt"] == "2026-01-15T10:30:00.000Z");
  CHECK(w["jobs"]["load"] == json{{"id", to_string(some_id(1))},
                                  {"type", "noop"},
                                  {"status", "completed"},
                                  {"dependencies", json::array()},
                                  {"startedAt", "2026-01-15T10:29:58.000Z"},
                                  {"completedAt", "2026-01-15T10:30:00.000Z"}});
  CHECK(w["jobs"]["join"]["dependencies"] == json::parse(R"(["left",{"id":"right","on":"finished"}])"));
  CHECK(w["jobs"]["alarm"]["error"]["code"] == "SKIPPED");
  CHECK(w["result"] == json{{"join", "join"}}); // an alarm, which waits for its failure, does not count
  CHECK_FALSE(b.back.lists.front().result);

  const auto all = b.get(at(id, "?include=result"));
  CHECK(all["jobs"]["load"]["result"] == "load");
  CHECK(all["jobs"]["join"]["result"] == "join");

  json body{{"name", "w"}, {"jobs", {{"a", {{"jobType", "noop"}}}, {"b", {{"jobType", "noop"}}}}}};
  const auto two = b.submit(body);
  b.back.complete("a", 1s, "[1,2]");
  b.back.complete("b");
  CHECK(b.get(at(two))["result"] == json{{"a", {1, 2}}, {"b", nullptr}});
}

TEST_CASE("results that are too many are left out, and that is said", "[workflow]") {
  workflow_bench b;
  b.a.http.list_bytes_max = 10;
  const auto id = b.submit({{"name", "w"}, {"jobs", {{"a", {{"jobType", "noop"}}}, {"b", {{"jobType", "noop"}}}}}});
  b.back.complete("a", 1s, "\"123456\"");
  b.back.complete("b", 1s, "\"123456\"");
  const auto w = b.get(at(id, "?include=result"));
  CHECK(w["resultsLeftOut"] == true);
  CHECK(w["jobs"]["b"]["result"] == "123456");
  CHECK_FALSE(w["jobs"]["a"].contains("result"));
  CHECK_FALSE(w.contains("result"));
}

TEST_CASE("workflows are listed, newest first, page by page", "[workflow]") {
  workflow_bench b;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.insert(ids.begin(), b.submit(diamond()));
    if (i == 3)
      complete_all(b.back);
  }
  auto page = b.get("/api/workflows");
  CHECK(page["count"] == 5);
  CHECK(page["next"].is_null());
  CHECK(page["workflows"][0] == json{{"id", ids[0]},
                                     {"name", "nightly"},
                                     {"createdAt", "2026-01-15T10:30:00.000Z"},
                                     {"state", "waiting"},
                                     {"progress", progress(0, 0, 0, 0, 0, 5)}});
  CHECK(page["workflows"][1]["state"] == "completed");
  std::vector<std::string> seen;
  std::string target = "/api/workflows?limit=2";
  do {
    page = b.get(target);
    CHECK(page["count"] <= 2);
    for (const auto& w : page["workflows"])
      seen.push_back(w["id"]);
    target = "/api/workflows?limit=2&cursor=" + (page["next"].is_null() ? "" : page["next"].get<std::string>());
  } while (!page["next"].is_null());
  CHECK(seen == ids);
  CHECK(b.get("/api/workflows?state=completed")["workflows"].size() == 1);
  CHECK(b.get("/api/workflows?state=failed")["workflows"].empty());
}

TEST_CASE("a list or a workflow is refused for what it is asked, by name", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  const auto refused = [&](int status, const char* code, const char* field, http_method m, const std::string& target,
                           const std::string& body = {}) {
    const auto r = b.call(m, target, body);
    INFO(target);
    CHECK(r.status == status);
    CHECK(code_of(r) == code);
    CHECK(field_of(r) == field);
  };
  const auto get = http_method::get, post = http_method::post;
  refused(400, "invalid_value", "cursor", get, "/api/workflows?cursor=x");
  refused(400, "unknown_status", "state", get, "/api/workflows?state=done");
  refused(400, "out_of_range", "limit", get, "/api/workflows?limit=101");
  refused(400, "unknown_field", "tag", get, "/api/workflows?tag=x");
  refused(400, "invalid_value", "include", get, at(id, "?include=payload"));
  for (const auto& unknown : {std::string{"x"}, workflow_number(99)}) {
    refused(404, "not_found", "id", get, at(unknown));
    refused(404, "not_found", "id", get, at(unknown, "/graph"));
    refused(404, "not_found", "id", post, at(unknown, "/cancel"));
    refused(404, "not_found", "id", post, at(unknown, "/retry"));
  }
  refused(400, "unknown_field", "why", post, at(id, "/cancel"), R"({"why":"x"})");
  refused(400, "invalid_value", "reason", post, at(id, "/cancel"), R"({"reason":5})");
  refused(400, "unknown_field", "x", post, at(id, "/retry"), R"({"x":1})");
  b.back.fail_list = error{ec::starting, "not yet"};
  refused(503, "starting", "", get, at(id));
  refused(503, "starting", "", get, "/api/workflows");
}

TEST_CASE("a graph has nodes, edges and the longest chain", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  auto g = b.get(at(id, "/graph"));
  CHECK(g["criticalPathDuration"] == 0);
  CHECK(g["criticalPath"] == json{"load", "left", "join", "alarm"});
  b.back.complete("load", 1s);
  b.back.complete("left", 2s);
  b.back.at("right").state = job_state::running;
  b.back.at("right").attempt = 1;
  b.back.at("right").started_at = noon() - 5s;
  g = b.get(at(id, "/graph"));
  CHECK(g["id"] == id);
  CHECK(g["state"] == "running");
  CHECK(g["nodes"].size() == 5);
  CHECK(g["nodes"][0] ==
        json{{"key", "load"}, {"id", to_string(some_id(1))}, {"status", "completed"}, {"duration", 1}});
  CHECK(g["nodes"][2]["duration"] == 5);
  CHECK_FALSE(g["nodes"][3].contains("duration"));
  CHECK(g["edges"] == json::parse(R"([{"from":"load","to":"left","on":"success"},
    {"from":"load","to":"right","on":"success"},{"from":"left","to":"join","on":"success"},
    {"from":"right","to":"join","on":"finished"},{"from":"join","to":"alarm","on":"failure"}])"));
  CHECK(g["criticalPath"] == json{"load", "right", "join", "alarm"});
  CHECK(g["criticalPathDuration"] == 6);
  complete_all(b.back); // the alarm is not needed
  CHECK(b.get(at(id, "/graph"))["criticalPath"] == json{"load", "left", "join"});
}

TEST_CASE("the longest chain of a long graph is found without recursion", "[workflow]") {
  constexpr size_t jobs = 200'000;
  std::vector<workflow_edge> edges;
  for (size_t i = 1; i < jobs; ++i)
    edges.push_back({i - 1, i, dependency_condition::success});
  std::vector<duration> lengths(jobs, duration{1});
  const auto chain = longest_chain(edges, lengths);
  CHECK(chain.jobs.size() == jobs);
  CHECK(chain.length == duration{jobs});
  CHECK(find_circle(jobs, edges).empty());
  edges.push_back({jobs - 1, 0, dependency_condition::success});
  CHECK(find_circle(jobs, edges).size() == jobs);
  CHECK(longest_chain({}, {}).jobs.empty());
}

TEST_CASE("a job says which workflow it is a part of", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  std::string text;
  json_writer w{text};
  write_job(w, b.back.at("left"), {}, redaction_book{});
  CHECK(json::parse(text)["workflow"] == json{{"id", id}, {"name", "nightly"}, {"key", "left"}});
}

TEST_CASE("only so many requests about workflows run at once, and each gives its place back", "[workflow]") {
  workflow_bench b;
  const auto id = b.submit(diamond());
  b.back.hold = true;
  size_t answers = 0;
  const auto ask = [&] {
    http_request request;
    request.target = at(id);
    auto match = b.routes.find(request.method, request.target);
    return b.routes.run(match, request, responder{[&](responder::maker make) { answers += make().status == 200; }});
  };
  for (uint32_t i = 0; i < http_limits::bulk_requests_max; ++i)
    CHECK_FALSE(ask());
  const auto refused = ask();
  REQUIRE(refused);
  CHECK(code_of(*refused) == "overloaded");
  b.back.hold = false;
  b.back.release();
  CHECK(answers == http_limits::bulk_requests_max);
  CHECK_FALSE(ask());
  CHECK(answers == http_limits::bulk_requests_max + 1);
}

TEST_CASE("a workflow of many jobs is read in pages, with answers that come at once or later", "[workflow]") {
  workflow_bench b;
  json jobs;
  for (int i = 0; i < 1300; ++i) {
    json job{{"jobType", "noop"}};
    if (i > 0)
      job["dependencies"] = {"k" + std::to_string(i - 1)};
    jobs["k" + std::to_string(i)] = job;
  }
  const auto id = b.submit({{"name", "chain"}, {"jobs", jobs}});
  b.back.lists.clear();
  CHECK(b.get(at(id, "/graph"))["criticalPath"].size() == 1300);
  CHECK(b.back.lists.size() == 3);
  b.back.hold = true;
  b.start(http_method::post, at(id, "/cancel"));
  size_t rounds = 0;
  while (!b.answer && ++rounds < 10'000)
    b.back.release();
  REQUIRE(b.answer);
  CHECK(json::parse(b.answer->body)["cancelled"] == 1300);
  CHECK(std::is_sorted(b.back.cancels.rbegin(), b.back.cancels.rend()));
}
