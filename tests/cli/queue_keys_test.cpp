// Concurrency keys, full queues and retry rates on the command line.
#include "cli/exit_code.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// A queue with every limit.
json full_queue() {
  return {{"name", "mail"},     {"paused", false},
          {"concurrency", 10},  {"rate", nullptr},
          {"weight", 3},        {"perKey", {{"concurrency", 2}, {"rate", {{"jobs", 5}, {"per", 1}, {"burst", 3}}}}},
          {"waitingMax", 1000}, {"fullAcceptsFrom", 8},
          {"underWay", 7},      {"held", nullptr},
          {"ready", 50},        {"keys", 4},
          {"waiting", 4},       {"running", 9},
          {"retrying", 1}};
}

json plain_queue() {
  auto q = full_queue();
  for (const auto* field : {"concurrency", "perKey", "waitingMax", "fullAcceptsFrom"})
    q[field] = nullptr;
  q["weight"] = 1;
  return q;
}

json some_type() {
  return {{"name", "exec"},
          {"paused", false},
          {"concurrency", 5},
          {"rate", nullptr},
          {"retryRate", {{"jobs", 30}, {"per", 60}, {"burst", 2}}},
          {"underWay", 2},
          {"held", nullptr},
          {"ready", 7}};
}

json some_key(const std::string& name, bool inherited = false) {
  return {{"queue", "mail"},
          {"key", name},
          {"paused", false},
          {"concurrency", 1},
          {"rate", nullptr},
          {"weight", inherited ? 1 : 5},
          {"inherited", inherited},
          {"underWay", 1},
          {"held", "concurrency"},
          {"ready", 3},
          {"oldestReady", "2026-01-15T11:58:00.000Z"}};
}

/// What `set` with these flags puts when the present rule is that of `shown`.
json put_of(const json& shown, std::vector<std::string> arguments, const std::string& target) {
  fake_server server{[&](const fake_request&) { return fake_answer{200, shown.dump()}; }};
  const auto r = run_at(server.url(), std::move(arguments));
  INFO(r.err);
  REQUIRE(r.code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].method == "GET");
  CHECK(requests[0].target == target);
  CHECK(requests[1].method == "PUT");
  CHECK(requests[1].target == target);
  return json::parse(requests[1].body);
}

json queue_put(const json& shown, const std::vector<std::string>& flags) {
  std::vector<std::string> arguments{"queues", "set", "mail"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return put_of(shown, std::move(arguments), "/api/queues/mail");
}

/// The fields of a rule.
json rule_of(json shown) {
  for (const auto* field : {"name", "underWay", "held", "ready", "keys", "waiting", "running", "retrying", "queue",
                            "key", "inherited", "oldestReady"})
    shown.erase(field);
  return shown;
}

/// A rule with some of its fields changed.
json with(const json& shown, const json& changes) {
  auto rule = rule_of(shown);
  rule.update(changes);
  return rule;
}

} // namespace

TEST_CASE("set of a queue keeps what it has for keys and of how full it may be") {
  CHECK(queue_put(full_queue(), {"--concurrency", "4"}) == with(full_queue(), {{"concurrency", 4}}));
  const json rate{{"jobs", 5}, {"per", 1}, {"burst", 3}};
  CHECK(queue_put(full_queue(), {"--key-concurrency", "7"})["perKey"] == json{{"concurrency", 7}, {"rate", rate}});
  CHECK(queue_put(full_queue(), {"--key-concurrency", "0"})["perKey"] ==
        json{{"concurrency", nullptr}, {"rate", rate}});
  CHECK(queue_put(full_queue(), {"--key-rate", "0"})["perKey"] == json{{"concurrency", 2}, {"rate", nullptr}});
  CHECK(queue_put(full_queue(), {"--key-rate", "10/1min"})["perKey"]["rate"] ==
        json{{"jobs", 10}, {"per", 60}, {"burst", 3}});
  CHECK(queue_put(full_queue(), {"--key-burst", "9"})["perKey"]["rate"]["burst"] == 9);
  CHECK(queue_put(full_queue(), {"--key-rate", "0", "--key-concurrency", "0"}) ==
        with(full_queue(), {{"perKey", nullptr}}));
  CHECK(queue_put(plain_queue(), {"--key-rate", "10/1s", "--key-burst", "4"})["perKey"] ==
        json{{"concurrency", nullptr}, {"rate", {{"jobs", 10}, {"per", 1}, {"burst", 4}}}});
  CHECK(queue_put(plain_queue(), {"--key-concurrency", "1"}) ==
        with(plain_queue(), {{"perKey", {{"concurrency", 1}, {"rate", nullptr}}}}));
}

TEST_CASE("set of how full a queue may be") {
  CHECK(queue_put(full_queue(), {"--waiting-max", "5"}) == with(full_queue(), {{"waitingMax", 5}}));
  CHECK(queue_put(full_queue(), {"--full-accepts-from", "0"}) == with(full_queue(), {{"fullAcceptsFrom", 0}}));
  CHECK(queue_put(full_queue(), {"--full-accepts-from", "-1"}) == with(full_queue(), {{"fullAcceptsFrom", nullptr}}));
  CHECK(queue_put(full_queue(), {"--waiting-max", "0"}) ==
        with(full_queue(), {{"waitingMax", nullptr}, {"fullAcceptsFrom", nullptr}}));
  CHECK(queue_put(plain_queue(), {"--waiting-max", "9", "--full-accepts-from", "7"}) ==
        with(plain_queue(), {{"waitingMax", 9}, {"fullAcceptsFrom", 7}}));
}

TEST_CASE("set of the bytes that may wait in a queue, and of what it does when it is full") {
  CHECK(queue_put(plain_queue(), {"--waiting-bytes-max", "64MiB", "--when-full", "shed"}) ==
        with(plain_queue(), {{"waitingBytesMax", 67108864}, {"whenFull", "shed"}}));
  auto sheds = full_queue();
  sheds["waitingBytesMax"] = 1024;
  sheds["whenFull"] = "shed";
  CHECK(queue_put(sheds, {"--weight", "3"}) == rule_of(sheds));
  CHECK(queue_put(sheds, {"--when-full", "reject"}) == with(sheds, {{"whenFull", "reject"}}));
  CHECK(queue_put(sheds, {"--waiting-bytes-max", "0"}) == with(sheds, {{"waitingBytesMax", nullptr}}));
  // One that is never full any more keeps nothing of it.
  auto none = with(sheds, {{"waitingMax", nullptr}, {"waitingBytesMax", nullptr}, {"fullAcceptsFrom", nullptr}});
  none.erase("whenFull");
  CHECK(queue_put(sheds, {"--waiting-bytes-max", "0", "--waiting-max", "0"}) == none);
  fake_server server{[&](const fake_request&) { return fake_answer{200, sheds.dump()}; }};
  CHECK(run_at(server.url(), {"queues", "set", "mail", "--waiting-bytes-max", "64 apples"}).code == exit_usage);
  CHECK(run_at(server.url(), {"queues", "set", "mail", "--when-full", "drop"}).code == exit_usage);
  CHECK(run_at(server.url(), {"queues", "set", "mail", "--key", "a", "--when-full", "shed"}).code == exit_usage);
  CHECK_THAT(run_at(server.url(), {"queues", "set", "mail", "--weight", "3"}).out,
             Catch::Contains("waiting-max 1000, waiting-bytes-max 1KiB, when-full shed, full-accepts-from 8"));
  sheds["waitingJobs"] = 61;
  sheds["waitingBytes"] = 2048;
  CHECK_THAT(run_at(server.url(), {"queues", "show", "mail"}).out,
             Catch::Contains("counted       61 jobs, 2KiB of payloads\n"));
}

TEST_CASE("set of a type's retry rate") {
  const auto put = [](const std::vector<std::string>& flags) {
    std::vector<std::string> arguments{"types", "set", "exec"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return put_of(some_type(), std::move(arguments), "/api/types/exec");
  };
  CHECK(put({"--retry-rate", "100/1s"}) ==
        with(some_type(), {{"retryRate", {{"jobs", 100}, {"per", 1}, {"burst", 2}}}}));
  CHECK(put({"--retry-burst", "7"}) == with(some_type(), {{"retryRate", {{"jobs", 30}, {"per", 60}, {"burst", 7}}}}));
  CHECK(put({"--retry-rate", "0"}) == with(some_type(), {{"retryRate", nullptr}}));
  CHECK(put({"--concurrency", "2"}) == with(some_type(), {{"concurrency", 2}}));
}

TEST_CASE("set of how long results of a type are used again") {
  const auto put = [](const json& shown, const std::string& time) {
    return put_of(shown, {"types", "set", "exec", "--cache-for", time}, "/api/types/exec");
  };
  CHECK(put(some_type(), "1h") == with(some_type(), {{"cache", {{"for", 3600}}}}));
  CHECK(put(some_type(), "never") == with(some_type(), {{"cache", false}}));
  auto cached = some_type();
  cached["cache"] = {{"for", 90}};
  CHECK(put(cached, "worker") == with(some_type(), {{"cache", nullptr}}));
  // What is not named stays.
  CHECK(put_of(cached, {"types", "set", "exec", "--concurrency", "2"}, "/api/types/exec")["cache"] ==
        json{{"for", 90}});
  fake_server server{[&](const fake_request&) { return fake_answer{200, cached.dump()}; }};
  CHECK_THAT(run_at(server.url(), {"types", "show", "exec"}).out, Catch::Contains("cache-for 90s"));
  cached["cache"] = false;
  CHECK_THAT(run_at(server.url(), {"types", "show", "exec"}).out, Catch::Contains("cache-for never"));
}

TEST_CASE("set of a key is about that key") {
  const auto put = put_of(
    some_key("a/b"), {"queues", "set", "mail", "--key", "a/b", "--concurrency", "4", "--rate", "1/1s", "--weight", "2"},
    "/api/queues/mail/keys/a%2Fb");
  CHECK(put == json{{"paused", false}, {"concurrency", 4}, {"rate", {{"jobs", 1}, {"per", 1}}}, {"weight", 2}});
  fake_server server{[](const fake_request&) { return fake_answer{200, some_key("acme").dump()}; }};
  const auto r = run_at(server.url(), {"queues", "set", "mail", "--key", "acme", "--weight", "5"});
  CHECK(r.out == "mail key acme  concurrency 1, weight 5\n");
}

TEST_CASE("pause, resume, clear and show of a key") {
  fake_server server{[](const fake_request&) { return fake_answer{200, some_key("acme").dump()}; }};
  struct row {
    std::string command, method, rest, done;
  };
  for (const auto& x : {row{"pause", "POST", "/pause", "paused"}, row{"resume", "POST", "/resume", "resumed"},
                        row{"clear", "DELETE", "", "cleared"}}) {
    const auto r = run_at(server.url(), {"queues", x.command, "mail", "night", "--key", "acme"});
    CHECK(r.code == 0);
    CHECK(r.out == "mail key acme  " + x.done + "\nnight key acme  " + x.done + "\n");
    CHECK(server.requests().back().method == x.method);
    CHECK(server.requests().back().target == "/api/queues/night/keys/acme" + x.rest);
  }
  const auto r = run_at(server.url(), {"queues", "show", "mail", "--key", "acme"});
  CHECK(r.out == "queue         mail\n"
                 "key           acme\n"
                 "state         at concurrency\n"
                 "limits        concurrency 1, weight 5\n"
                 "under way     1\n"
                 "ready         3\n"
                 "oldest ready  2026-01-15T11:58:00.000Z  (2min ago)\n");
}

TEST_CASE("keys of a queue are listed, page by page") {
  fake_server server{[](const fake_request& r) {
    const bool first = r.target == "/api/queues/a%2Fb/keys";
    return fake_answer{200, json{{"keys", {some_key(first ? "acme" : "big", !first)}},
                                 {"count", 1},
                                 {"next", first ? json("acme 1") : json(nullptr)}}
                              .dump()};
  }};
  const auto r = run_at(server.url(), {"queues", "keys", "a/b"});
  CHECK(r.code == 0);
  CHECK(server.requests().back().target == "/api/queues/a%2Fb/keys?cursor=acme%201");
  CHECK(r.out == "KEY   READY  UNDER WAY  LIMITS                   STATE           OLDEST\n"
                 "acme  3      1          concurrency 1, weight 5  at concurrency  2min ago\n"
                 "big   3      1          concurrency 1 (each key)  at concurrency  2min ago\n");
  const auto all = json::parse(run_at(server.url(), {"queues", "keys", "a/b", "--json"}).out);
  CHECK(all["count"] == 2);
  CHECK(all["keys"][1]["key"] == "big");
}

TEST_CASE("all limits of a queue and of a type are told in the words of the flags") {
  fake_server server{[](const fake_request& r) {
    return fake_answer{200, (r.target.starts_with("/api/types") ? some_type() : full_queue()).dump()};
  }};
  CHECK(run_at(server.url(), {"queues", "set", "mail", "--weight", "3"}).out ==
        "mail  concurrency 10, weight 3, key-concurrency 2, key-rate 5/1s, key-burst 3, waiting-max 1000, "
        "full-accepts-from 8\n");
  CHECK(run_at(server.url(), {"types", "set", "exec", "--concurrency", "5"}).out ==
        "exec  concurrency 5, retry-rate 30/1min, retry-burst 2\n");
  CHECK_THAT(run_at(server.url(), {"queues", "show", "mail"}).out, Catch::Contains("keys          4\n"));
}

TEST_CASE("wrong input about keys ends with 1 and asks nobody") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"queues", "keys"}, "NAME"},
    {{"queues", "keys", ""}, "NAME must not be empty"},
    {{"queues", "pause", "mail", "--key", ""}, "--key must not be empty"},
    {{"queues", "set", "mail", "--key", "", "--weight", "2"}, "--key must not be empty"},
    {{"queues", "set", "mail", "--key", "a"}, "nothing is to be set"},
    {{"queues", "set", "mail", "--key", "a", "--key-concurrency", "2"}, "--key-concurrency is for a queue"},
    {{"queues", "set", "mail", "--key", "a", "--key-rate", "2/1s"}, "--key-rate is for a queue"},
    {{"queues", "set", "mail", "--key", "a", "--key-burst", "2"}, "--key-burst is for a queue"},
    {{"queues", "set", "mail", "--key", "a", "--waiting-max", "2"}, "--waiting-max is for a queue"},
    {{"queues", "set", "mail", "--key", "a", "--full-accepts-from", "2"}, "--full-accepts-from is for a queue"},
    {{"queues", "set", "mail", "--key-rate", "5"}, "--key-rate must be JOBS/PERIOD"},
    {{"queues", "set", "mail", "--key-rate", "0", "--key-burst", "2"}, "--key-rate 0 leaves none"},
    {{"queues", "set", "mail", "--waiting-max", "many"}, "--waiting-max"},
    {{"queues", "set", "mail", "--retry-rate", "1/1s"}, "--retry-rate"},
    {{"types", "set", "exec", "--retry-rate", "5"}, "--retry-rate must be JOBS/PERIOD"},
    {{"types", "set", "exec", "--retry-rate", "0", "--retry-burst", "2"}, "--retry-rate 0 leaves none"},
    {{"types", "set", "exec", "--cache-for", "5 parsecs"}, "--cache-for must be a time such as 1h, never, or worker"},
    {{"queues", "set", "mail", "--cache-for", "1h"}, "--cache-for"},
    {{"types", "set", "exec", "--key", "a", "--concurrency", "2"}, "--key"},
    {{"types", "set", "exec", "--waiting-max", "2"}, "--waiting-max"},
    {{"types", "pause", "exec", "--key", "a"}, "--key"},
    {{"types", "keys", "exec"}, "keys"},
  };
  fake_server server{[](const fake_request&) { return fake_answer{200, some_key("a").dump()}; }};
  for (const auto& x : samples) {
    CAPTURE(x.arguments);
    const auto r = run_at(server.url(), x.arguments);
    CHECK(r.code == 1);
    CHECK_THAT(r.err, Catch::Contains(x.message));
    CHECK(r.out.empty());
  }
  CHECK(server.requests().empty());
}

TEST_CASE("a burst of each key, or of retries, without a rate is refused, and nothing is changed") {
  auto type = some_type();
  type["retryRate"] = nullptr;
  fake_server server{[&](const fake_request& r) {
    return fake_answer{200, (r.target.starts_with("/api/types") ? type : plain_queue()).dump()};
  }};
  auto r = run_at(server.url(), {"queues", "set", "mail", "--key-burst", "5"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("--key-burst goes with a rate"));
  r = run_at(server.url(), {"types", "set", "exec", "--retry-burst", "5"});
  CHECK_THAT(r.err, Catch::Contains("give --retry-rate as well"));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("defaults of a type: set one by one, taken away, shown") {
  auto shown = some_type();
  shown["defaults"] = {{"timeout", 30}, {"queue", "mail"}};
  const auto put = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"types", "set", "exec"});
    return put_of(shown, std::move(flags), "/api/types/exec").at("defaults");
  };
  CHECK(put({"--default", "timeout=60", "--default", R"(retryPolicy={"kind":"fixed"})"}) ==
        json{{"timeout", 60}, {"queue", "mail"}, {"retryPolicy", {{"kind", "fixed"}}}});
  CHECK(put({"--default", "queue=a=b"})["queue"] == "a=b");
  CHECK(put({"--default", "queue="}) == json{{"timeout", 30}});
  CHECK(put({"--concurrency", "2"}) == shown["defaults"]);
  fake_server server{[&](const fake_request&) { return fake_answer{200, shown.dump()}; }};
  CHECK_THAT(run_at(server.url(), {"types", "show", "exec"}).out, Catch::Contains("default queue mail"));
  for (const auto* bad : {"timeout", "=3"}) {
    const auto r = run_at(server.url(), {"types", "set", "exec", "--default", bad});
    CHECK(r.code == exit_usage);
    CHECK_THAT(r.err, Catch::Contains("--default must be FIELD=VALUE"));
  }
  CHECK(run_at(server.url(), {"queues", "set", "q", "--default", "timeout=3"}).code == exit_usage);
}

TEST_CASE("redaction of a type: paths are added, shown again, and kept when something else is set") {
  auto shown = some_type();
  const auto put = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"types", "set", "exec"});
    return put_of(shown, std::move(flags), "/api/types/exec").at("redact");
  };
  CHECK(put({"--redact", "payload.password", "--redact", "result"}) == json{"payload.password", "result"});
  shown["redact"] = json{"payload.password", "result"};
  CHECK(put({"--redact", "payload.pin", "--redact", "result"}) == json{"payload.password", "result", "payload.pin"});
  CHECK(put({"--no-redact", "result"}) == json::array({"payload.password"}));
  CHECK(put({"--no-redact", "result", "--no-redact", "payload.password"}) == json::array());
  CHECK(put({"--concurrency", "2"}) == shown["redact"]);
  fake_server server{[&](const fake_request&) { return fake_answer{200, shown.dump()}; }};
  CHECK_THAT(run_at(server.url(), {"types", "show", "exec"}).out,
             Catch::Contains("redact payload.password, redact result"));
  const auto r = run_at(server.url(), {"types", "set", "exec", "--no-redact", "payload.pin"});
  CHECK(r.code == exit_usage);
  CHECK_THAT(r.err, Catch::Contains("--no-redact \"payload.pin\" is not redacted"));
  CHECK(run_at(server.url(), {"queues", "set", "q", "--redact", "payload"}).code == exit_usage);
}
