#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

json nightly() {
  return {{"name", "nightly"},
          {"version", 3},
          {"changedAt", "2026-01-15T11:00:00.000Z"},
          {"cron", "30 2 * * *"},
          {"timeZone", "Europe/Berlin"},
          {"jitter", 90},
          {"catchUp", "all"},
          {"catchUpMax", 7},
          {"overlap", "skip"},
          {"job", {{"jobType", "noop"}}},
          {"paused", false},
          {"next", {"2026-01-16T01:30:00.000Z", "2026-01-17T01:30:00.000Z"}},
          {"lastFire", "2026-01-15T01:30:00.000Z"},
          {"lastJobID", "job_1"},
          {"fired", 11},
          {"missed", 0},
          {"skipped", 2},
          {"unfinished", 1}};
}

fake_answer answer_all(const fake_request& r) {
  if (r.target == "/api/schedules/gone" || r.target == "/api/schedules/gone/run")
    return {404, R"({"error":{"code":"unknown_schedule","message":"there is no schedule gone"}})"};
  if (r.target.ends_with("/run"))
    return {201, R"({"jobID":"job_7","status":"queued"})"};
  return {200, nightly().dump()};
}

json added(const std::vector<std::string>& flags, const std::string& method = "POST",
           const std::string& target = "/api/schedules") {
  fake_server server{answer_all};
  std::vector<std::string> arguments{"schedules", "add"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto r = run_at(server.url(), arguments);
  INFO(r.err);
  REQUIRE(r.code == 0);
  CHECK(r.out == "nightly  version 3, next 2026-01-16T01:30:00.000Z (in 13h)\n");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == method);
  CHECK(requests[0].target == target);
  CHECK(requests[0].content_type == "application/json");
  return json::parse(requests[0].body);
}

} // namespace

TEST_CASE("schedules are listed, also without a subcommand") {
  fake_server server{[](const fake_request& r) {
    if (r.target == "/api/schedules") {
      auto paused = nightly();
      paused.update({{"name", "b"}, {"paused", true}, {"next", json::array()}});
      return fake_answer{200, json{{"schedules", {nightly(), paused}}, {"count", 2}, {"next", "b c"}}.dump()};
    }
    auto over = nightly(), broken = nightly();
    for (auto* s : {&over, &broken}) {
      s->erase("cron");
      s->erase("timeZone");
      s->erase("lastFire");
    }
    over.update({{"name", "c"}, {"at", "2026-01-01T00:00:00.000Z"}, {"next", json::array()}});
    broken.update({{"name", "d"}, {"every", 5400}, {"fault", "no zone"}, {"fired", 0}});
    return fake_answer{200, json{{"schedules", {over, broken}}, {"count", 2}, {"next", nullptr}}.dump()};
  }};
  for (const auto& arguments : {std::vector<std::string>{"schedules"}, {"schedules", "list"}}) {
    const auto r = run_at(server.url(), arguments);
    CHECK(r.code == 0);
    CHECK(r.out == "NAME     WHEN        ZONE           NEXT    LAST     STATE   FIRED\n"
                   "nightly  30 2 * * *  Europe/Berlin  in 13h  10h ago  active  11\n"
                   "b        30 2 * * *  Europe/Berlin          10h ago  paused  11\n"
                   "c        at 2026-01-01T00:00:00.000Z                                  over    11\n"
                   "d        every 90min                                 in 13h           fault   0\n");
  }
  CHECK(server.requests().at(1).target == "/api/schedules?cursor=b%20c");
  for (const auto& arguments : {std::vector<std::string>{"schedules", "--json"},
                                {"schedules", "list", "--json"},
                                {"schedules", "--json", "list"}}) {
    const auto all = json::parse(run_at(server.url(), arguments).out);
    CHECK(all["count"] == 4);
    CHECK(all["next"].is_null());
    CHECK(all["schedules"][0] == nightly());
    CHECK(all["schedules"][3]["name"] == "d");
  }
}

TEST_CASE("a schedule is shown with all it has") {
  fake_server server{answer_all};
  auto r = run_at(server.url(), {"schedules", "show", "nightly"});
  CHECK(r.code == 0);
  CHECK(r.out == "name          nightly\n"
                 "state         active\n"
                 "when          30 2 * * *\n"
                 "zone          Europe/Berlin\n"
                 "jitter        90s\n"
                 "catch up      all, at most 7\n"
                 "overlap       skip\n"
                 "version       3\n"
                 "changed       2026-01-15T11:00:00.000Z  (1h ago)\n"
                 "next          2026-01-16T01:30:00.000Z  (in 13h)\n"
                 "              2026-01-17T01:30:00.000Z  (in 1d)\n"
                 "last          2026-01-15T01:30:00.000Z  (10h ago)\n"
                 "last job      job_1\n"
                 "fired         11\n"
                 "missed        0\n"
                 "skipped       2\n"
                 "unfinished    1\n"
                 "job           {\n"
                 "                \"jobType\": \"noop\"\n"
                 "              }\n");
  CHECK(run_at(server.url(), {"schedules", "show", "nightly", "--json"}).out == nightly().dump() + "\n");
  r = run_at(server.url(), {"schedules", "show", "gone", "nightly"});
  CHECK(r.code == 1);
  CHECK(r.err == "callboard: gone: there is no schedule gone (unknown_schedule)\n");
  CHECK(r.out.starts_with("name "));
}

TEST_CASE("remove, pause, resume and run ask for each name") {
  struct row {
    std::string command, method, rest, out;
  };
  const row rows[] = {{"remove", "DELETE", "", "a b  removed\nc  removed\n"},
                      {"pause", "POST", "/pause", "a b  paused\nc  paused\n"},
                      {"resume", "POST", "/resume", "a b  resumed\nc  resumed\n"},
                      {"run", "POST", "/run", "job_7\njob_7\n"}};
  for (const auto& x : rows) {
    CAPTURE(x.command);
    fake_server server{answer_all};
    auto r = run_at(server.url(), {"schedules", x.command, "a b", "c"});
    CHECK(r.code == 0);
    CHECK(r.out == x.out);
    const auto requests = server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].method == x.method);
    CHECK(requests[0].target == "/api/schedules/a%20b" + x.rest);
    CHECK(requests[1].target == "/api/schedules/c" + x.rest);
    r = run_at(server.url(), {"schedules", x.command, "c", "--json"});
    CHECK(r.out == answer_all(requests[1]).body + "\n");
  }
  fake_server server{answer_all};
  const auto r = run_at(server.url(), {"schedules", "run", "gone", "c"});
  CHECK(r.code == 1);
  CHECK(r.out == "job_7\n");
}

TEST_CASE("history is a table of versions") {
  fake_server server{[](const fake_request&) {
    auto first = nightly();
    first.update({{"version", 1}, {"job", {{"jobType", "exec"}}}});
    return fake_answer{200, json{{"versions", {nightly(), first}}}.dump()};
  }};
  const auto r = run_at(server.url(), {"schedules", "history", "nightly"});
  CHECK(r.code == 0);
  CHECK(r.out == "VERSION  CHANGED                   WHEN        ZONE           TYPE\n"
                 "3        2026-01-15T11:00:00.000Z  30 2 * * *  Europe/Berlin  noop\n"
                 "1        2026-01-15T11:00:00.000Z  30 2 * * *  Europe/Berlin  exec\n");
  CHECK(server.requests().at(0).target == "/api/schedules/nightly/history");
}

TEST_CASE("next shows when an expression fires") {
  fake_server server{[](const fake_request& r) {
    if (json::parse(r.body).contains("timeZone"))
      return fake_answer{200,
                         R"({"next":["2026-01-16T01:30:00.000Z"],"local":["2026-01-16T02:30:00+01:00"],"count":1})"};
    return fake_answer{200, R"({"next":["2026-01-16T02:30:00.000Z","2026-01-17T02:30:00.000Z"],"count":2})"};
  }};
  auto r = run_at(server.url(), {"schedules", "next", "30 2 * * *"});
  CHECK(r.code == 0);
  CHECK(r.out == "UTC                       LOCAL  IN\n"
                 "2026-01-16T02:30:00.000Z         in 14h\n"
                 "2026-01-17T02:30:00.000Z         in 1d\n");
  r = run_at(server.url(), {"schedules", "next", "30 2 * * *", "--zone", "Europe/Berlin", "--count", "1"});
  CHECK(r.out == "UTC                       LOCAL                      IN\n"
                 "2026-01-16T01:30:00.000Z  2026-01-16T02:30:00+01:00  in 13h\n");
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  for (const auto& request : requests)
    CHECK(request.target == "/api/schedules/preview");
  CHECK(json::parse(requests[0].body) == json{{"cron", "30 2 * * *"}});
  CHECK(json::parse(requests[1].body) == json{{"cron", "30 2 * * *"}, {"timeZone", "Europe/Berlin"}, {"count", 1}});
}

TEST_CASE("add defines a schedule, and every field has its flag") {
  CHECK(added({"nightly", "--cron", "30 2 * * *", "noop"}) ==
        json{{"name", "nightly"}, {"cron", "30 2 * * *"}, {"job", {{"jobType", "noop"}, {"payload", json::object()}}}});
  CHECK(added({"x", "my_type", "--payload", R"({"a":1})", "--every", "10min", "--anchor", "2026-01-01T00:00:00Z"}) ==
        json{{"name", "x"},
             {"every", 600},
             {"anchor", "2026-01-01T00:00:00Z"},
             {"job", {{"jobType", "my_type"}, {"payload", {{"a", 1}}}}}});
  CHECK(added({"x", "--at", "2026-02-01T00:00:00Z", "noop"})["at"] == "2026-02-01T00:00:00Z");
  CHECK(added({"x", "--every", "90", "noop"})["every"] == 90);
  CHECK(added({"nightly",
               "--cron",
               "@daily",
               "--zone",
               "Europe/Berlin",
               "--start-at",
               "2026-02-01T00:00:00Z",
               "--end-at",
               "2027-02-01T00:00:00Z",
               "--jitter",
               "1500ms",
               "--catch-up",
               "all",
               "--catch-up-max",
               "5",
               "--overlap",
               "queue",
               "--start-within",
               "1h",
               "--priority",
               "9",
               "--tag",
               "t",
               "exec",
               "--cwd",
               "/srv",
               "--queue",
               "night",
               "--",
               "tar",
               "--cron",
               "noop"}) == json{{"name", "nightly"},
                                {"cron", "@daily"},
                                {"timeZone", "Europe/Berlin"},
                                {"startAt", "2026-02-01T00:00:00Z"},
                                {"endAt", "2027-02-01T00:00:00Z"},
                                {"jitter", 1.5},
                                {"catchUp", "all"},
                                {"catchUpMax", 5},
                                {"overlap", "queue"},
                                {"startWithin", 3600},
                                {"job",
                                 {{"jobType", "exec"},
                                  {"priority", 9},
                                  {"queue", "night"},
                                  {"tags", {"t"}},
                                  {"payload", {{"cwd", "/srv"}, {"argv", {"tar", "--cron", "noop"}}}}}}});
}

TEST_CASE("add replaces when it is told to") {
  const std::vector<std::string> flags{"a b", "--cron", "@daily", "noop", "--replace"};
  CHECK(added(flags, "PUT", "/api/schedules/a%20b")["name"] == "a b");
  auto versioned = flags;
  versioned.insert(versioned.end(), {"--if-version", "3"});
  added(versioned, "PUT", "/api/schedules/a%20b?ifVersion=3");
}

TEST_CASE("a schedule by a template sends parameters as the template wants them, and flags of the job as overrides") {
  fake_server server{[](const fake_request& r) {
    if (r.target.starts_with("/api/templates/"))
      return fake_answer{200, R"({"parameters":{"properties":{"s":{"type":"string"}}}})"};
    return answer_all(r);
  }};
  const auto r =
    run_at(server.url(), {"schedules", "add", "x", "--cron", "@daily", "--template", "nightly", "--template-version",
                          "2", "--param", "s=12", "--param", "n=12", "--priority", "7", "--queue", "q"});
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/api/templates/nightly?version=2");
  CHECK(requests[1].target == "/api/schedules");
  CHECK(json::parse(requests[1].body) == json::parse(R"({"name":"x","cron":"@daily","template":{"name":"nightly",
    "version":2,"parameters":{"s":"12","n":12},"overrides":{"priority":7,"queue":"q"}}})"));
}

TEST_CASE("a schedule by a template without parameters asks nothing before") {
  CHECK(added({"x", "--every", "5", "--template", "t"}) ==
        json::parse(R"({"name":"x","every":5,"template":{"name":"t","parameters":{}}})"));
}

TEST_CASE("a payload of a schedule goes through byte by byte") {
  fake_server server{answer_all};
  session s;
  s.input = R"({ "n": 12345678901234567890123 })";
  REQUIRE(run_at(server.url(), {"schedules", "add", "x", "t", "--every", "1", "--payload", "-"}, s).code == 0);
  REQUIRE(run_at(server.url(), {"schedules", "add", "x", "t", "--every", "1", "--payload-file", "-"}, s).code == 0);
  for (const auto& r : server.requests())
    CHECK(r.body == R"({"name":"x","every":1,"job":{"jobType":"t","payload":)" + s.input + "}}");
}

TEST_CASE("wrong input of schedules ends with 1 and asks nobody") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"add", "x", "--cron", "@daily"}, "the TYPE of its job"},
    {{"add"}, "NAME"},
    {{"add", "x", "--cron", "@daily", "--every", "5", "noop"}, "excludes"},
    {{"add", "x", "--at", "t", "--every", "5", "noop"}, "excludes"},
    {{"add", "x", "--every", "soon", "noop"}, "--every must be a time such as 15s"},
    {{"add", "x", "--every", "5", "--jitter", "y", "noop"}, "--jitter must be a time"},
    {{"add", "x", "--every", "5", "--start-within", "y", "noop"}, "--start-within must be a time"},
    {{"add", "x", "--every", "5", "--if-version", "3", "noop"}, "--replace"},
    {{"add", "x", "--every", "5", "noop", "--", "a"}, "noop has none"},
    {{"add", "x", "--every", "5", "other", "--", "a"}, "schedules add NAME exec -- PROGRAM"},
    {{"add", "x", "other", "exec"}, "schedules add NAME takes one TYPE"},
    {{"add", "\xff", "--every", "5", "noop"}, "not UTF-8"},
    {{"add", "x", "--every", "5", "--deadline", "1h", "noop"}, "--deadline"},
    {{"add", "x", "--every", "5", "--template", "t", "noop"}, "--template brings type and payload"},
    {{"add", "x", "--every", "5", "--template", "t", "--payload", "{\"a\":1}"}, "--template brings type and payload"},
    {{"add", "x", "--every", "5", "noop", "--param", "a=1"}, "go with --template"},
    {{"add", "x", "--every", "5", "noop", "--template-version", "1"}, "go with --template"},
    {{"show"}, "NAME"},
    {{"show", "a", "--", "b"}, "schedules add NAME exec"},
    {{"--", "b"}, "schedules add NAME exec"},
    {{"run"}, "NAME"},
    {{"next"}, "EXPR"},
    {{"next", "@daily", "--count", "many"}, "--count"},
    {{"import"}, "FILE"},
    {{"import", "no/such/file"}, "no/such/file cannot be read"},
    {{"forget"}, "forget"},
  };
  fake_server server{answer_all};
  for (const auto& x : samples) {
    CAPTURE(x.arguments);
    std::vector<std::string> arguments{"schedules"};
    arguments.insert(arguments.end(), x.arguments.begin(), x.arguments.end());
    const auto r = run_at(server.url(), arguments);
    CHECK(r.code == 1);
    CHECK_THAT(r.err, Catch::Contains(x.message));
    CHECK(r.out.empty());
  }
  CHECK(server.requests().empty());
}

TEST_CASE("an answer that is none is told") {
  fake_server server{[](const fake_request&) { return fake_answer{200, "{}"}; }};
  CHECK(run_at(server.url(), {"schedules"}).code == 4);
  CHECK(run_at(server.url(), {"schedules", "next", "@daily"}).code == 4);
  CHECK(run_at(dead_url(), {"schedules"}).code == 3);
}
