// What nobody is shown of the jobs of a type: where it stands in a text, how a rule says it, what a client is told.
#include "http/json/redaction.hpp"
#include "tests/http/limit_refusals.hpp"
#include "tests/http/template_bench.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string shown(const std::vector<std::string>& paths, const std::string& payload) {
  return redaction{paths}.shown_payload(payload);
}

/// Its errors hold all of the payload.
class echoing_types final : public accepted_types {
public:
  bool has(std::string_view type) const override {
    return type == "noop" || type == "email_send";
  }
  std::string listed() const override {
    return "noop, email_send";
  }
  result<done> check(std::string_view, const json& payload) const override {
    for (const auto& [name, value] : payload.items())
      if (!value.is_string() && !value.is_object())
        return error{ec::invalid_payload, "payload." + name + " must not be " + payload.dump(), "payload." + name};
    return done{};
  }
};

struct echo_bench {
  fake_backend back;
  echoing_types types;
  api a = make_api(back, types);
  router routes{a, all_routes()};

  http_response post(const std::string& path, const std::string& body) {
    http_request request;
    request.method = http_method::post;
    request.target = path;
    request.content_type = "application/json";
    request.body = body;
    std::optional<http_response> answer;
    auto match = routes.find(request.method, request.target);
    if (auto now = routes.run(match, request, responder{[&answer](responder::maker make) { answer = make(); }}))
      answer = std::move(now);
    REQUIRE(answer);
    return *answer;
  }
};

} // namespace

TEST_CASE("redaction: a text is the same byte by byte but for the values at its paths", "[redaction]") {
  struct row {
    std::vector<std::string> paths;
    std::string text, shown;
  };
  const std::string deep = std::string(3000, '[') + R"({"a":1,"b":2})" + std::string(3000, ']');
  auto deep_shown = deep;
  deep_shown.replace(deep.find('1'), 1, R"("[redacted]")");
  const row rows[] = {
    {{"payload.a"}, R"({ "a" : 1 , "b":1.50 })", R"({ "a" : "[redacted]" , "b":1.50 })"},
    {{"payload.a"}, R"({"b":{"a":1},"c":["a"]})", R"({"b":{"a":1},"c":["a"]})"},
    {{"payload.a.b"}, R"({"a":{"b":-1e-7,"c":2},"b":3})", R"({"a":{"b":"[redacted]","c":2},"b":3})"},
    {{"payload.a.b"}, R"({"a":7})", R"({"a":7})"},
    // Names are as they mean, and as often as they stand there.
    {{"payload.password"},
     R"({"p\u0061ssword":"x","password":"y"})",
     R"({"p\u0061ssword":"[redacted]","password":"[redacted]"})"},
    {{"payload.schlüssel"},
     "{\"schl\\u00fcssel\":true,\"schlüssel\":null}",
     "{\"schl\\u00fcssel\":\"[redacted]\",\"schlüssel\":\"[redacted]\"}"},
    {{"payload.a"}, R"({"a":{"a":[1,{"x":"}"}]},"b":2})", R"({"a":"[redacted]","b":2})"},
    {{"payload.a"}, R"({"a":[],"b":{}})", R"({"a":"[redacted]","b":{}})"},
    // An array on the way means each of its elements, and a number one of them.
    {{"payload.a.b"},
     R"({"a":[{"b":1},{"b":[2]},3,[{"b":4}]]})",
     R"({"a":[{"b":"[redacted]"},{"b":"[redacted]"},3,[{"b":"[redacted]"}]]})"},
    {{"payload.a.1"}, R"({"a":[ 1 , 2 ,3]})", R"({"a":[ 1 , "[redacted]" ,3]})"},
    {{"payload.a.1"}, R"({"a":[[1,2],{"1":3}]})", R"({"a":[[1,"[redacted]"],"[redacted]"]})"},
    {{"payload.b"}, R"([{"b":1}, {"b":"\"}"}])", R"([{"b":"[redacted]"}, {"b":"[redacted]"}])"},
    {{"payload.b", "payload.b.c", "payload.d"},
     R"({"b":{"c":1},"d":2,"e":3})",
     R"({"b":"[redacted]","d":"[redacted]","e":3})"},
    {{"payload.a"}, deep, deep_shown},
    {{"payload"}, R"({"a":1})", R"("[redacted]")"},
    {{"payload"}, "17", R"("[redacted]")"},
    {{"result.a"}, R"({"a":1})", R"({"a":1})"},
    {{"payload.a"}, R"("a")", R"("a")"},
    {{"payload.a"}, "12", "12"},
    // Of what cannot be read nothing is shown.
    {{"payload.a"}, R"({"b":"secret)", R"("[redacted]")"},
    {{"payload.a"}, R"({"b":1} "secret")", R"("[redacted]")"},
    {{"payload.a"}, R"({"b":1e999})", R"("[redacted]")"},
    {{"payload.a"}, "", R"("[redacted]")"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.paths, x.text.substr(0, 200));
    CHECK(shown(x.paths, x.text) == x.shown);
  }
  CHECK(redaction{{"result.a"}}.shown_result(R"({"a":1})") == R"({"a":"[redacted]"})");
  const std::string big = R"({"a":")" + std::string(1 << 20, 'x') + R"(","b":")" + std::string(1 << 20, 'y') + R"("})";
  CHECK(shown({"payload.a"}, big) == R"({"a":"[redacted]","b":")" + std::string(1 << 20, 'y') + R"("})");
}

TEST_CASE("redaction: parts of a payload that it concerns lie within a path, or around one", "[redaction]") {
  const redaction r{{"payload.card.number", "payload.list.0.pin", "result.token"}};
  for (const auto* part : {"payload", "payload.card", "payload.card.number", "payload.card.number.digits[3]",
                           "payload.card[0].number", "payload.card.0.1.number", "payload.list", "payload.list[0].pin"})
    CHECK(r.concerns(part));
  for (const auto* part :
       {"payload.cards", "payload.card.owner", "payload.number", "payload.token", "result.token", "type", ""})
    CHECK_FALSE(r.concerns(part));
  CHECK(redaction{{"payload"}}.concerns("payload.x"));
  CHECK_FALSE(redaction{{"result"}}.concerns("payload.x"));
}

TEST_CASE("redaction: a rule has its paths as they were given", "[redaction][limits]") {
  direct d;
  const std::string body = R"({"redact":["payload.p\u0061ss=word","result","payload.list.0"]})";
  REQUIRE(d.call(http_method::put, "/api/types/noop", body).status == 200);
  CHECK(d.back.last_rule.redact == std::vector<std::string>{"payload.pass=word", "result", "payload.list.0"});
  CHECK(*parse_limit_rule(to_text(d.back.last_rule)) == d.back.last_rule);
  for (const auto* none : {R"({"redact":[]})", R"({"redact":null})", "{}"}) {
    REQUIRE(d.call(http_method::put, "/api/types/noop", none).status == 200);
    CHECK(d.back.last_rule.is_plain());
  }
}

TEST_CASE("redaction: every bad path is refused with its place", "[redaction][limits]") {
  std::string many = R"({"redact":["payload.a0")";
  for (int i = 1; i <= 32; ++i)
    many += ",\"payload.a" + std::to_string(i) + '"';
  const bad rows[] = {
    {R"({"redact":"payload"})", "invalid_value", "redact", "must be an array of strings"},
    {R"({"redact":{}})", "invalid_value", "redact", "must be an array of strings"},
    {R"({"redact":[7]})", "invalid_value", "redact[0]", "payload, result, log, or a path"},
    {R"({"redact":[["payload"]]})", "invalid_value", "redact[0]", "not an array"},
    {R"({"redact":["payload","payloads"]})", "invalid_value", "redact[1]", "payload, result, log, or a path"},
    {R"({"redact":[""]})", "invalid_value", "redact[0]", "payload, result, log, or a path"},
    {R"({"redact":["payload."]})", "invalid_value", "redact[0]", "payload, result, log, or a path"},
    {R"({"redact":["payload..a"]})", "invalid_value", "redact[0]", "payload, result, log, or a path"},
    {R"({"redact":["payload.a b"]})", "invalid_value", "redact[0]", "a space"},
    {R"({"redact":["payload.a\nb"]})", "invalid_value", "redact[0]", "a control character"},
    {R"({"redact":["payload.a\u0000"]})", "invalid_value", "redact[0]", "a control character"},
    {R"({"redact":["payload.a[].b"]})", "invalid_value", "redact[0]", "a bracket"},
    {R"({"redact":["result","result"]})", "invalid_value", "redact[1]", "given twice"},
    {R"({"redact":["payload.)" + std::string(249, 'x') + R"("]})", "out_of_range", "redact[0]", "at most 256 bytes"},
    {many + "]}", "out_of_range", "redact", "at most 32 paths, not 33"},
    {R"({"redact":["payload.c"],"defaults":{"concurrencyKey":{"payload":"c.id"}}})", "invalid_value",
     "defaults.concurrencyKey.payload", "a key is a name that all see"},
  };
  for (const auto& x : rows)
    check_refused(http_method::put, "/api/types/noop", x.body, x);
  for (const auto* path : {"/api/queues/q", "/api/queues/q/keys/k"})
    check_refused(http_method::put, path, R"({"redact":["payload"]})",
                  {{}, "invalid_value", "redact", "redact is for job types"});
}

TEST_CASE("redaction: an error says nothing of a payload of which something is redacted", "[redaction]") {
  const std::string payload = R"({"password":"hunter2","n":{"hunter2":1},"keys":1})";
  const std::string job = R"({"jobType":"noop","payload":)" + payload + "}";
  struct row {
    const char* path;
    std::string body;
  };
  const row rows[] = {
    {"/api/jobs/submit", job},
    {"/api/jobs/batch?atomic=true", "[" + job + "]"},
    {"/api/jobs/batch", "[" + job + "," + job + "]"},
    {"/api/workflows", R"({"name":"w","jobs":{"a":)" + job + "}}"},
    {"/api/schedules", R"({"name":"s","every":60,"job":)" + job + "}"},
    {"/api/workflows",
     R"({"name":"w","jobs":{"a":{"jobType":"noop","payload":{"password":"${jobs.hunter2.result}"}}}})"},
    {"/api/workflows", R"({"name":"w","jobs":{"a":{"jobType":"noop","payload":{"password":"${jobs.hunter2"}}}})"},
    {"/api/workflows", R"({"name":"w","jobs":{"a":{"jobType":"noop","payload":{"password":"${item.hunter2}"}}}})"},
    {"/api/jobs/submit",
     R"({"jobType":"noop","payload":{"password":"hunter2"},"concurrencyKey":{"payload":"password"}})"},
    {"/api/jobs/submit", R"({"jobType":"noop","payload":{"password":{"hunter2":1}},"unique":{"by":["payload.x"]}})"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.path, x.body);
    echo_bench b;
    b.a.redactions->set("noop", {"payload.password"});
    const auto r = b.post(x.path, x.body);
    const auto text = r.body + (r.failure ? r.failure->message + " " + r.failure->field : "");
    CHECK((r.failure || text.find("error") != std::string::npos));
    CHECK(text.find("hunter2") == std::string::npos);
    CHECK(b.back.submits.empty());
  }
  // Of others it is told, and where only results are redacted.
  echo_bench b;
  b.a.redactions->set("email_send", {"payload.password"});
  b.a.redactions->set("noop", {"result"});
  CHECK(b.post("/api/jobs/submit", job).failure->message.find("hunter2") != std::string::npos);
}

TEST_CASE("redaction: the field of an error is told unless it lies where values are redacted", "[redaction]") {
  echo_bench b;
  b.a.redactions->set("noop", {"payload.keys"});
  CHECK(field_of(b.post("/api/jobs/submit", R"({"jobType":"noop","payload":{"n":7}})")) == "payload.n");
  CHECK(field_of(b.post("/api/jobs/submit", R"({"jobType":"noop","payload":{"keys":7}})")) == "payload");
}

TEST_CASE("redaction: a concurrency key that stands in a redacted place is refused", "[redaction]") {
  direct d;
  d.a.redactions->set("noop", {"payload.card.number"});
  const auto submit = [&d](const std::string& path) {
    return d.submit(R"({"jobType":"noop","payload":{"card":{"number":"4","owner":"o"}},"concurrencyKey":{"payload":")" +
                    path + "\"}}");
  };
  const auto r = submit("card.number");
  CHECK(code_of(r) == "invalid_value");
  CHECK(field_of(r) == "concurrencyKey.payload");
  CHECK_THAT(r.failure->message, Catch::Contains("which the job type redacts"));
  CHECK(submit("card.owner").status == 201);
}

TEST_CASE("redaction: the mark is not taken for the value", "[redaction]") {
  direct d;
  d.a.redactions->set("noop", {"payload.card.number", "payload.list.pin"});
  const auto refused = [&d](const std::string& path, const std::string& body) {
    CAPTURE(path, body);
    const auto r = d.call(http_method::post, path, body);
    CHECK(code_of(r) == "invalid_payload");
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains("only shown in its place"));
    return field_of(r);
  };
  const auto job = [](const std::string& payload) { return R"({"jobType":"noop","payload":)" + payload + "}"; };
  const auto number = job(R"({"card":{"number":"[redacted]"}})");
  CHECK(refused("/api/jobs/submit", number) == "payload.card.number");
  CHECK(refused("/api/jobs/submit", job(R"({"card":{"number":"\u005bredacted]"}})")) == "payload.card.number");
  CHECK(refused("/api/jobs/submit", job(R"({"list":[{},{"pin":"[redacted]"}]})")) == "payload.list.pin");
  // A rule that was wider when it was shown.
  CHECK(refused("/api/jobs/submit", job(R"({"card":"[redacted]"})")) == "payload.card.number");
  CHECK(refused("/api/jobs/submit", job(R"("[redacted]")")) == "payload.card.number");
  CHECK(refused("/api/schedules", R"({"name":"s","every":60,"job":)" + number + "}") == "job.payload.card.number");
  CHECK(refused("/api/workflows", R"({"name":"w","jobs":{"a":)" + number + "}}") == "jobs.a.payload.card.number");
  CHECK(d.submit(job(R"({"card":{"number":"4","owner":"[redacted]"}})")).status == 201);
  CHECK(d.submit(R"({"jobType":"email_send","payload":{"to":"[redacted]"}})").status == 201);
}

TEST_CASE("redaction: a template shows placeholders, and takes no mark for a value", "[redaction][templates]") {
  template_bench b;
  b.a.redactions->set("noop", {"payload.password"});
  const auto definition = [](const std::string& password) {
    return json{{"job", {{"jobType", "noop"}, {"payload", {{"password", password}, {"n", "x${param.n}"}}}}}};
  };
  const auto put = b.put("t", definition("hunter2"));
  CHECK(put["job"]["payload"] == json{{"password", "[redacted]"}, {"n", "x${param.n}"}});
  const auto shown = b.json_of(200, http_method::get, "/api/templates/t");
  CHECK(shown["job"]["payload"]["password"] == "[redacted]");
  const auto back = b.call(http_method::put, "/api/templates/t", json{{"job", shown["job"]}}.dump());
  CHECK(refusal(back) == "invalid_payload job.payload.password");
  b.put("t", definition("hunter3"), 200);
  CHECK(b.json_of(200, http_method::get, "/api/templates/t/diff")["patch"].empty());
  // What goes into a job is the value, and a rollback takes the one that was stored.
  b.submit("t", {{"parameters", {{"n", 1}}}});
  CHECK(b.last().payload.view().find("hunter3") != std::string::npos);
  b.json_of(200, http_method::post, "/api/templates/t/rollback", {{"version", 1}});
  b.submit("t", {{"parameters", {{"n", 1}}}});
  CHECK(b.last().payload.view().find("hunter2") != std::string::npos);

  const auto parameter = b.put("p", definition("${param.secret}"));
  CHECK(parameter["job"]["payload"]["password"] == "${param.secret}");
  CHECK(b.put("q", definition("hunter2${param.secret}"))["job"]["payload"]["password"] == "[redacted]");
  b.put("p", {{"job", parameter["job"]}}, 200);
  const json given{{"parameters", {{"secret", "hunter2"}, {"n", 1}}}};
  const auto dry = b.json_of(200, http_method::post, "/api/templates/p/submit?dryRun=true", given);
  CHECK(dry["job"]["payload"] == json{{"password", "[redacted]"}, {"n", "x1"}});
}

TEST_CASE("redaction: a template that does not say its type shows what no type redacts", "[redaction][templates]") {
  template_bench b;
  b.a.redactions->set("noop", {"payload.password"});
  b.a.redactions->set("email_send", {"payload.pin", "result"});
  const auto shown = b.put("t", json::parse(R"({"job":{"jobType":"${param.type}",
    "payload":{"password":"a","pin":[1],"to":"b"}}})"));
  CHECK(shown["job"]["payload"] == json{{"password", "[redacted]"}, {"pin", "[redacted]"}, {"to", "b"}});
  const auto workflow = b.put("w", json::parse(R"({"workflow":{"name":"w","jobs":{
    "a":{"jobType":"noop","payload":{"password":"a","pin":1}},
    "b":{"jobType":"email_send","payload":{"to":"x","password":"a","pin":1}}}}})"));
  CHECK(workflow["workflow"]["jobs"]["a"]["payload"] == json{{"password", "[redacted]"}, {"pin", 1}});
  CHECK(workflow["workflow"]["jobs"]["b"]["payload"] == json{{"to", "x"}, {"password", "a"}, {"pin", "[redacted]"}});
}

TEST_CASE("redaction: an error about a parameter says nothing of a value that goes to a redacted place",
          "[redaction][templates]") {
  template_bench b;
  b.a.check_schema = [](const json&, const json* values) -> result<done> {
    if (values == nullptr || !values->contains("secret"))
      return done{};
    return error{ec::invalid_value, "parameters.secret must not be " + (*values)["secret"].dump(), "parameters.secret"};
  };
  b.put("t", json::parse(R"({"parameters":{"type":"object"},"job":{"jobType":"noop",
    "payload":{"card":{"number":"x ${param.secret.0}"}}}})"));
  const auto told = [&b] {
    const auto r = b.call(http_method::post, "/api/templates/t/submit", R"({"parameters":{"secret":["hunter2"]}})");
    CHECK(refusal(r) == "invalid_value parameters.secret");
    return r.failure->message.find("hunter2") != std::string::npos;
  };
  CHECK(told());
  b.a.redactions->set("noop", {"payload.card"});
  CHECK_FALSE(told());
  b.a.redactions->set("noop", {"payload.owner"});
  CHECK(told());
}

TEST_CASE("redaction: it is gone with the rule, and of other types there is none", "[redaction]") {
  direct d;
  d.back.job.spec.payload = blob{std::string{R"({"to":"hunter2"})"}};
  const auto told = [&d] {
    const auto r = d.call(http_method::get, "/api/jobs/" + to_string(some_id()));
    return r.body.find("hunter2") != std::string::npos;
  };
  d.a.redactions->set("noop", {"payload"});
  CHECK(told());
  d.a.redactions->set("email_send", {"payload.to"});
  CHECK_FALSE(told());
  d.a.redactions->set("email_send", {});
  CHECK(told());
  d.a.redactions->set("noop", {});
  CHECK_FALSE(d.a.redactions->find("noop"));
  CHECK_FALSE(d.a.redactions->of_any());
}
