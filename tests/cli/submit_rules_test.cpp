#include "tests/cli/submit_session.hpp"

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

TEST_CASE("what failures with a code lead to, in the order of the flags") {
  const auto body = body_of({"--on-error", "Z=retry", "--on-error", "DB_*=snooze:1.5min", "--on-error", "A=fail",
                             "--retry-within", "2h", "--retry-policy", "fixed"});
  CHECK(body["retryPolicy"].dump() == json{{"kind", "fixed"},
                                           {"onError", {{"A", "fail"}, {"DB_*", {{"snooze", 90}}}, {"Z", "retry"}}},
                                           {"totalSeconds", 7200}}
                                        .dump());
  fake_server server{accept};
  REQUIRE(run_at(server.url(), {"submit", "exec", "--on-error", "Z=retry", "--on-error", "A=fail"}).code == 0);
  CHECK_THAT(server.requests().at(0).body, Catch::Contains(R"("retryPolicy":{"onError":{"Z":"retry","A":"fail"}})"));
  // The scheduler checks the words.
  CHECK(body_of({"--on-error", "a b=stop"})["retryPolicy"]["onError"]["a b"] == "stop");
  CHECK(body_of({"--on-error", "A=snooze"})["retryPolicy"]["onError"]["A"] == "snooze");
  struct sample {
    std::vector<std::string> flags;
    const char* message;
  };
  const sample samples[] = {
    {{"--on-error", "A"}, "--on-error must be CODE=retry, CODE=fail or CODE=snooze:TIME"},
    {{"--on-error", "=fail"}, "not \"=fail\""},
    {{"--on-error", "A=fail", "--on-error", "A=retry"}, "two rules for \"A\""},
    {{"--on-error", "A=snooze:soon"}, "--on-error A=snooze must be a time"},
    {{"--retry-within", "long"}, "--retry-within must be a time"},
  };
  for (const auto& x : samples) {
    std::vector<std::string> arguments{"submit", "exec"};
    arguments.insert(arguments.end(), x.flags.begin(), x.flags.end());
    const auto r = run_at(server.url(), arguments);
    CHECK(r.code == 1);
    CHECK_THAT(r.err, Catch::Contains(x.message));
  }
  CHECK(server.requests().size() == 1);
}

TEST_CASE("what happens when a job has not started in time, and when it is to be over") {
  const auto body = body_of({"--deadline", "1h", "--on-miss", "promote", "--finish-by", "2h"});
  CHECK(body["onMiss"] == "promote");
  CHECK(body["finishBy"] == "2026-01-15T14:00:00.000Z");
  CHECK(body_of({"--finish-by", "2026-02-02T00:00:00Z"})["finishBy"] == "2026-02-02T00:00:00Z");
  CHECK(body_of({"--on-miss", "never"})["onMiss"] == "never"); // the scheduler checks the word
  CHECK_THAT(session{}.run({"submit", "--help"}).out,
             Catch::Contains("--on-miss") && Catch::Contains("--finish-by") && Catch::Contains("--on-error"));
}

TEST_CASE("a job preempts, or may be stopped after a time") {
  CHECK_FALSE(body_of({}).contains("preempts"));
  CHECK(body_of({"--preempts"})["preempts"] == true);
  CHECK(body_of({"--preemptible"})["preemptible"] == true);
  CHECK(body_of({"--preemptible=30"})["preemptible"] == json{{"minRun", 30}});
  CHECK(body_of({"--preemptible=5min"})["preemptible"] == json{{"minRun", 300}});
  fake_server server{accept};
  const auto r = run_at(server.url(), {"submit", "exec", "--preemptible=soon"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("--preemptible must be a time"));
}

TEST_CASE("an attempt is told to come to its end, and how a program is told") {
  const auto body =
    body_of({"--timeout", "10min", "--soft-timeout", "9.5min", "--soft-timeout-signal", "SIGUSR1", "--", "true"});
  CHECK(body["timeout"] == 600);
  CHECK(body["softTimeout"] == 570);
  CHECK(body["payload"]["softTimeoutSignal"] == "SIGUSR1");
  CHECK_FALSE(body_of({}).contains("softTimeout"));
  CHECK(body_of({"--soft-timeout", "1500ms"})["softTimeout"] == 1.5);
  fake_server server{accept};
  const auto r = run_at(server.url(), {"submit", "exec", "--soft-timeout", "soon"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("--soft-timeout must be a time"));
  CHECK(server.requests().empty());
}

TEST_CASE("a concurrency key is given, or stands in the payload") {
  CHECK(body_of({"--concurrency-key", "customer 42"})["concurrencyKey"] == "customer 42");
  CHECK(body_of({"--concurrency-key-from", "customer.id"})["concurrencyKey"] == json{{"payload", "customer.id"}});
  fake_server server{accept};
  const auto r = run_at(server.url(), {"submit", "exec", "--concurrency-key", "a", "--concurrency-key-from", "b"});
  CHECK(r.code == 1);
  CHECK_THAT(r.err, Catch::Contains("excludes"));
  CHECK(server.requests().empty());
}
