#include "config/loader.hpp"
#include "config/setting_table.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// What a scheduler with these settings answers.
json settings_of(const load_request& r) {
  const auto loaded = load_settings_with_origins(r);
  if (!loaded)
    FAIL(loaded.err().message);
  fake_backend back;
  auto a = make_api(back);
  a.effective = &*loaded;
  const router routes{a, all_routes()};
  http_request request{.method = http_method::get, .target = "/api/settings"};
  auto match = routes.find(request.method, request.target);
  const auto answer =
    routes.run(match, request, responder{[](const responder::maker&) { FAIL("it answers at once"); }});
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  CHECK(answer->body.find("hunter2") == std::string::npos);
  return json::parse(answer->body);
}

json one(const json& answer, const std::string& name) {
  for (const auto& s : answer["settings"])
    if (s["name"] == name)
      return s;
  FAIL("there is no " << name);
  return {};
}

} // namespace

TEST_CASE("every setting is told, with its section", "[settings]") {
  const auto answer = settings_of({});
  CHECK(answer["count"] == setting_table().size());
  CHECK(answer["settings"].size() == setting_table().size());
  CHECK(answer["sections"].size() == setting_sections().size());
  for (const auto& s : answer["settings"]) {
    INFO(s["name"]);
    CHECK(s["origin"] == json{{"kind", "default"}});
    CHECK(s["changed"] == false);
    CHECK_FALSE(s["sentence"].get<std::string>().empty());
    if (!s.contains("secret"))
      CHECK(s["value"] == s["default"]);
  }
}

TEST_CASE("a value is told with its kind, and with where it comes from", "[settings]") {
  const auto answer = settings_of({.environment = {{"CALLBOARD_CLUSTER_LEASE", "12s"}, {"CALLBOARD_LOG_LEVEL", "info"}},
                                   .overrides = {{"http.threads", "3", "--set"},
                                                 {"log.json", "true", "--log-json"},
                                                 {"handlers.exec.allowed_programs", "/bin/true,/bin/false"}}});
  const auto threads = one(answer, "http.threads");
  CHECK(threads["section"] == "http");
  CHECK(threads["kind"] == "count");
  CHECK(threads["value"] == 3);
  CHECK(threads["default"] == settings{}.http.threads);
  CHECK(threads["unit"] == "threads");
  CHECK(threads["changed"] == true);
  CHECK(threads["origin"] == json{{"kind", "flag"}, {"place", "--set"}});
  CHECK(one(answer, "log.json")["value"] == true);
  CHECK(one(answer, "log.json")["origin"]["place"] == "--log-json");
  const auto lease = one(answer, "cluster.lease");
  CHECK(lease["value"] == "12s");
  CHECK(lease["origin"] == json{{"kind", "environment"}, {"place", "CALLBOARD_CLUSTER_LEASE"}});
  CHECK(one(answer, "handlers.exec.allowed_programs")["value"] == json{"/bin/true", "/bin/false"});
  // Given, and the same as the default.
  CHECK(one(answer, "log.level")["changed"] == false);
  CHECK(one(answer, "log.level")["origin"]["kind"] == "environment");
}

TEST_CASE("of a secret only that there is one", "[settings]") {
  const auto answer = settings_of(
    {.environment = {{"CALLBOARD_HANDLERS_SMTP_PASSWORD", "hunter2"}, {"CALLBOARD_HANDLERS_SMTP_USERNAME", "me"}}});
  const auto password = one(answer, "handlers.smtp.password");
  CHECK(password["secret"] == true);
  CHECK(password["set"] == true);
  CHECK(password["changed"] == true);
  CHECK_FALSE(password.contains("value"));
  CHECK_FALSE(password.contains("default"));
  CHECK(one(answer, "handlers.s3.secret_key")["set"] == false);
}

TEST_CASE("the file and the line", "[settings]") {
  const auto answer = settings_of({.file = std::string{CALLBOARD_SOURCE_DIRECTORY} + "/config/callboard.toml"});
  const auto origin = one(answer, "http.listen")["origin"];
  CHECK(origin["kind"] == "file");
  CHECK(origin["place"].get<std::string>().find("callboard.toml:") != std::string::npos);
}

TEST_CASE("a server that knows no settings says so", "[settings]") {
  direct d;
  CHECK(code_of(d.call(http_method::get, "/api/settings")) == "not_found");
}
