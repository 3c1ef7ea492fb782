#include "tests/http/limit_refusals.hpp"

#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto queue = limit_kind::queue, type = limit_kind::type;

json shown_queue() {
  return {{"name", "mail/\"eu\""},
          {"paused", true},
          {"concurrency", 10},
          {"rate", {{"jobs", 100}, {"per", 60}, {"burst", 20}}},
          {"weight", 3},
          {"perKey", {{"concurrency", 2}, {"rate", {{"jobs", 5}, {"per", 1}, {"burst", 3}}}}},
          {"waitingMax", 1000},
          {"fullAcceptsFrom", 8},
          {"waitingBytesMax", 67108864},
          {"whenFull", "shed"},
          {"preemption", nullptr},
          {"objective", {{"waitSeconds", 60}, {"waitShare", 0.99}, {"successShare", 0.999}, {"window", 604800}}},
          {"underWay", 7},
          {"held", "paused"},
          {"ready", 5},
          {"keys", 4},
          {"waiting", 2},
          {"running", 6},
          {"retrying", 1},
          {"waitingJobs", 6},
          {"waitingBytes", 4096},
          {"oldestReady", "2026-01-15T10:29:00.000Z"},
          {"lastProcessed", "2026-01-15T10:29:59.000Z"},
          {"projectedDrain", 90}};
}

json shown_type() {
  auto j = shown_queue();
  for (const auto* of_queues : {"weight", "perKey", "waitingMax", "fullAcceptsFrom", "preemption", "objective", "keys",
                                "waiting", "waitingBytesMax", "whenFull", "waitingJobs", "waitingBytes", "running",
                                "retrying", "oldestReady", "lastProcessed", "projectedDrain"})
    j.erase(of_queues);
  j["retryRate"] = {{"jobs", 30}, {"per", 1}, {"burst", 5}};
  j["cache"] = {{"for", 3600}};
  j["defaults"] = {{"timeout", 30}};
  j["redact"] = {"payload.card.number", "result"};
  j["name"] = "email_send";
  return j;
}

std::string base_of(limit_kind kind) {
  return kind == queue ? "/api/queues" : "/api/types";
}

/// The rule that comes of this body.
limit_rule rule_of(const std::string& body, limit_kind kind = queue) {
  direct d;
  const auto r = d.call(http_method::put, base_of(kind) + "/x", body);
  INFO(body << " " << (r.failure ? r.failure->message : ""));
  REQUIRE(r.status == 200);
  CHECK(d.back.last_limit_call == "set");
  CHECK(d.back.last_target == limit_target{kind, "x", ""});
  return d.back.last_rule;
}

void check_refused(limit_kind kind, const bad& x) {
  test::check_refused(http_method::put, base_of(kind) + "/x", x.body, x);
}

} // namespace

TEST_CASE("a queue and a job type show all they have", "[limits]") {
  direct d;
  CHECK(json::parse(d.call(http_method::get, "/api/queues/mail").body) == shown_queue());
  d.back.bound = full_limit(type);
  CHECK(json::parse(d.call(http_method::get, "/api/types/email_send").body) == shown_type());
}

TEST_CASE("a queue without limits that nobody has used", "[limits]") {
  direct d;
  d.back.bound = {};
  d.back.bound.target.name = "x";
  CHECK(json::parse(d.call(http_method::get, "/api/queues/x").body) == json{{"name", "x"},
                                                                            {"paused", false},
                                                                            {"concurrency", nullptr},
                                                                            {"rate", nullptr},
                                                                            {"weight", 1},
                                                                            {"perKey", nullptr},
                                                                            {"waitingMax", nullptr},
                                                                            {"fullAcceptsFrom", nullptr},
                                                                            {"waitingBytesMax", nullptr},
                                                                            {"whenFull", "reject"},
                                                                            {"waitingJobs", 0},
                                                                            {"waitingBytes", 0},
                                                                            {"preemption", nullptr},
                                                                            {"objective", nullptr},
                                                                            {"underWay", 0},
                                                                            {"held", nullptr},
                                                                            {"ready", 0},
                                                                            {"keys", 0},
                                                                            {"waiting", 0},
                                                                            {"running", 0},
                                                                            {"retrying", 0}});
  d.back.bound.rule.rate = rate_limit{1, 1500ms, 1};
  CHECK(json::parse(d.call(http_method::get, "/api/queues/x").body)["rate"]["per"] == 1.5);
  for (const auto* why : {"concurrency", "rate"}) {
    d.back.bound.held = why;
    CHECK(json::parse(d.call(http_method::get, "/api/queues/x").body)["held"] == why);
  }
}

TEST_CASE("each function of a limit asks for it by its name", "[limits]") {
  struct row {
    http_method method;
    std::string rest, body, call;
  };
  const row rows[] = {{http_method::get, "", "", "show"},
                      {http_method::put, "", "{}", "set"},
                      {http_method::delete_, "", "", "set"},
                      {http_method::post, "/pause", "", "pause"},
                      {http_method::post, "/resume", "", "pause"}};
  for (const auto kind : {queue, type})
    for (const auto& x : rows) {
      CAPTURE(base_of(kind), x.call, x.rest);
      direct d;
      d.back.bound = full_limit(kind);
      d.back.last_target.kind = kind == queue ? type : queue;
      d.back.last_paused = x.rest == "/resume";
      d.back.last_rule.paused = true;
      auto r = d.call(x.method, base_of(kind) + "/a.b-1_x" + x.rest, x.body);
      CHECK(r.status == 200);
      CHECK(json::parse(r.body) == (kind == queue ? shown_queue() : shown_type()));
      CHECK(d.back.last_limit_call == x.call);
      CHECK(d.back.last_target == limit_target{kind, "a.b-1_x", ""});
      CHECK(d.back.last_paused == (x.rest == "/pause"));
      if (x.call == "set")
        CHECK(d.back.last_rule.is_plain());

      d.back.fail_with = error{ec::queue_full, "too many limits"};
      r = d.call(x.method, base_of(kind) + "/x" + x.rest, x.body);
      CHECK(r.status == 429);
      CHECK(code_of(r) == "queue_full");
    }
}

TEST_CASE("the name of a queue is free text", "[limits]") {
  const std::pair<std::string, std::string> good[] = {
    {"a%2Fb", "a/b"},      {"%2F", "/"},
    {"..", ".."},          {"a%20b+c", "a b+c"},
    {"%22%25%3F", "\"%?"}, {"gr%C3%BCn", "gr\xC3\xBCn"},
    {"pause", "pause"},    {std::string(128, 'x'), std::string(128, 'x')}};
  for (const auto& [path, name] : good) {
    CAPTURE(path);
    direct d;
    CHECK(d.call(http_method::put, "/api/queues/" + path, R"({"concurrency":1})").status == 200);
    CHECK(d.back.last_target.name == name);
    CHECK(d.call(http_method::post, "/api/queues/" + path + "/pause").status == 200);
    CHECK(d.back.last_limit_call == "pause");
    CHECK(d.back.last_target.name == name);
  }
  check_bad_names("/api/queues/", "name");
  direct d;
  d.a.jobs.tag_bytes_max = 3;
  CHECK(d.call(http_method::get, "/api/queues/abc").status == 200);
  CHECK(code_of(d.call(http_method::get, "/api/queues/abcd")) == "out_of_range");
  CHECK(code_of(d.call(http_method::post, "/api/queues/abcd/resume")) == "out_of_range");
}

TEST_CASE("the name of a type is that of a type", "[limits]") {
  direct d;
  CHECK(d.call(http_method::get, "/api/types/" + std::string(128, 'x')).status == 200);
  const auto calls = d.back.calls();
  for (const auto& name : {std::string{"a%20b"}, std::string{"a%2Fb"}, std::string{"%FF"}, std::string(129, 'x')})
    for (const std::string rest : {"", "/pause"}) {
      CAPTURE(name, rest);
      const auto r = d.call(rest.empty() ? http_method::get : http_method::post, "/api/types/" + name + rest);
      CHECK(r.status == 400);
      CHECK(code_of(r) == "invalid_value");
      CHECK(field_of(r) == "name");
      REQUIRE(r.failure);
      CHECK_THAT(r.failure->message, Catch::Contains("a job type's name has 1 to 128"));
      // Whatever bytes it repeats, the answer is JSON.
      CHECK(json::accept(error_body(*r.failure, "id")));
    }
  CHECK(d.back.calls() == calls);
}

TEST_CASE("every field of a rule arrives, and what is absent is not limited", "[limits]") {
  const auto all = rule_of(R"({"paused":true,"concurrency":10,"rate":{"jobs":100,"per":60,"burst":20},"weight":4})");
  CHECK(all == limit_rule{.paused = true, .concurrency = 10, .rate = rate_limit{100, 60s, 20}, .weight = 4});
  CHECK(rule_of("{}").is_plain());
  CHECK(rule_of("{}", type).is_plain());
  CHECK(rule_of(R"({"paused":false,"concurrency":null,"rate":null,"weight":1})").is_plain());
  CHECK(rule_of(R"({"rate":null,"concurrency":2})") == limit_rule{.concurrency = 2});
  CHECK(rule_of(R"({"concurrency":1,"rate":{"per":1,"jobs":5}})", type) ==
        limit_rule{.concurrency = 1, .rate = rate_limit{5, 1s, 1}});
  CHECK(rule_of(R"({"paused":true})", type) == limit_rule{.paused = true});
}

TEST_CASE("fields of a rule at their bounds", "[limits]") {
  for (const auto n : {1u, 1'000'000u}) {
    const auto text = std::to_string(n);
    CHECK(rule_of(R"({"concurrency":)" + text + "}").concurrency == n);
    CHECK(rule_of(R"({"rate":{"per":1,"jobs":)" + text + "}}").rate->jobs == n);
    CHECK(rule_of(R"({"rate":{"per":1,"jobs":1,"burst":)" + text + "}}").rate->burst == n);
  }
  CHECK(rule_of(R"({"weight":1})").weight == 1);
  CHECK(rule_of(R"({"weight":1000})").weight == 1000);
  CHECK(rule_of(R"({"rate":{"jobs":1,"per":0.1}})").rate->period == 100ms);
  CHECK(rule_of(R"({"rate":{"jobs":1,"per":2.5}})").rate->period == 2500ms);
  CHECK(rule_of(R"({"rate":{"jobs":1,"per":31622400}})").rate->period == 24h * 366);
  CHECK(rule_of(R"({"rate":{"jobs":1,"per":31622400,"burst":100}})").rate->burst == 100);
  CHECK(rule_of(R"({"rate":{"jobs":10000,"per":31622400,"burst":1000000}})").rate->burst == 1'000'000);
}

TEST_CASE("a wrong field of a rule is named, with the reason and what is allowed", "[limits]") {
  const bad rows[] = {
    {R"({"colour":1})", "unknown_field", "colour",
     "known here are paused, concurrency, rate, weight, perKey, waitingMax, fullAcceptsFrom"},
    {R"({"name":"x"})", "unknown_field", "name", "known here"},
    {R"({"held":null})", "unknown_field", "held", "known here"},
    {R"({"paused":1})", "invalid_value", "paused", "true or false, not 1"},
    {R"({"paused":null})", "invalid_value", "paused", "true or false"},
    {R"({"paused":"yes"})", "invalid_value", "paused", "true or false"},
    {R"({"paused":true,"paused":false})", "invalid_value", "paused", "twice"},
    {R"({"concurrency":0})", "out_of_range", "concurrency", "1 to 1000000, not 0"},
    {R"({"concurrency":1000001})", "out_of_range", "concurrency", "1 to 1000000"},
    {R"({"concurrency":-1})", "out_of_range", "concurrency", "1 to 1000000"},
    {R"({"concurrency":1.5})", "invalid_value", "concurrency", "integer"},
    {R"({"concurrency":"5"})", "invalid_value", "concurrency", "integer"},
    {R"({"concurrency":[5]})", "invalid_value", "concurrency", "a single value"},
    {R"({"weight":0})", "out_of_range", "weight", "1 to 1000"},
    {R"({"weight":1001})", "out_of_range", "weight", "1 to 1000"},
    {R"({"weight":null})", "invalid_value", "weight", "1 to 1000, not null"},
    {R"({"weight":0.5})", "invalid_value", "weight", "integer"},
    {R"({"rate":5})", "invalid_value", "rate", "an object, not 5"},
    {R"({"rate":"5/s"})", "invalid_value", "rate", "an object"},
    {R"({"rate":[]})", "invalid_value", "rate", "an object, not an array"},
    {R"({"rate":null,"rate":null})", "invalid_value", "rate", "twice"},
    {R"({"rate":null,"rate":{"jobs":1,"per":1}})", "invalid_value", "rate", "twice"},
    {R"({"rate":{}})", "missing_field", "rate.jobs", "rate.jobs is required"},
    {R"({"rate":{"per":1}})", "missing_field", "rate.jobs", "required"},
    {R"({"rate":{"jobs":1}})", "missing_field", "rate.per", "seconds"},
    {R"({"rate":{"jobs":1,"per":1,"size":2}})", "unknown_field", "rate.size", "known here are jobs, per, burst"},
    {R"({"rate":{"jobs":1,"per":1,"jobs":2}})", "invalid_value", "rate.jobs", "twice"},
    {R"({"rate":{"jobs":0,"per":1}})", "out_of_range", "rate.jobs", "1 to 1000000"},
    {R"({"rate":{"jobs":1000001,"per":1}})", "out_of_range", "rate.jobs", "1 to 1000000"},
    {R"({"rate":{"jobs":null,"per":1}})", "invalid_value", "rate.jobs", "integer"},
    {R"({"rate":{"jobs":{"a":1},"per":1}})", "invalid_value", "rate.jobs", "a single value"},
    {R"({"rate":{"jobs":1,"per":0}})", "out_of_range", "rate.per", "0.1 to 31622400"},
    {R"({"rate":{"jobs":1,"per":0.09}})", "out_of_range", "rate.per", "0.1 to 31622400"},
    {R"({"rate":{"jobs":1,"per":31622400.1}})", "out_of_range", "rate.per", "0.1 to 31622400"},
    {R"({"rate":{"jobs":1,"per":-1}})", "out_of_range", "rate.per", "0.1"},
    {R"({"rate":{"jobs":1,"per":"1s"}})", "invalid_value", "rate.per", "number of seconds"},
    {R"({"rate":{"jobs":1,"per":1,"burst":0}})", "out_of_range", "rate.burst", "1 to 1000000"},
    {R"({"rate":{"jobs":1,"per":1,"burst":1000001}})", "out_of_range", "rate.burst", "1 to 1000000"},
    {R"({"rate":{"jobs":1,"per":1,"burst":null}})", "invalid_value", "rate.burst", "integer"},
    {R"({"rate":{"jobs":1,"per":31622400,"burst":101}})", "out_of_range", "rate.burst",
     "within 3162240000 s; 101 jobs take longer"},
    {R"({"rate":{"jobs":1,"per":31622400,"burst":1000000}})", "out_of_range", "rate.burst", "take longer"},
    {"", "malformed_json", "", "end of input"},
    {"[]", "invalid_value", "", "JSON object, not an array"},
    {"null", "invalid_value", "", "JSON object, not null"},
    {R"({"rate":{"jobs":1)", "malformed_json", "", "byte"},
    {R"({"rate":nul})", "malformed_json", "", "byte"},
  };
  for (const auto& x : rows)
    check_refused(queue, x);
  check_refused(type, {R"({"weight":1})", "invalid_value", "weight", "weight is for queues"});
  check_refused(type, {R"({"concurrency":0})", "out_of_range", "concurrency", "1 to 1000000"});
  check_refused(type, {R"({"rate":{"jobs":1}})", "missing_field", "rate.per", "seconds"});
  direct d;
  CHECK(d.call(http_method::put, "/api/queues/x", "{}", "text/plain").status == 415);
}

TEST_CASE("what a queue shows of its rule can be put again", "[limits]") {
  direct d;
  const auto shown = json::parse(d.call(http_method::get, "/api/queues/x").body);
  json rule;
  for (const auto* field : {"paused", "concurrency", "rate", "weight", "perKey", "waitingMax", "fullAcceptsFrom",
                            "waitingBytesMax", "whenFull", "objective"})
    rule[field] = shown[field];
  CHECK(rule_of(rule.dump()) == d.back.bound.rule);
  for (const auto* of_queues :
       {"weight", "perKey", "waitingMax", "fullAcceptsFrom", "waitingBytesMax", "whenFull", "objective"})
    rule.erase(of_queues);
  d.back.bound = full_limit(type);
  for (const auto* of_types : {"retryRate", "cache", "defaults", "redact"})
    rule[of_types] = json::parse(d.call(http_method::get, "/api/types/x").body)[of_types];
  CHECK(rule_of(rule.dump(), type) == d.back.bound.rule);
}

TEST_CASE("pause and resume of a queue take no fields", "[limits]") {
  for (const std::string rest : {"/pause", "/resume"}) {
    CAPTURE(rest);
    direct d;
    CHECK(d.call(http_method::post, "/api/queues/x" + rest, "{}").status == 200);
    const auto r = d.call(http_method::post, "/api/queues/x" + rest, R"({"for":60})");
    CHECK(code_of(r) == "unknown_field");
    CHECK(field_of(r) == "for");
    CHECK(d.back.calls() == 1);
  }
}

TEST_CASE("queues and job types page by name", "[limits]") {
  direct d;
  d.back.bounds = {{full_limit(), full_limit()}, "mail/\"eu\""};
  auto j = json::parse(d.call(http_method::get, "/api/queues").body);
  CHECK(j == json{{"queues", {shown_queue(), shown_queue()}}, {"count", 2}, {"next", "mail/\"eu\""}});
  CHECK(d.back.last_target.kind == queue);
  CHECK(d.back.last_after.empty());
  CHECK(d.back.last_limit == 100);
  d.back.bounds = {{full_limit(type)}, std::nullopt};
  j = json::parse(d.call(http_method::get, "/api/types?limit=7&cursor=email").body);
  CHECK(j == json{{"types", {shown_type()}}, {"count", 1}, {"next", nullptr}});
  CHECK(d.back.last_target.kind == type);
  CHECK(d.back.last_after == "email");
  CHECK(d.back.last_limit == 7);
  d.call(http_method::get, "/api/queues?limit=1000&cursor=mail%2F%22eu%22");
  CHECK(d.back.last_after == "mail/\"eu\"");
  CHECK(d.back.last_limit == 1000);
  d.a.http.list_limit_max = 20;
  d.call(http_method::get, "/api/queues");
  CHECK(d.back.last_limit == 20);

  // What was a name when it was used is one of the list still.
  d.a.jobs.tag_bytes_max = 3;
  CHECK(d.call(http_method::get, "/api/queues?cursor=long+name").status == 200);
  CHECK(d.back.last_after == "long name");

  const auto calls = d.back.calls();
  const std::string queries[] = {"/api/queues?limit=0", "/api/queues?limit=21", "/api/queues?limit=x",
                                 "/api/queues?cursor=", "/api/types?limit=0",   "/api/types?cursor=a+b"};
  for (const auto& target : queries) {
    CAPTURE(target);
    const auto r = d.call(http_method::get, target);
    const auto query = target.substr(target.find('?') + 1);
    CHECK(r.status == 400);
    CHECK(field_of(r) == query.substr(0, query.find('=')));
  }
  CHECK(d.back.calls() == calls);
}

TEST_CASE("what the scheduler says of a limit reaches the client", "[limits]") {
  const std::pair<ec, int> rows[] = {
    {ec::queue_full, 429}, {ec::storage_unavailable, 503}, {ec::starting, 503}, {ec::internal_timeout, 504}};
  for (const auto& [code, status] : rows) {
    direct d;
    d.back.fail_with = error{code, "why"};
    const auto r = d.call(http_method::put, "/api/types/noop", R"({"concurrency":1})");
    CHECK(r.status == status);
    CHECK(code_of(r) == to_string(code));
  }
}

TEST_CASE("limits over a socket", "[limits]") {
  live l;
  client c{l.port};
  const auto ask = [&](const std::string& method, const std::string& target, const std::string& body) {
    return c.ask(method + " " + target + " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  CHECK(ask("PUT", "/api/queues/a%2Fb", R"({"concurrency":2})").status == 200);
  CHECK(l.back.last_target.name == "a/b");
  CHECK(l.back.last_rule.concurrency == 2);
  CHECK(ask("DELETE", "/api/queues/a%2Fb", "").status == 200);
  CHECK(l.back.last_rule.is_plain());
  CHECK(ask("POST", "/api/types/noop/pause", "").status == 200);
  CHECK(l.back.last_target.kind == type);
  CHECK(ask("POST", "/api/queues/a", "").has("Allow: GET, HEAD, PUT, DELETE"));
}
