// Submitting by templates: what comes of parameters, overrides and keys.
#include "tests/http/template_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

struct submit_bench : template_bench {
  submit_bench() {
    put("mail", json::parse(R"({"parameters":{"type":"object","required":["to"],"properties":{
      "to":{"type":"string"},"n":{"type":"integer","default":4},"list":{"type":"array"}}},
      "job":{"jobType":"email_send","priority":"${param.n}","tags":["${param.to}"],"retryCount":1,
             "payload":{"to":"${param.to}","text":"$${x} ${param.n} ${jobs.a.result}"}}})"));
  }
  http_response ask(const std::string& name, const json& body, const std::string& key = {}) {
    return call(http_method::post, "/api/templates/" + name + "/submit", body.dump(), key);
  }
};

} // namespace

TEST_CASE_METHOD(submit_bench, "templates: a submit fills in parameters and defaults", "[templates]") {
  const auto answer = submit("mail", {{"parameters", {{"to", "a\",\"x\":1"}}}});
  CHECK(answer["template"] == json{{"name", "mail"}, {"version", 1}});
  CHECK(answer.contains("jobID"));
  CHECK(last().type == "email_send");
  CHECK(last().priority == 4);
  CHECK(last().tags == std::vector<std::string>{"a\",\"x\":1"});
  CHECK(json::parse(last().payload.view()) == json{{"to", "a\",\"x\":1"}, {"text", "${x} 4 ${jobs.a.result}"}});
  CHECK(last().from_template == template_origin{"mail", 1});
  submit("mail", {{"parameters", {{"to", "b"}, {"n", 9}}}});
  CHECK(last().priority == 9);
}

TEST_CASE_METHOD(submit_bench, "templates: a former version can be submitted", "[templates]") {
  put("mail", {{"job", {{"jobType", "noop"}}}}, 200);
  CHECK(submit("mail", json::object())["template"]["version"] == 2);
  CHECK(last().type == "noop");
  CHECK(call(http_method::post, "/api/templates/mail/submit").status == 201);
  CHECK(submit("mail", {{"version", 1}, {"parameters", {{"to", "x"}}}})["template"]["version"] == 1);
  CHECK(last().type == "email_send");
}

TEST_CASE_METHOD(submit_bench, "templates: a job may be put off, or run one at a time", "[templates][unique]") {
  put("index", json::parse(R"({"parameters":{"type":"object","properties":{"wait":{"type":"number","default":5}}},
    "job":{"jobType":"noop","unique":{"by":["type","queue"],"onConflict":{"debounce":"${param.wait}","max":60}}}})"));
  submit("index", json::object());
  REQUIRE(last().unique);
  CHECK(last().unique->quiet == std::chrono::seconds{5});
  submit("index", {{"parameters", {{"wait", 7.5}}}});
  CHECK(last().unique->quiet == std::chrono::milliseconds{7500});
  put("sync", json::parse(R"({"job":{"jobType":"noop","unique":{"while":"running"}}})"));
  submit("sync", json::object());
  CHECK(last().unique->scope == unique_scope::running);
}

TEST_CASE_METHOD(submit_bench, "templates: overrides stand in place of the job's fields", "[templates]") {
  submit("mail", json::parse(R"({"parameters":{"to":"x"},"overrides":{"priority":1,"queue":"q","tags":["${param.to}"],
    "maxRetries":5,"scheduleAt":"2026-01-16T00:00:00Z","deadline":"2026-01-17T00:00:00Z"}})"));
  CHECK(last().priority == 1);
  CHECK(last().queue == "q");
  CHECK(last().tags == std::vector<std::string>{"${param.to}"}); // a client's own text
  CHECK(last().max_retries == 5);
  CHECK(last().schedule_at);
  CHECK(last().deadline);
}

TEST_CASE_METHOD(submit_bench, "templates: a dry run answers what would be submitted", "[templates]") {
  const auto body = json{{"parameters", {{"to", "x"}}}, {"overrides", {{"queue", "q"}}}, {"idempotencyKey", "k"}};
  const auto r = json_of(200, http_method::post, "/api/templates/mail/submit?dryRun=true", body);
  CHECK(r == json::parse(R"({"template":{"name":"mail","version":1},"job":{"jobType":"email_send","priority":4,
    "tags":["x"],"retryCount":1,"queue":"q","idempotencyKey":"k",
    "payload":{"to":"x","text":"${x} 4 ${jobs.a.result}"}}})"));
  CHECK(back.jobs.submits.empty());
  CHECK(refusal(call(http_method::post, "/api/templates/mail/submit?dryRun=yes", body.dump())) ==
        "invalid_value dryRun");
  CHECK(refusal(call(http_method::post, "/api/templates/mail/submit?dryRun=true",
                     R"({"parameters":{"to":"x","n":10}})")) == "out_of_range job.priority");
  CHECK(json_of(201, http_method::post, "/api/templates/mail/submit?dryRun=false", body).contains("jobID"));
}

TEST_CASE_METHOD(submit_bench, "templates: keys of a submit, and of the template", "[templates]") {
  const json body = {{"parameters", {{"to", "x"}}}};
  CHECK(ask("mail", body, "from-header").status == 201);
  CHECK(last().idempotency_key == "from-header");
  auto with_key = body;
  with_key["idempotencyKey"] = "from-body";
  CHECK(ask("mail", with_key, "from-header").status == 201);
  CHECK(last().idempotency_key == "from-body");
  const auto again = ask("mail", with_key);
  CHECK(again.status == 200);
  CHECK(json::parse(again.body)["duplicate"] == true);
  put("daily", {{"job", {{"jobType", "noop"}, {"idempotencyKey", "daily-${param.day}"}}}});
  submit("daily", {{"parameters", {{"day", "1"}}}});
  CHECK(last().idempotency_key == "daily-1");
  submit("daily", {{"parameters", {{"day", "2"}}}, {"idempotencyKey", "mine"}});
  CHECK(last().idempotency_key == "mine");
}

TEST_CASE_METHOD(submit_bench, "templates: what is wrong with a submit is named", "[templates]") {
  struct row {
    json body;
    std::string refusal;
  };
  const auto parameters = [](const json& p) { return json{{"parameters", p}}; };
  const auto overrides = [](const json& o) { return json{{"parameters", {{"to", "x"}}}, {"overrides", o}}; };
  const row rows[] = {
    {json::array(), "invalid_value "},
    {{{"params", 1}}, "unknown_field params"},
    {parameters(1), "invalid_value parameters"},
    {json::object(), "missing_field parameters.to"},
    {parameters({{"to", 1}}), "invalid_value parameters.to"},
    {parameters({{"to", "x"}, {"too", "x"}}), "unknown_field parameters.too"},
    {parameters({{"to", "x"}, {"n", 10}}), "out_of_range job.priority"},
    {parameters({{"to", ""}}), "out_of_range job.tags[0]"},
    {{{"version", 7}, {"parameters", {{"to", "x"}}}}, "not_found version"},
    {{{"version", 0}}, "out_of_range version"},
    {{{"idempotencyKey", 1}}, "invalid_value idempotencyKey"},
    {{{"idempotencyKey", ""}}, "out_of_range idempotencyKey"},
    {{{"overrides", {1}}}, "invalid_value overrides"},
    {overrides({{"payload", 1}}), "invalid_value overrides.payload"},
    {overrides({{"jobType", "noop"}}), "invalid_value overrides.jobType"},
    {overrides({{"idempotencyKey", "k"}}), "invalid_value overrides.idempotencyKey"},
    {overrides({{"priority", 11}}), "out_of_range overrides.priority"},
    {overrides({{"prio", 1}}), "unknown_field overrides.prio"},
    {overrides({{"scheduleAt", "2020-01-01T00:00:00Z"}}), "time_in_past overrides.scheduleAt"},
  };
  for (const auto& r : rows) {
    INFO(r.body.dump());
    const auto got = ask("mail", r.body);
    INFO((got.failure ? got.failure->message : got.body));
    CHECK(refusal(got) == r.refusal);
  }
  CHECK(ask("mail", parameters({{"to", "x"}, {"n", 10}})).failure->message ==
        R"(priority must be an integer from 0 to 9, not 10; the template has "${param.n}" there)");
  CHECK(refusal(ask("mail", parameters({{"to", "x"}}), std::string(200, 'k'))) == "out_of_range Idempotency-Key");
  CHECK(refusal(ask("none", json::object())) == "unknown_template name");
  CHECK(back.jobs.submits.empty());
  put("free",
      {{"job", {{"jobType", "noop"}, {"queue", "${param.q}"}}}, {"parameters", {{"additionalProperties", true}}}});
  CHECK(refusal(ask("free", json::object())) == "missing_field parameters.q");
  submit("free", parameters({{"q", "a"}, {"more", 1}}));
  CHECK(last().queue == "a");
}

TEST_CASE_METHOD(submit_bench, "templates x workflows: each job says which template it is of", "[templates]") {
  auto w = diamond();
  w["name"] = "nightly ${param.day}";
  w["jobs"]["load"]["payload"] = {{"day", "${param.day}"}};
  w["jobs"]["join"]["payload"] = {{"from", "${jobs.left.result}"}};
  put("night", {{"workflow", w}});
  const auto answer = submit("night", {{"parameters", {{"day", "15"}}}});
  CHECK(answer["name"] == "nightly 15");
  CHECK(answer["template"] == json{{"name", "night"}, {"version", 1}});
  CHECK(answer["jobs"].size() == 5);
  for (const auto& spec : back.jobs.submits.back().jobs)
    CHECK(spec.from_template == template_origin{"night", 1});
  CHECK(json::parse(back.jobs.at("load").spec.payload.view()) == json{{"day", "15"}});
  CHECK(json::parse(back.jobs.at("join").spec.payload.view()) == json{{"from", "${jobs.left.result}"}});
  const auto dry =
    json_of(200, http_method::post, "/api/templates/night/submit?dryRun=true", {{"parameters", {{"day", "1"}}}});
  CHECK(dry["workflow"]["name"] == "nightly 1");
}

TEST_CASE_METHOD(submit_bench, "templates x workflows: keys, overrides, and results that a value may not bring",
                 "[templates]") {
  auto w = diamond();
  w["jobs"]["join"]["payload"] = {{"from", "${param.x}"}};
  put("night", {{"workflow", w}});
  CHECK(ask("night", {{"parameters", {{"x", 1}}}}, "key").status == 201);
  CHECK(back.jobs.at("load").spec.idempotency_key == "key/load");
  const auto before = back.jobs.submits.size();
  CHECK(refusal(ask("night", {{"parameters", {{"x", 1}}}, {"overrides", {{"priority", 1}}}})) ==
        "invalid_value overrides");
  CHECK(refusal(ask("night", {{"parameters", {{"x", "${jobs.left.result}"}}}})) == "invalid_value parameters.x");
  CHECK(refusal(ask("night", {{"parameters", {{"x", 1}}}}, std::string(126, 'k'))) == "out_of_range idempotencyKey");
  CHECK(back.jobs.submits.size() == before);
}

TEST_CASE_METHOD(submit_bench, "templates: what is made grows no larger than a body", "[templates]") {
  a.http.body_bytes_max = 2000;
  CHECK(refusal(ask("mail", {{"parameters", {{"to", std::string(1500, 'x')}}}})) == "body_too_large parameters.to");
}
