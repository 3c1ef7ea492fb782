#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// `count` jobs, newest first, on pages of at most `limit` as the request says.
class paging {
public:
  explicit paging(int count) : count_(count) {
  }
  fake_answer operator()(const fake_request& r) const {
    const int limit = number(r.target, "limit=", 0);
    const int first = number(r.target, "cursor=job_", 0);
    json jobs = json::array();
    for (int i = first; i < count_ && i < first + limit; ++i)
      jobs.push_back({{"id", "job_" + std::to_string(i)},
                      {"type", "noop"},
                      {"status", "queued"},
                      {"priority", 5},
                      {"queue", "default"},
                      {"attempt", 0},
                      {"createdAt", "2026-01-15T11:00:00.000Z"}});
    const bool more = first + limit < count_;
    return {200, json{{"jobs", jobs},
                      {"count", jobs.size()},
                      {"next", more ? json("job_" + std::to_string(first + limit)) : json()}}
                   .dump()};
  }

private:
  static int number(const std::string& text, const std::string& after, int otherwise) {
    const auto at = text.find(after);
    return at == std::string::npos ? otherwise : std::stoi(text.substr(at + after.size()));
  }
  int count_;
};

size_t lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("list prints a table") {
  fake_server server{paging{2}};
  const auto r = run_at(server.url(), {"list"});
  CHECK(r.code == 0);
  CHECK(r.out == "ID     TYPE  STATUS  PRI  QUEUE    ATTEMPT  CREATED  WORKER  ERROR\n"
                 "job_0  noop  queued  5    default  0        1h ago           \n"
                 "job_1  noop  queued  5    default  0        1h ago           \n");
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].target == "/api/jobs?limit=50");
}

TEST_CASE("list passes every filter on, escaped") {
  fake_server server{paging{0}};
  CHECK(run_at(server.url(), {"list",
                              "--status",
                              "failed,cancelled",
                              "--status",
                              "queued",
                              "--type",
                              "exec",
                              "--queue",
                              "a b",
                              "--tag",
                              "x&y",
                              "--key",
                              "k 1",
                              "--priority",
                              "0",
                              "--from",
                              "2026-01-01T00:00:00+01:00",
                              "--to",
                              "2026-01-02T00:00:00Z",
                              "--limit",
                              "7"})
          .code == 0);
  CHECK(server.requests().at(0).target ==
        "/api/jobs?status=failed%2Ccancelled%2Cqueued&type=exec&queue=a%20b&tag=x%26y&key=k%201&priority=0"
        "&from=2026-01-01T00%3A00%3A00%2B01%3A00&to=2026-01-02T00%3A00%3A00Z&limit=7");
}

TEST_CASE("a limit reaches over pages, and says when there is more") {
  fake_server server{paging{300}};
  const auto r = run_at(server.url(), {"list", "--limit", "250"});
  CHECK(lines(r.out) == 1 + 250 + 1);
  CHECK(r.out.ends_with("(more; --limit N or --all shows them)\n"));
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].target == "/api/jobs?limit=100&cursor=job_100");
  CHECK(requests[2].target == "/api/jobs?limit=50&cursor=job_200");
}

TEST_CASE("the flag --all shows all, and one head") {
  fake_server server{paging{205}};
  const auto r = run_at(server.url(), {"list", "--all"});
  CHECK(lines(r.out) == 1 + 205);
  CHECK(r.out.find("job_204") != std::string::npos);
  CHECK(server.requests().size() == 3);
  CHECK(run_at(server.url(), {"list", "--all", "--limit", "3"}).code == 1);
  CHECK(run_at(server.url(), {"list", "--limit", "0"}).code == 1);
}

TEST_CASE("JSON of many pages is one document") {
  fake_server server{paging{205}};
  auto all = json::parse(run_at(server.url(), {"list", "--all", "--json"}).out);
  CHECK(all["jobs"].size() == 205);
  CHECK(all["count"] == 205);
  CHECK(all["next"].is_null());
  CHECK(all["jobs"][204]["id"] == "job_204");
  all = json::parse(run_at(server.url(), {"list", "--limit", "2", "--json"}).out);
  CHECK(all["count"] == 2);
  CHECK(all["next"] == "job_2");
}

TEST_CASE("an empty list") {
  fake_server server{paging{0}};
  CHECK(lines(run_at(server.url(), {"list"}).out) == 1);
  CHECK(json::parse(run_at(server.url(), {"list", "--json"}).out)["count"] == 0);
}

TEST_CASE("an empty page is not the end") {
  fake_server server{[](const fake_request& r) {
    return r.target.find("cursor") == std::string::npos ? fake_answer{200, R"({"jobs":[],"next":"job_9"})"}
                                                        : fake_answer{200, R"({"jobs":[{"id":"job_8"}],"next":null})"};
  }};
  CHECK(run_at(server.url(), {"list"}).out.find("job_8") != std::string::npos);
}
