#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// The definition that comes of a schedule with these fields besides its name and job.
schedule_definition made_of(direct& d, const std::string& fields) {
  const auto r = d.call(http_method::post, "/api/schedules", R"({"name":"x","job":{"jobType":"noop"},)" + fields + "}");
  INFO(fields << " " << (r.failure ? r.failure->message : ""));
  REQUIRE(r.status == 201);
  return d.back.last_definition;
}

schedule_definition made_of(const std::string& fields) {
  direct d;
  return made_of(d, fields);
}

time_point utc(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days{std::chrono::year{year} / month / day};
}

struct bad {
  std::string fields, code, field;
  /// What the message must say.
  std::string says;
};

void check_refused(const std::string& body, const bad& x) {
  CAPTURE(body);
  direct d;
  const auto r = d.call(http_method::post, "/api/schedules", body);
  CHECK(r.status == 400);
  CHECK(code_of(r) == x.code);
  CHECK(field_of(r) == x.field);
  REQUIRE(r.failure);
  CHECK_THAT(r.failure->message, Catch::Contains(x.says));
  CHECK(d.back.calls() == 0);
}

} // namespace

TEST_CASE("a schedule of the least fields has the defaults", "[schedules]") {
  const auto s = made_of(R"("cron":"30 2 * * *")");
  CHECK(s.name == "x");
  CHECK(s.version == 0);
  CHECK(s.expression == "30 2 * * *");
  CHECK(s.zone.empty());
  CHECK(s.rules.zone == nullptr);
  CHECK(std::holds_alternative<cron>(s.rules.when));
  CHECK(next_fire(s.rules, noon()) == noon() + 16h);
  CHECK_FALSE(s.rules.starts_at);
  CHECK_FALSE(s.rules.ends_at);
  CHECK(s.rules.jitter == 0s);
  CHECK(s.rules.missed == catch_up_rule::last);
  CHECK(s.rules.catch_up_max == 100);
  CHECK(s.rules.when_unfinished == overlap_rule::allow);
  CHECK_FALSE(s.start_within);
  CHECK(s.job.type == "noop");
  CHECK(s.job.payload.view() == "{}");
  CHECK(s.fault.empty());
}

TEST_CASE("every field of a schedule arrives", "[schedules]") {
  direct d;
  const auto r = d.call(http_method::post, "/api/schedules", R"({"job": {"payload":{"to":"a@b.c", "n":[1, {"x":2.50}]},
    "jobType":"email_send","priority":9,"queue":"mail","tags":["t"],"retryCount":1,"timeout":2.5,"durability":"os",
    "resources":{"slots":2}} ,"name":"Night.ly-1_x","cron":"30 2 * * MON","timeZone":"Europe/Berlin",
    "startAt":"2026-02-01T00:00:00+01:00","endAt":"2027-02-01T00:00:00Z","jitter":1.5,"catchUp":"all","catchUpMax":1000,
    "overlap":"replace","startWithin":3600})");
  INFO((r.failure ? r.failure->message : ""));
  REQUIRE(r.status == 201);
  const auto& s = d.back.last_definition;
  CHECK(s.name == "Night.ly-1_x");
  CHECK(s.expression == "30 2 * * MON");
  CHECK(s.zone == "Europe/Berlin");
  CHECK(s.rules.starts_at == utc(2026, 2, 1) - 1h);
  CHECK(s.rules.ends_at == utc(2027, 2, 1));
  CHECK(next_fire(s.rules, noon()) == utc(2026, 2, 2) + 90min); // 02:30 on a Monday in Berlin
  CHECK(s.rules.jitter == 1500ms);
  CHECK(s.rules.missed == catch_up_rule::all);
  CHECK(s.rules.catch_up_max == 1000);
  CHECK(s.rules.when_unfinished == overlap_rule::replace);
  CHECK(s.start_within == duration{1h});
  CHECK(s.job.type == "email_send");
  CHECK(s.job.priority == 9);
  CHECK(s.job.queue == "mail");
  CHECK(s.job.tags == std::vector<std::string>{"t"});
  CHECK(s.job.max_retries == 1);
  CHECK(s.job.timeout == 2500ms);
  CHECK(s.job.level == durability::os);
  CHECK(s.job.resources.slots == 2);
  CHECK(s.job.payload.view() == R"({"to":"a@b.c", "n":[1, {"x":2.50}]})"); // byte for byte
}

TEST_CASE("fields of a schedule at their bounds", "[schedules]") {
  const auto every = std::get<fire_every>(made_of(R"("every":1)").rules.when);
  CHECK(every.period == 1s);
  CHECK(every.anchor == noon());
  CHECK(std::get<fire_every>(made_of(R"("every":31622400)").rules.when).period == 24h * 366);
  CHECK(std::get<fire_every>(made_of(R"("every":1.25)").rules.when).period == 1250ms);
  CHECK(std::get<fire_every>(made_of(R"("every":60,"anchor":"2020-01-01T00:00:00Z")").rules.when).anchor ==
        utc(2020, 1, 1));
  CHECK(std::get<fire_once>(made_of(R"("at":"2026-01-15T10:30:00.001Z")").rules.when).at == noon() + 1ms);
  for (const auto* zone : {"UTC", "Etc/UTC", "America/Argentina/Buenos_Aires"})
    CHECK(made_of(R"("cron":"@daily","timeZone":")" + std::string{zone} + "\"").zone ==
          (zone == std::string_view{"UTC"} ? "" : zone));
  CHECK(made_of(R"("every":1,"jitter":86400)").rules.jitter == 24h);
  CHECK(made_of(R"("every":1,"catchUp":"none")").rules.missed == catch_up_rule::none);
  CHECK(made_of(R"("every":1,"catchUp":"last")").rules.missed == catch_up_rule::last);
  CHECK(made_of(R"("every":1,"catchUp":"all")").rules.catch_up_max == 100);
  CHECK(made_of(R"("every":1,"catchUp":"all","catchUpMax":1)").rules.catch_up_max == 1);
  CHECK(made_of(R"("every":1,"overlap":"allow")").rules.when_unfinished == overlap_rule::allow);
  CHECK(made_of(R"("every":1,"overlap":"skip")").rules.when_unfinished == overlap_rule::skip);
  CHECK(made_of(R"("every":1,"overlap":"queue")").rules.when_unfinished == overlap_rule::queue);
  CHECK(made_of(R"("every":1,"startWithin":0.001)").start_within == duration{1ms});
  CHECK(made_of(R"("every":1,"startWithin":31622400)").start_within == duration{24h * 366});
  CHECK(made_of(R"("every":1,"startWithin":5.001,"jitter":5)").start_within == duration{5001ms});
  CHECK(made_of(R"("every":1,"startAt":"2020-01-01T00:00:00Z")").rules.starts_at == utc(2020, 1, 1));
  CHECK(made_of(R"("every":1,"endAt":"2026-01-15T10:30:02Z")").rules.ends_at == noon() + 2s);
}

TEST_CASE("the settings are the limits of a schedule's fields", "[schedules]") {
  direct d;
  d.a.schedules.catch_up_max = 30;
  d.a.schedules.jitter_max = 10s;
  CHECK(made_of(d, R"("every":1,"catchUp":"all")").rules.catch_up_max == 30);
  CHECK(made_of(d, R"("every":1,"catchUp":"all","catchUpMax":30)").rules.catch_up_max == 30);
  CHECK(made_of(d, R"("every":1,"jitter":10)").rules.jitter == 10s);
  const auto refused = [&](const std::string& fields) {
    return field_of(
      d.call(http_method::post, "/api/schedules", R"({"name":"x","job":{"jobType":"noop"},)" + fields + "}"));
  };
  CHECK(refused(R"("every":1,"catchUp":"all","catchUpMax":31)") == "catchUpMax");
  CHECK(refused(R"("every":1,"jitter":10.1)") == "jitter");
}

TEST_CASE("an anchor that was not given is what answers show", "[schedules]") {
  direct d;
  d.a.clock = [] { return noon() + duration{1'999}; };
  CHECK(std::get<fire_every>(made_of(d, R"("every":1)").rules.when).anchor == noon() + 1ms);
}

TEST_CASE("a wrong field of a schedule is named, with the reason and what is allowed", "[schedules]") {
  const std::string ends_too_early = R"("endAt":"2026-01-15T11:00:00Z")";
  const bad rows[] = {
    {R"("colour":1,"every":1)", "unknown_field", "colour", "known here are name, cron"},
    {R"("count":1,"every":1)", "unknown_field", "count", "startWithin, job"},
    {R"("from":1,"every":1)", "unknown_field", "from", ""},
    {R"("version":1,"every":1)", "unknown_field", "version", ""},
    {R"("every":1,"every":2)", "invalid_value", "every", "twice"},
    {R"("job":{"jobType":"noop"},"every":1)", "invalid_value", "job", "twice"},
    {R"("every":null)", "invalid_value", "every", "null"},
    {R"("jitter":0)", "missing_field", "cron", "exactly one of cron"},
    {R"("cron":"@daily","every":1)", "invalid_value", "every", "cron and every are both given"},
    {R"("cron":"@daily","at":"2027-01-01T00:00:00Z")", "invalid_value", "at", "exactly one"},
    {R"("every":1,"at":"2027-01-01T00:00:00Z")", "invalid_value", "at", "every and at"},
    {R"("cron":5)", "invalid_value", "cron", "must be a string"},
    {R"("cron":"")", "invalid_value", "cron", "five fields"},
    {R"("cron":"61 * * * *")", "invalid_value", "cron", "0 to 59"},
    {R"("cron":"@reboot")", "invalid_value", "cron", "@yearly"},
    {R"("cron":"0 0 30 2 *")", "invalid_value", "cron", "no such date"},
    {R"("cron":["@daily"])", "invalid_value", "cron", "a single value, not an array"},
    {R"("every":0.999)", "out_of_range", "every", "1 to 31622400"},
    {R"("every":31622401)", "out_of_range", "every", "1 to 31622400"},
    {R"("every":"1h")", "invalid_value", "every", "number of seconds"},
    {R"("every":1,"anchor":"x")", "invalid_value", "anchor", "RFC 3339"},
    {R"("cron":"@daily","anchor":"2020-01-01T00:00:00Z")", "invalid_value", "anchor", "goes with every"},
    {R"("at":"2027-01-01T00:00:00Z","anchor":"2020-01-01T00:00:00Z")", "invalid_value", "anchor", "goes with every"},
    {R"("at":"soon")", "invalid_value", "at", "RFC 3339"},
    {R"("at":"2026-01-15T10:30:00Z")", "time_in_past", "at", "has passed"},
    {R"("cron":"@daily","timeZone":"Mars/Olympus")", "invalid_value", "timeZone", "Europe/Berlin"},
    {R"("cron":"@daily","timeZone":"")", "out_of_range", "timeZone", "1 to 64"},
    {R"("cron":"@daily","timeZone":")" + std::string(65, 'x') + "\"", "out_of_range", "timeZone", "1 to 64"},
    {R"("cron":"@daily","timeZone":1)", "invalid_value", "timeZone", "a string"},
    {R"("cron":"@daily","timeZone":"../../../etc/passwd")", "invalid_value", "timeZone", "no time zone"},
    {R"("every":1,"timeZone":"Europe/Berlin")", "invalid_value", "timeZone", "goes with cron"},
    {R"("at":"2027-01-01T00:00:00Z","timeZone":"UTC")", "invalid_value", "timeZone", "goes with cron"},
    {R"("every":1,"startAt":1)", "invalid_value", "startAt", "RFC 3339"},
    {R"("every":1,"endAt":"x")", "invalid_value", "endAt", "RFC 3339"},
    {R"("every":1,"endAt":"2026-01-15T10:30:00Z")", "time_in_past", "endAt", "has passed"},
    {R"("every":1,"startAt":"2026-02-01T00:00:00Z","endAt":"2026-02-01T00:00:00Z")", "invalid_value", "endAt",
     "must be after startAt 2026-02-01"},
    {R"("cron":"@daily",)" + ends_too_early, "invalid_value", "endAt",
     "no time after 2026-01-15T10:30:00.000Z and before 2026-01-15T11:00:00.000Z"},
    {R"("at":"2026-01-15T11:00:00Z",)" + ends_too_early, "invalid_value", "endAt", "never fire"},
    {R"("at":"2026-02-01T00:00:00Z","startAt":"2026-02-01T00:00:01Z")", "invalid_value", "startAt", "never fire"},
    {R"("every":1,"jitter":-1)", "out_of_range", "jitter", "0 to 86400"},
    {R"("every":1,"jitter":86400.1)", "out_of_range", "jitter", "0 to 86400"},
    {R"("every":1,"jitter":true)", "invalid_value", "jitter", "seconds"},
    {R"("every":1,"catchUp":"some")", "invalid_value", "catchUp", "none, last, all, not \"some\""},
    {R"("every":1,"catchUp":1)", "invalid_value", "catchUp", "none, last, all, not 1"},
    {R"("every":1,"catchUpMax":5)", "invalid_value", "catchUpMax", "catchUp all, not with last"},
    {R"("every":1,"catchUp":"none","catchUpMax":5)", "invalid_value", "catchUpMax", "not with none"},
    {R"("every":1,"catchUp":"all","catchUpMax":0)", "out_of_range", "catchUpMax", "1 to 1000"},
    {R"("every":1,"catchUp":"all","catchUpMax":1001)", "out_of_range", "catchUpMax", "1 to 1000"},
    {R"("every":1,"overlap":"kill")", "invalid_value", "overlap", "allow, skip, queue, replace"},
    {R"("every":1,"startWithin":0)", "out_of_range", "startWithin", "0.001 to 31622400"},
    {R"("every":1,"startWithin":31622401)", "out_of_range", "startWithin", "31622400"},
    {R"("every":1,"startWithin":5,"jitter":5)", "invalid_value", "startWithin", "longer than jitter"},
  };
  for (const auto& x : rows)
    check_refused(R"({"name":"x","job":{"jobType":"noop"},)" + x.fields + "}", x);
}

TEST_CASE("a schedule has a name", "[schedules]") {
  const std::string rest = R"("cron":"@daily","job":{"jobType":"noop"}})";
  check_refused("{" + rest, {"", "missing_field", "name", "1 to 100"});
  for (const auto& name :
       std::vector<std::string>{R"("")", R"("a b")", R"("a/b")", "5", "null", '"' + std::string(101, 'a') + '"'})
    check_refused("{\"name\":" + name + "," + rest, {"", "invalid_value", "name", "a schedule's name has 1 to 100"});
  check_refused(R"({"name":"preview",)" + rest, {"", "invalid_value", "name", "address"});
  direct d;
  CHECK(d.call(http_method::post, "/api/schedules", "{\"name\":\"" + std::string(100, 'a') + "\"," + rest).status ==
        201);
}

TEST_CASE("the job of a schedule is checked as a submit is, and named by its path", "[schedules]") {
  const bad rows[] = {
    {R"(5)", "invalid_value", "job", "an object, not 5"},
    {R"([])", "invalid_value", "job", "an object, not an array"},
    {R"(null)", "invalid_value", "job", "an object, not null"},
    {R"({})", "missing_field", "job.jobType", "noop, email_send"},
    {R"({"jobType":"nope"})", "unknown_job_type", "job.jobType", "noop"},
    {R"({"jobType":"noop","priority":10})", "out_of_range", "job.priority", "0 to 9"},
    {R"({"jobType":"noop","tags":["a","a"]})", "invalid_value", "job.tags[1]", "twice"},
    {R"({"jobType":"noop","resources":{"slots":0}})", "out_of_range", "job.resources.slots", "from 1"},
    {R"({"jobType":"email_send","payload":{"to":5}})", "invalid_payload", "job.payload.to", "string"},
    {R"({"jobType":"noop","cron":"@daily"})", "unknown_field", "job.cron", "known here are jobType"},
    {R"({"jobType":"noop","scheduleAt":"2020-01-01T00:00:00Z"})", "invalid_value", "job.scheduleAt", "fire times"},
    {R"({"jobType":"noop","deadline":"x"})", "invalid_value", "job.deadline", "use startWithin"},
    {R"({"jobType":"noop","dependencies":[]})", "invalid_value", "job.dependencies", "overlap"},
    {R"({"jobType":"noop","dependencies":[{"id":"x","on":"y"}]})", "invalid_value", "job.dependencies", "overlap"},
    {R"({"jobType":"noop","dependencyRule":"all"})", "invalid_value", "job.dependencyRule", "overlap"},
    {R"({"jobType":"noop","idempotencyKey":"k"})", "invalid_value", "job.idempotencyKey", "one job"},
    {R"({"jobType":"noop","unique":true})", "invalid_value", "job.unique", "overlap"},
    {R"({"jobType":"noop","tags":["a","schedule:x"]})", "invalid_value", "job.tags", "schedule:x"},
  };
  for (const auto& x : rows)
    check_refused(R"({"name":"x","cron":"@daily","job":)" + x.fields + "}", x);
  check_refused(R"({"name":"x","cron":"@daily"})", {"", "missing_field", "job", "a submit"});
  // What it does not have is not among what is known.
  direct d;
  const auto r = d.call(http_method::post, "/api/schedules", R"({"name":"x","every":1,"job":{"a":1}})");
  REQUIRE(r.failure);
  for (const auto* absent : {"scheduleAt", "deadline", "dependencies", "dependencyRule", "idempotencyKey", "unique"})
    CHECK(r.failure->message.find(absent) == std::string::npos);
}

TEST_CASE("a payload may be as deep in a schedule as in a submit", "[schedules]") {
  direct d;
  d.a.http.json_depth_max = 5;
  const auto job = [](int depth) {
    return R"({"jobType":"noop","payload":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  const auto schedule = [&](int depth) {
    return d.call(http_method::post, "/api/schedules", R"({"name":"x","every":1,"job":)" + job(depth) + "}");
  };
  CHECK(d.submit(job(4)).status == 201);
  CHECK(schedule(4).status == 201);
  CHECK(d.submit(job(5)).status == 400);
  CHECK(schedule(5).status == 400);
}

TEST_CASE("a body that is no object", "[schedules]") {
  check_refused("", {"", "malformed_json", "", ""});
  check_refused("[]", {"", "invalid_value", "", "JSON object, not an array"});
  check_refused("5", {"", "invalid_value", "", "JSON object, not 5"});
  check_refused(R"({"name":"x")", {"", "malformed_json", "", "byte"});
  check_refused(R"({"job":{"jobType":})", {"", "malformed_json", "", "byte"});
}

TEST_CASE("what a schedule shows can be put again", "[schedules]") {
  direct d;
  auto shown = json::parse(d.call(http_method::get, "/api/schedules/nightly").body);
  for (const auto* of_the_scheduler : {"version", "changedAt", "fault", "paused", "next", "local", "waiting",
                                       "lastFire", "lastJobID", "fired", "missed", "skipped", "unfinished", "trouble"})
    shown.erase(of_the_scheduler);
  const auto r = d.call(http_method::put, "/api/schedules/nightly", shown.dump());
  INFO((r.failure ? r.failure->message : ""));
  REQUIRE(r.status == 200);
  const auto& got = d.back.last_definition;
  const auto& was = *d.back.plan.definition;
  CHECK(got.expression == was.expression);
  CHECK(got.zone == was.zone);
  CHECK(got.rules.starts_at == was.rules.starts_at);
  CHECK(got.rules.ends_at == was.rules.ends_at);
  CHECK(got.rules.jitter == was.rules.jitter);
  CHECK(got.rules.catch_up_max == was.rules.catch_up_max);
  CHECK(got.start_within == was.start_within);
  CHECK(got.job.priority == was.job.priority);
  CHECK(got.job.tags == was.job.tags);
}
