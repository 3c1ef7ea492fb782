#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string job(const std::string& unique, const std::string& rest = R"(,"payload":{"customer":{"id":42}})") {
  return R"({"jobType":"noop","unique":)" + unique + rest + "}";
}

boxed<unique_rule> accepted(const std::string& body) {
  direct d;
  const auto r = d.submit(body);
  INFO(body << "\n" << r.body);
  REQUIRE(r.status == 201);
  return d.back.submits.at(0).jobs.at(0).unique;
}

} // namespace

TEST_CASE("a job without `unique` has no unique key", "[submit][unique]") {
  CHECK_FALSE(accepted(R"({"jobType":"noop"})"));
  CHECK_FALSE(accepted(job("false")));
}

TEST_CASE("`unique: true` and an empty object are the defaults", "[submit][unique]") {
  const unique_rule wanted{R"({"payload":{"customer":{"id":42}},"queue":"default","type":"noop"})"};
  CHECK(wanted.scope == unique_scope::unfinished);
  CHECK(wanted.conflict == on_unique_conflict::reject);
  CHECK(accepted(job("true")) == wanted);
  CHECK(accepted(job("{}")) == wanted);
  CHECK(accepted(job(R"({"by":["payload","queue","type"],"while":"unfinished","onConflict":"reject"})")) == wanted);
  CHECK(accepted(job("true", ""))->key == R"({"payload":{},"queue":"default","type":"noop"})");
}

TEST_CASE("every member of `unique` is read", "[submit][unique]") {
  const auto queued = accepted(job(R"({"by":["payload.customer.id"],"while":"queued","onConflict":"existing"})"));
  CHECK(queued == unique_rule{R"({"payload.customer.id":42})", unique_scope::queued, 0s, on_unique_conflict::existing});
  const auto window = accepted(job(R"({"onConflict":"replace","while":{"for":0.5},"by":["type"]})"));
  CHECK(window == unique_rule{R"({"type":"noop"})", unique_scope::window, 500ms, on_unique_conflict::replace});
  CHECK(accepted(job(R"({"while":{"for":0.001}})"))->window == 1ms);
  CHECK(accepted(job(R"({"while":{"for":31622400}})"))->window == 24h * 366);
}

TEST_CASE("`unique.while: running` keeps nobody out", "[submit][unique]") {
  const auto u = accepted(job(R"({"while":"running"})"));
  REQUIRE(u);
  CHECK(u->scope == unique_scope::running);
  CHECK(u->conflict == on_unique_conflict::reject);
  CHECK(accepted(job(R"({"by":["payload.customer.id","queue"],"while":"running"})"))->key ==
        R"({"payload.customer.id":42,"queue":"default"})");
}

TEST_CASE("a debounce has a time, and may have a longest one", "[submit][unique]") {
  const auto u = accepted(job(R"({"onConflict":{"debounce":5}})"));
  REQUIRE(u);
  CHECK(u->scope == unique_scope::queued);
  CHECK(u->conflict == on_unique_conflict::debounce);
  CHECK(u->quiet == 5s);
  CHECK(u->quiet_max == 0s);
  CHECK_FALSE(u->since);
  const auto most = accepted(job(R"({"onConflict":{"max":60,"debounce":0.5},"while":"queued"})"));
  CHECK(most->quiet == 500ms);
  CHECK(most->quiet_max == 60s);
  CHECK(accepted(job(R"({"onConflict":{"debounce":5,"max":5}})"))->quiet_max == 5s);
}

TEST_CASE("what does not go with a unique key is said, with both fields", "[submit][unique]") {
  struct row {
    std::string unique, rest, field, contains, code = "invalid_value";
  };
  const row rows[] = {
    {R"({"while":"running"})", R"(,"concurrencyKey":"acme")", "concurrencyKey",
     "concurrencyKey does not go with unique.while running"},
    {R"({"while":"running"})", R"(,"payload":{"a":"b"},"concurrencyKey":{"payload":"a"})", "concurrencyKey",
     "(perKey)"},
    {R"({"by":["type"],"while":"running"})", "", "unique.by", "must have queue with unique.while running"},
    {R"({"onConflict":{"debounce":5}})", R"(,"scheduleAt":"2026-01-15T11:30:00Z")", "scheduleAt",
     "scheduleAt does not go with unique.onConflict debounce"},
    {R"({"onConflict":{"debounce":7200}})", R"(,"deadline":"2026-01-15T11:30:00Z")", "deadline",
     "must be after the 7200 s for which unique.onConflict debounce"},
    {R"({"onConflict":{"debounce":7200}})", R"(,"finishBy":"2026-01-15T11:30:00Z")", "finishBy",
     "finishBy must be after"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.unique, x.rest);
    direct d;
    const auto r = d.submit(job(x.unique, x.rest));
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains(x.contains));
  }
  direct d;
  d.a.jobs.schedule_ahead_max = 10s;
  const auto far = d.submit(job(R"({"onConflict":{"debounce":11}})"));
  CHECK(code_of(far) == "out_of_range");
  CHECK(field_of(far) == "unique.onConflict.debounce");
  CHECK(accepted(
    job(R"({"onConflict":{"debounce":60}})", R"(,"concurrencyKey":"acme","deadline":"2026-01-15T11:30:00Z")")));
}

TEST_CASE("the parts of a key may come behind `unique`, and what follows it is read", "[submit][unique]") {
  direct d;
  const auto r = d.submit(R"({"unique":{"by":["type","queue","payload.a"]},"queue":"q","payload":{"a":[1,{"b":2}]},)"
                          R"("jobType":"noop","tags":["x"]})");
  INFO(r.body);
  REQUIRE(r.status == 201);
  const auto& s = d.back.submits.at(0).jobs.at(0);
  CHECK(s.unique->key == R"({"payload.a":[1,{"b":2}],"queue":"q","type":"noop"})");
  CHECK(s.tags == std::vector<std::string>{"x"});
}

TEST_CASE("what is wrong with `unique` is said", "[submit][unique]") {
  struct row {
    std::string unique, code, field, contains;
  };
  const row rows[] = {
    {R"(null)", "invalid_value", "unique", "an object, true or false, not null"},
    {R"(5)", "invalid_value", "unique", "an object, true or false, not 5"},
    {R"("true")", "invalid_value", "unique", "not \"true\""},
    {R"([])", "invalid_value", "unique", "not an array"},
    {R"({"key":"x"})", "unknown_field", "unique.key", "known here are by, while, onConflict"},
    {R"({"by":"type"})", "invalid_value", "unique.by", "an array of parts of the job, not \"type\""},
    {R"({"by":{}})", "invalid_value", "unique.by", "an array of parts of the job, not an object"},
    {R"({"by":[]})", "out_of_range", "unique.by", "1 to 16 entries, not 0"},
    {R"({"by":["type","priority"]})", "invalid_value", "unique.by[1]",
     "type, queue, payload, or a path in the payload such as payload.customer.id, not \"priority\""},
    {R"({"by":["payload."]})", "invalid_value", "unique.by[0]", "not \"payload.\""},
    {R"({"by":["payload..a"]})", "invalid_value", "unique.by[0]", "a path"},
    {R"({"by":["payload.a."]})", "invalid_value", "unique.by[0]", "a path"},
    {R"({"by":["payloads"]})", "invalid_value", "unique.by[0]", "a path"},
    {R"({"by":["type",5]})", "invalid_value", "unique.by[1]", "not 5"},
    {R"({"by":[["type"]]})", "invalid_value", "unique.by[0]", "not an array"},
    {R"({"by":["type","queue","type"]})", "invalid_value", "unique.by[2]", "is given twice: \"type\""},
    {R"({"by":["type","payload.customer.name"]})", "invalid_value", "unique.by[1]",
     "a path that the payload has, not \"payload.customer.name\""},
    {R"({"by":["payload.)" + std::string(260, 'x') + R"("]})", "out_of_range", "unique.by[0]", "1 to 256"},
    {R"({"while":"window"})", "invalid_value", "unique.while", R"(an object such as {"for": 60}, not "window")"},
    {R"({"while":60})", "invalid_value", "unique.while", "queued, unfinished, running, or an object"},
    {R"({"while":"running","onConflict":"reject"})", "invalid_value", "unique.onConflict", "for unique.while running"},
    {R"({"while":"running","onConflict":{"debounce":5}})", "invalid_value", "unique.onConflict", "waits for its turn"},
    {R"({"while":[60]})", "invalid_value", "unique.while", "not an array"},
    {R"({"while":{}})", "missing_field", "unique.while.for", "is required"},
    {R"({"while":{"for":1,"of":2}})", "unknown_field", "unique.while.of", "known here are for"},
    {R"({"while":{"for":"1min"}})", "invalid_value", "unique.while.for", "a number of seconds, not \"1min\""},
    {R"({"while":{"for":0}})", "out_of_range", "unique.while.for", "from 0.001 to 31622400, not 0"},
    {R"({"while":{"for":-1}})", "out_of_range", "unique.while.for", "not -1"},
    {R"({"while":{"for":31622401}})", "out_of_range", "unique.while.for", "not 31622401"},
    {R"({"while":{"for":[{"a":1}]}})", "invalid_value", "unique.while.for", "not an array"},
    {R"({"onConflict":"ignore"})", "invalid_value", "unique.onConflict",
     "one of reject, existing, replace, or an object such as {\"debounce\": 5}, not \"ignore\""},
    {R"({"onConflict":true})", "invalid_value", "unique.onConflict", "not true"},
    {R"({"onConflict":"debounce"})", "invalid_value", "unique.onConflict",
     R"(needs a time in seconds, as {"debounce": 5})"},
    {R"({"onConflict":[5]})", "invalid_value", "unique.onConflict", "not an array"},
    {R"({"onConflict":{}})", "missing_field", "unique.onConflict.debounce", "is required"},
    {R"({"onConflict":{"max":5}})", "missing_field", "unique.onConflict.debounce", "a number of seconds"},
    {R"({"onConflict":{"debounce":5,"for":5}})", "unknown_field", "unique.onConflict.for",
     "known here are debounce, max"},
    {R"({"onConflict":{"debounce":"5s"}})", "invalid_value", "unique.onConflict.debounce", "a number of seconds"},
    {R"({"onConflict":{"debounce":0}})", "out_of_range", "unique.onConflict.debounce", "from 0.001 to 31622400"},
    {R"({"onConflict":{"debounce":5,"max":4}})", "out_of_range", "unique.onConflict.max", "must not be below debounce"},
    {R"({"onConflict":{"debounce":5,"max":null}})", "invalid_value", "unique.onConflict.max", "not null"},
    {R"({"onConflict":{"debounce":5,"debounce":6}})", "invalid_value", "unique.onConflict.debounce", "twice"},
    {R"({"onConflict":{"debounce":5},"while":"unfinished"})", "invalid_value", "unique.while", "must be queued"},
    {R"({"while":{"for":5},"onConflict":{"debounce":5}})", "invalid_value", "unique.while", "only a job that waits"},
    {R"([{"a":1,"a":2}])", "invalid_value", "unique..a", "twice"},
    {R"({"onConflict":"reject","onConflict":"reject"})", "invalid_value", "unique.onConflict", "twice"},
    {R"({"while":{"for":1,"for":2}})", "invalid_value", "unique.while.for", "twice"},
    {R"(true,"unique":true)", "invalid_value", "unique", "twice"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.unique);
    direct d;
    const auto r = d.submit(job(x.unique));
    CHECK(r.status == 400);
    CHECK(code_of(r) == x.code);
    CHECK(field_of(r) == x.field);
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains(x.contains));
    // In a batch the next job is read as ever.
    const auto b = json::parse(d.batch("[" + job(x.unique) + "," + job("true") + "]").body);
    CHECK(b["accepted"] == 1);
    CHECK(b["items"][0]["error"]["field"] == "jobs[0]." + x.field);
    CHECK(d.back.submits.at(0).jobs.at(0).unique.has_value());
  }
  std::string many = R"({"by":["type")";
  for (int i = 0; i < 16; ++i)
    many += ",\"payload.a" + std::to_string(i) + "\"";
  CHECK(code_of(direct{}.submit(job(many + "]}"))) == "out_of_range");
}

TEST_CASE("one job's `unique` is not the next one's", "[batch][unique]") {
  direct d;
  const auto r = d.batch("[" + job(R"({"by":["type"],"while":{"for":5},"onConflict":"existing"})") +
                         R"(,{"jobType":"noop"},)" + job("{}") + "]");
  REQUIRE(json::parse(r.body)["accepted"] == 3);
  const auto& jobs = d.back.submits.at(0).jobs;
  CHECK(jobs[0].unique->scope == unique_scope::window);
  CHECK_FALSE(jobs[1].unique);
  CHECK(jobs[2].unique->scope == unique_scope::unfinished);
  CHECK(jobs[2].unique->conflict == on_unique_conflict::reject);
}

TEST_CASE("a schedule's job has no unique key, and is told of overlap", "[schedules][unique]") {
  for (const std::string unique : {"true", "false", "{}", R"({"by":["type"]})"}) {
    direct d;
    const auto r =
      d.call(http_method::post, "/api/schedules", R"({"name":"x","cron":"@daily","job":)" + job(unique) + "}");
    CHECK(r.status == 400);
    CHECK(code_of(r) == "invalid_value");
    CHECK(field_of(r) == "job.unique");
    REQUIRE(r.failure);
    CHECK_THAT(r.failure->message, Catch::Contains("allowed is overlap"));
  }
}

TEST_CASE("a job shows its unique key", "[jobs][unique]") {
  const auto shown = [](const boxed<unique_rule>& u) {
    direct d;
    d.back.job.spec.unique = u;
    const auto r = d.call(http_method::get, "/api/jobs/" + to_string(some_id()));
    REQUIRE(r.status == 200);
    return json::parse(r.body);
  };
  CHECK_FALSE(shown(std::nullopt).contains("unique"));
  CHECK(shown(unique_rule{R"({"type":"a"})"})["unique"] ==
        json{{"key", R"({"type":"a"})"}, {"while", "unfinished"}, {"onConflict", "reject"}});
  CHECK(shown(unique_rule{"k", unique_scope::queued, 0s, on_unique_conflict::existing})["unique"] ==
        json{{"key", "k"}, {"while", "queued"}, {"onConflict", "existing"}});
  CHECK(shown(unique_rule{"k", unique_scope::window, 1500ms, on_unique_conflict::replace})["unique"] ==
        json{{"key", "k"}, {"while", {{"for", 1.5}}}, {"onConflict", "replace"}});
  CHECK(shown(unique_rule{"k", unique_scope::running})["unique"] == json{{"key", "k"}, {"while", "running"}});
  unique_rule put_off{"k", unique_scope::queued, 0s, on_unique_conflict::debounce, 5s};
  CHECK(shown(put_off)["unique"] == json{{"key", "k"}, {"while", "queued"}, {"onConflict", {{"debounce", 5}}}});
  put_off.quiet_max = 60s;
  put_off.since = time_point{1h};
  CHECK(shown(put_off)["unique"] == json{{"key", "k"},
                                         {"while", "queued"},
                                         {"onConflict", {{"debounce", 5}, {"max", 60}}},
                                         {"since", "1970-01-01T01:00:00.000Z"}});
  CHECK_FALSE(shown(unique_rule{"k", unique_scope::running}).contains("concurrencyKey"));
}

TEST_CASE("a job whose key is held is a conflict", "[submit][unique]") {
  direct d;
  d.back.fail_jobs = {error{ec::unique_conflict, "job_x has the same unique key and holds it", "unique"}};
  const auto r = d.submit(job("true"));
  CHECK(r.status == 409);
  CHECK(code_of(r) == "unique_conflict");
  CHECK(field_of(r) == "unique");
  const auto b = json::parse(d.batch("[" + job("true") + "]").body);
  CHECK(b["items"][0]["error"]["field"] == "jobs[0].unique");
}
