#include "handlers/registry.hpp"
#include "tests/handlers/function_handler.hpp"
#include "tests/handlers/handler_run.hpp"

#include <iostream>
#include <thread>

#include "job_types/payload_validator.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

const payload_validator& validator() {
  static const payload_validator v = make_validator(make_builtin_handlers({}));
  return v;
}

payload_validator with_schema(const std::string& schema) {
  handler_registry r;
  const auto run = [](const attempt&, handler_context&) { return succeed("{}"); };
  r.add(std::make_shared<function_handler>("custom", run, schema));
  return make_validator(r);
}

} // namespace

TEST_CASE("payloads that follow their schema are accepted") {
  const auto [type, payload] = GENERATE(table<const char*, const char*>({
    {"email_send", R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"})"},
    {"email_send", R"({"to":"","subject":"x"})"},
    {"email_send", R"({"to":["a@b","c@d"],"subject":"x","cc":"e@f","bcc":[],"replyTo":"g@h","html":"<p>","from":"i@j",
                       "headers":{"X-A":"b"},"attachments":[{"name":"a","contentBase64":"","contentType":"text/plain"}]})"},
    {"http_request", R"({"url":"http://x"})"},
    {"http_request", R"({"url":"http://x","method":"PUT","body":[1],"expect":{"status":[200,"3xx"]},"timeout":0.5})"},
    {"http_request", R"({"url":"http://x","body":null,"expect":{"status":"2xx"}})"},
    {"file_upload", R"({"source":"/a","destination":"s3://b/c","headers":{"x":"y"}})"},
    {"file_upload", R"({"source":"/a","destination":"file:///b"})"},
    {"data_processing", R"({"inputs":[{"name":"t","path":"/a.csv"}],"sql":"SELECT 1"})"},
    {"data_processing", R"({"inputs":[{"name":"t","path":"/a","format":"jsonl","header":true,"delimiter":";"}],
                            "sql":"SELECT 1","output":{"path":"/o","format":"csv"},"params":[1,"a",null,true]})"},
    {"exec", R"({"argv":["true"]})"},
    {"exec",
     R"({"argv":["a","b"],"env":{"A":"b"},"stdin":"x","cwd":"/","okExitCodes":[0,3],"softTimeoutSignal":"SIGHUP",
                 "limits":{"cpuSeconds":1,"memoryBytes":1048576,"openFiles":10,"outputBytes":0}})"},
    {"noop", R"({})"},
    {"noop", R"({"anything":[{"goes":1}],"sleepMs":5,"fail":null})"},
  }));
  CAPTURE(type, payload);
  const auto checked = validator().check(type, payload);
  CHECK(checked);
  if (!checked)
    FAIL(checked.err().message);
}

TEST_CASE("payloads that break their schema are refused with the field, the reason and what is allowed") {
  const auto [type, payload, field, words] = GENERATE(table<const char*, const char*, const char*, const char*>({
    {"email_send", R"([])", "payload", "must be an object, not an array"},
    {"email_send", R"({"subject":"x"})", "payload.to", "is missing"},
    {"email_send", R"({"to":"a@b"})", "payload.subject", "is missing"},
    {"email_send", R"({"to":7,"subject":"x"})", "payload.to", "must be a string or an array, not an integer"},
    {"email_send", R"({"to":["a@b",7],"subject":"x"})", "payload.to[1]", "must be a string, not an integer"},
    {"email_send", R"({"to":"a@b","subject":"x","boddy":"y"})", "payload.boddy", "allowed in payload are"},
    {"email_send", R"({"to":"a@b","subject":"x","attachments":[{"name":"n"}]})", "payload.attachments[0].contentBase64",
     "is missing"},
    {"http_request", R"({"url":"http://x","method":"get"})", "payload.method", R"("GET", "HEAD")"},
    {"http_request", R"({"url":"http://x","expect":{"status":99}})", "payload.expect.status", "at least 100"},
    {"http_request", R"({"url":"http://x","expect":{"status":["2yy"]}})", "payload.expect.status[0]", "^[1-5]xx$"},
    {"http_request", R"({"url":"http://x","timeout":0})", "payload.timeout", "more than 0"},
    {"http_request", R"({"url":"http://x","headers":{"A":1}})", "payload.headers.A", "must be a string"},
    {"file_upload", R"({"source":"/a","destination":"ftp://x/y"})", "payload.destination", "s3://bucket/key"},
    {"data_processing", R"({"inputs":[],"sql":"x"})", "payload.inputs", "at least 1"},
    {"data_processing", R"({"inputs":[{"name":"a b","path":"/a"}],"sql":"x"})", "payload.inputs[0].name", "a letter"},
    {"data_processing", R"({"inputs":[{"name":"a","path":"/a"}],"sql":"x","params":[[1]]})", "payload.params[0]",
     "not an array"},
    {"data_processing", R"({"inputs":[{"name":"a","path":"/a"}],"sql":"x","output":"/o"})", "payload.output",
     "must be an object"},
    {"exec", R"({"argv":[]})", "payload.argv", "at least 1"},
    {"exec", R"({"argv":["x"],"cwd":"relative"})", "payload.cwd", "^/"},
    {"exec", R"({"argv":["x"],"limits":{"cpuSeconds":1.5}})", "payload.limits.cpuSeconds", "must be an integer"},
    {"exec", R"({"argv":["x"],"okExitCodes":[256]})", "payload.okExitCodes[0]", "at most 255"},
    {"exec", R"({"argv":["x"],"softTimeoutSignal":"SIGKILL"})", "payload.softTimeoutSignal", R"("SIGUSR2")"},
    {"exec", R"({"argv":["x"],"softTimeoutSignal":10})", "payload.softTimeoutSignal", R"("SIGTERM")"},
    {"noop", R"("text")", "payload", "must be an object"},
    {"noop", R"({"sleepMs":60001})", "payload.sleepMs", "at most 60000"},
    {"noop", R"({"stamp":1})", "payload.stamp", "boolean"},
    {"noop", R"({"fail":"often"})", "payload.fail", R"("retryable", "final" or null)"},
  }));
  CAPTURE(type, payload);
  const auto checked = validator().check(type, payload);
  REQUIRE_FALSE(checked);
  CHECK(checked.err().code == ec::invalid_payload);
  CHECK(checked.err().field == field);
  CHECK_THAT(checked.err().message, Catch::Contains(field) && Catch::Contains(words));
  const auto parsed = validator().check_value(type, json::parse(payload));
  REQUIRE_FALSE(parsed);
  CHECK(parsed.err().message == checked.err().message);
}

TEST_CASE("an unknown type is refused with the known ones, a payload that is no JSON as such") {
  const auto unknown = validator().check("emial_send", "{}");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.err().code == ec::unknown_job_type);
  CHECK(unknown.err().field == "jobType");
  CHECK_THAT(unknown.err().message, Catch::Contains("emial_send") && Catch::Contains("email_send, exec"));
  const auto broken = validator().check("noop", "{");
  REQUIRE_FALSE(broken);
  CHECK(broken.err().code == ec::malformed_json);
}

TEST_CASE("faults beyond the explained keywords still name their field") {
  const auto v = with_schema(R"({"properties":{"a":{"properties":{"b":{"multipleOf":2}}},
                                "list":{"type":"array","uniqueItems":true}}})");
  const auto number = v.check("custom", R"({"a":{"b":3}})");
  REQUIRE_FALSE(number);
  CHECK(number.err().field == "payload.a.b");
  CHECK_THAT(number.err().message, Catch::Contains("multiple of"));
  const auto list = v.check("custom", R"({"list":[1,1]})");
  REQUIRE_FALSE(list);
  CHECK(list.err().field == "payload.list");
  CHECK(v.check("custom", R"({"a":{"b":4},"list":[1,2]})"));
}

TEST_CASE("a schema that is none is refused when the validator is made") {
  REQUIRE_THROWS_WITH(with_schema("{"), Catch::Contains("custom"));
  REQUIRE_THROWS_WITH(with_schema(R"({"type":"strin"})"), Catch::Contains("custom"));
}

TEST_CASE("schemas that would bring the checker down are refused with the reason") {
  const std::string deep = [] {
    std::string s;
    for (int i = 0; i < 100; ++i)
      s += R"({"not":)";
    return s + "{}" + std::string(100, '}');
  }();
  const auto [schema, words] = GENERATE_COPY(table<std::string, const char*>({
    {"[]", "not a JSON object"},
    {deep, "64 levels"},
    {R"({"properties":{"a":{"pattern":"("}}})", "the pattern \"(\""},
    {R"({"pattern":"(a)\\1"})", "back-references are not supported"},
    {R"({"items":{"pattern":"^(?=a)."}})", "look-ahead is not supported"},
    {R"({"pattern":"^(?!a)."})", "look-ahead is not supported"},
    {R"({"pattern":"(?<=a)b"})", "look-behind"},
    {R"({"pattern":"a{1,2000}"})", "1000 at most"},
    {R"({"pattern":"((a{100}){100}){100}"})", "allowed is the syntax of RE2"},
    {R"({"anyOf":[{"pattern":5}]})", "a pattern must be a string, not 5"},
    {R"({"patternProperties":{"^a":{}}})", "propertyNames"},
    {R"({"$ref":"#"})", "back to itself"},
    {R"({"allOf":[{"$ref":"#/definitions/a%62"}],"definitions":{"ab":{"not":{"$ref":"#"}}}})", "back to itself"},
    {R"({"$ref":"#/nowhere"})", "leads nowhere"},
    {R"({"$ref":"http://example.com/other.json"})", "begins with #"},
  }));
  CAPTURE(schema);
  payload_validator v;
  const auto ok = v.set("custom", schema);
  REQUIRE_FALSE(ok);
  CHECK(ok.err().code == ec::invalid_value);
  CHECK_THAT(ok.err().message, Catch::Contains(words));
  CHECK_FALSE(v.knows("custom"));
}

TEST_CASE("a schema may refer to itself on the way down, and name a property like a keyword") {
  payload_validator v;
  REQUIRE(
    v.set("tree", R"({"type":"object","properties":{"format":{"type":"string"},"children":{"items":{"$ref":"#"}}}})"));
  CHECK(v.check("tree", R"({"children":[{"children":[{"format":"x"}]}]})"));
  const auto refused = v.check("tree", R"({"children":[{"children":[{"format":1}]}]})");
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.err().field, Catch::StartsWith("payload.children[0].children[0]"));
}

TEST_CASE("a long string does not overrun the stack of a pattern or a format") {
  payload_validator v;
  REQUIRE(v.set("t", R"({"properties":{"a":{"pattern":"^(x|y)+$"},"b":{"format":"date"}},
                         "propertyNames":{"pattern":"^(a|b|z+)$"}})"));
  const std::string many(1u << 17, 'x'), digits(1u << 17, '1'), key(1u << 17, 'z');
  CHECK(v.check("t", R"({"a":")" + many + R"("})"));
  const auto refused = v.check("t", R"({"a":")" + many + R"(!"})");
  REQUIRE_FALSE(refused);
  CHECK(refused.err().field == "payload.a");
  CHECK(v.check("t", R"({"b":")" + digits + R"("})"));
  CHECK(v.check("t", R"({")" + key + R"(":1})"));
  CHECK_FALSE(v.check("t", R"({")" + key + R"(!":1})"));
}

TEST_CASE("a validator learns types, and its copies do not") {
  payload_validator v;
  REQUIRE(v.set("a", R"({"required":["x"]})"));
  const payload_validator before{v};
  REQUIRE(v.set("a", ""));
  REQUIRE(v.set("b", "{}"));
  CHECK_FALSE(before.check("a", "{}"));
  CHECK(v.check("a", "17"));
  CHECK(v.types() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(before.knows("b"));
}

TEST_CASE("threads share a validator") {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&wrong] {
      for (int n = 0; n < 200; ++n) {
        wrong += validator().check("exec", R"({"argv":["x"],"cwd":"/a"})") ? 0 : 1;
        wrong += validator().check("exec", R"({"argv":["x"],"cwd":"a"})") ? 1 : 0;
      }
    });
  for (auto& t : threads)
    t.join();
  REQUIRE(wrong == 0);
}

TEST_CASE("checks per second", "[.][bench]") {
  const auto payload = json::parse(R"({"to":"user@example.com","subject":"Welcome","body":"Welcome to our service"})");
  for (const auto* type : {"email_send", "noop"}) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i)
      REQUIRE(validator().check_value(type, payload));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::cout << type << ": " << static_cast<int>(100'000 / took.count()) << " checks/s\n";
  }
}
