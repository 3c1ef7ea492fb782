#include "config/setting_docs.hpp"
#include "config/setting_table.hpp"
#include "tests/cli/fake_server.hpp"
#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

TEST_CASE("config prints the settings in effect with their origins") {
  session s;
  s.environment = {{"CALLBOARD_LOG_LEVEL", "debug"}};
  const auto r = s.run({"config", "--set", "http.threads=3"});
  CHECK(r.code == 0);
  CHECK(r.out.find("# CALLBOARD_LOG_LEVEL\n") != std::string::npos);
  CHECK(r.out.find("# --set\n") != std::string::npos);
  CHECK(r.out.find("\nthreads = 3 ") != std::string::npos);
}

TEST_CASE("config --json has every setting, and no secret") {
  session s;
  s.environment = {{"CALLBOARD_HANDLERS_SMTP_PASSWORD", "hunter2"},
                   {"CALLBOARD_HANDLERS_SMTP_USERNAME", "me"},
                   {"CALLBOARD_HANDLERS_EXEC_ALLOWED_PROGRAMS", "/bin/true,/bin/false"}};
  const auto r = s.run({"config", "--json", "--set", "log.json=true"});
  CHECK(r.out.find("hunter2") == std::string::npos);
  const auto all = json::parse(r.out);
  CHECK(all.size() == setting_table().size());
  CHECK(all["handlers.smtp.password"] == json{{"value", secret_mask}, {"origin", "CALLBOARD_HANDLERS_SMTP_PASSWORD"}});
  CHECK(all["handlers.s3.secret_key"] == json{{"value", ""}, {"origin", "default"}});
  CHECK(all["log.json"] == json{{"value", true}, {"origin", "--set"}});
  CHECK(all["http.threads"] == json{{"value", 1}, {"origin", "default"}});
  CHECK(all["cluster.lease"]["value"] == "10s");
  CHECK(all["handlers.exec.allowed_programs"]["value"] == json{"/bin/true", "/bin/false"});
}

TEST_CASE("config --check") {
  CHECK(session{}.run({"config", "--check"}).out == "the settings are good\n");
  const auto r = session{}.run({"config", "--check", "--set", "http.threads=0", "--set", "log.level=x"});
  CHECK(r.code == 1);
  CHECK(r.out.empty());
  CHECK(r.err.find("http.threads must be") != std::string::npos);
  CHECK(r.err.find("log.level must be") != std::string::npos);
}

TEST_CASE("config --server prints what a scheduler runs with") {
  const json list = {
    {{"name", "http.threads"}, {"value", 3}, {"origin", {{"kind", "flag"}, {"place", "--set"}}}},
    {{"name", "log.json"}, {"value", false}, {"origin", {{"kind", "default"}}}},
    {{"name", "workers.types"}, {"value", {"a", "b"}}, {"origin", {{"kind", "file"}, {"place", "x.toml:4"}}}},
    {{"name", "handlers.smtp.password"}, {"secret", true}, {"set", true}, {"origin", {{"kind", "default"}}}}};
  fake_server server{[&](const fake_request& r) {
    CHECK(r.target == "/api/settings");
    return fake_answer{.body = json{{"settings", list}}.dump()};
  }};
  const auto r = session{}.run({"config", "--server", server.url()});
  CHECK(r.code == 0);
  CHECK(r.out.find("http.threads            3         --set") != std::string::npos);
  CHECK(r.out.find("log.json                false     default") != std::string::npos);
  CHECK(r.out.find("workers.types           a,b       x.toml:4") != std::string::npos);
  CHECK(r.out.find("handlers.smtp.password  ********  default") != std::string::npos);
  CHECK(json::parse(session{}.run({"config", "--json", "--server", server.url()}).out)["settings"] == list);
}

TEST_CASE("config --server does not go with what is read here") {
  for (const auto& more : {std::vector<std::string>{"--check"}, {"--config", "x"}, {"--set", "http.threads=3"}}) {
    std::vector<std::string> line{"config", "--server", "http://127.0.0.1:1"};
    line.insert(line.end(), more.begin(), more.end());
    CHECK(session{}.run(line).code == 1);
  }
}

TEST_CASE("config prints the documents") {
  CHECK(session{}.run({"config", "--template"}).out == settings_toml());
  CHECK(session{}.run({"config", "--markdown"}).out == settings_markdown());
}
