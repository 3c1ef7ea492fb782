// The description of the interface (http/openapi/) says what the routes and the enumerations of the code say.
#include "core/job/job.hpp"
#include "core/job/prerequisites.hpp"
#include "core/job/retry_policy.hpp"
#include "core/job/unique_rule.hpp"
#include "core/placement/circuit_breaker.hpp"
#include "core/placement/worker_machine.hpp"
#include "core/scheduler/event.hpp"
#include "http/api/bulk_reader.hpp"
#include "http/api/workflow_view.hpp"
#include "http/json/schedule_text.hpp"
#include "http/openapi/document.hpp"
#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace callboard;
using namespace callboard::test;
using nlohmann::json;

namespace {

using names = std::set<std::string>;

const json& described() {
  static const json document = json::parse(openapi_document().plain);
  return document;
}

/// What a node stands for: itself, or what its $ref names.
const json& at(const json& node) {
  const auto found = node.find("$ref");
  return found == node.end() ? node : at(described().at(json::json_pointer{found->get<std::string>().substr(1)}));
}

/// `GET /api/jobs/{}`
using operations = std::map<std::string, const json*>;

operations all_described() {
  operations out;
  for (const auto& [path, item] : described()["paths"].items())
    for (const auto& [method, operation] : item.items()) {
      std::string key, open;
      for (const char c : method)
        key += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      key += ' ';
      for (size_t i = 0; i < path.size(); ++i) {
        key += path[i];
        if (path[i] == '{')
          i = path.find('}', i) - 1;
      }
      out[key] = &operation;
    }
  return out;
}

std::string key_of(const route& r) {
  return std::string{to_string(r.method)} + " " + std::string{r.path};
}

names query_of(const json& operation) {
  names out;
  for (const auto& p : operation.value("parameters", json::array()))
    if (at(p)["in"] == "query")
      out.insert(at(p)["name"].get<std::string>());
  return out;
}

/// The body as the description has it: which types of content, and whether it is required.
std::string body_of(const json& operation) {
  const auto found = operation.find("requestBody");
  if (found == operation.end())
    return "none";
  std::string out = found->value("required", false) ? "required" : "optional";
  for (const auto& [type, content] : (*found)["content"].items())
    out += " " + type;
  return out;
}

std::string body_of(const route& r) {
  switch (r.body) {
  case body_kind::json:
    return "required application/json";
  case body_kind::json_optional:
    return "optional application/json";
  case body_kind::batch: // a workflow may be as large as a batch, but is no lines
    return r.path == "/api/workflows" ? "required application/json" : "required application/json application/x-ndjson";
  default:
    return "none";
  }
}

names listed(const char* schema) {
  names out;
  for (const auto& name : described()["components"]["schemas"][schema]["enum"])
    out.insert(name.get<std::string>());
  return out;
}

/// The names of an enumeration of `count` values.
template <class Enum>
names named(size_t count) {
  names out;
  for (size_t i = 0; i < count; ++i)
    out.insert(std::string{to_string(static_cast<Enum>(i))});
  return out;
}

template <size_t N>
names named(const std::array<std::string_view, N>& all) {
  return {all.begin(), all.end()};
}

} // namespace

TEST_CASE("every route is described, and nothing else is", "[openapi]") {
  names there, here;
  for (const auto& r : all_routes())
    there.insert(key_of(r));
  for (const auto& [key, operation] : all_described())
    here.insert(key);
  CHECK(here == there);
}

TEST_CASE("operations are described with the query and the body of their routes", "[openapi]") {
  const auto known = all_described();
  for (const auto& r : all_routes()) {
    const auto key = key_of(r);
    CAPTURE(key);
    REQUIRE(known.count(key) == 1);
    CHECK(query_of(*known.at(key)) == names{r.query.begin(), r.query.end()});
    CHECK(body_of(*known.at(key)) == body_of(r));
  }
}

TEST_CASE("the errors that are described are those of the code, with their statuses", "[openapi]") {
  std::map<std::string, names> by_status;
  names codes;
  for (const auto& row : error_table)
    if (row.code != ec::none) {
      codes.insert(std::string{row.text});
      by_status[std::to_string(row.http_status)].insert(std::string{row.text});
    }
  CHECK(listed("ErrorCode") == codes);
  std::map<std::string, names> described_by_status;
  for (const auto& [status, of] : described()["components"]["schemas"]["ErrorCode"]["x-status"].items())
    described_by_status[status] = of.get<names>();
  CHECK(described_by_status == by_status);
}

TEST_CASE("the enumerations that are described are those of the code", "[openapi]") {
  CHECK(listed("JobStatus") == named<job_state>(job_state_count));
  CHECK(listed("WorkerStatus") == named<worker_state>(worker_state_count));
  CHECK(listed("WorkflowState") == named<workflow_state>(6));
  CHECK_FALSE(parse_workflow_state("unknown"));
  CHECK(listed("Durability") == named<durability>(3));
  CHECK(listed("OnMiss") == named<deadline_action>(4));
  CHECK(listed("DependencyCondition") == named<dependency_condition>(4));
  CHECK(listed("DependencyRule") == named<dependency_rule>(4));
  CHECK(listed("BackoffKind") == named<backoff>(3));
  CHECK(listed("BreakerState") == named<breaker_state>(3));
  CHECK(listed("BulkAction") == named<bulk_action>(6));
  CHECK(listed("CatchUp") == named(catch_up_names));
  CHECK(listed("Overlap") == named(overlap_names));
  auto kinds = named<event_kind>(event_kind_count);
  kinds.insert("reset");
  CHECK(listed("EventKind") == kinds);
  // A window and a debounce are objects, not names.
  auto scopes = named<unique_scope>(4);
  scopes.erase("window");
  CHECK(listed("UniqueScope") == scopes);
  auto conflicts = named<on_unique_conflict>(4);
  conflicts.erase("debounce");
  CHECK(listed("UniqueConflict") == conflicts);
}

TEST_CASE("the description is served, compressed and once", "[openapi]") {
  live l;
  client c{l.port};
  const auto plain = c.ask(get("/api/openapi.json"));
  CHECK(plain.status == 200);
  CHECK(plain.has("Content-Type: application/json"));
  CHECK(plain.body == openapi_document().plain);
  CHECK(json::parse(plain.body)["openapi"] == "3.1.0");
  const auto packed = c.ask(get("/api/openapi.json", "Accept-Encoding: gzip\r\n"));
  CHECK(packed.has("Content-Encoding: gzip"));
  CHECK(packed.body == openapi_document().gzip);
  const auto tag = std::string{openapi_document().etag};
  CHECK(plain.has("ETag: " + tag));
  const auto known = c.ask(get("/api/openapi.json", "If-None-Match: " + tag + "\r\n"));
  CHECK(known.status == 304);
}

TEST_CASE("the description is guarded as the rest of the interface", "[openapi]") {
  live l;
  client c{l.port};
  CHECK(c.ask(get("/api/openapi.json?x=1")).code() == "unknown_field");
  CHECK(c.ask(post("/api/openapi.json", "{}")).status == 405);
  CHECK(client{l.port}.ask(get("/api/openapi.json", "Origin: http://evil.example\r\n")).code() == "foreign_origin");
  http_settings http;
  http.allowed_origins = {"https://ops.example"};
  live open{http};
  const auto allowed = client{open.port}.ask(get("/api/openapi.json", "Origin: https://ops.example\r\n"));
  CHECK(allowed.status == 200);
  CHECK(allowed.has("Access-Control-Allow-Origin: https://ops.example"));
  CHECK(allowed.has("Vary: Accept-Encoding, Origin"));
  CHECK_FALSE(client{open.port}.ask(get("/api/openapi.json")).has("Access-Control-Allow-Origin: https://ops.example"));
}
