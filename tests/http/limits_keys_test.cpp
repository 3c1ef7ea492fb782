// Concurrency keys over REST, and what queues and job types say of keys, full queues and retries.
#include "core/job/unique_lane.hpp"
#include "tests/http/limit_refusals.hpp"

#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr auto queue = limit_kind::queue, type = limit_kind::type, key = limit_kind::key;

json shown_key() {
  return {{"queue", "mail/\"eu\""},
          {"key", "acme \"eu\""},
          {"paused", true},
          {"concurrency", 10},
          {"rate", {{"jobs", 100}, {"per", 60}, {"burst", 20}}},
          {"weight", 3},
          {"inherited", true},
          {"underWay", 7},
          {"held", "paused"},
          {"ready", 5},
          {"oldestReady", "2026-01-15T10:29:00.000Z"}};
}

std::string path_of(limit_kind kind) {
  return kind == queue ? "/api/queues/x" : kind == type ? "/api/types/x" : "/api/queues/x/keys/k";
}

limit_rule rule_of(limit_kind kind, const std::string& body) {
  direct d;
  const auto r = d.call(http_method::put, path_of(kind), body);
  INFO(body << " " << (r.failure ? r.failure->message : ""));
  REQUIRE(r.status == 200);
  CHECK(d.back.last_limit_call == "set");
  CHECK(d.back.last_target == limit_target{kind, "x", kind == key ? "k" : ""});
  return d.back.last_rule;
}

void check_refused(limit_kind kind, const bad& x) {
  test::check_refused(http_method::put, path_of(kind), x.body, x);
}

} // namespace

TEST_CASE("a key shows all it has", "[limits]") {
  direct d;
  d.back.bound = full_limit(key);
  CHECK(json::parse(d.call(http_method::get, "/api/queues/q/keys/k").body) == shown_key());
  d.back.bound = {};
  d.back.bound.target = {key, "q", "k"};
  CHECK(json::parse(d.call(http_method::get, "/api/queues/q/keys/k").body) == json{{"queue", "q"},
                                                                                   {"key", "k"},
                                                                                   {"paused", false},
                                                                                   {"concurrency", nullptr},
                                                                                   {"rate", nullptr},
                                                                                   {"weight", 1},
                                                                                   {"inherited", false},
                                                                                   {"underWay", 0},
                                                                                   {"held", nullptr},
                                                                                   {"ready", 0}});
}

TEST_CASE("each function of a key asks for it by its queue and its name", "[limits]") {
  struct row {
    http_method method;
    std::string rest, body, call;
  };
  const row rows[] = {{http_method::get, "", "", "show"},
                      {http_method::put, "", "{}", "set"},
                      {http_method::delete_, "", "", "set"},
                      {http_method::post, "/pause", "", "pause"},
                      {http_method::post, "/resume", "{}", "pause"}};
  for (const auto& x : rows) {
    CAPTURE(x.call, x.rest);
    direct d;
    d.back.bound = full_limit(key);
    d.back.last_paused = x.rest == "/resume";
    d.back.last_rule.paused = true;
    auto r = d.call(x.method, "/api/queues/a%2Fb/keys/c%2Fd" + x.rest, x.body);
    CHECK(r.status == 200);
    CHECK(json::parse(r.body) == shown_key());
    CHECK(d.back.last_limit_call == x.call);
    CHECK(d.back.last_target == limit_target{key, "a/b", "c/d"});
    CHECK(d.back.last_paused == (x.rest == "/pause"));
    if (x.call == "set")
      CHECK(d.back.last_rule.is_plain());

    d.back.fail_with = error{ec::queue_full, "too many limits"};
    r = d.call(x.method, "/api/queues/x/keys/y" + x.rest, x.body);
    CHECK(r.status == 429);
    CHECK(code_of(r) == "queue_full");
  }
  direct d;
  const auto r = d.call(http_method::post, "/api/queues/x/keys/y/pause", R"({"for":60})");
  CHECK(code_of(r) == "unknown_field");
  CHECK(field_of(r) == "for");
  CHECK(d.back.calls() == 0);
}

TEST_CASE("the name of a key is free text, as in a job", "[limits]") {
  const std::pair<std::string, std::string> good[] = {
    {"a%2Fb", "a/b"},     {"%2F", "/"},          {"..", ".."},
    {"a%20b+c", "a b+c"}, {"%22%25%3F", "\"%?"}, {"gr%C3%BCn", "gr\xC3\xBCn"},
    {"pause", "pause"},   {"keys", "keys"},      {std::string(128, 'x'), std::string(128, 'x')}};
  for (const auto& [path, name] : good) {
    CAPTURE(path);
    direct d;
    CHECK(d.call(http_method::put, "/api/queues/q/keys/" + path, R"({"concurrency":1})").status == 200);
    CHECK(d.back.last_target == limit_target{key, "q", name});
    CHECK(d.call(http_method::post, "/api/queues/" + path + "/keys/" + path + "/pause").status == 200);
    CHECK(d.back.last_target == limit_target{key, name, name});
  }
  check_bad_names("/api/queues/q/keys/", "key");
  direct d;
  d.a.jobs.tag_bytes_max = 3;
  CHECK(d.call(http_method::get, "/api/queues/q/keys/abc").status == 200);
  CHECK(field_of(d.call(http_method::get, "/api/queues/q/keys/abcd")) == "key");
  CHECK(field_of(d.call(http_method::get, "/api/queues/abcd/keys/abc")) == "name");
  CHECK(field_of(d.call(http_method::get, "/api/queues/abcd/keys")) == "name");
}

TEST_CASE("a unique key is listed in words, and pages like any other", "[limits][unique]") {
  const auto lane = [](const std::string& k) { return lane_key_of({}, unique_rule{k, unique_scope::running}); };
  direct d;
  auto v = full_limit(key);
  v.target.key = lane(R"({"type":"a"})");
  d.back.bounds = {{v}, lane("k:1")};
  auto r = d.call(http_method::get, "/api/queues/q/keys");
  auto j = json::parse(r.body);
  CHECK(j["keys"][0]["key"] == R"(unique: {"type":"a"})");
  CHECK(j["keys"][0]["unique"] == true);
  CHECK(j["next"] == "unique:k:1");
  CHECK(r.body.find("u0001") == std::string::npos);
  d.call(http_method::get, "/api/queues/q/keys?cursor=unique%3Ak%3A1");
  CHECK(d.back.last_after == lane("k:1"));
  // Of clients, who may call theirs as they like.
  for (const std::string name : {"unique:x", "key:unique:x", "key:", "keys"}) {
    d.back.bounds = {{full_limit(key)}, name};
    j = json::parse(d.call(http_method::get, "/api/queues/q/keys").body);
    CHECK_FALSE(j["keys"][0].contains("unique"));
    d.call(http_method::get, "/api/queues/q/keys?cursor=" + j["next"].get<std::string>());
    CHECK(d.back.last_after == name);
  }
  CHECK(field_of(d.call(http_method::put, "/api/queues/q/keys/%01k", R"({"concurrency":9})")) == "key");
}

TEST_CASE("keys of a queue page by name", "[limits]") {
  direct d;
  d.back.bounds = {{full_limit(key), full_limit(key)}, "acme \"eu\""};
  auto j = json::parse(d.call(http_method::get, "/api/queues/a%2Fb/keys").body);
  CHECK(j == json{{"keys", {shown_key(), shown_key()}}, {"count", 2}, {"next", "acme \"eu\""}});
  CHECK(d.back.last_target == limit_target{key, "a/b", ""});
  CHECK(d.back.last_after.empty());
  CHECK(d.back.last_limit == 100);
  d.back.bounds = {};
  j = json::parse(d.call(http_method::get, "/api/queues/q/keys?limit=7&cursor=acme+%22eu%22").body);
  CHECK(j == json{{"keys", json::array()}, {"count", 0}, {"next", nullptr}});
  CHECK(d.back.last_after == "acme \"eu\"");
  CHECK(d.back.last_limit == 7);
  const auto calls = d.back.calls();
  for (const auto* query : {"limit=0", "limit=1001", "limit=x", "cursor="}) {
    CAPTURE(query);
    const auto r = d.call(http_method::get, std::string{"/api/queues/q/keys?"} + query);
    CHECK(r.status == 400);
    CHECK(field_of(r) == std::string{query}.substr(0, std::string{query}.find('=')));
  }
  CHECK(d.back.calls() == calls);
}

TEST_CASE("every field of a key's rule arrives", "[limits]") {
  CHECK(rule_of(key, R"({"paused":true,"concurrency":10,"rate":{"jobs":100,"per":60,"burst":20},"weight":4})") ==
        limit_rule{.paused = true, .concurrency = 10, .rate = rate_limit{100, 60s, 20}, .weight = 4});
  CHECK(rule_of(key, "{}").is_plain());
  CHECK(rule_of(key, R"({"concurrency":null,"rate":null,"weight":1000})") == limit_rule{.weight = 1000});
}

TEST_CASE("how often jobs of a queue may preempt arrives", "[limits][preemption]") {
  CHECK(rule_of(queue, R"({"preemption":true})").preemption == preemption_default);
  CHECK(rule_of(queue, R"({"preemption":{"jobs":3,"per":1.5}})").preemption == rate_limit{3, 1500ms, 1});
  for (const auto* none : {"null", "false"})
    CHECK(rule_of(queue, std::string{R"({"preemption":)"} + none + "}").is_plain());
  const bad of_queue[] = {
    {R"({"preemption":5})", "invalid_value", "preemption", "an object, true or false, not 5"},
    {R"({"preemption":[1]})", "invalid_value", "preemption", "an object, true or false, not an array"},
    {R"({"preemption":{}})", "missing_field", "preemption.jobs", "preemption.jobs is required"},
    {R"({"preemption":{"jobs":1}})", "missing_field", "preemption.per", "the period in seconds"},
    {R"({"preemption":{"jobs":0,"per":1}})", "out_of_range", "preemption.jobs", "1 to 1000000"},
    {R"({"preemption":{"jobs":1,"per":0}})", "out_of_range", "preemption.per", "0.1 to 31622400"},
    {R"({"preemption":{"jobs":1,"per":1,"burst":5}})", "unknown_field", "preemption.burst", "known here are jobs, per"},
    {R"({"preemption":true,"preemption":true})", "invalid_value", "preemption", "twice"},
  };
  for (const auto& x : of_queue)
    check_refused(queue, x);
  check_refused(type, {R"({"preemption":true})", "invalid_value", "preemption", "preemption is for queues"});
  check_refused(key, {R"({"preemption":true})", "invalid_value", "preemption", "preemption is for queues"});
}

TEST_CASE("the objective of a queue arrives", "[limits]") {
  CHECK(*rule_of(queue, R"({"objective":{"waitSeconds":1.5,"waitShare":0.99,"successShare":0.999,"window":86400}})")
           .objective == queue_objective{1500ms, 990'000, 999'000, 24h});
  CHECK(*rule_of(queue, R"({"objective":{"successShare":0.5}})").objective ==
        queue_objective{0s, 0, 500'000, 24h * 30});
  CHECK(rule_of(queue, R"({"objective":{"waitSeconds":null,"waitShare":null,"successShare":0.99999,"window":null}})")
          .objective->success_millionths == 999'990);
  CHECK(rule_of(queue, R"({"objective":null})").is_plain());
  const bad rows[] = {
    {R"({"objective":{}})", "missing_field", "objective.successShare", "waitSeconds and waitShare"},
    {R"({"objective":{"waitSeconds":5}})", "missing_field", "objective.waitShare", "how many jobs"},
    {R"({"objective":{"waitShare":0.9}})", "missing_field", "objective.waitSeconds", "is required"},
    {R"({"objective":{"waitSeconds":0,"waitShare":0.9}})", "out_of_range", "objective.waitSeconds", "0.001 to"},
    {R"({"objective":{"waitSeconds":"1m","waitShare":0.9}})", "invalid_value", "objective.waitSeconds", "seconds"},
    {R"({"objective":{"successShare":1}})", "out_of_range", "objective.successShare", "0.5 to 0.99999, not 1"},
    {R"({"objective":{"successShare":0.4}})", "out_of_range", "objective.successShare", "0.5 to 0.99999"},
    {R"({"objective":{"successShare":"0.9"}})", "invalid_value", "objective.successShare", "share of the jobs"},
    {R"({"objective":{"successShare":0.9,"window":60}})", "out_of_range", "objective.window", "86400 to 7776000"},
    {R"({"objective":{"successShare":0.9,"days":3}})", "unknown_field", "objective.days", "known"},
    {R"({"objective":true})", "invalid_value", "objective", "object"},
  };
  for (const auto& x : rows)
    check_refused(queue, x);
  const std::string good = R"({"objective":{"successShare":0.9}})";
  check_refused(type, {good, "invalid_value", "objective", "objective is for queues"});
  check_refused(key, {good, "invalid_value", "objective", "objective is for queues"});
}

TEST_CASE("what a queue says of keys and of how full it may be arrives", "[limits]") {
  const auto all = rule_of(queue, R"({"perKey":{"concurrency":2,"rate":{"jobs":5,"per":1,"burst":3}},
                                      "waitingMax":1000,"fullAcceptsFrom":8,
                                      "waitingBytesMax":"64MiB","whenFull":"shed"})");
  CHECK(all.per_key == key_limit{2, rate_limit{5, 1s, 3}});
  CHECK(all.waiting_max == 1000);
  CHECK(all.full_accepts_from == uint8_t{8});
  CHECK(all.waiting_bytes_max == uint64_t{64} << 20);
  CHECK(all.sheds);
  CHECK(rule_of(queue, R"({"waitingBytesMax":1})").waiting_bytes_max == 1);
  CHECK(rule_of(queue, R"({"waitingBytesMax":1125899906842624})").waiting_bytes_max == uint64_t{1} << 50);
  CHECK(rule_of(queue, R"({"waitingBytesMax":"3KiB"})").waiting_bytes_max == 3072);
  CHECK(rule_of(queue, R"({"waitingBytesMax":"2MiB","fullAcceptsFrom":3})").full_accepts_from == uint8_t{3});
  CHECK(rule_of(queue, R"({"waitingBytesMax":2,"whenFull":"shed"})").sheds);
  CHECK(rule_of(queue, R"({"whenFull":"reject"})").is_plain());
  CHECK(rule_of(queue, R"({"waitingBytesMax":null,"whenFull":null})").is_plain());
  CHECK(rule_of(queue, R"({"perKey":null,"waitingMax":null,"fullAcceptsFrom":null})").is_plain());
  CHECK(rule_of(queue, R"({"perKey":{}})").is_plain());
  CHECK(rule_of(queue, R"({"perKey":{"concurrency":null,"rate":null}})").is_plain());
  CHECK(rule_of(queue, R"({"perKey":{"rate":{"per":0.1,"jobs":1}}})").per_key == key_limit{0, rate_limit{1, 100ms, 1}});
  CHECK(rule_of(queue, R"({"perKey":{"concurrency":1000000}})").per_key.concurrency == 1'000'000);
  CHECK(rule_of(queue, R"({"waitingMax":1})").waiting_max == 1);
  CHECK(rule_of(queue, R"({"waitingMax":1000000000})").waiting_max == 1'000'000'000);
  for (const auto p : {0, 9})
    CHECK(rule_of(queue, R"({"waitingMax":5,"fullAcceptsFrom":)" + std::to_string(p) + "}").full_accepts_from == p);
  CHECK(rule_of(type, R"({"retryRate":{"jobs":30,"per":1,"burst":5}})") ==
        limit_rule{.retry_rate = rate_limit{30, 1s, 5}});
  CHECK(rule_of(type, R"({"retryRate":null})").is_plain());
  CHECK(rule_of(type, R"({"cache":{"for":3600}})").cache_for == duration{1h});
  CHECK(rule_of(type, R"({"cache":{"for":1}})").cache_for == duration{1s});
  CHECK(rule_of(type, R"({"cache":{"for":31622400}})").cache_for == duration{24h * 366});
  CHECK(rule_of(type, R"({"cache":false})").cache_for == duration{0});
  CHECK(rule_of(type, R"({"cache":null})").is_plain());
}

TEST_CASE("a wrong field about keys, a full queue or retries is named, with the reason", "[limits]") {
  const bad of_queue[] = {
    {R"({"perKey":5})", "invalid_value", "perKey", "an object, not 5"},
    {R"({"perKey":[]})", "invalid_value", "perKey", "an object, not an array"},
    {R"({"perKey":{"weight":1}})", "unknown_field", "perKey.weight", "known here are concurrency, rate"},
    {R"({"perKey.concurrency":1})", "unknown_field", "perKey.concurrency", "known here are paused"},
    {R"({"perKey":{"concurrency":0}})", "out_of_range", "perKey.concurrency", "1 to 1000000, not 0"},
    {R"({"perKey":{"concurrency":{}}})", "invalid_value", "perKey.concurrency", "a single value"},
    {R"({"perKey":{"concurrency":1,"concurrency":2}})", "invalid_value", "perKey.concurrency", "twice"},
    {R"({"perKey":{},"perKey":{}})", "invalid_value", "perKey", "twice"},
    {R"({"perKey":{"rate":5}})", "invalid_value", "perKey.rate", "an object, not 5"},
    {R"({"perKey":{"rate":{}}})", "missing_field", "perKey.rate.jobs", "perKey.rate.jobs is required"},
    {R"({"perKey":{"rate":{"jobs":1}}})", "missing_field", "perKey.rate.per", "seconds"},
    {R"({"perKey":{"rate":{"jobs":1,"per":0}}})", "out_of_range", "perKey.rate.per", "0.1 to 31622400"},
    {R"({"perKey":{"rate":{"jobs":1,"per":1,"burst":0}}})", "out_of_range", "perKey.rate.burst", "1 to 1000000"},
    {R"({"perKey":{"rate":{"jobs":1,"per":1,"size":0}}})", "unknown_field", "perKey.rate.size",
     "known here are jobs, per, burst"},
    {R"({"perKey":{"rate":{"jobs":1,"per":31622400,"burst":101}}})", "out_of_range", "perKey.rate.burst",
     "take longer"},
    {R"({"waitingMax":0})", "out_of_range", "waitingMax", "1 to 1000000000, not 0"},
    {R"({"waitingMax":1000000001})", "out_of_range", "waitingMax", "1 to 1000000000"},
    {R"({"waitingMax":"5"})", "invalid_value", "waitingMax", "integer"},
    {R"({"waitingMax":[5]})", "invalid_value", "waitingMax", "a single value"},
    {R"({"waitingMax":5,"fullAcceptsFrom":10})", "out_of_range", "fullAcceptsFrom", "0 to 9, not 10"},
    {R"({"waitingMax":5,"fullAcceptsFrom":1.5})", "invalid_value", "fullAcceptsFrom", "integer"},
    {R"({"fullAcceptsFrom":5})", "invalid_value", "fullAcceptsFrom", "goes with waitingMax"},
    {R"({"waitingMax":null,"fullAcceptsFrom":5})", "invalid_value", "fullAcceptsFrom", "goes with waitingMax"},
    {R"({"waitingBytesMax":0})", "out_of_range", "waitingBytesMax", "1 to 1125899906842624 bytes, not 0"},
    {R"({"waitingBytesMax":"1PiB1"})", "invalid_value", "waitingBytesMax", "such as \"64MiB\""},
    {R"({"waitingBytesMax":1125899906842625})", "out_of_range", "waitingBytesMax", "1 to 1125899906842624"},
    {R"({"waitingBytesMax":"1025TiB"})", "out_of_range", "waitingBytesMax", "1 to 1125899906842624"},
    {R"({"waitingBytesMax":-1})", "invalid_value", "waitingBytesMax", "a number of bytes"},
    {R"({"waitingBytesMax":1.5})", "invalid_value", "waitingBytesMax", "a number of bytes"},
    {R"({"waitingBytesMax":{}})", "invalid_value", "waitingBytesMax", "a single value"},
    {R"({"waitingMax":5,"whenFull":"drop"})", "invalid_value", "whenFull", "\"reject\" or \"shed\", not \"drop\""},
    {R"({"waitingMax":5,"whenFull":true})", "invalid_value", "whenFull", "\"reject\" or \"shed\""},
    {R"({"whenFull":"shed"})", "invalid_value", "whenFull", "goes with waitingMax or waitingBytesMax"},
    {R"({"retryRate":{"jobs":1,"per":1}})", "invalid_value", "retryRate", "retryRate is for job types"},
    {R"({"retryRate":null})", "invalid_value", "retryRate", "retryRate is for job types"},
    {R"({"cache":{"for":60}})", "invalid_value", "cache", "cache is for job types"},
    {R"({"cache":false})", "invalid_value", "cache", "cache is for job types"},
    {R"({"perKey":{"rate":{"jobs":1)", "malformed_json", "", "byte"},
  };
  for (const auto& x : of_queue)
    check_refused(queue, x);
  const bad of_type[] = {
    {R"({"perKey":null})", "invalid_value", "perKey", "perKey is for queues"},
    {R"({"waitingMax":5})", "invalid_value", "waitingMax", "waitingMax is for queues"},
    {R"({"fullAcceptsFrom":5})", "invalid_value", "fullAcceptsFrom", "fullAcceptsFrom is for queues"},
    {R"({"waitingBytesMax":5})", "invalid_value", "waitingBytesMax", "waitingBytesMax is for queues"},
    {R"({"whenFull":"shed"})", "invalid_value", "whenFull", "whenFull is for queues"},
    {R"({"retryRate":5})", "invalid_value", "retryRate", "an object, not 5"},
    {R"({"retryRate":{"jobs":1}})", "missing_field", "retryRate.per", "seconds"},
    {R"({"retryRate":{"jobs":0,"per":1}})", "out_of_range", "retryRate.jobs", "1 to 1000000"},
    {R"({"cache":true})", "invalid_value", "cache", "false for never, not true"},
    {R"({"cache":5})", "invalid_value", "cache", "an object, true or false, not 5"},
    {R"({"cache":{}})", "missing_field", "cache.for", "cache.for is required: the seconds"},
    {R"({"cache":{"for":0}})", "out_of_range", "cache.for", "1 to 31622400"},
    {R"({"cache":{"for":0.9}})", "out_of_range", "cache.for", "1 to 31622400"},
    {R"({"cache":{"for":31622401}})", "out_of_range", "cache.for", "1 to 31622400"},
    {R"({"cache":{"for":"1h"}})", "invalid_value", "cache.for", "number of seconds"},
    {R"({"cache":{"for":60,"until":1}})", "unknown_field", "cache.until", "known here are for"},
    {R"({"cache":{"for":60},"cache":false})", "invalid_value", "cache", "twice"},
    {R"({"colour":5})", "unknown_field", "colour", "known here are paused, concurrency, rate, retryRate"},
  };
  for (const auto& x : of_type)
    check_refused(type, x);
  const bad of_key[] = {
    {R"({"perKey":{}})", "invalid_value", "perKey", "perKey is for queues"},
    {R"({"waitingMax":5})", "invalid_value", "waitingMax", "waitingMax is for queues"},
    {R"({"fullAcceptsFrom":5})", "invalid_value", "fullAcceptsFrom", "fullAcceptsFrom is for queues"},
    {R"({"waitingBytesMax":5})", "invalid_value", "waitingBytesMax", "waitingBytesMax is for queues"},
    {R"({"whenFull":"shed"})", "invalid_value", "whenFull", "whenFull is for queues"},
    {R"({"retryRate":{}})", "invalid_value", "retryRate", "retryRate is for job types"},
    {R"({"weight":0})", "out_of_range", "weight", "1 to 1000"},
    {R"({"concurrency":0})", "out_of_range", "concurrency", "1 to 1000000"},
    {R"({"inherited":true})", "unknown_field", "inherited", "known here are paused, concurrency, rate, weight"},
  };
  for (const auto& x : of_key)
    check_refused(key, x);
}

TEST_CASE("what a key shows of its rule can be put again", "[limits]") {
  direct d;
  d.back.bound = full_limit(key);
  const auto shown = json::parse(d.call(http_method::get, "/api/queues/q/keys/k").body);
  json rule;
  for (const auto* field : {"paused", "concurrency", "rate", "weight"})
    rule[field] = shown[field];
  CHECK(rule_of(key, rule.dump()) == d.back.bound.rule);
}

TEST_CASE("a submit to a full queue is answered 429, and when to try again", "[limits]") {
  live l;
  l.back.fail_jobs = {error{ec::queue_full, "the queue 'q' has its limit of 5 waiting jobs (waitingMax)", "queue"}};
  client c{l.port};
  const std::string body = R"({"jobType":"noop","queue":"q"})";
  const auto r =
    c.ask("POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
  CHECK(r.status == 429);
  CHECK(r.has("Retry-After: 1"));
  CHECK(json::parse(r.body)["error"]["field"] == "queue");
}
