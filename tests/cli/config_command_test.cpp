#include "config/setting_docs.hpp"
#include "config/setting_table.hpp"
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

TEST_CASE("config prints the documents") {
  CHECK(session{}.run({"config", "--template"}).out == settings_toml());
  CHECK(session{}.run({"config", "--markdown"}).out == settings_markdown());
}
