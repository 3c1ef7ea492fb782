// What a job wants done about failures and missed deadlines, and its concurrency key.
#include "tests/http/job_fields.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

std::string on_error(const std::string& rules) {
  return R"("retryPolicy":{"onError":)" + rules + "}";
}

struct row {
  std::string fields, code, field, contains;
};

void check_refused(const row& x) {
  CAPTURE(x.fields);
  direct d;
  const auto r = d.submit(job(x.fields));
  CHECK(r.status == 400);
  CHECK(code_of(r) == x.code);
  CHECK(field_of(r) == x.field);
  REQUIRE(r.failure);
  CHECK_THAT(r.failure->message, Catch::Contains(x.contains));
  // In a batch the next job is read as ever.
  const auto b = json::parse(d.batch("[" + job(x.fields) + "," + job(on_error(R"({"A":"fail"})")) + "]").body);
  CHECK(b["accepted"] == 1);
  CHECK(b["items"][0]["error"]["field"] == "jobs[0]." + x.field);
  CHECK(d.back.submits.at(0).jobs.at(0).retry.rules.size() == 1);
}

} // namespace

TEST_CASE("a job without rules has none, and says so by leaving them out", "[submit][retry]") {
  const auto s = accepted("");
  CHECK(s.retry.rules.empty());
  CHECK(s.retry.total == 0s);
  CHECK(s.on_miss == deadline_action::fail);
  CHECK_FALSE(s.finish_by);
  CHECK(s.concurrency_key.empty());
  const auto text = written(s);
  for (const auto* name : {"onMiss", "finishBy", "concurrencyKey"})
    CHECK_FALSE(text.contains(name));
  CHECK_FALSE(text["retryPolicy"].contains("onError"));
  CHECK_FALSE(text["retryPolicy"].contains("totalSeconds"));
}

TEST_CASE("rules for codes come with the one first that says most", "[submit][retry]") {
  const auto text = R"({"Z.1-x":"retry","DB_*":{"snooze":1.5},"A":"fail","*":"retry"})";
  // A code is in capitals.
  check_refused({on_error(text), "invalid_value", "retryPolicy.onError", "A-Z, 0-9, _, . and -"});
  const std::string good = R"({"Z.1-X":"retry","A":"fail","DB_*":{"snooze":1.5},"D*":"fail","*":"retry"})";
  const std::string turned = R"({"*":"retry","D*":"fail","Z.1-X":"retry","DB_*":{"snooze":1.5},"A":"fail"})";
  CHECK(accepted(on_error(turned)).retry.rules == accepted(on_error(good)).retry.rules);
  const auto s =
    accepted(R"("retryPolicy":{"kind":"fixed","onError":)" + good + R"(,"totalSeconds":3600,"baseSeconds":2})");
  CHECK(s.retry.rules == std::vector<failure_rule>{{"Z.1-X", failure_action::retry, 0s},
                                                   {"A", failure_action::fail, 0s},
                                                   {"DB_*", failure_action::snooze, 1500ms},
                                                   {"D*", failure_action::fail, 0s},
                                                   {"*", failure_action::retry, 0s}});
  CHECK(s.retry.total == 1h);
  CHECK(s.retry.kind == backoff::fixed);
  CHECK(s.retry.base == 2s);
  std::string out;
  json_writer w{out};
  w.open('{');
  write_spec(w, s, {}, redaction_book{});
  w.close('}');
  CHECK_THAT(out, Catch::Contains("\"onError\":" + good + ",\"totalSeconds\":3600"));
}

TEST_CASE("no rules, sixteen rules, the longest code and the bounds of times", "[submit][retry]") {
  CHECK(accepted(on_error("{}")).retry.rules.empty());
  std::string many;
  for (int i = 0; i < 16; ++i)
    many += (i == 0 ? R"({"E)" : R"(,"E)") + std::to_string(i) + R"(":"fail")";
  CHECK(accepted(on_error(many + "}")).retry.rules.size() == 16);
  check_refused({on_error(many + R"(,"MORE":"fail"})"), "out_of_range", "retryPolicy.onError", "more than 16 entries"});
  const std::string longest(64, 'X');
  CHECK(accepted(on_error(R"({")" + longest + R"(":"fail"})")).retry.rules.at(0).code == longest);
  CHECK(accepted(on_error(R"({"A":{"snooze":0.001}})")).retry.rules.at(0).wait == 1ms);
  CHECK(accepted(on_error(R"({"A":{"snooze":604800}})")).retry.rules.at(0).wait == 24h * 7);
  CHECK(accepted(R"("retryPolicy":{"totalSeconds":0.001})").retry.total == 1ms);
  CHECK(accepted(R"("retryPolicy":{"totalSeconds":31622400})").retry.total == 24h * 366);
}

TEST_CASE("what is wrong with rules for codes is said", "[submit][retry]") {
  const std::string at = "retryPolicy.onError";
  const auto codes = "codes of 1 to 64 of A-Z, 0-9, _, . and -";
  const auto actions = R"(must be retry, fail, or an object such as {"snooze": 30}, not )";
  const row rows[] = {
    {on_error("null"), "invalid_value", at, "must be an object, not null"},
    {on_error(R"("fail")"), "invalid_value", at, "must be an object, not \"fail\""},
    {on_error("[]"), "invalid_value", at, "must be an object, not an array"},
    {on_error(R"([{"A":"fail"}])"), "invalid_value", at, "must be an object, not an array"},
    {on_error(R"({"":"fail"})"), "invalid_value", at, codes},
    {on_error(R"({"a":"fail"})"), "invalid_value", at, "not \"a\""},
    {on_error(R"({"A B":"fail"})"), "invalid_value", at, codes},
    {on_error(R"({"*A":"fail"})"), "invalid_value", at, codes},
    {on_error(R"({"A**":"fail"})"), "invalid_value", at, codes},
    {on_error(R"({")" + std::string(65, 'X') + R"(":"fail"})"), "invalid_value", at, codes},
    {on_error(R"({"A":"fail","A":"retry"})"), "invalid_value", at + ".A", "is given twice"},
    {on_error(R"({"A":"stop"})"), "invalid_value", at + ".A", std::string{actions} + "\"stop\""},
    {on_error(R"({"A":"snooze"})"), "invalid_value", at + ".A", std::string{actions} + "\"snooze\""},
    {on_error(R"({"A":30})"), "invalid_value", at + ".A", std::string{actions} + "30"},
    {on_error(R"({"A":null})"), "invalid_value", at + ".A", std::string{actions} + "null"},
    {on_error(R"({"A":["fail"]})"), "invalid_value", at + ".A", std::string{actions} + "an array"},
    {on_error(R"({"A":{}})"), "missing_field", at + ".A.snooze", "is required; a number of seconds"},
    {on_error(R"({"A":{"for":5}})"), "unknown_field", at + ".A.for", "known here is snooze"},
    {on_error(R"({"A":{"snooze":1,"snooze":1}})"), "invalid_value", at + ".A.snooze", "is given twice"},
    {on_error(R"({"A":{"snooze":"30s"}})"), "invalid_value", at + ".A.snooze",
     "a number of seconds from 0.001 to 604800"},
    {on_error(R"({"A":{"snooze":0}})"), "out_of_range", at + ".A.snooze", "not 0"},
    {on_error(R"({"A":{"snooze":604801}})"), "out_of_range", at + ".A.snooze", "not 604801"},
    {on_error(R"({"A":{"snooze":[1]}})"), "invalid_value", at + ".A.snooze", "a number of seconds, not an array"},
    {on_error(R"({"A":{"snooze":{"x":{}}}})"), "invalid_value", at + ".A.snooze", "a number of seconds, not an object"},
    {R"("retryPolicy":{"onError":{},"onError":{}})", "invalid_value", at, "is given twice"},
    {R"("retryPolicy":{"onErrors":{}})", "unknown_field", "retryPolicy.onErrors", "onError, totalSeconds"},
    {R"("retryPolicy":{"totalSeconds":0})", "out_of_range", "retryPolicy.totalSeconds",
     "from 0.001 to 31622400, not 0"},
    {R"("retryPolicy":{"totalSeconds":31622401})", "out_of_range", "retryPolicy.totalSeconds", "not 31622401"},
    {R"("retryPolicy":{"totalSeconds":"1h"})", "invalid_value", "retryPolicy.totalSeconds", "a number of seconds"},
    {R"("retryPolicy":{"totalSeconds":{}})", "invalid_value", "retryPolicy", "must not hold an object"},
  };
  for (const auto& x : rows)
    check_refused(x);
}

TEST_CASE("what happens on a missed deadline is one of four things", "[submit][deadline]") {
  const std::string deadline = R"("deadline":"2026-01-15T11:30:00Z")";
  for (const auto a :
       {deadline_action::fail, deadline_action::cancel, deadline_action::run_anyway, deadline_action::promote}) {
    const auto name = std::string{to_string(a)};
    const auto s = accepted(R"("onMiss":")" + name + "\"," + deadline);
    CHECK(s.on_miss == a);
    const auto text = written(s);
    CHECK(text.contains("onMiss") == (a != deadline_action::fail));
    CHECK(text.value("onMiss", "fail") == name);
  }
  CHECK(accepted(R"("finishBy":"2026-01-15T11:30:00Z","onMiss":"run_anyway")").on_miss == deadline_action::run_anyway);
  const row rows[] = {
    {deadline + R"(,"onMiss":"ignore")", "invalid_value", "onMiss",
     "one of fail, cancel, run_anyway, promote, not \"ignore\""},
    {deadline + R"(,"onMiss":null)", "invalid_value", "onMiss", "not null"},
    {deadline + R"(,"onMiss":["run_anyway"])", "invalid_value", "onMiss", "must be a single value, not an array"},
    {deadline + R"(,"onMiss":"run_anyway","onMiss":"run_anyway")", "invalid_value", "onMiss", "is given twice"},
    {R"("onMiss":"fail")", "invalid_value", "onMiss", "give deadline or finishBy"},
    {R"("onMiss":"run_anyway","scheduleAt":"2026-01-15T11:30:00Z")", "invalid_value", "onMiss",
     "give deadline or finishBy"},
  };
  for (const auto& x : rows)
    check_refused(x);
}

TEST_CASE("a wanted end is a time ahead, behind the start, and not too far", "[submit][deadline]") {
  const auto s = accepted(R"("finishBy":"2026-01-15T12:30:00Z","deadline":"2026-01-15T12:00:00Z")");
  CHECK(s.finish_by == noon() + 2h);
  CHECK(s.deadline == noon() + 90min);
  CHECK(written(s)["finishBy"] == "2026-01-15T12:30:00.000Z");
  CHECK(accepted(R"("scheduleAt":"2026-01-15T11:00:00Z","finishBy":"2026-01-15T11:00:00.001Z")").finish_by);
  const row rows[] = {
    {R"("finishBy":"soon")", "invalid_value", "finishBy", "a time as in RFC 3339"},
    {R"("finishBy":1)", "invalid_value", "finishBy", "not 1"},
    {R"("finishBy":{})", "invalid_value", "finishBy", "must be a single value, not an object"},
    {R"("finishBy":"2026-01-15T10:30:00Z")", "time_in_past", "finishBy", "has passed"},
    {R"("finishBy":"2026-01-15T11:00:00Z","scheduleAt":"2026-01-15T11:00:00Z")", "invalid_value", "finishBy",
     "must be after scheduleAt"},
    {R"("finishBy":"2046-01-15T11:00:00Z")", "out_of_range", "finishBy", "jobs.schedule_ahead_max"},
  };
  for (const auto& x : rows)
    check_refused(x);
}

TEST_CASE("a concurrency key is a text, or stands in the payload", "[submit][concurrency_key]") {
  CHECK(accepted(R"("concurrencyKey":"customer 42")").concurrency_key == "customer 42");
  CHECK(written(accepted(R"("concurrencyKey":"k")"))["concurrencyKey"] == "k");
  const auto from = [](const std::string& path, const std::string& payload) {
    return R"("concurrencyKey":{"payload":")" + path + R"("},"payload":)" + payload;
  };
  struct found {
    std::string path, payload, key;
  };
  const found rows[] = {
    {"id", R"({"id":"x"})", "x"},
    {"id", R"({"id":"a \"b\""})", R"(a "b")"},
    {"customer.id", R"({"customer":{"id":42}})", "42"},
    {"n", R"({"n":42.0})", "42"},
    {"n", R"({"n":-0.50})", "-5e-1"},
    {"n", R"({"n":12345678901234567890123})", "12345678901234567890123"},
    {"yes", R"({"yes":true})", "true"},
    {"argv.1", R"({"argv":["a","b"]})", "b"},
  };
  for (const auto& x : rows) {
    CHECK(accepted(from(x.path, x.payload)).concurrency_key == x.key);
    // The payload may stand before it.
    CHECK(
      accepted(R"("payload":)" + x.payload + R"(,"concurrencyKey":{"payload":")" + x.path + R"("})").concurrency_key ==
      x.key);
  }
  const std::string at = "concurrencyKey", below = "concurrencyKey.payload";
  const row wrong[] = {
    {R"("concurrencyKey":"")", "out_of_range", at, "1 to 128"},
    {R"("concurrencyKey":")" + std::string(129, 'k') + "\"", "out_of_range", at, "1 to 128"},
    {R"("concurrencyKey":"a\u0000")", "invalid_value", at, "byte 0"},
    {R"("concurrencyKey":42)", "invalid_value", at,
     R"(a string, or an object such as {"payload": "customer.id"}, not 42)"},
    {R"("concurrencyKey":null)", "invalid_value", at, "not null"},
    {R"("concurrencyKey":["a"])", "invalid_value", at, "not an array"},
    {R"("concurrencyKey":{})", "missing_field", below, "is required"},
    {R"("concurrencyKey":{"path":"a"})", "unknown_field", "concurrencyKey.path", "known here are payload"},
    {R"("concurrencyKey":{"payload":"a","payload":"b"})", "invalid_value", below, "is given twice"},
    {R"("concurrencyKey":{"payload":5})", "invalid_value", below, "not 5"},
    {R"("concurrencyKey":{"payload":{"a":1}})", "invalid_value", below, "not an object"},
    {R"("concurrencyKey":{"payload":""})", "out_of_range", below, "1 to 256"},
    {R"("concurrencyKey":{"payload":"a..b"})", "invalid_value", below, "not \"a..b\""},
    {R"("concurrencyKey":{"payload":".a"})", "invalid_value", below, "a path in the payload"},
    {R"("concurrencyKey":{"payload":"a."})", "invalid_value", below, "a path in the payload"},
    {R"("concurrencyKey":"a","concurrencyKey":"b")", "invalid_value", at, "is given twice"},
    {from("b", R"({"a":1})"), "invalid_value", at, "a path that the payload has, not \"b\""},
    {from("a.b", R"({"a":1})"), "invalid_value", at, "a path that the payload has, not \"a.b\""},
    {from("a", R"({"a":{}})"), "invalid_value", at, "a number or a boolean at \"a\" in the payload, not an object"},
    {from("a", R"({"a":[1]})"), "invalid_value", at, "not an array"},
    {from("a", R"({"a":null})"), "invalid_value", at, "not null"},
    {from("a", R"({"a":""})"), "out_of_range", at, "1 to 128"},
    {R"("concurrencyKey":{"payload":"a"})", "invalid_value", at, "a path that the payload has"},
  };
  for (const auto& x : wrong)
    check_refused(x);
}

TEST_CASE("a schedule's job has rules and a concurrency key, and onMiss with startWithin", "[schedules][retry]") {
  const auto call = [](direct& d, const std::string& fields, const std::string& job_fields) {
    return d.call(http_method::post, "/api/schedules",
                  R"({"name":"x","every":60)" + fields + R"(,"job":)" + job(job_fields) + "}");
  };
  direct d;
  const auto r = call(d, R"(,"startWithin":30)",
                      R"("onMiss":"promote","concurrencyKey":{"payload":"a"},"payload":{"a":"k"},)"
                      R"("retryPolicy":{"onError":{"A":"fail"},"totalSeconds":60})");
  INFO(r.body);
  REQUIRE(r.status == 201);
  const auto& s = d.back.last_definition.job;
  CHECK(s.on_miss == deadline_action::promote);
  CHECK(s.concurrency_key == "k");
  CHECK(s.retry.rules.size() == 1);
  CHECK(s.retry.total == 60s);
  struct refused {
    std::string fields, job, field, contains;
  };
  const refused rows[] = {
    {"", R"("onMiss":"run_anyway")", "job.onMiss", "give the schedule startWithin"},
    {"", R"("finishBy":"2026-01-16T00:00:00Z")", "job.finishBy", "use startWithin"},
    {R"(,"startWithin":30)", R"("onMiss":"never")", "job.onMiss", "one of fail, cancel, run_anyway, promote"},
    {"", on_error(R"({"a":"fail"})"), "job.retryPolicy.onError", "A-Z"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.job);
    direct other;
    const auto no = call(other, x.fields, x.job);
    CHECK(no.status == 400);
    CHECK(field_of(no) == x.field);
    REQUIRE(no.failure);
    CHECK_THAT(no.failure->message, Catch::Contains(x.contains));
  }
  // What is not for it is not among the fields that it may have.
  direct other;
  const auto no = call(other, "", R"("what":1)");
  REQUIRE(no.failure);
  CHECK_THAT(no.failure->message, Catch::Contains("onMiss, concurrencyKey") && !Catch::Contains("finishBy"));
}
