#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

json mail() {
  return {{"name", "mail"},
          {"paused", false},
          {"concurrency", 10},
          {"rate", {{"jobs", 100}, {"per", 60}, {"burst", 20}}},
          {"weight", 3},
          {"underWay", 10},
          {"held", "concurrency"},
          {"ready", 50},
          {"waiting", 4},
          {"running", 9},
          {"retrying", 1},
          {"oldestReady", "2026-01-15T11:58:00.000Z"},
          {"lastProcessed", "2026-01-15T11:59:55.000Z"}};
}

/// A queue of that name without limits and jobs.
json plain(const std::string& name) {
  return {{"name", name}, {"paused", false}, {"concurrency", nullptr}, {"rate", nullptr},
          {"weight", 1},  {"underWay", 0},   {"held", nullptr},        {"ready", 0},
          {"waiting", 0}, {"running", 0},    {"retrying", 0}};
}

json some_type() {
  return {{"name", "exec"},
          {"paused", false},
          {"concurrency", nullptr},
          {"rate", {{"jobs", 5}, {"per", 1.5}, {"burst", 1}}},
          {"underWay", 2},
          {"held", "rate"},
          {"ready", 7}};
}

fake_answer answer_mail(const fake_request& r) {
  if (r.target.starts_with("/api/queues/gone"))
    return {429, R"({"error":{"code":"queue_full","message":"too many limits"}})"};
  return {200, r.target.starts_with("/api/types") ? some_type().dump() : mail().dump()};
}

/// What `set` with these flags puts when the present rule is that of `shown`.
json put_of(const json& shown, const std::vector<std::string>& flags, const std::string& command = "queues") {
  fake_server server{[&](const fake_request&) { return fake_answer{200, shown.dump()}; }};
  std::vector<std::string> arguments{command, "set", "a/b"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const auto r = run_at(server.url(), arguments);
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "GET");
  CHECK(requests[1].method == "PUT");
  for (const auto& x : requests)
    CHECK(x.target == "/api/" + command + "/a%2Fb");
  CHECK(requests[1].content_type == "application/json");
  return json::parse(requests[1].body);
}

json rule(const json& concurrency, const json& rate, int weight = 1, bool paused = false) {
  return {{"paused", paused}, {"concurrency", concurrency}, {"rate", rate}, {"weight", weight}};
}

} // namespace

TEST_CASE("queues are listed, also without a subcommand") {
  fake_server server{[](const fake_request& r) {
    if (r.target == "/api/queues") {
      auto paused = plain("night");
      paused.update({{"paused", true}, {"held", "paused"}, {"ready", 2}});
      return fake_answer{200, json{{"queues", {mail(), paused}}, {"count", 2}, {"next", "night/2"}}.dump()};
    }
    auto slow = plain("slow");
    slow.update({{"rate", {{"jobs", 1}, {"per", 90}, {"burst", 1}}}, {"held", "rate"}});
    return fake_answer{200, json{{"queues", {plain("plain"), slow}}, {"count", 2}, {"next", nullptr}}.dump()};
  }};
  for (const auto& arguments : {std::vector<std::string>{"queues"}, {"queues", "list"}}) {
    const auto r = run_at(server.url(), arguments);
    CHECK(r.code == 0);
    CHECK(
      r.out ==
      "NAME   READY  WAITING  RUNNING  RETRYING  OLDEST    LIMITS                                             STATE\n"
      "mail   50     4        9        1         2min ago  concurrency 10, rate 100/1min, burst 20, weight 3  at "
      "concurrency\n"
      "night  2      0        0        0                                                                      paused\n"
      "plain  0      0        0        0                                                                      open\n"
      "slow   0      0        0        0                   rate 1/90s                                         at "
      "rate\n");
  }
  CHECK(server.requests().at(1).target == "/api/queues?cursor=night%2F2");
  for (const auto& arguments :
       {std::vector<std::string>{"queues", "--json"}, {"queues", "list", "--json"}, {"queues", "--json", "list"}}) {
    const auto all = json::parse(run_at(server.url(), arguments).out);
    CHECK(all["count"] == 4);
    CHECK(all["next"].is_null());
    CHECK(all["queues"][0] == mail());
    CHECK(all["queues"][3]["name"] == "slow");
  }
}

TEST_CASE("job types are listed") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200, json{{"types", {some_type()}}, {"count", 1}, {"next", nullptr}}.dump()};
  }};
  const auto r = run_at(server.url(), {"types"});
  CHECK(r.code == 0);
  CHECK(r.out == "NAME  READY  UNDER WAY  LIMITS         STATE\n"
                 "exec  7      2          rate 5/1500ms  at rate\n");
  CHECK(server.requests().at(0).target == "/api/types");
  CHECK(json::parse(run_at(server.url(), {"types", "list", "--json"}).out)["types"][0] == some_type());
}

TEST_CASE("a queue and a job type are shown with all they have") {
  fake_server server{answer_mail};
  auto r = run_at(server.url(), {"queues", "show", "mail"});
  CHECK(r.code == 0);
  CHECK(r.out == "name          mail\n"
                 "state         at concurrency\n"
                 "limits        concurrency 10, rate 100/1min, burst 20, weight 3\n"
                 "under way     10\n"
                 "ready         50\n"
                 "waiting       4\n"
                 "running       9\n"
                 "retrying      1\n"
                 "oldest ready  2026-01-15T11:58:00.000Z  (2min ago)\n"
                 "last          2026-01-15T11:59:55.000Z  (5s ago)\n");
  CHECK(run_at(server.url(), {"queues", "show", "mail", "--json"}).out == mail().dump() + "\n");
  r = run_at(server.url(), {"types", "show", "exec"});
  CHECK(r.out == "name          exec\n"
                 "state         at rate\n"
                 "limits        rate 5/1500ms\n"
                 "under way     2\n"
                 "ready         7\n");
  CHECK(server.requests().back().target == "/api/types/exec");
  r = run_at(server.url(), {"queues", "show", "gone", "mail"});
  CHECK(r.code == 4);
  CHECK(r.err == "callboard: gone: too many limits (queue_full)\n");
  CHECK(r.out.starts_with("name "));
}

TEST_CASE("pause, resume and clear ask for each name") {
  struct row {
    std::string command, method, rest, done;
  };
  const row rows[] = {{"pause", "POST", "/pause", "paused"},
                      {"resume", "POST", "/resume", "resumed"},
                      {"clear", "DELETE", "", "cleared"}};
  for (const std::string of : {"queues", "types"})
    for (const auto& x : rows) {
      CAPTURE(of, x.command);
      fake_server server{answer_mail};
      auto r = run_at(server.url(), {of, x.command, "a/b c", "d"});
      CHECK(r.code == 0);
      CHECK(r.out == "a/b c  " + x.done + "\nd  " + x.done + "\n");
      const auto requests = server.requests();
      REQUIRE(requests.size() == 2);
      CHECK(requests[0].method == x.method);
      CHECK(requests[0].target == "/api/" + of + "/a%2Fb%20c" + x.rest);
      CHECK(requests[1].target == "/api/" + of + "/d" + x.rest);
      r = run_at(server.url(), {of, x.command, "d", "--json"});
      CHECK(r.out == answer_mail(requests[1]).body + "\n");
    }
  fake_server server{answer_mail};
  const auto r = run_at(server.url(), {"queues", "pause", "gone", "d"});
  CHECK(r.code == 4);
  CHECK(r.out == "d  paused\n");
}

TEST_CASE("set changes what is given, and nothing else") {
  const json rate{{"jobs", 100}, {"per", 60}, {"burst", 20}};
  CHECK(put_of(mail(), {"--concurrency", "4"}) == rule(4, rate, 3));
  CHECK(put_of(mail(), {"--concurrency", "0"}) == rule(nullptr, rate, 3));
  CHECK(put_of(mail(), {"--weight", "7"}) == rule(10, rate, 7));
  CHECK(put_of(mail(), {"--burst", "2"}) == rule(10, {{"jobs", 100}, {"per", 60}, {"burst", 2}}, 3));
  CHECK(put_of(mail(), {"--rate", "5/1s"}) == rule(10, {{"jobs", 5}, {"per", 1}, {"burst", 20}}, 3));
  CHECK(put_of(mail(), {"--rate", "0"}) == rule(10, nullptr, 3));
  CHECK(put_of(plain("x"), {"--rate", "5/1500ms"}) == rule(nullptr, {{"jobs", 5}, {"per", 1.5}}));
  CHECK(put_of(plain("x"), {"--rate", "5/1m"})["rate"]["per"] == 60);
  CHECK(put_of(plain("x"), {"--rate", "5/1h"})["rate"]["per"] == 3600);
  CHECK(put_of(plain("x"), {"--rate", "5/90"})["rate"]["per"] == 90);
  CHECK(put_of(plain("x"), {"--concurrency", "3", "--rate", "5/1s", "--burst", "9", "--weight", "2"}) ==
        rule(3, {{"jobs", 5}, {"per", 1}, {"burst", 9}}, 2));
  auto paused = mail();
  paused["paused"] = true;
  CHECK(put_of(paused, {"--rate", "0", "--concurrency", "0"}) == rule(nullptr, nullptr, 3, true));
  // What is out of range is for the scheduler to refuse.
  CHECK(put_of(plain("x"), {"--concurrency", "-1"})["concurrency"] == -1);
  CHECK(put_of(some_type(), {"--concurrency", "2"}, "types") ==
        json{{"paused", false}, {"concurrency", 2}, {"rate", {{"jobs", 5}, {"per", 1.5}, {"burst", 1}}}});
}

TEST_CASE("set says what holds now") {
  fake_server server{[](const fake_request& r) {
    return fake_answer{200, (r.target.ends_with("plain") ? plain("plain") : mail()).dump()};
  }};
  auto r = run_at(server.url(), {"queues", "set", "mail", "--concurrency", "10"});
  CHECK(r.out == "mail  concurrency 10, rate 100/1min, burst 20, weight 3\n");
  r = run_at(server.url(), {"queues", "set", "plain", "--concurrency", "0"});
  CHECK(r.out == "plain  no limits\n");
  r = run_at(server.url(), {"queues", "set", "mail", "--concurrency", "10", "--json"});
  CHECK(r.out == mail().dump() + "\n");
}

TEST_CASE("queues may be called as a command is") {
  fake_server server{answer_mail};
  for (const auto& name : {"list", "pause", "show", "set", "queues", "submit", "types", "..", "."})
    for (const std::string command : {"show", "pause", "clear"}) {
      CAPTURE(name, command);
      CHECK(run_at(server.url(), {"queues", command, name}).code == 0);
      CHECK(server.requests().back().target ==
            std::string{"/api/queues/"} + name + (command == "pause" ? "/pause" : ""));
    }
  CHECK(run_at(server.url(), {"queues", "set", "set", "--weight", "2"}).code == 0);
  CHECK(server.requests().back().target == "/api/queues/set");
  CHECK(run_at(server.url(), {"queues", "pause", "--", "--json"}).code == 0);
  CHECK(server.requests().back().target == "/api/queues/--json/pause");
}

TEST_CASE("wrong input of queues ends with 1 and asks nobody") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"queues", "show"}, "NAME"},
    {{"queues", "show", ""}, "NAME must not be empty"},
    {{"queues", "clear", ""}, "NAME must not be empty"},
    {{"queues", "set", "", "--weight", "2"}, "NAME must not be empty"},
    {{"queues", "pause"}, "NAME"},
    {{"queues", "set"}, "NAME"},
    {{"queues", "set", "mail"}, "nothing is to be set"},
    {{"queues", "set", "a", "b", "--weight", "2"}, "b"},
    {{"queues", "set", "mail", "--concurrency", "many"}, "--concurrency"},
    {{"queues", "set", "mail", "--weight", "1.5"}, "--weight"},
    {{"queues", "set", "mail", "--rate", "5"}, "--rate must be JOBS/PERIOD such as 100/1min, or 0 for none, not \"5\""},
    {{"queues", "set", "mail", "--rate", "5/"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "/1s"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "5/soon"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "x/1s"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "5 /1s"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "5/1s/2"}, "--rate must be"},
    {{"queues", "set", "mail", "--rate", "0", "--burst", "5"}, "--rate 0 leaves none"},
    {{"queues", "mail"}, "mail"},
    {{"types", "set", "exec", "--weight", "2"}, "--weight"},
    {{"types", "set", "exec"}, "nothing is to be set"},
    {{"types", "resume"}, "NAME"},
  };
  fake_server server{answer_mail};
  for (const auto& x : samples) {
    CAPTURE(x.arguments);
    const auto r = run_at(server.url(), x.arguments);
    CHECK(r.code == 1);
    CHECK_THAT(r.err, Catch::Contains(x.message));
    CHECK(r.out.empty());
  }
  CHECK(server.requests().empty());
}

TEST_CASE("a burst without a rate is refused, and nothing is changed") {
  fake_server server{[](const fake_request&) { return fake_answer{200, plain("x").dump()}; }};
  const auto r = run_at(server.url(), {"queues", "set", "x", "--burst", "5"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("--burst goes with a rate"));
  CHECK(server.requests().size() == 1);
}

TEST_CASE("an answer that is no queue is told") {
  fake_server server{[](const fake_request&) { return fake_answer{200, "{}"}; }};
  CHECK(run_at(server.url(), {"queues"}).code == 4);
  CHECK(run_at(server.url(), {"types"}).code == 4);
  CHECK(run_at(server.url(), {"queues", "set", "x", "--weight", "2"}).code == 4);
  CHECK(server.requests().back().method == "GET");
  CHECK(run_at(dead_url(), {"queues"}).code == 3);
}
