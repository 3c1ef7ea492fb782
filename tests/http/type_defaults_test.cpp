// What the jobs of a type have in the fields that a client leaves out.
#include "tests/http/job_fields.hpp"
#include "tests/http/limit_refusals.hpp"

#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::string_view everything = R"({"priority":8,"queue":"nightly","timeout":30,"maxRetries":7,
  "retryPolicy":{"kind":"fixed","baseSeconds":2,"onError":{"HTTP_429":{"snooze":60}}},
  "resources":{"slots":2,"memory":"64MiB"},"durability":"os","concurrencyKey":{"payload":"customer.id"},"typeVersion":"^1.2",
  "preemptible":{"minRun":90}})";

/// The server as it is after the rule of the type noop was written.
void put_defaults(direct& d, std::string_view defaults) {
  const auto r = d.call(http_method::put, "/api/types/noop", R"({"defaults":)" + std::string{defaults} + "}");
  INFO(defaults << " " << r.body);
  REQUIRE(r.status == 200);
  CHECK(use_type_defaults(d.a, "noop", d.back.last_rule.defaults));
}

job_spec submitted(direct& d, const std::string& fields) {
  const auto r = d.submit(R"({"jobType":"noop","payload":{"customer":{"id":"acme"}})" + fields + "}");
  INFO(fields << " " << r.body);
  REQUIRE(r.status == 201);
  return d.back.submits.back().jobs.at(0);
}

} // namespace

TEST_CASE("type defaults: a job has them in all fields that it leaves out", "[limits]") {
  direct d;
  put_defaults(d, everything);
  const auto s = submitted(d, "");
  CHECK(s.priority == 8);
  CHECK(s.queue == "nightly");
  CHECK(s.timeout == 30s);
  CHECK(s.max_retries == 7);
  CHECK(s.retry.kind == backoff::fixed);
  CHECK(s.retry.base == 2s);
  CHECK(s.retry.rules.size() == 1);
  CHECK(s.resources.slots == 2);
  CHECK(s.resources.memory_bytes == 64 << 20);
  CHECK(s.level == durability::os);
  CHECK(s.concurrency_key == "acme");
  CHECK(s.resources.type_version == "^1.2");
  CHECK(s.preemptible_after == 90s);
}

TEST_CASE("type defaults: what a job gives itself counts, field by field", "[limits]") {
  direct d;
  put_defaults(d, everything);
  const auto usual = submitted(d, "");
  struct row {
    std::string fields;
    std::function<void(job_spec&)> change;
  };
  const row rows[] = {
    {R"(,"priority":5)", [](auto& s) { s.priority = 5; }},
    {R"(,"queue":"default")", [](auto& s) { s.queue = "default"; }},
    {R"(,"timeout":300)", [](auto& s) { s.timeout = 300s; }},
    {R"(,"maxRetries":0)", [](auto& s) { s.max_retries = 0; }},
    {R"(,"retryCount":0)", [](auto& s) { s.max_retries = 0; }},
    {R"(,"retryPolicy":{})", [](auto& s) { s.retry = {}; }},
    {R"(,"resources":{})", [](auto& s) { s.resources = {.type_version = "^1.2"}; }},
    {R"(,"typeVersion":"1.x")", [](auto& s) { s.resources.type_version = "1.x"; }},
    {R"(,"durability":"fsync")", [](auto& s) { s.level = durability::fsync; }},
    {R"(,"concurrencyKey":"mine")", [](auto& s) { s.concurrency_key = "mine"; }},
    {R"(,"preemptible":{"minRun":5})", [](auto& s) { s.preemptible_after = 5s; }},
    {R"(,"preemptible":false)", [](auto& s) { s.preemptible_after.reset(); }},
  };
  const auto shown = [](const job_spec& s) {
    return std::tuple{s.priority,  s.queue, s.timeout,         s.max_retries,      s.retry,
                      s.resources, s.level, s.concurrency_key, s.preemptible_after};
  };
  for (const auto& x : rows) {
    CAPTURE(x.fields);
    auto expected = usual;
    x.change(expected);
    CHECK(shown(submitted(d, x.fields)) == shown(expected));
  }
}

TEST_CASE("type defaults: jobs of batches, workflows and schedules have them, those of other types do not",
          "[limits]") {
  direct d;
  put_defaults(d, R"({"priority":8})");
  d.batch(R"([{"jobType":"noop"},{"jobType":"email_send","payload":{"to":"a@b.c"}}])");
  CHECK(d.back.submits.back().jobs.at(0).priority == 8);
  CHECK(d.back.submits.back().jobs.at(1).priority == priority_default);
  d.call(http_method::post, "/api/workflows", R"({"name":"w","jobs":{"a":{"jobType":"noop"}}})");
  CHECK(d.back.submits.back().jobs.at(0).priority == 8);
  d.call(http_method::post, "/api/schedules", R"({"name":"s","every":60,"job":{"jobType":"noop"}})");
  CHECK(d.back.last_definition.job.priority == 8);
}

TEST_CASE("type defaults: a default can be refused for one job", "[limits]") {
  direct d;
  put_defaults(d, R"({"concurrencyKey":{"payload":"customer.id"},"retryPolicy":{"baseSeconds":900,"capSeconds":900}})");
  const auto r = d.submit(R"({"jobType":"noop","payload":{}})");
  CHECK(r.status == 400);
  CHECK(field_of(r) == "concurrencyKey");
  CHECK(d.submit(R"({"jobType":"noop","payload":{},"concurrencyKey":"x"})").status == 201);
}

TEST_CASE("type defaults: they are shown as they were given, and gone with the rule", "[limits]") {
  direct d;
  put_defaults(d, everything);
  d.back.bound = full_limit(limit_kind::type);
  d.back.bound.rule = d.back.last_rule;
  CHECK(json::parse(d.call(http_method::get, "/api/types/noop").body)["defaults"] == json::parse(everything));
  put_defaults(d, "{}");
  CHECK(d.back.last_rule.is_plain());
  CHECK(submitted(d, "").priority == priority_default);
  put_defaults(d, R"({"priority":1})");
  put_defaults(d, "null");
  CHECK(submitted(d, "").priority == priority_default);
}

TEST_CASE("type defaults: every bad one is refused with its place", "[limits]") {
  const bad rows[] = {
    {"7", "invalid_value", "defaults", "must be an object"},
    {"[]", "invalid_value", "defaults", "must be an object"},
    {R"({"x":1})", "unknown_field", "defaults.x",
     "priority, retryCount, maxRetries, timeout, queue, retryPolicy, durability, resources, concurrencyKey, "
     "typeVersion, preemptible"},
    {R"({"priority":10})", "out_of_range", "defaults.priority", "0 to 9"},
    {R"({"priority":1,"priority":2})", "invalid_value", "defaults.priority", "given twice"},
    {R"({"queue":""})", "out_of_range", "defaults.queue", "1 to 128"},
    {R"({"timeout":1e9})", "out_of_range", "defaults.timeout", "86400"},
    {R"({"maxRetries":101})", "out_of_range", "defaults.maxRetries", "100"},
    {R"({"maxRetries":1,"retryCount":1})", "invalid_value", "defaults.maxRetries", "two names"},
    {R"({"retryPolicy":{"kind":"x"}})", "invalid_value", "defaults.retryPolicy.kind", "fixed"},
    {R"({"retryPolicy":{"baseSeconds":9,"capSeconds":1}})", "invalid_value", "defaults.retryPolicy.capSeconds",
     "below"},
    {R"({"resources":{"slots":0}})", "out_of_range", "defaults.resources.slots", "1"},
    {R"({"durability":"x"})", "invalid_value", "defaults.durability", "fsync"},
    {R"({"concurrencyKey":"acme"})", "invalid_value", "defaults.concurrencyKey", "payload"},
    {R"({"concurrencyKey":{"x":1}})", "unknown_field", "defaults.concurrencyKey.x", "payload"},
    {R"({"concurrencyKey":{}})", "missing_field", "defaults.concurrencyKey.payload", "payload"},
    {R"({"preemptible":5})", "invalid_value", "defaults.preemptible", "minRun"},
    {R"({"preemptible":{"minRun":-1}})", "out_of_range", "defaults.preemptible.minRun", "0 to"},
    {R"({"preempts":true})", "invalid_value", "defaults.preempts", "belongs to one job"},
    {R"({"typeVersion":"^^1"})", "invalid_value", "defaults.typeVersion", "no range"},
    {R"({"jobType":"noop"})", "invalid_value", "defaults.jobType", "belongs to one job"},
    {R"({"payload":{}})", "invalid_value", "defaults.payload", "belongs to one job"},
    {R"({"deadline":"2027-01-01T00:00:00Z"})", "invalid_value", "defaults.deadline", "belongs to one job"},
    {R"({"idempotencyKey":"k"})", "invalid_value", "defaults.idempotencyKey", "belongs to one job"},
    {R"({"dependencies":[]})", "invalid_value", "defaults.dependencies", "belongs to one job"},
  };
  for (const auto& x : rows) {
    auto whole = x;
    whole.body = R"({"concurrency":3,"defaults":)" + x.body + "}";
    check_refused(http_method::put, "/api/types/noop", whole.body, whole);
  }
  for (const auto* path : {"/api/queues/q", "/api/queues/q/keys/k"})
    check_refused(http_method::put, path, R"({"defaults":{}})",
                  {{}, "invalid_value", "defaults", "defaults is for job types"});
}

TEST_CASE("type defaults: when a setting allows less than before, the type has none, and it is said", "[limits]") {
  direct d;
  put_defaults(d, R"({"timeout":3600})");
  const auto stored = d.back.last_rule.defaults;
  auto strict = d.a;
  strict.jobs.timeout_max = 60s;
  const auto r = use_type_defaults(strict, "noop", stored);
  REQUIRE(!r);
  CHECK(r.err().field == "defaults.timeout");
  CHECK(submitted(d, "").timeout == 300s);
}

TEST_CASE("type version: a range is read as it was given, and shown", "[versions]") {
  direct d;
  const auto s = submitted(d, R"(,"typeVersion":">=1.2 <3 || 4.x")");
  CHECK(s.resources.type_version == ">=1.2 <3 || 4.x");
  CHECK(written(s)["typeVersion"] == ">=1.2 <3 || 4.x");
}

TEST_CASE("type version: what is none is refused", "[versions]") {
  const bad rows[] = {{R"("latest")", "invalid_value", "typeVersion", "'latest' is no range of versions"},
                      {R"("")", "out_of_range", "typeVersion", "1 to 128 bytes"},
                      {'"' + std::string(129, '1') + '"', "out_of_range", "typeVersion", "1 to 128 bytes"},
                      {"1", "invalid_value", "typeVersion", "string"},
                      {"null", "invalid_value", "typeVersion", "string"},
                      {R"({"min":"1"})", "invalid_value", "typeVersion", "single value"}};
  for (const auto& x : rows)
    check_refused(http_method::post, "/api/jobs/submit", R"({"jobType":"noop","typeVersion":)" + x.body + "}", x);
}
