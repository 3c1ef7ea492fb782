#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

const std::string flow = "w-01kezk9q2m4k7c5v8x3n6b1p0d";

/// As lists show it.
json head(const char* state = "running", int completed = 1, int failed = 0) {
  return {{"id", flow},
          {"name", "nightly"},
          {"createdAt", "2026-01-15T11:58:00.000Z"},
          {"state", state},
          {"progress",
           {{"total", 3},
            {"completed", completed},
            {"skipped", 0},
            {"failed", failed},
            {"cancelled", 0},
            {"running", 1},
            {"waiting", 1}}}};
}

json whole(const char* state = "completed") {
  auto w = head(state, 2, 1);
  w["completedAt"] = "2026-01-15T11:59:00.000Z";
  w["jobs"] = {
    {"load", {{"id", "job_01h8xgq2m4k7c"}, {"type", "exec"}, {"status", "completed"}, {"dependencies", json::array()}}},
    {"sum",
     {{"id", "job_01h8xgq2m4k7d"},
      {"type", "exec"},
      {"status", "failed"},
      {"dependencies", {"load", {{"id", "job_01h8xgq2m4k7b"}, {"on", "finished"}}}},
      {"error", {{"code", "EXIT_CODE"}, {"message", "it ended\033[2J with 3"}}}}}};
  return w;
}

json graph() {
  return json::parse(R"({"id":"w-x","name":"night\"ly","state":"running","nodes":[
    {"key":"load","id":"job_1","status":"completed","duration":1.5},
    {"key":"left","id":"job_2","status":"running","duration":5},
    {"key":"right","id":"job_3","status":"queued"},
    {"key":"join","id":"job_4","status":"queued"}],
    "edges":[{"from":"load","to":"left","on":"success"},{"from":"load","to":"right","on":"success"},
    {"from":"left","to":"join","on":"success"},{"from":"right","to":"join","on":"finished"}],
    "criticalPath":["load","left","join"],"criticalPathDuration":6.5})");
}

} // namespace

TEST_CASE("workflows are listed, also without a subcommand") {
  fake_server server{[](const fake_request& r) {
    const bool last = r.target.find("cursor") != std::string::npos;
    auto w = last ? head("failed", 2, 1) : head();
    return fake_answer{
      200, json{{"workflows", {w}}, {"count", 1}, {"next", last ? json{} : json("job_01h8xgq2m4k7c")}}.dump()};
  }};
  const std::string expected =
    "ID                            NAME     CREATED   STATE    PROGRESS\n"
    "w-01kezk9q2m4k7c5v8x3n6b1p0d  nightly  2min ago  running  1 of 3, 1 running\n"
    "w-01kezk9q2m4k7c5v8x3n6b1p0d  nightly  2min ago  failed   2 of 3, 1 running, 1 failed\n";
  for (const auto& arguments : {std::vector<std::string>{"workflows"}, {"workflows", "list"}}) {
    const auto r = run_at(server.url(), arguments);
    CHECK(r.code == 0);
    CHECK(r.out == expected);
  }
  const auto one = run_at(server.url(), {"workflows", "list", "--limit", "1", "--state", "running"});
  CHECK(one.out.find("(more; --limit N or --all shows them)") != std::string::npos);
  CHECK(server.requests().back().target == "/api/workflows?limit=1&state=running");
  const auto all = json::parse(run_at(server.url(), {"workflows", "list", "--all", "--json"}).out);
  CHECK(all["count"] == 2);
  CHECK(all["next"].is_null());
  CHECK(all["workflows"][0] == head());
  CHECK(server.requests().back().target == "/api/workflows?limit=20&cursor=job_01h8xgq2m4k7c");
}

TEST_CASE("a workflow is shown with its jobs, safe for a terminal") {
  fake_server server{[](const fake_request& r) {
    if (r.target == "/api/workflows/w-gone")
      return fake_answer{404, R"({"error":{"code":"not_found","message":"there is no workflow"}})"};
    return fake_answer{200, whole().dump()};
  }};
  const auto r = run_at(server.url(), {"workflows", "show", flow});
  CHECK(r.code == 0);
  for (const auto* part : {"nightly", "2 of 3, 1 running, 1 failed", "KEY   ID", "load, job_01h8xgq2m4k7b (finished)",
                           "EXIT_CODE: it ended?[2J with 3"})
    CHECK(r.out.find(part) != std::string::npos);
  CHECK(r.out.find('\033') == std::string::npos);
  CHECK(server.requests().back().target == "/api/workflows/" + flow);
  CHECK(json::parse(run_at(server.url(), {"workflows", "show", flow, "--json"}).out) == whole());
  const auto gone = run_at(server.url(), {"workflows", "show", "w-gone", flow});
  CHECK(gone.code == exit_usage);
  CHECK(gone.err.find("there is no workflow") != std::string::npos);
  CHECK(gone.out.find("nightly") != std::string::npos);
}

TEST_CASE("a graph is drawn by levels, and written for Graphviz") {
  fake_server server{[](const fake_request&) { return fake_answer{200, graph().dump()}; }};
  const auto r = run_at(server.url(), {"workflows", "graph", flow});
  CHECK(r.code == 0);
  CHECK(r.out == "night\"ly  w-x  running\n"
                 "LEVEL     KEY    STATUS     TIME  NEXT\n"
                 "1      *  load   completed  1.5s  -> left, right\n"
                 "2      *  left   running    5s    -> join\n"
                 "          right  queued           -> join (finished)\n"
                 "3      *  join   queued           \n"
                 "* critical path: load -> left -> join  6.5s\n");
  CHECK(server.requests().back().target == "/api/workflows/" + flow + "/graph");
  const auto dot = run_at(server.url(), {"workflows", "graph", flow, "--dot"}).out;
  CHECK(dot.starts_with("digraph \"night\\\"ly\" {\n"));
  for (const auto* line :
       {"  \"load\" [label=\"load\\ncompleted 1.5s\", fillcolor=palegreen, penwidth=3];\n",
        "  \"right\" [label=\"right\\nqueued\", fillcolor=white];\n", "  \"load\" -> \"left\" [penwidth=3];\n",
        "  \"load\" -> \"right\";\n", "  \"right\" -> \"join\" [label=\"finished\", style=dashed];\n"}) {
    INFO(line);
    CHECK(dot.find(line) != std::string::npos);
  }
  CHECK(dot.ends_with("}\n"));
  CHECK(json::parse(run_at(server.url(), {"workflows", "graph", flow, "--json"}).out) == graph());
}

TEST_CASE("many elements of a fan-out are one line, few are one each") {
  auto w = head("running", 1);
  w["jobs"] = json::object();
  auto all = json::array();
  for (int i = 0; i < 21; ++i) {
    const auto key = "part[" + std::to_string(i) + "]";
    all.push_back(key);
    w["jobs"][key] = {
      {"id", "job_1"}, {"type", "exec"}, {"status", i < 5 ? "completed" : "queued"}, {"dependencies", {"list"}}};
  }
  w["jobs"]["few[0]"] = {{"id", "job_2"}, {"type", "exec"}, {"status", "failed"}, {"dependencies", {"list"}}};
  w["jobs"]["part"] = {{"id", "job_3"}, {"type", "exec"}, {"status", "scheduled"}, {"dependencies", all}};
  fake_server server{[&](const fake_request&) { return fake_answer{200, w.dump()}; }};
  const auto r = run_at(server.url(), {"workflows", "show", flow});
  CHECK(r.code == 0);
  for (const auto* part : {"part[*]", "5 completed, 16 queued", "few[0]", "job_3  exec  scheduled"}) {
    INFO(part << " in\n" << r.out);
    CHECK(r.out.find(part) != std::string::npos);
  }
  CHECK(r.out.find("part[7]") == std::string::npos);
  auto g = graph();
  g["nodes"][1] = {
    {"key", "left"}, {"status", "failed"}, {"elements", {{"total", 60}, {"completed", 59}, {"failed", 1}}}};
  fake_server other{[&](const fake_request&) { return fake_answer{200, g.dump()}; }};
  CHECK(run_at(other.url(), {"workflows", "graph", flow}).out.find("59 completed, 1 failed") != std::string::npos);
  CHECK(run_at(other.url(), {"workflows", "graph", flow, "--dot"})
          .out.find(R"("left" [label="left\n59 completed, 1 failed", fillcolor=salmon, penwidth=3];)") !=
        std::string::npos);
}

TEST_CASE("an answer that is no graph is the server's fault") {
  auto wrong = graph();
  wrong["edges"].push_back({{"from", "x"}, {"to", "load"}, {"on", "success"}});
  fake_server server{[&](const fake_request&) { return fake_answer{200, wrong.dump()}; }};
  CHECK(run_at(server.url(), {"workflows", "graph", flow}).code == exit_server);
  fake_server other{[](const fake_request&) { return fake_answer{200, "{}"}; }};
  for (const auto* command : {"graph", "show"})
    CHECK(run_at(other.url(), {"workflows", command, flow}).code == exit_server);
  CHECK(run_at(other.url(), {"workflows"}).code == exit_server);
}

TEST_CASE("a workflow is submitted as it stands, and followed to its end") {
  std::atomic<int> looks{0};
  const char* end = "completed";
  fake_server server{[&](const fake_request& r) {
    if (r.method == "POST")
      return fake_answer{201, json{{"id", flow}, {"name", "nightly"}, {"jobs", json::object()}}.dump()};
    switch (looks++) {
    case 0:
      return fake_answer{200, head("waiting", 0).dump()};
    case 1:
      return fake_answer{503, R"({"error":{"code":"starting","message":"not yet"}})"};
    case 2:
    case 3:
      return fake_answer{200, head().dump()};
    default:
      return fake_answer{200, head(end, 3).dump()};
    }
  }};
  session s;
  s.input = R"({"name":"nightly","jobs":{}})";
  auto r = run_at(server.url(), {"workflows", "submit", "-"}, s);
  CHECK(r.code == 0);
  CHECK(r.out == flow + "\n");
  CHECK(server.requests().at(0).target == "/api/workflows");
  CHECK(server.requests().at(0).body == s.input);
  CHECK(looks == 0);

  r = run_at(server.url(), {"workflows", "submit", "-", "--wait"}, s);
  CHECK(r.code == 0);
  CHECK(r.out == flow + "\n" + flow + "  waiting  0 of 3, 1 running\n" + flow + "  running  1 of 3, 1 running\n" +
                   flow + "  completed  3 of 3, 1 running\n");
  CHECK(r.pauses.size() == 4);
  for (const auto* state : {"failed", "cancelled"}) {
    end = state;
    looks = 4;
    CHECK(run_at(server.url(), {"workflows", "submit", "-", "--wait"}, s).code == exit_job_failed);
  }
  looks = 2;
  end = "completed";
  r = run_at(server.url(), {"workflows", "submit", "-", "--wait", "--json"}, s);
  CHECK(r.code == 0);
  CHECK(json::parse(first_line(r.out))["id"] == flow);
  CHECK(r.out.ends_with(head("completed", 3).dump() + "\n"));
  s.terminal = true;
  looks = 2;
  r = run_at(server.url(), {"workflows", "submit", "-", "--wait"}, s);
  CHECK(r.out.find('\r' + flow) != std::string::npos);
  CHECK(r.out.ends_with("\n"));
}

TEST_CASE("a follower gives up when the scheduler stays away") {
  fake_server server{[&](const fake_request& r) {
    if (r.method == "POST")
      return fake_answer{201, json{{"id", flow}}.dump()};
    return fake_answer{503, R"({"error":{"code":"starting","message":"not yet"}})"};
  }};
  session s;
  s.input = "{}";
  const auto r = run_at(server.url(), {"workflows", "submit", "-", "--wait", "--reconnect", "1s"}, s);
  CHECK(r.code == exit_server);
  CHECK(r.out == flow + "\n");
  CHECK(run_at(server.url(), {"workflows", "submit", "-", "--reconnect", "soon"}, s).code == exit_usage);
  CHECK(run_at(server.url(), {"workflows", "submit", "/nowhere/file"}, s).code == exit_usage);
}

TEST_CASE("workflows are cancelled and retried by id") {
  fake_server server{[](const fake_request& r) {
    if (r.target.find("w-done") != std::string::npos)
      return fake_answer{409, R"({"error":{"code":"invalid_state","message":"there is nothing to retry"}})"};
    auto w = whole("cancelled");
    w[r.target.ends_with("/retry") ? "retried" : "cancelled"] = r.target.ends_with("/retry") ? 1 : 2;
    return fake_answer{200, w.dump()};
  }};
  auto r = run_at(server.url(), {"workflows", "cancel", flow, "--reason", "no \"need\""});
  CHECK(r.code == 0);
  CHECK(r.out == flow + "  2 jobs cancelled, cancelled\n");
  CHECK(server.requests().back().method == "POST");
  CHECK(server.requests().back().target == "/api/workflows/" + flow + "/cancel");
  CHECK(json::parse(server.requests().back().body) == json{{"reason", "no \"need\""}});
  r = run_at(server.url(), {"workflows", "retry", "w-done", flow});
  CHECK(r.code == exit_usage);
  CHECK(r.out == flow + "  1 job retried, cancelled\n");
  CHECK(r.err.find("nothing to retry") != std::string::npos);
  CHECK(server.requests().back().body.empty());
  CHECK(json::parse(run_at(server.url(), {"workflows", "retry", flow, "--json"}).out)["retried"] == 1);
  CHECK(run_at(server.url(), {"workflows", "cancel", ""}).code == exit_usage);
  CHECK(run_at(server.url(), {"workflows", "cancel"}).code == exit_usage);
  CHECK(run_at(dead_url(), {"workflows", "cancel", flow}).code == exit_unreachable);
}
