// Schedules whose job a template makes.
#include "tests/http/client.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::string_view mail = R"({"parameters":{"type":"object","required":["to"],"properties":{
  "to":{"type":"string"},"n":{"type":"integer","default":4}}},
  "job":{"jobType":"email_send","priority":"${param.n}","retryCount":1,
         "payload":{"to":"${param.to}","text":"${schedule.date}"}}})";

struct schedule_bench : direct {
  schedule_bench() {
    define(mail);
    a.check_schema = [](const json&, const json*) -> result<done> { return done{}; };
  }
  void define(std::string_view definition) {
    back.recipe_versions.versions = {{"mail", 5, noon(), blob{std::string{definition}}}};
  }
  http_response post(const std::string& wish, const std::string& rest = R"("name":"s","every":60)") {
    return call(http_method::post, "/api/schedules", "{" + rest + R"(,"template":)" + wish + "}");
  }
};

} // namespace

TEST_CASE_METHOD(schedule_bench, "a schedule's job is what a template makes when it is defined",
                 "[schedules][templates]") {
  const auto r = post(R"({"name":"mail","parameters":{"to":"a@b.c"},"overrides":{"queue":"q"}})");
  INFO((r.failure ? r.failure->message : r.body));
  REQUIRE(r.status == 201);
  const auto& j = back.last_definition.job;
  CHECK(j.type == "email_send");
  CHECK(j.priority == 4);
  CHECK(j.max_retries == 1);
  CHECK(j.queue == "q");
  CHECK(json::parse(j.payload.view()) == json{{"to", "a@b.c"}, {"text", "${schedule.date}"}});
  CHECK(j.from_template == template_origin{"mail", 5});
  CHECK(back.last_create_only);
  CHECK(back.last_version == std::nullopt);

  CHECK(call(http_method::put, "/api/schedules/s?ifVersion=2",
             R"({"every":60,"template":{"name":"mail","version":5,"parameters":{"to":"x"}}})")
          .status == 200);
  CHECK_FALSE(back.last_create_only);
  CHECK(back.last_version == 2u);
  CHECK(back.last_definition.name == "s");
}

TEST_CASE_METHOD(schedule_bench, "a schedule shows which template its job is from", "[schedules][templates]") {
  auto d = *back.plan.definition;
  d.job.from_template = template_origin{"mail", 5};
  back.plan.definition = std::make_shared<const schedule_definition>(d);
  const auto shown = json::parse(call(http_method::get, "/api/schedules/s").body);
  CHECK(shown["template"] == json{{"name", "mail"}, {"version", 5}});
  CHECK(shown["job"]["jobType"] == "email_send");
}

TEST_CASE_METHOD(schedule_bench, "every template that is wrong for a schedule is refused with its place",
                 "[schedules][templates]") {
  struct row {
    std::string wish, code, field, says;
  };
  const row rows[] = {
    {"7", "invalid_value", "template", "must be an object"},
    {"null", "invalid_value", "template", "must be an object"},
    {"{}", "missing_field", "template.name", "is required"},
    {R"({"name":7})", "invalid_value", "template.name", "letters"},
    {R"({"name":"a b"})", "invalid_value", "template.name", "letters"},
    {R"({"name":"mail","x":1})", "unknown_field", "template.x", "known here are name, version, parameters, overrides"},
    {R"({"name":"mail","idempotencyKey":"k"})", "unknown_field", "template.idempotencyKey", "known here"},
    {R"({"name":"mail","version":0})", "out_of_range", "template.version", "1"},
    {R"({"name":"mail","parameters":[]})", "invalid_value", "template.parameters", "an object"},
    {R"({"name":"mail"})", "missing_field", "template.parameters.to", "is required"},
    {R"({"name":"mail","parameters":{"to":"x","y":1}})", "unknown_field", "template.parameters.y", "no parameter"},
    {R"({"name":"mail","parameters":{"to":7}})", "invalid_payload", "job.payload.to", "must be a string"},
    {R"({"name":"mail","parameters":{"to":"x","n":10}})", "out_of_range", "job.priority", "0 to 9"},
    {R"({"name":"mail","parameters":{"to":"x"},"overrides":{"payload":{}}})", "invalid_value",
     "template.overrides.payload", "is the template's"},
    {R"({"name":"mail","parameters":{"to":"x"},"overrides":{"deadline":"2027-01-01T00:00:00Z"}})", "invalid_value",
     "job.deadline", "use startWithin"},
    {R"({"name":"mail","name":"mail"})", "invalid_value", "template.name", "given twice"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.wish);
    back.last_schedule_call.clear();
    const auto r = post(x.wish);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains(x.says));
    CHECK(back.last_schedule_call.empty());
  }
  const std::string good = R"({"name":"mail","parameters":{"to":"x"}})";
  CHECK(field_of(post(good, R"("name":"s","every":60,"job":{"jobType":"noop"})")) == "template");
  CHECK(field_of(post(good, R"("name":"s","every":0)")) == "every");
  CHECK(field_of(post(good, R"("name":"s")")) == "cron");
  CHECK(field_of(call(http_method::post, "/api/schedules/preview", R"({"every":60,"template":)" + good + "}")) ==
        "template");
  define(R"({"workflow":{"name":"w","jobs":{"a":{"jobType":"noop"}}}})");
  const auto workflow = post(R"({"name":"mail"})");
  CHECK(field_of(workflow) == "template.name");
  CHECK_THAT(workflow.failure->message, Catch::Contains("one job at each fire time"));
  define(R"({"job":{"jobType":"noop","idempotencyKey":"k"}})");
  CHECK(field_of(post(R"({"name":"mail"})")) == "job.idempotencyKey");
  back.fail_with = error{ec::unknown_template, "there is no template 'mail'", "name"};
  const auto unknown = post(R"({"name":"mail"})");
  CHECK(code_of(unknown) == "unknown_template");
  CHECK(field_of(unknown) == "template.name");
}

TEST_CASE_METHOD(schedule_bench, "a schedule without a template may speak of one, and say things twice in its payload",
                 "[schedules][templates]") {
  const auto r = call(http_method::post, "/api/schedules",
                      R"({"name":"s","every":60,"job":{"jobType":"noop","payload":{"template":1,"a":1,"a":2}}})");
  CHECK(r.status == 201);
  CHECK(back.last_definition.job.payload.view() == R"({"template":1,"a":1,"a":2})");
  CHECK_FALSE(back.last_definition.job.from_template);
}

TEST_CASE_METHOD(schedule_bench, "a schedule of a template x redaction: the value goes in, and nobody is shown it",
                 "[schedules][templates][redaction]") {
  a.redactions->set("email_send", {"payload.to"});
  REQUIRE(post(R"({"name":"mail","parameters":{"to":"hunter2"}})").status == 201);
  CHECK(back.last_definition.job.payload.view().find("hunter2") != std::string::npos);
  const auto r = post(R"({"name":"mail","parameters":{"to":7}})");
  CHECK(field_of(r) == "job.payload");
}
