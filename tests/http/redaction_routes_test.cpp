// No answer shows what the job type redacts: every route that there is, asked for things with a secret in them.
#include "tests/http/client.hpp"
#include "tests/http/fake_backend.hpp"
#include "tests/http/workflow_bench.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

constexpr std::string_view secret = "hunter2";

const std::vector<std::string>& paths() {
  static const std::vector<std::string> all{"payload.password", "payload.cards.number", "payload.deep.a.b",
                                            "payload.pin",      "result.token",         "result.rows.1"};
  return all;
}

/// The secret in all shapes and places, and nowhere else.
std::string secret_payload() {
  return R"({"to":"a@b.c","p\u0061ssword":"hunter2","password":"hunter2","password":["hunter2",7],
    "cards":[{"number":"hunter2","owner":"o"},[{"number":{"hunter2":1}}],7],
    "deep":{"a":[{"b":[[{"c":{"hunter2":["hunter2"]}}]]}]},"pin":{"x":"hunter2"}})";
}

std::string secret_result() {
  return R"([{"token":"hunter2"},{"token":{"x":"hunter2"},"rows":[1,"hunter2",3]}])";
}

/// The answers of a backend that has the secret wherever it may be.
void plant(fake_backend& b) {
  auto& j = b.job;
  j.state = job_state::completed;
  j.spec.payload = blob{secret_payload()};
  j.result = blob{secret_result()};
  j.spec.unique = unique_rule{R"({"payload.password":"hunter2","type":"email_send"})"};
  j.spec.workflow = workflow_part{};
  j.spec.workflow->id = workflow_number(1);
  j.spec.workflow->name = "w";
  j.spec.workflow->key = "a";
  j.spec.dependencies.clear();
  b.page.jobs = {std::make_shared<const job_record>(j)};
  auto d = *b.plan.definition;
  d.job.payload = blob{secret_payload()};
  b.plan.definition = std::make_shared<const schedule_definition>(d);
  b.plans.schedules = {b.plan};
  b.plan_versions.versions = {b.plan.definition};
  const auto job = R"({"jobType":"email_send","payload":)" + secret_payload() + "}";
  b.recipe_versions.versions = {{"t", 2, noon(), blob{R"({"job":)" + job + "}"}},
                                {"t", 1, noon(), blob{R"({"workflow":{"name":"w","jobs":{"a":)" + job + "}}}"}}};
  b.bounds.limits = {b.bound};
}

/// With something for each open segment of the path.
std::string address_of(std::string_view path) {
  const std::string_view base = path.substr(0, path.find("{}"));
  const std::string id = base == "/api/jobs/status/" ? "completed"
                         : base == "/api/jobs/"      ? to_string(some_id())
                         : base == "/api/workflows/" ? workflow_number(1)
                         : base == "/api/types/"     ? "email_send"
                                                     : "t";
  std::string out{path};
  for (auto at = out.find("{}"); at != std::string::npos; at = out.find("{}"))
    out.replace(at, 2, id);
  return out;
}

struct question {
  http_method method;
  std::string target, body;
};

/// All that can be asked without changing anything, and the changes that answer with what was changed.
std::vector<question> questions() {
  std::vector<question> out;
  for (const auto& r : all_routes()) {
    if (r.method != http_method::get)
      continue;
    const auto address = address_of(r.path);
    out.push_back({r.method, address, ""});
    if (std::find(r.query.begin(), r.query.end(), "include") != r.query.end())
      for (const auto* parts : {"payload,result", "result"})
        out.push_back({r.method, address + "?include=" + parts, ""});
  }
  const auto job = "/api/jobs/" + to_string(some_id());
  const auto workflow = "/api/workflows/" + workflow_number(1);
  const std::string schedule = R"({"every":60,"job":{"jobType":"email_send","payload":)" + secret_payload() + "}}";
  const std::string definition = R"({"job":{"jobType":"email_send","payload":{"to":"a","password":"hunter2"}}})";
  const question more[] = {
    {http_method::post, job + "/cancel", ""},
    {http_method::delete_, job + "/cancel", ""},
    {http_method::post, job + "/retry", ""},
    {http_method::patch, job, R"({"priority":1})"},
    {http_method::post, workflow + "/cancel", ""},
    {http_method::post, workflow + "/pause", ""},
    {http_method::post, workflow + "/resume", ""},
    {http_method::put, "/api/schedules/t", schedule},
    {http_method::delete_, "/api/schedules/t", ""},
    {http_method::post, "/api/schedules/t/pause", ""},
    {http_method::post, "/api/schedules/t/resume", ""},
    {http_method::put, "/api/templates/t", definition},
    {http_method::post, "/api/templates/t/rollback", R"({"version":1})"},
    {http_method::post, "/api/templates/t/submit?dryRun=true", "{}"},
    {http_method::delete_, "/api/templates/t", ""},
    {http_method::post, "/api/jobs/batch", "[]"},
    {http_method::post, "/api/bulk", R"({"action":"cancel","filter":{"type":"email_send"}})"},
    {http_method::post, "/api/bulk", R"({"action":"cancel","filter":{"type":"email_send"},"dryRun":true})"},
  };
  out.insert(out.end(), std::begin(more), std::end(more));
  return out;
}

/// The targets whose answers have the secret in them.
std::set<std::string> tellers(direct& d) {
  std::set<std::string> out;
  for (const auto& q : questions()) {
    const auto r = d.call(q.method, q.target, q.body);
    const auto text = r.body + (r.failure ? r.failure->message : "");
    if (text.find(secret) != std::string::npos)
      out.insert(std::to_string(static_cast<int>(q.method)) + " " + q.target);
  }
  return out;
}

} // namespace

TEST_CASE("redaction: no route shows a value that the type redacts", "[redaction]") {
  direct open;
  plant(open.back);
  const auto told = tellers(open);
  for (const auto& t : told)
    UNSCOPED_INFO("told: " << t);
  // The secret is there to be seen: 3 lists, 2 views of a workflow, and so on.
  CHECK(told.size() >= 20);

  direct d;
  plant(d.back);
  d.a.redactions->set("email_send", paths());
  CHECK(tellers(d) == std::set<std::string>{});
  d.a.redactions->set("email_send", {"payload", "result"});
  CHECK(tellers(d) == std::set<std::string>{});
}

TEST_CASE("redaction: what stands beside a redacted value is shown", "[redaction]") {
  direct d;
  plant(d.back);
  d.a.redactions->set("email_send", paths());
  const auto j = json::parse(d.call(http_method::get, "/api/jobs/" + to_string(some_id())).body);
  CHECK(j["payload"]["to"] == "a@b.c");
  CHECK(j["payload"]["password"] == "[redacted]");
  CHECK(j["payload"]["cards"] == json::parse(R"([{"number":"[redacted]","owner":"o"},[{"number":"[redacted]"}],7])"));
  CHECK(j["payload"]["deep"] == json::parse(R"({"a":[{"b":"[redacted]"}]})"));
  CHECK(j["result"] == json::parse(R"([{"token":"[redacted]"},{"token":"[redacted]","rows":[1,"[redacted]",3]}])"));
  CHECK(j["unique"]["key"] == "[redacted]");
  // A unique key of other parts is shown; of a digest nobody can tell.
  const auto key = [&d](const std::string& text) {
    d.back.job.spec.unique->key = text;
    return json::parse(d.call(http_method::get, "/api/jobs/" + to_string(some_id())).body)["unique"]["key"];
  };
  CHECK(key(R"({"payload.to":"a@b.c"})") == R"({"payload.to":"a@b.c"})");
  CHECK(key(R"({"payload":{"to":1}})") == "[redacted]");
  CHECK(key(R"({"payload.cards.0.number":"4"})") == "[redacted]");
  CHECK(key("sha256-abcdef") == "[redacted]");
}

TEST_CASE("redaction: the scheduler is given the values", "[redaction]") {
  direct d;
  d.a.redactions->set("email_send", paths());
  REQUIRE(d.submit(R"({"jobType":"email_send","payload":)" + secret_payload() + "}").status == 201);
  CHECK(d.back.submits.back().jobs.front().payload.view() == secret_payload());
}
