#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// Takes every schedule except those whose name has `bad` in it; those that have `old` are there already.
fake_answer take(const fake_request& r) {
  const auto body = json::parse(r.body);
  const auto name = body["name"].get<std::string>();
  if (name.find("bad") != std::string::npos)
    return {400, R"({"error":{"code":"invalid_value","message":"cron, minute, \"61\": wrong","field":"cron"}})"};
  if (name.find("busy") != std::string::npos)
    return {503, R"({"error":{"code":"overloaded","message":"too much"}})"};
  return {200, json{{"name", name},
                    {"version", name.find("old") == std::string::npos ? 1 : 2},
                    {"next", {"2026-01-16T02:30:00.000Z"}}}
                 .dump()};
}

struct imported {
  run_result ran;
  std::vector<fake_request> requests;
};

imported import(const std::string& text, const std::vector<std::string>& flags = {}) {
  fake_server server{take};
  session s;
  s.input = text;
  std::vector<std::string> arguments{"schedules", "import", "-"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  auto r = run_at(server.url(), arguments, s);
  return {std::move(r), server.requests()};
}

} // namespace

TEST_CASE("a line of a crontab becomes a schedule of exec") {
  const auto i = import("CRON_TZ=Europe/Berlin\n"
                        "PATH=/usr/bin\n"
                        "SHELL=/bin/bash\n"
                        "HOME=/srv/data\n"
                        "30  2 * * 1-5  /opt/backup.sh --all%yes%no\n");
  CHECK(i.ran.code == 0);
  CHECK(i.ran.err.empty());
  CHECK(i.ran.out == "stdin:5: backup.sh-all created, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "1 created, 0 updated, 0 refused\n");
  REQUIRE(i.requests.size() == 1);
  CHECK(i.requests[0].method == "POST");
  CHECK(i.requests[0].target == "/api/schedules");
  CHECK(json::parse(i.requests[0].body) ==
        json{{"name", "backup.sh-all"},
             {"cron", "30 2 * * 1-5"},
             {"timeZone", "Europe/Berlin"},
             {"job",
              {{"jobType", "exec"},
               {"retryCount", 0},
               {"timeout", 86400},
               {"payload",
                {{"argv", {"/bin/bash", "-c", "/opt/backup.sh --all"}},
                 {"env", {{"PATH", "/usr/bin"}, {"SHELL", "/bin/bash"}, {"HOME", "/srv/data"}}},
                 {"cwd", "/srv/data"},
                 {"stdin", "yes\nno\n"}}}}}});
}

TEST_CASE("a plain line has no more than it says") {
  const auto i = import("@daily true\n");
  CHECK(json::parse(i.requests.at(0).body) == json{{"name", "true"},
                                                   {"cron", "@daily"},
                                                   {"job",
                                                    {{"jobType", "exec"},
                                                     {"retryCount", 0},
                                                     {"timeout", 86400},
                                                     {"payload", {{"argv", {"/bin/sh", "-c", "true"}}}}}}});
  CHECK_THAT(i.ran.err, Catch::Contains("stdin:1: no time zone is given, so the times are UTC"));
}

TEST_CASE("flags of an import are those of each schedule and job") {
  const auto i = import("CRON_TZ=Asia/Tokyo\n@daily a\nCRON_TZ=\n@daily b\n",
                        {"--zone", "Europe/Berlin", "--prefix", "web 1.", "--catch-up", "none", "--overlap", "skip",
                         "--queue", "night", "--retries", "2", "--timeout", "1h"});
  CHECK(i.ran.err.empty());
  REQUIRE(i.requests.size() == 2);
  const auto a = json::parse(i.requests[0].body), b = json::parse(i.requests[1].body);
  CHECK(a["name"] == "web-1.a");
  CHECK(a["timeZone"] == "Asia/Tokyo");
  CHECK(b["timeZone"] == "Europe/Berlin");
  CHECK(b["catchUp"] == "none");
  CHECK(b["overlap"] == "skip");
  CHECK(b["job"]["queue"] == "night");
  CHECK(b["job"]["retryCount"] == 2);
  CHECK(b["job"]["timeout"] == 3600);
}

TEST_CASE("names are taken once in a file") {
  const auto i = import("@daily x\n@hourly x\n@daily /bin/x\n@daily preview\n@daily x 2\n" +
                          ("@daily " + std::string(40, 'l')) + "\n" + "@hourly " + std::string(40, 'l') + "\n",
                        {"--prefix", std::string()});
  std::vector<std::string> names;
  for (const auto& r : i.requests)
    names.push_back(json::parse(r.body)["name"]);
  CHECK(names == std::vector<std::string>{"x", "x-2", "x-3", "preview-2", "x-2-2", std::string(40, 'l'),
                                          std::string(40, 'l') + "-2"});
  const auto longest = import("@daily x\n@daily x\n", {"--prefix", std::string(120, 'p')});
  std::set<std::string> different;
  for (const auto& r : longest.requests) {
    different.insert(json::parse(r.body)["name"].get<std::string>());
    CHECK(json::parse(r.body)["name"].get<std::string>().size() == 100);
  }
  CHECK(different.size() == 2);
}

TEST_CASE("an import replaces when it is told to") {
  const auto i = import("@daily old\n@daily new\n", {"--replace", "--zone", "UTC"});
  CHECK(i.ran.code == 0);
  CHECK(i.ran.out == "stdin:1: old updated, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "stdin:2: new created, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "1 created, 1 updated, 0 refused\n");
  REQUIRE(i.requests.size() == 2);
  CHECK(i.requests[0].method == "PUT");
  CHECK(i.requests[0].target == "/api/schedules/old");
}

TEST_CASE("a refused line is named, and the others are there") {
  const auto i = import("@daily good\n61 * * * * bad\n@reboot x\nMAILTO=root\n@daily fine\n", {"--zone", "UTC"});
  CHECK(i.ran.code == 1);
  CHECK(i.ran.out == "stdin:1: good created, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "stdin:5: fine created, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "2 created, 0 updated, 2 refused\n");
  CHECK_THAT(i.ran.err,
             Catch::Contains("stdin:4: MAILTO is not supported") &&
               Catch::Contains("stdin:3: refused: @reboot is no time") &&
               Catch::Contains("stdin:2: bad refused: cron, minute, \"61\": wrong (invalid_value, field cron)"));
  const auto latin = import("@daily caf\xe9\n@daily fine\n", {"--zone", "UTC"});
  CHECK(latin.ran.code == 1);
  CHECK_THAT(latin.ran.err, Catch::Contains("stdin:1: caf refused: the command or its environment is not UTF-8"));
  CHECK(latin.requests.size() == 1);
  CHECK(import("@daily busy\n").ran.code == 4);
}

TEST_CASE("a dry run creates nothing") {
  const auto i = import("@daily old\n61 * * * * bad\n", {"--dry-run", "--replace", "--zone", "UTC"});
  CHECK(i.ran.code == 1);
  CHECK(i.ran.out == "stdin:1: old accepted, next 2026-01-16T02:30:00.000Z (in 14h)\n"
                     "1 would be accepted, 1 refused; nothing was created\n");
  REQUIRE(i.requests.size() == 2);
  for (const auto& r : i.requests) {
    CHECK(r.method == "POST");
    CHECK(r.target == "/api/schedules/preview");
    CHECK(json::parse(r.body).contains("job"));
  }
}

TEST_CASE("the user of a system's crontab is said to have no effect, once") {
  const auto i = import("@daily root a\n@daily www-data b\n", {"--system", "--zone", "UTC"});
  CHECK(i.ran.code == 0);
  CHECK(i.ran.err == "callboard: stdin:1: the user's field (here root) is not used: jobs run as the user that the "
                     "workers run as\n");
  CHECK(json::parse(i.requests.at(1).body)["job"]["payload"]["argv"][2] == "b");
}

TEST_CASE("an import as JSON has a line per entry") {
  const auto i = import("@daily good\n@daily bad\n@reboot x\n", {"--json"});
  CHECK(i.ran.code == 1);
  std::vector<json> lines;
  for (size_t at = 0; at < i.ran.out.size();) {
    const auto end = i.ran.out.find('\n', at);
    lines.push_back(json::parse(i.ran.out.substr(at, end - at)));
    at = end + 1;
  }
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["line"] == 3);
  CHECK(lines[0]["name"].is_null());
  CHECK(lines[1] == json{{"line", 1}, {"name", "good"}, {"outcome", "created"}, {"next", "2026-01-16T02:30:00.000Z"}});
  CHECK(lines[2]["outcome"] == "refused");
  CHECK_THAT(lines[2]["reason"].get<std::string>(), Catch::Contains("wrong (invalid_value, field cron)"));
}

TEST_CASE("without a scheduler an import ends at once") {
  session s;
  s.input = "@daily a\n@daily b\n";
  const auto r = run_at(dead_url(), {"schedules", "import", "-"}, s);
  CHECK(r.code == 3);
  CHECK(r.out.empty());
  CHECK(import("# nothing\n").ran.out == "0 created, 0 updated, 0 refused\n");
}
