#include "tests/cli/submit_session.hpp"

#include <cstdio>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

const std::string the_job = "job_01h8xgq2m4k7c";

} // namespace

TEST_CASE("a whole job from a file is sent as it is") {
  fake_server server{accept};
  session s;
  s.input = R"({"jobType":"noop", "priority":9})";
  REQUIRE(run_at(server.url(), {"submit", "--file", "-"}, s).code == 0);
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].body == R"({"jobType":"noop", "priority":9})");
  CHECK(run_at(server.url(), {"submit", "exec", "--file", "-"}).code == 1);
  CHECK(run_at(server.url(), {"submit", "--priority", "1", "--file", "-"}).code == 1);
}

TEST_CASE("submit sends the type and nothing that was not given") {
  CHECK(body_of({}) == json{{"jobType", "exec"}, {"payload", json::object()}});
}

TEST_CASE("every field has its flag") {
  CHECK(body_of({"--payload",      R"({"argv":["true"]})",
                 "--at",           "2026-02-01T00:00:00Z",
                 "--deadline",     "2026-02-02T00:00:00Z",
                 "--retries",      "2",
                 "--timeout",      "5min",
                 "--depends-on",   "job_a",
                 "--depends-on",   "job_b",
                 "--queue",        "night",
                 "--tag",          "x",
                 "--tag",          "y z",
                 "--key",          "k1",
                 "--durability",   "os",
                 "--priority=9",   "--dependency-rule=any",
                 "--retry-policy", "linear,base=500ms,cap=1min,jitter=false"}) ==
        json{{"jobType", "exec"},
             {"payload", {{"argv", {"true"}}}},
             {"priority", 9},
             {"scheduleAt", "2026-02-01T00:00:00Z"},
             {"deadline", "2026-02-02T00:00:00Z"},
             {"retryCount", 2},
             {"timeout", 300},
             {"dependencies", {"job_a", "job_b"}},
             {"dependencyRule", "any"},
             {"queue", "night"},
             {"tags", {"x", "y z"}},
             {"idempotencyKey", "k1"},
             {"durability", "os"},
             {"retryPolicy", {{"kind", "linear"}, {"baseSeconds", 0.5}, {"capSeconds", 60}, {"jitter", false}}}});
}

TEST_CASE("a dependency may have a condition, which the scheduler checks") {
  const auto on = [](const char* id, const char* condition) { return json{{"id", id}, {"on", condition}}; };
  CHECK(body_of({"--depends-on", "job_a:failure"})["dependencies"] == json::array({on("job_a", "failure")}));
  CHECK(body_of({"--depends-on", "job_a,job_b:started", "--depends-on", "job_c:success"})["dependencies"] ==
        json::array({"job_a", on("job_b", "started"), on("job_c", "success")}));
  CHECK(body_of({"--depends-on", "job_a:"})["dependencies"] == json::array({on("job_a", "")}));
  CHECK(body_of({"--depends-on", "job_a:b:c"})["dependencies"] == json::array({on("job_a", "b:c")}));
  CHECK_FALSE(body_of({"--depends-on", "job_a:failure"}).contains("dependencyRule"));

  fake_server refuses{[](const fake_request&) {
    return fake_answer{400, R"({"error":{"code":"invalid_value","message":"dependencies[0].on must be one of success, )"
                            R"(failure, finished, started, not \"late\"","field":"dependencies[0].on"}})"};
  }};
  const auto r = run_at(refuses.url(), {"submit", "exec", "--depends-on", "job_a:late"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("must be one of success, failure, finished, started"));
  CHECK_THAT(session{}.run({"submit", "--help"}).out,
             Catch::Contains("ID:CONDITION") && Catch::Contains("none_failed"));
}

TEST_CASE("a unique job, of the usual parts or of others") {
  CHECK(body_of({"--unique"})["unique"] == true);
  CHECK_FALSE(body_of({"--key", "k"}).contains("unique"));
  CHECK(body_of({"--unique=type,payload.customer.id"})["unique"] == json{{"by", {"type", "payload.customer.id"}}});
  CHECK(body_of({"--unique=type"})["unique"] == json{{"by", json::array({"type"})}});
  CHECK(body_of({"--unique", "--unique-while", "queued"})["unique"] == json{{"while", "queued"}});
  CHECK(body_of({"--unique", "--unique-while", "10min", "--on-conflict", "replace"})["unique"] ==
        json{{"while", {{"for", 600}}}, {"onConflict", "replace"}});
  CHECK(body_of({"--unique=queue", "--unique-while", "1.5", "--on-conflict", "existing"})["unique"] ==
        json{{"by", json::array({"queue"})}, {"while", {{"for", 1.5}}}, {"onConflict", "existing"}});
  CHECK(body_of({"--unique=queue", "--unique-while", "running"})["unique"] ==
        json{{"by", json::array({"queue"})}, {"while", "running"}});
  CHECK(body_of({"--unique", "--on-conflict", "debounce", "--debounce", "5s", "--debounce-max", "1min"})["unique"] ==
        json{{"onConflict", {{"debounce", 5}, {"max", 60}}}});
  CHECK(body_of({"--unique", "--on-conflict", "debounce", "--debounce", "0.5"})["unique"] ==
        json{{"onConflict", {{"debounce", 0.5}}}});
  // The scheduler checks the words.
  CHECK(body_of({"--unique", "--on-conflict", "debounce"})["unique"] == json{{"onConflict", "debounce"}});
  CHECK(body_of({"--unique", "--on-conflict", "debounce", "--debounce-max", "1min"})["unique"] ==
        json{{"onConflict", {{"max", 60}}}});
  CHECK(body_of({"--unique=,x", "--on-conflict", "maybe"})["unique"] ==
        json{{"by", {"", "x"}}, {"onConflict", "maybe"}});

  fake_server server{accept};
  CHECK(run_at(server.url(), {"submit", "--unique", "exec"}).code == 0); // what follows is the type
  REQUIRE(server.requests().size() == 1);
  CHECK(json::parse(server.requests()[0].body)["jobType"] == "exec");
  CHECK(run_at(server.url(), {"submit", "exec", "--on-conflict", "replace"}).code == 1);
  CHECK(run_at(server.url(), {"submit", "exec", "--unique-while", "queued"}).code == 1);
  const auto wrong = run_at(server.url(), {"submit", "exec", "--unique", "--unique-while", "always"});
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.err, Catch::Contains("--unique-while"));
  const auto no_debounce = run_at(server.url(), {"submit", "exec", "--unique", "--debounce", "5s"});
  CHECK(no_debounce.code == 1);
  CHECK_THAT(no_debounce.err, Catch::Contains("--on-conflict debounce"));
  CHECK(run_at(server.url(), {"submit", "exec", "--debounce", "5s"}).code == 1);
  CHECK(run_at(server.url(), {"submit", "exec", "--unique", "--on-conflict", "debounce", "--debounce", "soon"}).code ==
        1);
  CHECK(server.requests().size() == 1);
  CHECK_THAT(session{}.run({"submit", "--help"}).out, Catch::Contains("--unique-while") && Catch::Contains("replace"));
}

TEST_CASE("times may be given from now") {
  const auto body = body_of({"--in", "10m", "--deadline", "1h", "--timeout", "1500ms"});
  CHECK(body["scheduleAt"] == "2026-01-15T12:10:00.000Z");
  CHECK(body["deadline"] == "2026-01-15T13:00:00.000Z");
  CHECK(body["timeout"] == 1.5);
}

TEST_CASE("repeated flags take one word each") {
  fake_server server{accept};
  CHECK(run_at(server.url(), {"submit", "--tag", "a", "--depends-on", "b", "exec"}).code == 0);
  CHECK(json::parse(server.requests().at(0).body)["jobType"] == "exec");
}

TEST_CASE("the payload goes through byte by byte") {
  const std::string payload = R"({ "n": 12345678901234567890123, "x": 1.50 })";
  fake_server server{accept};
  session s;
  s.input = payload;
  REQUIRE(run_at(server.url(), {"submit", "exec", "--payload", payload}).code == 0);
  REQUIRE(run_at(server.url(), {"submit", "exec", "--payload", "-"}, s).code == 0);
  REQUIRE(run_at(server.url(), {"submit", "exec", "--payload-file", "-"}, s).code == 0);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 3);
  for (const auto& r : requests)
    CHECK(r.body == R"({"jobType":"exec","payload":)" + payload + "}");
}

TEST_CASE("what submit prints") {
  fake_server server{accept};
  auto r = run_at(server.url(), {"submit", "exec"});
  CHECK(r.out == the_job + "\n");
  r = run_at(server.url(), {"submit", "exec", "--json"});
  CHECK(r.out == "{\"jobID\":\"" + the_job + "\",\"status\":\"queued\"}\n");
  r = run_at(server.url(), {"submit", "exec", "--wait"});
  CHECK(r.code == 0);
  CHECK(r.out == the_job + "\n" + the_job + "  completed\n");
}

TEST_CASE("a duplicate is said to be one") {
  fake_server server{[](const fake_request&) { return fake_answer{200, R"({"jobID":"job_x","duplicate":true})"}; }};
  const auto r = run_at(server.url(), {"submit", "exec", "--key", "k"});
  CHECK(r.code == 0);
  CHECK(r.out == "job_x\n");
  CHECK(r.err.find("existed already") != std::string::npos);
}

TEST_CASE("wrong input ends with 1 and asks nobody") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"submit"}, "submit needs the TYPE"},
    {{"submit", "exec", "--payload", "{"}, "the payload is not JSON: error at byte 2"},
    {{"submit", "exec", "--payload", "1 2"}, "the payload is not JSON: error at byte 3"},
    {{"submit", "exec", "--payload-file", "no/such/file"}, "no/such/file cannot be read: No such file or directory"},
    {{"submit", "exec", "--in", "soon"}, "--in must be a time such as 15s, 10min or 1h30min, not \"soon\""},
    {{"submit", "exec", "--timeout", "-5s"}, "--timeout must be a time"},
    {{"submit", "exec", "--retry-policy", "fixed,wait=3s"}, "\"wait=3s\" is none of that"},
    {{"submit", "exec", "--retry-policy", "fixed,jitter=maybe"}, "\"jitter=maybe\" is none of that"},
    {{"submit", "exec", "--retry-policy", "fixed,base=x"}, "--retry-policy base must be a time"},
    {{"submit", "exec", "--tag", "\xff"}, "not UTF-8"},
    {{"submit", "exec", "--in", "1s", "--at", "2026-01-01T00:00:00Z"}, "excludes"},
    {{"submit", "exec", "--priority", "high"}, "--priority"},
    {{"submit", "exec", "--batch", "x"}, "excludes"},
    {{"submit", "exec", "--atomic"}, "--batch"},
    {{"submit", "exec", "--no-such-flag"}, "--no-such-flag"},
    {{"submit", "exec", "--request-timeout", "0s"}, "--request-timeout must be a time above 0"},
  };
  fake_server server{accept};
  for (const auto& x : samples) {
    INFO(x.message);
    const auto r = run_at(server.url(), x.arguments);
    CHECK(r.code == 1);
    CHECK(r.err.find(x.message) != std::string::npos);
    CHECK(r.out.empty());
  }
  CHECK(server.requests().empty());
}

TEST_CASE("a batch of lines, or an array") {
  fake_server server{[](const fake_request&) {
    return fake_answer{200, R"({"items":[{"jobID":"job_1"},{"jobID":"job_2"}],"accepted":2,"rejected":0})"};
  }};
  session s;
  s.input = "{\"jobType\":\"a\"}\n{\"jobType\":\"b\"}\n";
  auto r = run_at(server.url(), {"submit", "--batch", "-"}, s);
  CHECK(r.code == 0);
  CHECK(r.out == "job_1\njob_2\n");
  s.input = " [{\"jobType\":\"a\"}]";
  r = run_at(server.url(), {"submit", "--batch", "-", "--atomic", "--json"}, s);
  CHECK(r.code == 0);
  CHECK(json::parse(r.out)["accepted"] == 2);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/api/jobs/batch");
  CHECK(requests[0].content_type == "application/x-ndjson");
  CHECK(requests[0].body == "{\"jobType\":\"a\"}\n{\"jobType\":\"b\"}\n");
  CHECK(requests[1].target == "/api/jobs/batch?atomic=true");
  CHECK(requests[1].content_type == "application/json");
  CHECK(requests[1].body == s.input);
}

TEST_CASE("a refused job of a batch is named, and the others are there") {
  fake_server server{[](const fake_request&) {
    return fake_answer{
      200, R"({"items":[{"error":{"code":"out_of_range","message":"priority is too large"}},{"jobID":"job_2"}]})"};
  }};
  session s;
  s.input = "{}\n{}\n";
  const auto r = run_at(server.url(), {"submit", "--batch", "-"}, s);
  CHECK(r.code == 1);
  CHECK(r.out == "job_2\n");
  CHECK(r.err == "callboard: job 0 was refused: priority is too large (out_of_range)\n");
}

TEST_CASE("words behind -- are the argv of exec") {
  CHECK(body_of({"--", "tar", "czf", "out.tgz", "."})["payload"] == json{{"argv", {"tar", "czf", "out.tgz", "."}}});
  // Flags of submit and of the type before it; behind it everything is a word, also a type or a flag.
  const auto body = body_of({"--priority", "9", "--cwd", "/srv", "--env", "A=b=c", "--env", "D=", "--ok-exit-codes",
                             "0", "--ok-exit-codes", "3", "--", "sh", "-c", "noop", "--", "--priority", "exec"});
  CHECK(body["priority"] == 9);
  CHECK(body["payload"] == json{{"argv", {"sh", "-c", "noop", "--", "--priority", "exec"}},
                                {"cwd", "/srv"},
                                {"env", {{"A", "b=c"}, {"D", ""}}},
                                {"okExitCodes", {0, 3}}});
  CHECK(body_of({"--argv", "echo", "--argv", "-n", "--queue", "q"})["payload"] == json{{"argv", {"echo", "-n"}}});
}

TEST_CASE("the built-in types have flags of their fields") {
  struct sample {
    std::vector<std::string> arguments;
    json payload;
  };
  const sample samples[] = {
    {{"http_request", "--url", "http://x", "--timeout", "5min", "--payload-timeout", "1.5"},
     {{"url", "http://x"}, {"timeout", 1.5}}},
    {{"http_request", "--url", "http://x", "--body", R"({"a":1})", "--headers", "X-A=b", "--method", "PUT"},
     {{"url", "http://x"}, {"body", {{"a", 1}}}, {"headers", {{"X-A", "b"}}}, {"method", "PUT"}}},
    {{"http_request", "--url", "http://x", "--body", "just text"}, {{"url", "http://x"}, {"body", "just text"}}},
    {{"email_send", "--to", "a@b", "--subject", "Hi", "--reply-to", "c@d", "--cc", "e@f", "--cc", "g@h"},
     {{"to", "a@b"}, {"subject", "Hi"}, {"replyTo", "c@d"}, {"cc", {"e@f", "g@h"}}}},
    {{"noop", "--sleep-ms", "5", "--stamp", "--fail", "final"}, {{"sleepMs", 5}, {"stamp", true}, {"fail", "final"}}},
    {{"file_upload", "--source", "/a", "--destination", "file:///b"}, {{"source", "/a"}, {"destination", "file:///b"}}},
  };
  for (const auto& x : samples) {
    CAPTURE(x.arguments);
    fake_server server{accept};
    std::vector<std::string> arguments{"submit"};
    arguments.insert(arguments.end(), x.arguments.begin(), x.arguments.end());
    const auto r = run_at(server.url(), arguments);
    INFO(r.err);
    REQUIRE(r.code == 0);
    const auto body = json::parse(server.requests().at(0).body);
    CHECK(body["jobType"] == x.arguments[0]);
    CHECK(body["payload"] == x.payload);
  }
}

TEST_CASE("flags add to a payload, whose bytes stay as they are") {
  const auto sent = [](const std::string& payload) {
    fake_server server{accept};
    const auto r = run_at(server.url(), {"submit", "exec", "--payload", payload, "--", "make", "-j2"});
    INFO(r.err);
    REQUIRE(r.code == 0);
    return server.requests().at(0).body;
  };
  CHECK(sent(R"({ "limits": {"cpuSeconds" : 60 } } )") ==
        R"({"jobType":"exec","payload":{ "limits": {"cpuSeconds" : 60 } ,"argv":["make","-j2"]} })");
  CHECK(sent("{ }") == R"({"jobType":"exec","payload":{ "argv":["make","-j2"]}})");
}

TEST_CASE("a wrong flag of a payload is named, with what is allowed") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"submit", "http_request", "--method", "GET"}, "--url is missing (http:// or https://)"},
    {{"submit", "http_request", "--url", "http://x", "--method", "FETCH"}, "--method is \"FETCH\", allowed is \"GET\""},
    {{"submit", "http_request", "--url", "http://x", "--payload-timeout", "soon"},
     "--payload-timeout is \"soon\"; allowed is a number"},
    {{"submit", "http_request", "--url", "http://x", "--payload-timeout", "0"}, "allowed is more than 0"},
    {{"submit", "http_request", "--url", "http://x", "--headers", "X"}, "--headers is \"X\"; allowed is NAME=VALUE"},
    {{"submit", "noop", "--sleep-ms", "1s"}, "--sleep-ms is \"1s\"; allowed is a whole number"},
    {{"submit", "noop", "--sleep-ms", "99999999"}, "--sleep-ms is 99999999, allowed is at most 60000"},
    {{"submit", "exec", "--cwd", "/"}, "--argv is missing"},
    {{"submit", "exec", "--cwd", "here", "--", "x"}, "--cwd is \"here\", which does not match ^/"},
    {{"submit", "exec", "--argv", "a", "--", "b"}, "--argv and words behind -- are the same"},
    {{"submit", "exec", "--"}, "-- must be followed by the argv of exec"},
    {{"submit", "noop", "--", "b"}, "noop has none"},
    {{"submit", "other", "--", "b"}, "submit exec -- PROGRAM"},
    {{"submit", "noop", "--stamp=maybe"}, "--stamp"},
    {{"submit", "exec", "--payload", R"({"argv":["a"]})", "--", "b"}, "--argv and --payload both have argv"},
    {{"submit", "exec", "--payload", "[]", "--", "b"}, "--payload must be a JSON object"},
    {{"submit", "exec", "--payload", "{", "--", "b"}, "the payload is not JSON: error at byte 2"},
    {{"submit", "email_send", "--to", "a", "--subject", "\xff"}, "not UTF-8"},
    {{"submit", "noop", "exec"}, "exec"},
    {{"submit", "other", "exec"}, "one TYPE"},
    {{"submit", "other", "--url", "x"}, "--url"},
    {{"submit", "noop", "--url", "x"}, "--url"},
    {{"submit", "exec", "--file", "x"}, "TYPE excludes --file"},
  };
  fake_server server{accept};
  for (const auto& x : samples) {
    CAPTURE(x.arguments);
    const auto r = run_at(server.url(), x.arguments);
    CHECK(r.code == 1);
    CHECK_THAT(r.err, Catch::Contains(x.message));
    CHECK(r.out.empty());
  }
  CHECK(server.requests().empty());
}

TEST_CASE("submit's help shows the types, and a type's help its flags") {
  const auto all = session{}.run({"submit", "--help"});
  CHECK(all.code == 0);
  CHECK_THAT(all.out, Catch::Contains("http_request") && Catch::Contains("sends an HTTP request") &&
                        Catch::Contains("submit exec -- tar"));
  const auto one = session{}.run({"submit", "http_request", "--help"});
  CHECK(one.code == 0);
  CHECK_THAT(one.out, Catch::Contains("--url TEXT") && Catch::Contains("Needed. http:// or https://") &&
                        Catch::Contains("--headers NAME=VALUE") && Catch::Contains("in --payload only: expect"));
}
