#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("serve without flags has the defaults") {
  const auto r = session{}.run({"serve"});
  CHECK(r.code == 0);
  REQUIRE(r.served);
  CHECK(r.served->config.http.listen == "127.0.0.1:8080");
  CHECK(r.served->config.store.directory == "callboard-data");
  CHECK(r.served->overrides.empty());
  CHECK_FALSE(r.served->config_file);
  CHECK(r.served->executable == "/opt/callboard");
}

TEST_CASE("every flag of serve sets its setting, and can be passed on") {
  const auto r =
    session{}.run({"serve",       "--data",         "d",    "--http",           "localhost:1", "--cluster",
                   "localhost:2", "--workers",      "3",    "--worker-command", "own --flag",  "--slots",
                   "5",           "--log-level",    "warn", "--log-json",       "--set",       "http.threads=2",
                   "--set",       "workers.slots=9"});
  INFO(r.err);
  REQUIRE(r.served);
  const auto& s = r.served->config;
  CHECK(s.store.directory == "d");
  CHECK(s.http.listen == "localhost:1");
  CHECK(s.cluster.listen == "localhost:2");
  CHECK(s.workers.count == 3);
  CHECK(s.workers.command == "own --flag");
  // A flag of its own wins over --set.
  CHECK(s.workers.slots == 5);
  CHECK(s.log.level == "warn");
  CHECK(s.log.json);
  CHECK(s.http.threads == 2);
  CHECK(r.served->overrides == std::vector<std::string>{"http.threads=2", "workers.slots=9", "store.directory=d",
                                                        "http.listen=localhost:1", "cluster.listen=localhost:2",
                                                        "workers.count=3", "workers.command=own --flag",
                                                        "workers.slots=5", "log.level=warn", "log.json=true"});
  // What is passed on gives a worker the same settings.
  std::vector<std::string> worker{"worker", "--join", "localhost:2", "--local", "--lifeline", "3", "--open-files", "9"};
  for (const auto& o : r.served->overrides) {
    worker.push_back("--set");
    worker.push_back(o);
  }
  const auto w = session{}.run(worker);
  INFO(w.err);
  REQUIRE(w.worked);
  CHECK(w.worked->config.workers.slots == 5);
  CHECK(w.worked->config.store.directory == "d");
  CHECK(w.worked->local);
  CHECK(w.worked->lifeline == 3);
  CHECK(w.worked->open_files == 9);
}

TEST_CASE("worker flags") {
  const auto r = session{}.run({"worker", "--join", "[::1]:7000", "--name", "w_1", "--slots", "7", "--tls", "certs"});
  INFO(r.err);
  REQUIRE(r.worked);
  CHECK(r.worked->joins == std::vector{host_port{"::1", 7000}});
  CHECK(r.worked->name == "w_1");
  CHECK(r.worked->config.workers.slots == 7);
  CHECK(r.worked->config.cluster.tls_directory == "certs");
  CHECK_FALSE(r.worked->local);
  CHECK_FALSE(r.worked->lifeline);
}

TEST_CASE("the environment sets settings and the file") {
  session s;
  s.environment = {{"CALLBOARD_HTTP_LISTEN", "localhost:9"}, {"CALLBOARD_CONFIG", "no/such.toml"}};
  auto r = s.run({"serve"});
  CHECK(r.code == 1);
  CHECK(r.err.find("no/such.toml cannot be read") != std::string::npos);
  s.environment["CALLBOARD_CONFIG"] = "";
  r = s.run({"serve"});
  REQUIRE(r.served);
  CHECK(r.served->config.http.listen == "localhost:9");
}

TEST_CASE("wrong flags are refused by name, and nothing is started") {
  struct sample {
    std::vector<std::string> arguments;
    const char* message;
  };
  const sample samples[] = {
    {{"serve", "--http", "8080"}, "--http: http.listen must be an address as HOST:PORT, not \"8080\""},
    {{"serve", "--workers", "-1"},
     "--workers: workers.count must be a whole number from 0 to 1024 (processes), not \"-1\""},
    {{"serve", "--workers", "100"},
     "workers.count (100) must be at most workers.count_max (64); workers.count was set by --workers"},
    {{"serve", "--set", "http.thraeds=1"}, "--set: http.thraeds is not a setting; did you mean http.threads?"},
    {{"serve", "--set", "novalue"}, "--set takes KEY=VALUE"},
    {{"serve", "--set", "handlers.smtp.password=hunter2"}, "is a secret"},
    {{"serve", "--config", "no/such.toml"}, "no/such.toml cannot be read: No such file or directory"},
    {{"serve", "extra"}, "extra"},
    {{"serve", "--wrokers", "1"}, "--wrokers"},
    {{"worker"}, "--join"},
    {{"worker", "--join", "nowhere"}, "--join must be the scheduler's cluster address as HOST:PORT, not \"nowhere\""},
    {{"worker", "--join", "h:0"}, "--join must be"},
    {{"worker", "--join", "h:1", "--slots", "0"},
     "--slots: workers.slots must be a whole number from 1 to 4096 (slots), not \"0\""},
    {{"worker", "--join", "h:1", "--lifeline", "-3"}, "--lifeline"},
    {{"worker", "--join", "h:1", "--name", "w 1"},
     "--name: a worker's name has 1 to 64 letters, digits, dots, dashes and underscores, not \"w 1\""},
    {{"worker", "--join", "h:1", "--name", std::string(65, 'x')}, "--name: a worker's name has 1 to 64 letters"},
    {{}, "a command is needed"},
    {{"nonsense"}, "nonsense"},
  };
  for (const auto& x : samples) {
    INFO(x.message);
    const auto r = session{}.run(x.arguments);
    CHECK(r.code == 1);
    CHECK(r.err.find(x.message) != std::string::npos);
    CHECK(r.err.find("hunter2") == std::string::npos);
    CHECK_FALSE(r.served);
    CHECK_FALSE(r.worked);
  }
}

TEST_CASE("help names every command and hides what is not for people") {
  auto r = session{}.run({"--help"});
  CHECK(r.code == 0);
  for (const auto* command : {"serve", "worker", "submit", "get", "list", "cancel", "retry", "watch", "schedules",
                              "queues", "types", "workers", "scale", "config", "version"}) {
    INFO(command);
    CHECK(r.out.find(std::string{"\n  "} + command + " ") != std::string::npos);
    CHECK(session{}.run({command, "--help"}).code == 0);
  }
  r = session{}.run({"worker", "--help"});
  CHECK(r.out.find("--join") != std::string::npos);
  CHECK(r.out.find("--lifeline") == std::string::npos);
  CHECK(r.out.find("--local") == std::string::npos);
}

TEST_CASE("the version") {
  const auto r = session{}.run({"version"});
  CHECK(r.code == 0);
  CHECK(r.out.starts_with("callboard "));
  CHECK(std::count(r.out.begin(), r.out.end(), '.') == 2);
  CHECK(session{}.run({"--version"}).out == r.out);
}
