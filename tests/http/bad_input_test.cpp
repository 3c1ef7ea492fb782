#include "http/api/response.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

namespace {

struct bad {
  std::string body;
  std::string code, field;
  /// What the message must say.
  std::string says;
  int status = 400;
};

std::string noop(const std::string& fields) {
  return R"({"jobType":"noop",)" + fields + "}";
}

/// `"n0":V,"n1":V` and so on
std::string names(int count, const std::string& value) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "" : ",") + ("\"n" + std::to_string(i) + "\":") + value;
  return text;
}

const std::vector<bad>& bad_submits() {
  static const std::vector<bad> rows{
    {"", "malformed_json", "", "empty"},
    {"  \r\n", "malformed_json", "", "empty"},
    {"{", "malformed_json", "", "byte 1"},
    {"{\"jobType\":\"noop\"", "malformed_json", "", "byte 17"},
    {"{\"jobType\":\"noop\"}x", "malformed_json", "", "byte 19"},
    {"{'jobType':'noop'}", "malformed_json", "", "byte 2"},
    {"{\"jobType\":noop}", "malformed_json", "", "byte"},
    {"{\"jobType\":\"noop\",}", "malformed_json", "", "byte"},
    {"{\"jobType\":\"\xFF\"}", "malformed_json", "", "UTF-8"},
    {noop("\"payload\":\"\xC3\x28\""), "malformed_json", "", "UTF-8"},
    {noop("\"payload\":\"\xED\xA0\x80\""), "malformed_json", "", "UTF-8"},
    {noop("\"payload\":\"a\nb\""), "malformed_json", "", "byte"},
    {noop("\"payload\":NaN"), "malformed_json", "", "byte"},
    {noop("\"payload\":1e400"), "out_of_range", "", "double"},
    {noop("\"priority\":1e400"), "out_of_range", "", "double"},
    {noop("\"payload\":" + std::string(10'000, '[') + std::string(10'000, ']')), "malformed_json", "", "nested"},
    {std::string(10'000, '['), "invalid_value", "", "object"},
    {"[]", "invalid_value", "", "/api/jobs/batch"},
    {"\"x\"", "invalid_value", "", "a string"},
    {"null", "invalid_value", "", "null"},
    {"{}", "missing_field", "jobType", "noop, email_send"},
    {R"({"jobType":5})", "invalid_value", "jobType", "5"},
    {R"({"jobType":null})", "invalid_value", "jobType", "null"},
    {R"({"jobType":""})", "out_of_range", "jobType", "1 to"},
    {R"({"jobType":"nope"})", "unknown_job_type", "jobType", "noop, email_send"},
    {R"({"jobType":"noop","jobType":"noop"})", "invalid_value", "jobType", "twice"},
    {R"({"jobType":"email_send","payload":{"to":5}})", "invalid_payload", "payload.to", "string"},
    {R"({"jobType":"email_send"})", "invalid_payload", "payload.to", "string"},
    {noop(R"("colour":1)"), "unknown_field", "colour", "priority"},
    {noop(R"("resources":4)"), "invalid_value", "resources", "an object"},
    {noop(R"("resources":{"slots":0})"), "out_of_range", "resources.slots", "from 1"},
    {noop(R"("resources":{"slots":1025})"), "out_of_range", "resources.slots", "to 1024"},
    {noop(R"("resources":{"slots":1.5})"), "invalid_value", "resources.slots", "whole"},
    {noop(R"("resources":{"cpu":-1})"), "out_of_range", "resources.cpu", "cores"},
    {noop(R"("resources":{"cpu":0.0001})"), "invalid_value", "resources.cpu", "three decimals"},
    {noop(R"("resources":{"cpu":"1"})"), "invalid_value", "resources.cpu", "cores"},
    {noop(R"("resources":{"memory":"12 parsecs"})"), "invalid_value", "resources.memory", "bytes"},
    {noop(R"("resources":{"memory":-5})"), "invalid_value", "resources.memory", "bytes"},
    {noop(R"("resources":{"gpu":"two"})"), "invalid_value", "resources.gpu", "whole"},
    {noop(R"("resources":{"g p u":1})"), "invalid_value", "resources", "1 to 63"},
    {noop(R"("resources":{"cpu":1000001})"), "out_of_range", "resources.cpu", "to 1000000"},
    {noop(R"("resources":{"cpu":1,"cpu":2})"), "invalid_value", "resources.cpu", "twice"},
    {noop(R"("resources":{"labels":{"zone":"a","zone":"b"}})"), "invalid_value", "resources.labels.zone", "twice"},
    {noop(R"("resources":[])"), "invalid_value", "resources", "not an array"},
    {noop(R"("resources":{"gpu":{"x":1}})"), "invalid_value", "resources.gpu", "not an object"},
    {noop(R"("resources":{"gpu":-1})"), "out_of_range", "resources.gpu", "from 0"},
    {noop(R"("resources":{"gpu":4294967296})"), "out_of_range", "resources.gpu", "to 4294967295"},
    {noop(R"("resources":{)" + names(17, "1") + "}"), "out_of_range", "resources", "at most 16 names, not 17"},
    {noop(R"("resources":{"labels":{)" + names(17, R"("x")") + "}}"), "out_of_range", "resources.labels", "16"},
    {noop(R"("resources":{"labels":{"a b":"x"}})"), "invalid_value", "resources.labels", "1 to 63"},
    {noop(R"("resources":{"labels":{"a":"\u0007"}})"), "invalid_value", "resources.labels.a", "control"},
    {noop(R"("resources":{"labels":{"a":")" + std::string(129, 'x') + R"("}})"), "out_of_range", "resources.labels.a",
     "128"},
    {noop(R"("resources":{"labels":["eu"]})"), "invalid_value", "resources.labels", "object of texts"},
    {noop(R"("resources":{"labels":{"zone":1}})"), "invalid_value", "resources.labels.zone", "text"},
    {noop(R"("retryPolicy":{"memoryGrowthPercent":99})"), "out_of_range", "retryPolicy.memoryGrowthPercent", "100"},
    {noop(R"("retryPolicy":{"memoryGrowthMax":"x"})"), "invalid_value", "retryPolicy.memoryGrowthMax", "bytes"},
    {noop(R"("retryPolicy":{"memoryGrowthPercent":1001})"), "out_of_range", "retryPolicy.memoryGrowthPercent", "1000"},
    {noop(R"("Priority":1)"), "unknown_field", "Priority", "priority"},
    {noop(R"("priority":10)"), "out_of_range", "priority", "0 to 9"},
    {noop(R"("priority":-1)"), "out_of_range", "priority", "-1"},
    {noop(R"("priority":1.5)"), "invalid_value", "priority", "1.5"},
    {noop(R"("priority":5.0)"), "invalid_value", "priority", "integer"},
    {noop(R"("priority":1e30)"), "out_of_range", "priority", "0 to 9"},
    {noop(R"("priority":18446744073709551615)"), "out_of_range", "priority", "18446744073709551615"},
    {noop(R"("priority":"5")"), "invalid_value", "priority", "\"5\""},
    {noop(R"("priority":null)"), "invalid_value", "priority", "null"},
    {noop(R"("priority":[5])"), "invalid_value", "priority", "an array"},
    {noop(R"("priority":{"a":[{}]})"), "invalid_value", "priority", "an object"},
    {noop(R"("retryCount":-1)"), "out_of_range", "retryCount", "0 to 100"},
    {noop(R"("retryCount":101)"), "out_of_range", "retryCount", "101"},
    {noop(R"("maxRetries":101)"), "out_of_range", "maxRetries", "101"},
    {noop(R"("maxRetries":1,"retryCount":1)"), "invalid_value", "maxRetries", "retryCount"},
    {noop(R"("timeout":0)"), "out_of_range", "timeout", "0.001 to 86400"},
    {noop(R"("timeout":-5)"), "out_of_range", "timeout", "-5"},
    {noop(R"("timeout":86401)"), "out_of_range", "timeout", "86401"},
    {noop(R"("timeout":1e300)"), "out_of_range", "timeout", "86400"},
    {noop(R"("timeout":"10")"), "invalid_value", "timeout", "seconds"},
    {noop(R"("scheduleAt":"tomorrow")"), "invalid_value", "scheduleAt", "RFC 3339"},
    {noop(R"("scheduleAt":1700000000)"), "invalid_value", "scheduleAt", "1700000000"},
    {noop(R"("scheduleAt":"2024-01-15T10:30:00Z")"), "time_in_past", "scheduleAt", "2024-01-15"},
    {noop(R"("scheduleAt":"9999-01-15T10:30:00Z")"), "out_of_range", "scheduleAt", "schedule_ahead_max"},
    {noop(R"("deadline":"2026-01-15T10:30:00Z")"), "time_in_past", "deadline", "passed"},
    {noop(R"("deadline":"2026-01-15T11:00:00Z","scheduleAt":"2026-01-15T11:00:00Z")"), "invalid_value", "deadline",
     "after scheduleAt"},
    {noop(R"("deadline":"9999-01-15T11:00:00Z")"), "out_of_range", "deadline", "schedule_ahead_max"},
    {noop(R"("dependencies":"x")"), "invalid_value", "dependencies", "array"},
    {noop(R"("dependencies":["x"])"), "invalid_value", "dependencies[0]", "job id"},
    {noop(R"("dependencies":["#0"])"), "invalid_value", "dependencies[0]", "job id"},
    {noop(R"("dependencies":[5])"), "invalid_value", "dependencies[0]", "5"},
    {noop(R"("dependencies":[null])"), "invalid_value", "dependencies[0]", "an object with id and on, not null"},
    {noop(R"("dependencies":[["job_01h8xgq2m4k7c"]])"), "invalid_value", "dependencies[0]", "not an array"},
    {noop(R"("dependencies":{})"), "invalid_value", "dependencies", "an object"},
    {noop(R"("dependencies":[{}])"), "missing_field", "dependencies[0].id", "is required; a job id"},
    {noop(R"("dependencies":["job_01h8xgq2m4k7c",{"on":"failure"}])"), "missing_field", "dependencies[1].id", "job id"},
    {noop(R"("dependencies":[{"id":"x"}])"), "invalid_value", "dependencies[0].id", "job id such as"},
    {noop(R"("dependencies":[{"id":5}])"), "invalid_value", "dependencies[0].id", "as a string, not 5"},
    {noop(R"("dependencies":[{"id":["job_01h8xgq2m4k7c"]}])"), "invalid_value", "dependencies[0].id", "not an array"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","on":{"id":"x"}}])"), "invalid_value", "dependencies[0].on",
     "not an object"},
    {noop(R"("dependencies":[{"on":"failed","id":"job_01h8xgq2m4k7c"}])"), "invalid_value", "dependencies[0].on",
     "must be one of success, failure, finished, started, not \"failed\""},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","on":null}])"), "invalid_value", "dependencies[0].on", "null"},
    {noop(R"("dependencies":["job_01h8xgq2m4k7d",{"id":"job_01h8xgq2m4k7c","on":1}])"), "invalid_value",
     "dependencies[1].on", "success, failure, finished, started, not 1"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","On":"failure"}])"), "unknown_field", "dependencies[0].On",
     "known here are id, on"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","ended":"failed"}])"), "unknown_field", "dependencies[0].ended",
     "known here are id, on"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","id":"job_01h8xgq2m4k7d"}])"), "invalid_value",
     "dependencies[0].id", "twice"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c","on":"started","on":"started"}])"), "invalid_value",
     "dependencies[0].on", "twice"},
    {noop(R"("dependencies":[{"id":"job_01h8xgq2m4k7c"},{"id":"job_01h8xgq2m4k7c","on":"started"}])"), "invalid_value",
     "dependencies", "job_01h8xgq2m4k7c twice; allowed is each job once"},
    {noop(R"("dependencyRule":"most")"), "invalid_value", "dependencyRule",
     "must be one of all, any, all_done, none_failed, not \"most\""},
    {noop(R"("dependencyRule":null)"), "invalid_value", "dependencyRule", "all, any, all_done, none_failed, not null"},
    {noop(R"("dependencyRule":["any"])"), "invalid_value", "dependencyRule", "an array"},
    {noop(R"("dependencyRule":"any","dependencyRule":"any")"), "invalid_value", "dependencyRule", "twice"},
    {noop(R"("dependencies":["job_01h8xgq2m4k7d",{"id":"job_01h8xgq2m4k7c","on":"failure"}],)"
          R"("dependencyRule":"none_failed")"),
     "invalid_value", "dependencyRule", "allowed is one of all, any, all_done"},
    {noop(R"("dependencies":["job_01h8xgq2m4k7c","JOB_01H8XGQ2M4K7C"])"), "invalid_value", "dependencies", ""},
    {noop(R"("dependencies":["job_01h8xgq2m4k7c","job_01h8xgq2m4k7c"])"), "invalid_value", "dependencies", "twice"},
    {noop(R"("queue":"")"), "out_of_range", "queue", "1 to 128"},
    {noop(R"("queue":"a\u0000b")"), "invalid_value", "queue", "control"},
    {noop(R"("tags":"x")"), "invalid_value", "tags", "array"},
    {noop(R"("tags":[1])"), "invalid_value", "tags[0]", "string"},
    {noop(R"("tags":["a",[]])"), "invalid_value", "tags[1]", "array"},
    {noop(R"("tags":["a","a"])"), "invalid_value", "tags[1]", "twice"},
    {noop(R"("tags":[""])"), "out_of_range", "tags[0]", "1 to 128"},
    {noop(R"("idempotencyKey":"")"), "out_of_range", "idempotencyKey", "1 to 128"},
    {noop(R"("idempotencyKey":true)"), "invalid_value", "idempotencyKey", "true"},
    {noop(R"("durability":"strong")"), "invalid_value", "durability", "fsync, os, memory"},
    {noop(R"("durability":1)"), "invalid_value", "durability", "fsync, os, memory"},
    {noop(R"("retryPolicy":"fixed")"), "invalid_value", "retryPolicy", "object"},
    {noop(R"("retryPolicy":[])"), "invalid_value", "retryPolicy", "object"},
    {noop(R"("retryPolicy":{"kind":"random"})"), "invalid_value", "retryPolicy.kind", "fixed, linear, exponential"},
    {noop(R"("retryPolicy":{"base":1})"), "unknown_field", "retryPolicy.base", "baseSeconds"},
    {noop(R"("retryPolicy":{"baseSeconds":0})"), "out_of_range", "retryPolicy.baseSeconds", "0.001"},
    {noop(R"("retryPolicy":{"baseSeconds":10,"capSeconds":5})"), "invalid_value", "retryPolicy.capSeconds", "below"},
    {noop(R"("retryPolicy":{"baseSeconds":1000})"), "invalid_value", "retryPolicy.baseSeconds", "default"},
    {noop(R"("retryPolicy":{"jitter":1})"), "invalid_value", "retryPolicy.jitter", "true or false"},
    {noop(R"("retryPolicy":{"kind":"fixed","kind":"fixed"})"), "invalid_value", "retryPolicy.kind", "twice"},
    {noop(R"("retryPolicy":{"kind":{}})"), "invalid_value", "retryPolicy", "object"},
  };
  return rows;
}

} // namespace

TEST_CASE("every bad submit is refused by name, reason and what is allowed", "[submit][bad]") {
  direct d;
  for (const auto& row : bad_submits()) {
    CAPTURE(row.body.substr(0, 200));
    const auto r = d.submit(row.body);
    CHECK(r.status == row.status);
    CHECK(code_of(r) == row.code);
    CHECK(field_of(r) == row.field);
    REQUIRE(r.failure);
    CAPTURE(r.failure->message);
    CHECK(r.failure->message.find(row.says) != std::string::npos);
    // The answer itself is JSON, whatever bytes came in.
    CHECK(nlohmann::json::accept(error_body(*r.failure, "id")));
  }
  CHECK(d.back.calls() == 0);
  CHECK(d.submit(R"({"jobType":"noop"})").status == 201);
}

TEST_CASE("the same mistakes in a batch stay with their job", "[batch][bad]") {
  for (const auto& row : bad_submits()) {
    // What is no JSON spoils an array as a whole; on lines of their own it does not.
    if (row.body.find('\n') != std::string::npos || row.field == "dependencies[0]" || row.code == "malformed_json" ||
        row.body.starts_with("[") || row.says == "double")
      continue;
    CAPTURE(row.body.substr(0, 200));
    direct d;
    const auto r = d.batch(R"([{"jobType":"noop"},)" + row.body + R"(,{"jobType":"noop","priority":9}])");
    REQUIRE(r.status == 200);
    const auto a = nlohmann::json::parse(r.body);
    CHECK(a["accepted"] == 2);
    CHECK(a["rejected"] == 1);
    CHECK(a["items"][1]["error"]["code"] == row.code);
    CHECK(a["items"][1]["error"]["field"] == (row.field.empty() ? "jobs[1]" : "jobs[1]." + row.field));
    CHECK(a["items"][2]["priority"] == 9);
  }
}

TEST_CASE("bad small bodies", "[bad]") {
  struct row {
    http_method method;
    std::string target, body, code, field;
    int status = 400;
  };
  const auto job = "/api/jobs/" + to_string(some_id());
  const row rows[] = {
    {http_method::post, "/api/workers/scale", "", "malformed_json", ""},
    {http_method::post, "/api/workers/scale", "{}", "missing_field", "workers"},
    {http_method::post, "/api/workers/scale", R"({"workers":-1})", "out_of_range", "workers"},
    {http_method::post, "/api/workers/scale", R"({"workers":65})", "out_of_range", "workers"},
    {http_method::post, "/api/workers/scale", R"({"workers":"2"})", "invalid_value", "workers"},
    {http_method::post, "/api/workers/scale", R"({"count":2})", "unknown_field", "count"},
    {http_method::post, "/api/workers/scale", R"({"workers":2,"workers":3})", "invalid_value", "workers"},
    {http_method::post, "/api/workers/scale", R"({"workers":[]})", "invalid_value", "workers"},
    {http_method::post, "/api/workers/scale", R"({"workers":2,"min":1})", "invalid_value", "workers"},
    {http_method::post, "/api/workers/scale", R"({"max":65})", "out_of_range", "max"},
    {http_method::post, "/api/workers/scale", R"({"min":3,"max":2})", "invalid_value", "min"},
    {http_method::post, "/api/workers/scale", R"({"min":-1})", "out_of_range", "min"},
    {http_method::post, "/api/workers/w/drain", R"({"deadline":-1})", "out_of_range", "deadline"},
    {http_method::post, "/api/workers/w/drain", R"({"deadline":"soon"})", "invalid_value", "deadline"},
    {http_method::post, "/api/workers/w/drain", R"({"grace":1})", "unknown_field", "grace"},
    {http_method::post, "/api/workers/scale", "[2]", "invalid_value", ""},
    {http_method::patch, job, "{}", "missing_field", ""},
    {http_method::patch, job, R"({"priority":11})", "out_of_range", "priority"},
    {http_method::patch, job, R"({"queue":"x"})", "unknown_field", "queue"},
    {http_method::patch, job, R"({"scheduleAt":"2020-01-01T00:00:00Z"})", "time_in_past", "scheduleAt"},
    {http_method::patch, job, R"({"deadline":"2020-01-01T00:00:00Z"})", "time_in_past", "deadline"},
    {http_method::patch, "/api/jobs/42", R"({"priority":1})", "unknown_job", "", 404},
    {http_method::delete_, job + "/cancel", R"({"reason":5})", "invalid_value", "reason"},
    {http_method::delete_, job + "/cancel", "nonsense", "malformed_json", ""},
    {http_method::post, job + "/retry", R"({"x":1})", "unknown_field", "x"},
    {http_method::post, "/api/jobs/nobody/retry", "", "unknown_job", "", 404},
    {http_method::delete_, "/api/jobs/nobody/cancel", "", "unknown_job", "", 404},
    {http_method::get, "/api/jobs/nobody", "", "unknown_job", "", 404},
    {http_method::get, "/api/jobs/job_00000000000000000", "", "unknown_job", "", 404},
    {http_method::get, "/api/jobs/nobody/history", "", "unknown_job", "", 404},
    {http_method::get, "/api/jobs/nobody/logs", "", "unknown_job", "", 404},
    {http_method::get, job + "/logs?from=-1", "", "out_of_range", "from"},
    {http_method::get, job + "/logs?attempt=x", "", "invalid_value", "attempt"},
    {http_method::get, job + "/logs?to=3", "", "unknown_field", "to"},
    {http_method::get, "/api/workers/nobody/status", "", "unknown_worker", "", 404},
    {http_method::get, "/api/jobs/status/sleeping", "", "unknown_status", "status"},
    {http_method::get, "/api/jobs?status=queued,", "", "unknown_status", "status"},
    {http_method::get, "/api/jobs?priority=x", "", "invalid_value", "priority"},
    {http_method::get, "/api/jobs?priority=10", "", "out_of_range", "priority"},
    {http_method::get, "/api/jobs?limit=0", "", "out_of_range", "limit"},
    {http_method::get, "/api/jobs?limit=1001", "", "out_of_range", "limit"},
    {http_method::get, "/api/jobs?limit=99999999999999999999", "", "out_of_range", "limit"},
    {http_method::get, "/api/jobs?limit=", "", "invalid_value", "limit"},
    {http_method::get, "/api/jobs?cursor=7", "", "invalid_value", "cursor"},
    {http_method::get, "/api/jobs?from=yesterday", "", "invalid_value", "from"},
    {http_method::get, "/api/jobs?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "", "invalid_value", "from"},
    {http_method::get, "/api/jobs?type=", "", "out_of_range", "type"},
    {http_method::get, "/api/jobs?tag=%FF%00", "", "invalid_value", "tag"},
    {http_method::get, "/api/jobs?include=log", "", "invalid_value", "include"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target, row.body);
    direct d;
    const auto r = d.call(row.method, row.target, row.body);
    CHECK(r.status == row.status);
    CHECK(code_of(r) == row.code);
    CHECK(field_of(r) == row.field);
    REQUIRE(r.failure);
    CHECK(nlohmann::json::accept(error_body(*r.failure, "id")));
  }
}
