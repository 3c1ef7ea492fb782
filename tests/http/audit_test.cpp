// What acts leave in the audit log, by the router with a recorded backend and a log on disk.
#include "http/api/audited.hpp"
#include "tests/audit/audit_fixture.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <future>
#include <set>
#include <thread>

#include "audit/audit_log.hpp"

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

/// A router whose acts are recorded.
struct audited {
  explicit audited(audit_settings rules = {}) {
    d.a.audit = std::make_shared<audit_log>(
      s.directory, audit_bounds{}, [] { return noon(); }, [](const std::string&) {});
    d.a.audit_rules = rules;
    REQUIRE(d.a.audit->start("1"));
  }
  ~audited() {
    d.a.audit->stop(0);
  }

  http_response call(http_method method, const std::string& target, const std::string& body = {}) {
    http_request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.content_type = content_json;
    r.address = "10.0.0.7:4711";
    r.user_agent = "curl/8";
    r.claimed_by = "ann";
    auto match = d.routes.find(r.method, r.target);
    std::promise<http_response> later;
    auto answer = later.get_future();
    if (auto now = d.routes.run(match, r, responder{[&](responder::maker make) { later.set_value(make()); }}))
      return std::move(*now);
    REQUIRE(answer.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    return answer.get();
  }
  /// Of acts, without what the log itself does; the last ones.
  std::vector<audit_record> records() const {
    auto all = s.records();
    all.erase(all.begin()); // the start
    return all;
  }

  audit_scratch s;
  direct d;
};

std::string concrete(std::string_view path) {
  std::string out{path};
  const std::string id = path.starts_with("/api/jobs/") ? to_string(some_id()) : "t";
  for (auto at = out.find("{}"); at != std::string::npos; at = out.find("{}"))
    out.replace(at, 2, id);
  return out;
}

} // namespace

TEST_CASE("every route that changes something is an act by name, or known to be none") {
  // Jobs and workflows that are submitted, what changes nothing, and what workers tell.
  const std::set<std::string> none{"/api/jobs/submit",       "/api/jobs/batch",          "/api/workflows",
                                   "/api/schedules/preview", "/api/templates/{}/submit", "/api/work/workers",
                                   "/api/work/claim",        "/api/work/heartbeat",      "/api/work/progress",
                                   "/api/work/complete",     "/api/work/fail",           "/api/work/release",
                                   "/api/work/leave"};
  std::set<std::string> seen;
  const auto table = all_routes();
  for (const auto& r : table) {
    const std::string path{r.path};
    INFO(to_string(r.method) << " " << path);
    const bool changes = r.method != http_method::get && !none.contains(path);
    CHECK(changes == !r.act.name.empty());
    seen.insert(path);
    if (r.act.seen_at.empty())
      continue;
    CHECK(std::any_of(table.begin(), table.end(),
                      [&](const route& x) { return x.method == http_method::get && x.path == r.act.seen_at; }));
    CHECK(std::count(path.begin(), path.end(), '{') == std::count(r.act.seen_at.begin(), r.act.seen_at.end(), '{'));
  }
  for (const auto& path : none)
    CHECK(seen.contains(path));
}

TEST_CASE("a change of limits is two records: that it begins, and what became of it") {
  audited x;
  CHECK(x.call(http_method::put, "/api/queues/mail", R"({"concurrency": 4})").status == 200);
  const auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[0].act == "queue.set");
  CHECK(all[0].target == "mail");
  CHECK_FALSE(all[0].outcome);
  CHECK(all[0].request.empty());
  const auto& r = all[1];
  CHECK(r.intent == all[0].sequence);
  CHECK(r.act == "queue.set");
  CHECK(r.target == "mail");
  CHECK(r.actor.address == "10.0.0.7:4711");
  CHECK(r.actor.user_agent == "curl/8");
  CHECK(r.actor.claimed_by == "ann");
  CHECK(r.at == noon());
  REQUIRE(r.outcome);
  CHECK(r.outcome->status == 200);
  CHECK(r.outcome->code.empty());
  CHECK(r.request == R"({"concurrency":4})");
  // As GET shows it: the fake shows the same before and after.
  const auto shown = json::parse(x.call(http_method::get, "/api/queues/mail").body);
  CHECK(json::parse(r.before) == shown);
  CHECK(json::parse(r.after) == shown);
}

TEST_CASE("the act is done between its records") {
  audited x;
  x.d.back.hold();
  std::promise<http_response> later;
  auto answer = later.get_future();
  std::thread caller{[&] { later.set_value(x.call(http_method::delete_, "/api/schedules/nightly")); }};
  REQUIRE(x.d.back.wait_held(1)); // the look at it as it is before
  CHECK(x.d.back.last_schedule_call != "remove");
  CHECK(x.records().size() == 1);
  x.d.back.release(0);
  REQUIRE(x.d.back.wait_held(1));
  CHECK(x.records().size() == 1);
  CHECK(answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready);
  x.d.back.release(0);
  caller.join();
  CHECK(answer.get().status == 200);
  const auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[1].act == "schedule.remove");
  CHECK_FALSE(all[1].before.empty());
  CHECK(all[1].after.empty());
}

TEST_CASE("what was refused is recorded without its values") {
  audited x;
  CHECK(x.call(http_method::put, "/api/queues/mail", R"({"secret": "hunter2"})").status == 400);
  auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[1].outcome->status == 400);
  CHECK(all[1].outcome->code == "unknown_field");
  CHECK(all[1].request.empty());
  CHECK(all[1].before.empty());
  CHECK(x.s.read().find("hunter2") == std::string::npos);
}

TEST_CASE("what the scheduler could not do is recorded with the error and what was asked for") {
  audited x;
  x.d.back.fail_with = error{ec::internal_timeout, "no answer"};
  CHECK(x.call(http_method::post, "/api/queues/mail/pause").status == 504);
  const auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[1].act == "queue.pause");
  CHECK(all[1].outcome->status == 504);
  CHECK(all[1].outcome->code == "internal_timeout");
  CHECK(all[1].after.empty());
}

TEST_CASE("single jobs are recorded when audit.jobs says so, with one record each") {
  const auto target = "/api/jobs/" + to_string(some_id()) + "/cancel";
  {
    audited x;
    CHECK(x.call(http_method::post, target).status == 200);
    CHECK(x.records().empty());
  }
  audit_settings rules;
  rules.jobs = true;
  audited x{rules};
  CHECK(x.call(http_method::post, target, R"({"reason":"a typo"})").status == 200);
  const auto all = x.records();
  REQUIRE(all.size() == 1);
  CHECK(all[0].act == "job.cancel");
  CHECK(all[0].target == to_string(some_id()));
  CHECK(all[0].request == R"({"reason":"a typo"})");
  CHECK(all[0].after.empty());
}

TEST_CASE("bulk acts are named by their action, with filter and count, and dry runs are none") {
  audited x;
  x.d.back.page.jobs = {};
  CHECK(
    x.call(http_method::post, "/api/bulk", R"({"action":"cancel","filter":{"queue":"mail"},"dryRun":true})").status ==
    200);
  CHECK(x.records().empty());
  CHECK(x.call(http_method::post, "/api/bulk", R"({"action":"cancel","filter":{"queue":"mail"}})").status == 200);
  auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[1].act == "bulk.cancel");
  CHECK(json::parse(all[1].request)["filter"]["queue"] == "mail");
  CHECK(json::parse(all[1].after)["matched"] == 0);
  CHECK(x.call(http_method::post, "/api/dead/redrive", R"({"filter":{"queue":"mail"}})").status == 200);
  all = x.records();
  REQUIRE(all.size() == 4);
  CHECK(all[3].act == "dead.redrive");
}

TEST_CASE("values that are too large are recorded by their size") {
  audit_settings rules;
  rules.values_bytes_max = 10;
  audited x{rules};
  CHECK(x.call(http_method::put, "/api/queues/mail", R"({"concurrency": 4})").status == 200);
  const auto all = x.records();
  REQUIRE(all.size() == 2);
  CHECK(all[1].request == R"({"omittedBytes":17})");
  CHECK(json::parse(all[1].before).contains("omittedBytes"));
}

TEST_CASE("while the log cannot be written, acts are refused and nothing is done, and reading goes on") {
  audited x;
  {
    const full_disk full{x.s.read().size() + 10};
    const auto before = x.d.back.calls();
    const auto r = x.call(http_method::put, "/api/queues/mail", R"({"concurrency": 4})");
    CHECK(r.status == 503);
    CHECK(code_of(r) == "storage_unavailable");
    CHECK(r.failure->message.find("nothing was done") != std::string::npos);
    CHECK(x.d.back.calls() == before);
    CHECK(x.call(http_method::get, "/api/queues/mail").status == 200);
    CHECK(x.d.submit(R"({"jobType":"noop"})").status == 201);
    const auto health = json::parse(x.call(http_method::get, "/api/health").body)["audit"];
    CHECK(health["ok"] == false);
    CHECK(health["warnings"].size() == 1);
  }
  CHECK(x.call(http_method::put, "/api/queues/mail", R"({"concurrency": 4})").status == 200);
  CHECK(x.records().size() == 2);
  CHECK(json::parse(x.call(http_method::get, "/api/health").body)["audit"]["ok"] == true);
}

TEST_CASE("while the log cannot be written, acts of single jobs are refused too, if they are recorded") {
  audit_settings rules;
  rules.jobs = true;
  audited x{rules};
  const auto target = "/api/jobs/" + to_string(some_id()) + "/cancel";
  {
    const full_disk full{x.s.read().size() + 10};
    CHECK(x.call(http_method::post, target).status == 200); // the log was well when it began; its outcome waits
    CHECK(x.call(http_method::post, target).status == 503);
  }
  CHECK(x.call(http_method::post, target).status == 200);
  const auto all = x.records();
  CHECK(std::count_if(all.begin(), all.end(), [](const audit_record& r) { return r.outcome.has_value(); }) == 2);
}

TEST_CASE("with a warning only, acts are done while the log cannot be written, and recorded later") {
  audit_settings rules;
  rules.on_failure = "warn";
  audited x{rules};
  {
    const full_disk full{x.s.read().size() + 10};
    CHECK(x.call(http_method::post, "/api/queues/mail/pause").status == 200);
    CHECK(x.d.back.last_limit_call == "pause");
  }
  CHECK(x.call(http_method::post, "/api/queues/mail/resume").status == 200);
  const auto all = x.records();
  REQUIRE(all.size() == 3);
  CHECK(all[0].act == "queue.pause"); // its outcome; that it was begun could not be written
  CHECK(all[0].outcome->status == 200);
  CHECK(all[0].intent == 0);
  CHECK(all[1].act == "queue.resume");
}

TEST_CASE("the log is listed newest first, by act and by actor, in pages") {
  audited x;
  for (const auto* name : {"a", "b", "c"})
    CHECK(x.call(http_method::post, "/api/queues/" + std::string{name} + "/pause").status == 200);
  const auto ask = [&](const std::string& query) {
    const auto r = x.call(http_method::get, "/api/audit" + query);
    INFO(r.body);
    REQUIRE(r.status == 200);
    return json::parse(r.body);
  };
  auto page = ask("?act=queue&limit=2");
  REQUIRE(page["count"] == 2);
  CHECK(page["records"][0]["target"] == "c");
  CHECK(page["records"][0]["actor"]["claimedBy"] == "ann");
  CHECK(page["records"][0]["outcome"]["status"] == 200);
  page = ask("?act=queue&limit=2&cursor=" + page["next"].get<std::string>());
  REQUIRE(page["count"] == 1);
  CHECK(page["records"][0]["target"] == "a");
  CHECK(page["next"].is_null());
  CHECK(ask("?target=b")["count"] == 1);
  CHECK(ask("?actor=10.0.0.7")["count"] == 3);
  CHECK(ask("?actor=bob")["count"] == 0);
  CHECK(ask("?act=scheduler.start")["count"] == 1);
  CHECK(ask("?from=2026-01-15T10:30:01Z")["count"] == 0);
}

TEST_CASE("a wrong question to the log names the field") {
  audited x;
  const auto refused = [&](const std::string& query, const std::string& field) {
    const auto r = x.call(http_method::get, "/api/audit" + query);
    INFO(query);
    CHECK(r.status == 400);
    CHECK(field_of(r) == field);
  };
  refused("?from=yesterday", "from");
  refused("?to=1", "to");
  refused("?limit=0", "limit");
  refused("?cursor=x", "cursor");
  refused("?cursor=1-3", "cursor");
  refused("?who=ann", "who");
  CHECK(direct{}.call(http_method::get, "/api/audit").status == 404);
}

TEST_CASE("what a job type redacts is in no record, wherever it was") {
  audited x;
  const std::string payload = R"({"to":"a@b.c","password":"hunter2"})";
  x.d.a.redactions->set("email_send", {"payload.password"});
  auto d = *x.d.back.plan.definition;
  d.job.type = "email_send";
  d.job.payload = blob{payload};
  x.d.back.plan.definition = std::make_shared<const schedule_definition>(d);
  const auto job = R"({"jobType":"email_send","payload":)" + payload + "}";
  x.d.back.recipe_versions.versions = {{"t", 1, noon(), blob{R"({"job":)" + job + "}"}}};
  const auto schedule = R"({"cron":"0 3 * * *","job":)" + job + "}";
  CHECK(x.call(http_method::put, "/api/schedules/t", schedule).status == 200);
  CHECK(x.call(http_method::put, "/api/schedules/t",
               R"({"cron":"0 3 * * *","template":{"name":"t","parameters":{"p":"hunter2"}}})")
          .status != 503);
  CHECK(x.call(http_method::post, "/api/schedules", R"({"name":"t",)" + schedule.substr(1)).status == 201);
  CHECK(x.call(http_method::put, "/api/templates/t", R"({"job":)" + job + "}").status < 300);
  CHECK(x.call(http_method::put, "/api/templates/t", R"({"workflow":{"name":"w","jobs":{"a":)" + job + "}}}").status <
        300);
  CHECK(x.call(http_method::put, "/api/templates/t", R"({"jop":)" + job + "}").status == 400);
  CHECK(x.call(http_method::delete_, "/api/templates/t").status == 200);
  for (const auto& r : all_routes())
    if (!r.act.name.empty())
      x.call(r.method, concrete(r.path), r.body == body_kind::json ? job : std::string{});
  const auto text = x.s.read();
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("[redacted]") != std::string::npos);
}

TEST_CASE("the body of a request is recorded on one line, and not at all when it is no JSON") {
  redaction_book hidden;
  CHECK(audited_request(hidden, "{\n \"a\": [1, 2]}", 10) == R"({"a":[1,2]})");
  CHECK(audited_request(hidden, "", 10).empty());
  CHECK(audited_request(hidden, "{\"a\":", 10).empty());
  CHECK(audited_request(hidden, R"({"template":{"name":"t","parameters":{"p":1}}})", 10) ==
        R"({"template":{"name":"t","parameters":{"p":1}}})");
  hidden.set("x", {"payload.a"});
  CHECK(audited_request(hidden, R"({"template":{"name":"t","parameters":{"p":1}}})", 10) ==
        R"({"template":{"name":"t","parameters":"[redacted]"}})");
  CHECK(audited_request(hidden, R"({"jobs":[{"payload":{"a":1,"b":2}}]})", 10) ==
        R"({"jobs":[{"payload":{"a":"[redacted]","b":2}}]})");
}
