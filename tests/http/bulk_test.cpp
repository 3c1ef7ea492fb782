#include "http/api/no_backend.hpp"
#include "http/limits.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Jobs with the ids 1 to `count`, which a list gives newest first, page by page.
class crowd final : public no_backend {
public:
  void list(list_request r, reply<job_list> done) override {
    ++lists;
    last_list = r;
    if (lists > fail_list_after)
      return done(error{ec::starting, "not yet"});
    job_list page;
    for (auto id = r.below ? r.below->value - 1 : count; id > 0 && page.jobs.size() < r.limit; --id) {
      auto j = std::make_shared<job_record>();
      j->id = job_id{id};
      j->spec.type = id % 3 == 0 ? "mail" : "exec";
      j->error = job_error{id % 2 == 0 ? "TIMEOUT" : "EXIT_CODE", "because", noon()};
      j->finished_at = noon() + std::chrono::seconds{id};
      page.jobs.push_back(std::move(j));
    }
    if (!page.jobs.empty() && page.jobs.back()->id.value > 1)
      page.next = page.jobs.back()->id;
    done(std::move(page));
  }
  void cancel(job_id id, std::string reason, reply<job_ptr> done) override {
    act("cancel", id, std::move(done));
    last_reason = std::move(reason);
  }
  void retry(job_id id, reply<job_ptr> done) override {
    act("retry", id, std::move(done));
  }
  void modify(job_id id, job_patch patch, reply<job_ptr> done) override {
    last_patch = patch;
    act("change", id, std::move(done));
  }
  /// Answers the oldest that is held.
  void release() {
    auto give = std::move(held.front());
    held.pop_front();
    give();
  }

  uint64_t count = 0, lists = 0, fail_list_after = UINT64_MAX;
  list_request last_list;
  std::map<uint64_t, ec> refuse;
  std::vector<std::pair<std::string, uint64_t>> acted;
  std::string last_reason;
  job_patch last_patch;
  bool hold = false;
  std::deque<std::function<void()>> held;

private:
  void act(const char* what, job_id id, reply<job_ptr> done) {
    acted.emplace_back(what, id.value);
    held.emplace_back([this, id, done = std::move(done)] {
      const auto why = refuse.find(id.value);
      done(why == refuse.end() ? result<job_ptr>{job_ptr{}} : error{why->second, "because"});
    });
    if (!hold)
      release();
  }
};

/// A server's routes over the crowd.
struct bench {
  crowd back;
  fake_types types;
  api a = make_api(back, types);
  router routes{a, all_routes()};
  std::optional<http_response> answer;

  explicit bench(uint64_t count) {
    back.count = count;
  }
  void start(http_method method, const std::string& target, std::string body, std::string type = "application/json") {
    answer.reset();
    http_request request{.method = method, .target = target, .content_type = std::move(type), .body = std::move(body)};
    auto match = routes.find(method, target);
    if (auto now = routes.run(match, request, responder{[this](responder::maker make) { answer = make(); }}))
      answer = std::move(now);
  }
  http_response post(const json& body) {
    start(http_method::post, "/api/bulk", body.dump());
    REQUIRE(answer);
    return *answer;
  }
  json bulk(const json& body, const std::string& target = "/api/bulk") {
    start(http_method::post, target, body.dump());
    return good();
  }
  json get(const std::string& target) {
    start(http_method::get, target, {});
    return good();
  }
  json good() {
    REQUIRE(answer);
    INFO((answer->failure ? answer->failure->message : ""));
    REQUIRE(answer->status == 200);
    return json::parse(answer->body);
  }
};

const json everything{{"all", true}}, tagged{{"tag", "x"}};

std::string text(uint64_t id) {
  return to_string(job_id{id});
}

json request(const char* action, const json& filter = tagged, const char* rest = "{}") {
  json body{{"action", action}, {"filter", filter}};
  body.update(json::parse(rest));
  return body;
}

/// The members that are named, and only those; null for one that is not there.
json some_of(const json& object, std::initializer_list<const char*> names) {
  auto out = json::array();
  for (const auto* name : names)
    out.push_back(object.value(name, json{}));
  return out;
}

} // namespace

TEST_CASE("a bulk request acts on a slice, and its cursor goes on", "[bulk]") {
  bench b{2'500};
  json body{{"action", "cancel"}, {"filter", tagged}, {"reason", "no need"}};
  auto r = b.bulk(body);
  CHECK(r == json::parse(R"({"action":"cancel","dryRun":false,"matched":1000,"changed":1000,"refusedCount":0,)"
                         R"("refused":[],"next":")" +
                         text(1501) + "\"}"));
  CHECK(b.back.last_list.tag == "x");
  CHECK(b.back.last_list.limit == http_limits::bulk_page_jobs);
  CHECK(b.back.last_reason == "no need");
  size_t requests = 1;
  for (; r.contains("next"); ++requests) {
    body["cursor"] = r["next"];
    r = b.bulk(body);
  }
  CHECK(requests == 3);
  CHECK(b.back.acted.size() == 2'500);
  CHECK(std::set(b.back.acted.begin(), b.back.acted.end()).size() == 2'500);
}

TEST_CASE("a bulk request acts on no more than it may", "[bulk]") {
  bench b{20'000};
  CHECK(b.bulk(request("retry", everything, R"({"limit":7})"))["matched"] == 7);
  CHECK(b.back.last_list.limit == 7);
  const auto r = b.bulk(request("retry", everything, R"({"limit":1234})"));
  CHECK(some_of(r, {"changed", "next"}) == json{1'234, text(20'000 - 1'234 + 1)});
  CHECK(b.bulk(request("retry", everything, R"({"limit":10000})"))["changed"] == 10'000);
  b.a.http.list_limit_max = 3;
  CHECK(b.bulk(request("retry", everything, R"({"limit":10})"))["changed"] == 10);
  CHECK(b.back.last_list.limit == 1);
}

TEST_CASE("an action has its own states", "[bulk]") {
  bench b{1};
  using s = job_state;
  const auto states = [&](const char* action, const json& filter, const char* rest = "{}") {
    b.bulk(request(action, filter, rest));
    return b.back.last_list.states;
  };
  CHECK(states("cancel", tagged) == std::vector{s::queued, s::scheduled, s::retrying, s::running});
  CHECK(states("retry", tagged) == std::vector{s::failed});
  CHECK(states("discard", tagged) == std::vector{s::failed});
  CHECK(states("change", tagged, R"({"change":{"priority":9}})") == std::vector{s::queued, s::scheduled, s::retrying});
  CHECK(states("cancel", {{"status", "running"}}) == std::vector{s::running});
  CHECK(states("cancel", {{"status", {"running", "queued"}}}) == std::vector{s::running, s::queued});
  CHECK(states("cancel", {{"status", "running,queued"}}) == std::vector{s::running, s::queued});
  // A discard is the cancellation of a failed job.
  for (size_t i = 0; const auto* call : {"cancel", "retry", "cancel", "change"})
    CHECK(b.back.acted[i++].first == call);
  CHECK((b.back.last_patch.priority == 9 && !b.back.last_patch.deadline));
}

TEST_CASE("a bulk filter is the query of a list", "[bulk]") {
  bench b{1};
  b.bulk(json::parse(R"({"action":"cancel","filter":{"type":"mail","queue":"q&r","tag":"a b","key":"k","priority":0,)"
                     R"("from":"2026-01-01T00:00:00+01:00","to":"2026-01-02T00:00:00Z"}})"));
  const auto& r = b.back.last_list;
  CHECK(std::vector{r.type, r.queue, r.tag, r.key} == std::vector<std::string>{"mail", "q&r", "a b", "k"});
  CHECK(r.priority == 0);
  REQUIRE((r.from && r.to));
  CHECK(*r.to - *r.from == 25h);
}

TEST_CASE("a dry run counts, and changes nothing", "[bulk]") {
  bench b{2'500};
  auto body = request("cancel", tagged, R"({"dryRun":true,"limit":2000})");
  auto r = b.bulk(body);
  CHECK(some_of(r, {"matched", "changed", "dryRun", "next"}) == json{2'000, 0, true, text(501)});
  body["cursor"] = r["next"];
  CHECK(some_of(b.bulk(body), {"matched", "next"}) == json{500, nullptr});
  CHECK(b.back.acted.empty());
}

TEST_CASE("jobs that have another state by now are refused, and the others go on", "[bulk]") {
  bench b{100};
  for (uint64_t id = 1; id <= 30; ++id)
    b.back.refuse[id] = id == 30 ? ec::unknown_job : ec::invalid_state;
  const auto r = b.bulk(request("cancel"));
  CHECK(some_of(r, {"matched", "changed", "refusedCount", "next", "stopped"}) == json{100, 70, 30, nullptr, nullptr});
  REQUIRE(r["refused"].size() == http_limits::bulk_refused_shown_max);
  CHECK(r["refused"][0]["jobID"] == text(30));
  CHECK(some_of(r["refused"][0]["error"], {"code", "message"}) == json{"unknown_job", "because"});
  CHECK(r["refused"][1]["error"]["code"] == "invalid_state");
}

TEST_CASE("a scheduler that cannot go on ends the slice, which can be taken up", "[bulk]") {
  bench b{100};
  b.back.refuse[40] = ec::storage_unavailable;
  auto all = request("cancel");
  auto r = b.bulk(all);
  CHECK(some_of(r, {"matched", "changed"}) == json{60, 60});
  CHECK(r["stopped"]["code"] == "storage_unavailable");
  CHECK(b.back.acted.size() == 61);
  b.back.refuse.clear();
  all["cursor"] = r["next"];
  CHECK(some_of(b.bulk(all), {"changed", "next"}) == json{40, nullptr});
  all.erase("cursor");
  // With nothing done it is the error of the whole.
  b.back.refuse[100] = ec::overloaded;
  CHECK(code_of(b.post(all)) == "overloaded");
  b.back.refuse.clear();
  b.back.fail_list_after = 0;
  CHECK(b.post(all).status == 503);
  CHECK(b.post(request("cancel", tagged, R"({"dryRun":true})")).status == 503);
  b.back.count = 900;
  b.back.fail_list_after = b.back.lists + 1;
  r = b.bulk(all);
  CHECK(some_of(r, {"changed", "next"}) == json{500, text(401)});
  CHECK(r["stopped"]["code"] == "starting");
}

TEST_CASE("a slice that takes too long ends early, with at least one job", "[bulk]") {
  bench b{100};
  b.a.jobs.request_timeout = 0s;
  CHECK(some_of(b.bulk(request("cancel")), {"changed", "next"}) == json{1, text(100)});
  CHECK(b.bulk(request("cancel", tagged, R"({"dryRun":true})"))["matched"] == 100);
}

TEST_CASE("no more than the bound is under way, and answers come in any order", "[bulk]") {
  bench b{700};
  b.back.hold = true;
  b.start(http_method::post, "/api/bulk", request("retry", everything).dump());
  size_t most = 0, answers = 0;
  while (!b.answer) {
    REQUIRE_FALSE(b.back.held.empty());
    most = std::max(most, b.back.held.size());
    if (answers % 3 == 0)
      std::swap(b.back.held.front(), b.back.held.back());
    b.back.release();
    ++answers;
  }
  CHECK((most == http_limits::bulk_outstanding_max && answers == 700));
  CHECK(json::parse(b.answer->body)["changed"] == answers);
  // The second page was asked for when the jobs of the first were done.
  CHECK(b.back.lists == 2);
}

TEST_CASE("so many bulk requests at once, and a place is free again at the end of one", "[bulk]") {
  std::vector<std::unique_ptr<bench>> busy;
  const auto body = request("retry", everything).dump();
  for (uint32_t i = 0; i < http_limits::bulk_requests_max; ++i) {
    busy.push_back(std::make_unique<bench>(1));
    busy.back()->back.hold = true;
    busy.back()->start(http_method::post, "/api/bulk", body);
  }
  bench late{1};
  CHECK(late.post(json::parse(body)).status == 503);
  late.start(http_method::get, "/api/dead?summary=true", {});
  CHECK(code_of(*late.answer) == "overloaded");
  busy.front()->back.release();
  CHECK((busy.front()->answer && busy.front()->answer->status == 200));
  CHECK(late.post(json::parse(body)).status == 200);
  // One that is never answered gives its place back when it is forgotten.
  busy.clear();
  CHECK(late.post(json::parse(body)).status == 200);
}

TEST_CASE("bad bulk requests are refused, and nothing is asked", "[bulk]") {
  bench b{10};
  // Bodies that begin alike and end differently, all refused for one reason.
  const auto refused = [&](const char* code, const char* field, const std::string& begin,
                           const std::vector<std::string>& ends, const char* path = "/api/bulk") {
    for (const auto& end : ends) {
      b.start(http_method::post, path, begin + end);
      CAPTURE(begin, end);
      REQUIRE(b.answer);
      CHECK(b.answer->status == 400);
      CHECK(code_of(*b.answer) + " " + field_of(*b.answer) == code + std::string{" "} + field);
    }
  };
  refused("malformed_json", "", "", {"", "{", R"({"action")"});
  refused("invalid_value", "", "", {"[]", "7"});
  refused("missing_field", "action", "", {"{}", R"({"filter":{"all":true}})"});
  refused("invalid_value", "action", R"({"filter":{"all":true},"action":)", {R"("drop"})", "1}", R"(["retry"]})"});
  const std::string some = R"({"action":"retry","filter":)", all = R"({"filter":{"all":true},"action":)";
  refused("missing_field", "filter", "", {R"({"action":"retry"})", some + "{}}", some + R"({"all":false}})"});
  refused("invalid_value", "filter", some, {"null}", R"("all"})", "[]}"});
  refused("invalid_value", "filter.all", some, {R"({"all":1}})", R"({"all":true,"tag":"x"}})"});
  refused("unknown_field", "filter.perSecond", some, {R"({"perSecond":7}})"});
  refused("invalid_value", "tag", some, {R"({"tag":"x","tag":"y"}})"});
  refused("out_of_range", "filter.tag", some, {R"({"tag":""}})"});
  refused("invalid_value", "filter.tag", some, {R"({"tag":5}})", R"({"tag":null}})", R"({"tag":{"x":1}}})"});
  refused("invalid_value", "filter.priority", some, {R"({"priority":"5"}})", R"({"priority":1.5}})"});
  refused("out_of_range", "filter.priority", some, {R"({"priority":10}})", R"({"priority":-1}})"});
  refused("invalid_value", "filter.from", some,
          {R"({"from":"yesterday"}})", R"({"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}})"});
  refused("unknown_status", "filter.status", some, {R"({"status":"lost"}})"});
  refused("invalid_value", "filter.status", some,
          {R"({"status":[]}})", R"({"status":["failed","queued"]}})", R"({"status":"cancelled"}})"});
  refused("invalid_value", "filter.status[0]", some, {R"({"status":[1]}})"});
  refused("invalid_value", "filter.status", R"({"filter":{"status":"failed"},"action":)",
          {R"("cancel"})", R"("change","change":{"priority":1}})"});
  refused("missing_field", "change", all, {R"("change"})", R"("change","change":{}})"});
  refused("invalid_value", "change", all, {R"("change","change":7})", R"("cancel","change":{"priority":1}})"});
  refused("out_of_range", "change.priority", all, {R"("change","change":{"priority":99}})"});
  refused("unknown_field", "change.queue", all, {R"("change","change":{"queue":"x"}})"});
  refused("time_in_past", "change.deadline", all, {R"("change","change":{"deadline":"2020-01-01T00:00:00Z"}})"});
  refused("invalid_value", "change.scheduleAt", all, {R"("change","change":{"scheduleAt":[1]}})"});
  refused("invalid_value", "reason", all, {R"("retry","reason":"x"})", R"("cancel","reason":5})"});
  refused("invalid_value", "dryRun", all, {R"("retry","dryRun":"yes"})"});
  refused("out_of_range", "limit", all, {R"("retry","limit":0})", R"("retry","limit":10001})"});
  refused("invalid_value", "limit", all, {R"("retry","limit":"7"})"});
  refused("invalid_value", "cursor", all, {R"("retry","cursor":"x"})", R"("retry","cursor":7})"});
  refused("unknown_field", "perSecond", all, {R"("retry","perSecond":7})"});
  for (const auto* path : {"/api/bulk", "/api/dead/redrive", "/api/dead/discard"}) {
    b.start(http_method::post, path, R"({"filter":{"all":true}})", "text/plain");
    CHECK(b.answer->status == 415);
    b.start(http_method::get, path, {});
    CHECK(b.answer->status == 405);
  }
  const auto* redrive = "/api/dead/redrive";
  refused("unknown_field", "action", all, {R"("retry"})"}, redrive);
  refused("unknown_field", "change", R"({"filter":{"all":true},)", {R"("change":{}})"}, redrive);
  refused("invalid_value", "reason", R"({"filter":{"all":true},)", {R"("reason":"x"})"}, redrive);
  refused("invalid_value", "filter.status", R"({"filter":{"status":)", {R"("queued"}})"}, redrive);
  CHECK(b.back.lists == 0);
}

TEST_CASE("failed jobs are redriven and discarded", "[bulk]") {
  bench b{3};
  const auto r = b.bulk({{"filter", {{"queue", "mail"}}}}, "/api/dead/redrive");
  CHECK(some_of(r, {"action", "changed"}) == json{"retry", 3});
  CHECK((b.back.last_list.queue == "mail" && b.back.last_list.states == std::vector{job_state::failed}));
  CHECK(b.bulk({{"filter", everything}}, "/api/dead/discard")["action"] == "discard");
  CHECK(b.back.acted.back().first == "cancel");
  CHECK(b.back.last_reason == "discarded");
  b.bulk({{"filter", everything}, {"reason", "known"}, {"limit", 1}}, "/api/dead/discard");
  CHECK(b.back.last_reason == "known");
}

TEST_CASE("failed jobs are listed as those of their status", "[bulk]") {
  bench b{5};
  auto r = b.get("/api/dead?limit=2&queue=mail&summary=false");
  CHECK(some_of(r, {"count", "next"}) == json{2, text(4)});
  CHECK((b.back.last_list.queue == "mail" && b.back.last_list.states == std::vector{job_state::failed}));
  CHECK(some_of(b.get("/api/dead?cursor=" + text(4)), {"count", "next"}) == json{3, nullptr});
  for (const auto* bad : {"status=failed", "limit=0", "summary=maybe", "summary=true&limit=3",
                          "summary=true&include=payload", "summary=true&priority=x"}) {
    CAPTURE(bad);
    b.start(http_method::get, std::string{"/api/dead?"} + bad, {});
    CHECK(b.answer->status == 400);
  }
}

TEST_CASE("a summary of failed jobs counts by type and code, and says how many it looked at", "[bulk]") {
  bench b{12};
  auto r = b.get("/api/dead?summary=true&type=exec");
  CHECK((b.back.last_list.type == "exec" && b.back.last_list.states == std::vector{job_state::failed}));
  CHECK(some_of(r, {"lookedAt", "next"}) == json{12, nullptr});
  REQUIRE(r["groups"].size() == 4);
  CHECK(r["groups"][0] ==
        json{{"type", "exec"}, {"code", "EXIT_CODE"}, {"count", 4}, {"latest", "2026-01-15T10:30:11.000Z"}});
  CHECK(r["groups"][3]["count"] == 2);
  bench many{http_limits::dead_summary_jobs_max + 5};
  CHECK(some_of(many.get("/api/dead?summary=true"), {"lookedAt", "next"}) ==
        json{http_limits::dead_summary_jobs_max, text(6)});
  r = many.get("/api/dead?summary=true&cursor=" + text(6));
  CHECK(some_of(r, {"lookedAt", "next"}) == json{5, nullptr});
}
