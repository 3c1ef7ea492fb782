#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A scheduler with so many jobs that match, on which it acts slice by slice. The cursor is the number of those done.
class slices {
public:
  explicit slices(int count) : count_(count) {
  }
  slices& refusing(int per_slice) {
    refused_ = per_slice;
    return *this;
  }
  fake_answer operator()(const fake_request& r) const {
    const auto body = json::parse(r.body);
    const int first = body.contains("cursor") ? std::stoi(body["cursor"].get<std::string>()) : 0;
    const bool dry = body.value("dryRun", false);
    const int matched = std::min(count_ - first, body["limit"].get<int>());
    const int refused = dry ? 0 : std::min(refused_, matched);
    json list = json::array();
    for (int i = 0; i < std::min(refused, 20); ++i)
      list.push_back({{"jobID", "job_" + std::to_string(first + i)},
                      {"error", {{"code", "invalid_state"}, {"message", "it has ended\033[2J"}}}});
    json out{{"action", "x"},           {"dryRun", dry},
             {"matched", matched},      {"changed", dry ? 0 : matched - refused},
             {"refusedCount", refused}, {"refused", list}};
    if (first + matched < count_)
      out["next"] = std::to_string(first + matched);
    return {200, out.dump()};
  }

private:
  int count_;
  int refused_ = 0;
};

json body_of(const fake_request& r) {
  return json::parse(r.body);
}

session terminal(std::string input) {
  session s;
  s.input = std::move(input);
  s.terminal = true;
  return s;
}

} // namespace

TEST_CASE("bulk counts all pages, acts slice by slice, and sums up") {
  fake_server server{slices{12'500}};
  const auto r = run_at(server.url(), {"bulk", "cancel", "--tag", "x", "--reason", "no \"need\"", "--yes"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "cancelled 12500 jobs\n");
  CHECK(r.err.empty());
  CHECK(r.pauses.empty());
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2 + 13);
  for (const auto& q : requests) {
    CHECK(q.method == "POST");
    CHECK(q.target == "/api/bulk");
    CHECK(q.content_type == "application/json");
  }
  const json first{
    {"action", "cancel"}, {"filter", {{"tag", "x"}}}, {"reason", "no \"need\""}, {"limit", 10'000}, {"dryRun", true}};
  CHECK(body_of(requests[0]) == first);
  CHECK(body_of(requests[1])["cursor"] == "10000");
  CHECK_FALSE(body_of(requests[2]).contains("dryRun"));
  CHECK(body_of(requests[2])["limit"] == 1'000);
  CHECK(body_of(requests[14])["cursor"] == "12000");
}

TEST_CASE("bulk hands its filter and its change on") {
  fake_server server{slices{1}};
  auto r = run_at(server.url(), {"bulk",
                                 "change",
                                 "--status",
                                 "queued,scheduled",
                                 "--type",
                                 "exec",
                                 "--queue",
                                 "a b",
                                 "--key",
                                 "k",
                                 "--priority",
                                 "0",
                                 "--from",
                                 "2026-01-01T00:00:00Z",
                                 "--to",
                                 "2026-01-02T00:00:00Z",
                                 "--set-priority",
                                 "9",
                                 "--set-schedule-at",
                                 "2026-02-01T00:00:00Z",
                                 "--set-deadline",
                                 "2026-03-01T00:00:00Z",
                                 "--yes"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "changed 1 job\n");
  const auto body = body_of(server.requests().back());
  CHECK(body["filter"] == json{{"status", {"queued", "scheduled"}},
                               {"type", "exec"},
                               {"queue", "a b"},
                               {"key", "k"},
                               {"priority", 0},
                               {"from", "2026-01-01T00:00:00Z"},
                               {"to", "2026-01-02T00:00:00Z"}});
  CHECK(body["change"] ==
        json{{"priority", 9}, {"scheduleAt", "2026-02-01T00:00:00Z"}, {"deadline", "2026-03-01T00:00:00Z"}});
  CHECK(run_at(server.url(), {"bulk", "retry", "--all", "--yes"}).code == exit_ok);
  CHECK(body_of(server.requests().back())["filter"] == json{{"all", true}});
}

TEST_CASE("bulk asks on a terminal, and shows how far it is") {
  fake_server server{slices{1'500}};
  auto r = run_at(server.url(), {"bulk", "cancel", "--tag", "x"}, terminal("y\n"));
  CHECK(r.code == exit_ok);
  CHECK(r.out ==
        "cancel 1500 jobs? [y/N] \r1000 of 1500 jobs\033[K\r1500 of 1500 jobs\033[K\r\033[Kcancelled 1500 jobs\n");
  for (const auto* no : {"n\n", "", "\n", "maybe\n"}) {
    const auto before = server.requests().size();
    r = run_at(server.url(), {"bulk", "cancel", "--tag", "x"}, terminal(no));
    CHECK(r.code == exit_usage);
    CHECK(r.out == "cancel 1500 jobs? [y/N] nothing was changed\n");
    CHECK(server.requests().size() == before + 1);
  }
}

TEST_CASE("bulk without a terminal wants --yes") {
  fake_server server{slices{3}};
  auto r = run_at(server.url(), {"bulk", "cancel", "--tag", "x"});
  CHECK(r.code == exit_usage);
  CHECK(r.err == "callboard: nobody can be asked here; say --yes, or --dry-run to count only\n");
  CHECK(run_at(server.url(), {"bulk", "cancel", "--tag", "x", "--json"}, terminal("y\n")).code == exit_usage);
  CHECK(server.requests().empty());
}

TEST_CASE("a dry run of bulk only counts") {
  fake_server server{slices{10'001}};
  auto r = run_at(server.url(), {"bulk", "discard", "--tag", "x", "--dry-run"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "10001 jobs would be discarded\n");
  CHECK(server.requests().size() == 2);
  r = run_at(server.url(), {"bulk", "discard", "--tag", "x", "--dry-run", "--json"});
  CHECK(json::parse(r.out) == json{{"action", "discard"},
                                   {"dryRun", true},
                                   {"matched", 10'001},
                                   {"changed", 0},
                                   {"refusedCount", 0},
                                   {"refused", json::array()}});
  for (const auto& q : server.requests())
    CHECK(body_of(q)["dryRun"] == true);
}

TEST_CASE("bulk names refused jobs, and ends with 1") {
  fake_server server{slices{2'000}.refusing(15)};
  auto r = run_at(server.url(), {"bulk", "cancel", "--tag", "x", "--yes"});
  CHECK(r.code == exit_usage);
  CHECK(r.out == "cancelled 1970 jobs, 30 refused\n");
  CHECK(r.err.starts_with("callboard: job_0: it has ended?[2J (invalid_state)\n"));
  CHECK(r.err.ends_with("callboard: and 10 more\n"));
  r = run_at(server.url(), {"bulk", "cancel", "--tag", "x", "--yes", "--json"});
  CHECK(r.code == exit_usage);
  const auto out = json::parse(r.out);
  CHECK(out["matched"] == 2'000);
  CHECK(out["changed"] == 1'970);
  CHECK(out["refusedCount"] == 30);
  CHECK(out["refused"].size() == 20);
  CHECK(r.err.empty());
}

TEST_CASE("bulk keeps to its rate between slices") {
  fake_server server{slices{120}};
  auto r = run_at(server.url(), {"bulk", "retry", "--tag", "x", "--yes", "--rate", "50"});
  CHECK(r.code == exit_ok);
  CHECK(r.pauses == std::vector<duration>{1s, 1s});
  CHECK(body_of(server.requests().back())["limit"] == 50);
  fake_server large{slices{2'500}};
  r = run_at(large.url(), {"bulk", "retry", "--tag", "x", "--yes", "--rate", "2000"});
  CHECK(r.pauses == std::vector<duration>{500ms, 500ms});
  CHECK(run_at(large.url(), {"bulk", "retry", "--tag", "x", "--yes", "--rate", "0"}).code == exit_usage);
}

TEST_CASE("bulk waits when the scheduler cannot go on, and tells what it did when it gives up") {
  std::atomic<int> asked{0};
  fake_server server{[&](const fake_request& r) {
    switch (body_of(r).value("dryRun", false) ? 0 : ++asked) {
    case 0:
      return fake_answer{200, R"({"matched":30,"changed":0,"refusedCount":0,"refused":[]})"};
    case 1:
      return fake_answer{200, R"({"matched":10,"changed":10,"refusedCount":0,"refused":[],"next":"job_9",)"
                              R"("stopped":{"code":"overloaded","message":"busy"}})"};
    default:
      return fake_answer{503, R"({"error":{"code":"storage_unavailable","message":"full","field":""}})"};
    }
  }};
  const auto r = run_at(server.url(), {"bulk", "cancel", "--all", "--yes"});
  CHECK(r.code == exit_server);
  CHECK(r.out == "cancelled 10 jobs\n");
  CHECK(r.err == "callboard: full (storage_unavailable)\n");
  CHECK(r.pauses == std::vector<duration>{1s});
  CHECK(body_of(server.requests().back())["cursor"] == "job_9");
}

TEST_CASE("bulk commands that make no sense ask nothing") {
  fake_server server{slices{3}};
  for (const auto& arguments : std::vector<std::vector<std::string>>{
         {"bulk"},
         {"bulk", "drop", "--all"},
         {"bulk", "cancel", "--yes"},
         {"bulk", "cancel", "--all", "--tag", "x", "--yes"},
         {"bulk", "retry", "--all", "--reason", "x", "--yes"},
         {"bulk", "change", "--all", "--priority", "3", "--yes"},
         {"bulk", "change", "--tag", "x", "--yes"},
         {"bulk", "cancel", "--priority", "high", "--yes"},
         {"bulk", "cancel", "--tag", "x", "--set-priority", "3", "--yes"},
         {"dead"},
         {"dead", "redrive", "--yes"},
         {"dead", "redrive", "--status", "failed", "--yes"},
         {"dead", "list", "--all", "--limit", "3"},
       }) {
    CAPTURE(arguments);
    CHECK(run_at(server.url(), arguments).code == exit_usage);
  }
  CHECK(server.requests().empty());
}

TEST_CASE("failed jobs are redriven and discarded by their own addresses") {
  fake_server server{slices{5}};
  auto r = run_at(server.url(), {"dead", "redrive", "--type", "mail", "--yes"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "redriven 5 jobs\n");
  CHECK(server.requests().back().target == "/api/dead/redrive");
  CHECK(body_of(server.requests().back()) == json{{"filter", {{"type", "mail"}}}, {"limit", 1'000}});
  r = run_at(server.url(), {"dead", "discard", "--all", "--reason", "known", "--yes"});
  CHECK(r.out == "discarded 5 jobs\n");
  CHECK(server.requests().back().target == "/api/dead/discard");
  CHECK(body_of(server.requests().back())["reason"] == "known");
}

TEST_CASE("failed jobs as a table") {
  fake_server server{[](const fake_request& r) {
    return r.target.find("cursor") == std::string::npos
             ? fake_answer{200, R"({"jobs":[{"id":"job_2","type":"exec","queue":"q","attempt":4,)"
                                R"("completedAt":"2026-01-15T11:59:00.000Z",)"
                                R"("error":{"code":"TIMEOUT","message":"too long\u001b"}}],"next":"job_2"})"}
             : fake_answer{200, R"({"jobs":[{"id":"job_1"}],"next":null})"};
  }};
  auto r = run_at(server.url(), {"dead", "list", "--queue", "a b"});
  CHECK(r.code == exit_ok);
  CHECK(first_line(r.out) == "ID     TYPE  QUEUE  ATTEMPT  FAILED    CODE     MESSAGE");
  CHECK(r.out.find("job_2  exec  q      4        1min ago  TIMEOUT  too long?") != std::string::npos);
  CHECK(r.out.find("job_1") != std::string::npos);
  CHECK(server.requests().at(0).target == "/api/dead?limit=50&queue=a%20b");
  CHECK(server.requests().at(1).target == "/api/dead?limit=49&queue=a%20b&cursor=job_2");
  r = run_at(server.url(), {"dead", "list", "--limit", "1"});
  CHECK(r.out.ends_with("(more; --limit N or --all shows them)\n"));
  const auto all = json::parse(run_at(server.url(), {"dead", "list", "--all", "--json"}).out);
  CHECK(all["count"] == 2);
  CHECK(all["next"].is_null());
}

TEST_CASE("a summary of failed jobs adds its pages up") {
  fake_server server{[](const fake_request& r) {
    return r.target.find("cursor") == std::string::npos
             ? fake_answer{200, R"({"groups":[{"type":"a","code":"X","count":3,"latest":"2026-01-15T11:00:00.000Z"}],)"
                                R"("lookedAt":3,"next":"job_7"})"}
             : fake_answer{200, R"({"groups":[{"type":"a","code":"X","count":2,"latest":"2026-01-15T10:00:00.000Z"},)"
                                R"({"type":"b","code":"Y","count":7}],"lookedAt":9,"next":null})"};
  }};
  auto r = run_at(server.url(), {"dead", "summary", "--type", "a"});
  CHECK(r.code == exit_ok);
  CHECK(r.out == "TYPE  CODE  JOBS  LATEST\n"
                 "b     Y     7     \n"
                 "a     X     5     1h ago\n"
                 "12 failed jobs\n");
  CHECK(server.requests().at(0).target == "/api/dead?summary=true&type=a");
  CHECK(server.requests().at(1).target == "/api/dead?summary=true&type=a&cursor=job_7");
  const auto out = json::parse(run_at(server.url(), {"dead", "summary", "--json"}).out);
  CHECK(out["lookedAt"] == 12);
  CHECK(out["groups"][1] == json{{"type", "a"}, {"code", "X"}, {"count", 5}, {"latest", "2026-01-15T11:00:00.000Z"}});
}
