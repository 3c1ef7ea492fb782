#include "http/api/response.hpp"
#include "tests/http/fake_backend.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("a path that is spelled out comes before one with an open segment", "[router]") {
  direct d;
  const auto m = d.routes.find(http_method::post, "/api/jobs/submit");
  REQUIRE(m.to != nullptr);
  CHECK(m.to->path == "/api/jobs/submit");
  const auto wrong = d.routes.find(http_method::get, "/api/jobs/submit");
  REQUIRE(wrong.refusal);
  CHECK(wrong.refusal->status == 405);
  CHECK(wrong.refusal->allow == "POST");
}

TEST_CASE("open segments are percent-decoded, trailing slashes forgiven", "[router]") {
  direct d;
  CHECK(d.routes.find(http_method::get, "/api/workers/a%2Fb%20c/status/").params == std::vector<std::string>{"a/b c"});
  CHECK(d.routes.find(http_method::get, "//api//jobs/?limit=1").to != nullptr);
  CHECK(d.routes.find(http_method::get, "http://host:1/api/jobs").to != nullptr);
  CHECK(d.routes.find(http_method::get, "http://host").to->path == "/");
  CHECK(d.routes.find(http_method::head, "/api/health").to != nullptr);
}

TEST_CASE("a route may have several open segments, which keep their order", "[router]") {
  direct d;
  const auto m = d.routes.find(http_method::put, "/api/queues/a%2Fkeys/keys/pause");
  REQUIRE(m.to != nullptr);
  CHECK(m.to->path == "/api/queues/{}/keys/{}");
  CHECK(m.params == std::vector<std::string>{"a/keys", "pause"});
  CHECK(d.routes.find(http_method::post, "/api/queues/q/keys/a/pause").params == std::vector<std::string>{"q", "a"});
  CHECK(d.routes.find(http_method::get, "/api/queues/keys/keys").params == std::vector<std::string>{"keys"});
  CHECK(d.routes.find(http_method::get, "/api/queues").params.empty());
}

TEST_CASE("what cannot be routed is told why", "[router]") {
  struct row {
    http_method method;
    std::string target;
    int status;
    std::string code, field, allow;
  };
  const row rows[] = {
    {http_method::get, "/nothing", 404, "not_found", "", ""},
    {http_method::get, "/api/jobs/a/b/c", 404, "not_found", "", ""},
    {http_method::get, "*", 400, "bad_request", "", ""},
    {http_method::get, "/api/%zz", 400, "bad_request", "", ""},
    {http_method::get, "/api/jobs?type=%4", 400, "bad_request", "", ""},
    {http_method::put, "/api/jobs/submit", 405, "method_not_allowed", "", "POST"},
    {http_method::delete_, "/api/jobs", 405, "method_not_allowed", "", "GET, HEAD"},
    {http_method::other, "/api/jobs/x", 405, "method_not_allowed", "", "GET, HEAD, PATCH"},
    {http_method::get, "/api/jobs/x/cancel", 405, "method_not_allowed", "", "DELETE, POST"},
    {http_method::head, "/api/workers/x/drain", 405, "method_not_allowed", "", "POST"},
    {http_method::put, "/api/workers/scale", 405, "method_not_allowed", "", "POST, GET, HEAD"},
    {http_method::patch, "/api/schedules", 405, "method_not_allowed", "", "GET, HEAD, POST"},
    {http_method::post, "/api/schedules/x", 405, "method_not_allowed", "", "GET, HEAD, PUT, DELETE"},
    {http_method::put, "/api/schedules/preview", 405, "method_not_allowed", "", "POST"},
    {http_method::get, "/api/schedules/x/run", 405, "method_not_allowed", "", "POST"},
    {http_method::post, "/api/schedules?ifVersion=1", 400, "unknown_field", "ifVersion", ""},
    {http_method::post, "/api/queues", 405, "method_not_allowed", "", "GET, HEAD"},
    {http_method::post, "/api/queues/x", 405, "method_not_allowed", "", "GET, HEAD, PUT, DELETE"},
    {http_method::get, "/api/queues/x/pause", 405, "method_not_allowed", "", "POST"},
    {http_method::put, "/api/types/x/resume", 405, "method_not_allowed", "", "POST"},
    {http_method::get, "/api/queues/x?cursor=a", 400, "unknown_field", "cursor", ""},
    {http_method::get, "/api/queues/a/b", 404, "not_found", "", ""},
    {http_method::get, "/api/queues/a/keys/b/c", 404, "not_found", "", ""},
    {http_method::get, "/api/types/a/keys", 404, "not_found", "", ""},
    {http_method::post, "/api/queues/a/keys", 405, "method_not_allowed", "", "GET, HEAD"},
    {http_method::post, "/api/queues/a/keys/b", 405, "method_not_allowed", "", "GET, HEAD, PUT, DELETE"},
    {http_method::get, "/api/queues/a/keys/b/resume", 405, "method_not_allowed", "", "POST"},
    {http_method::get, "/api/queues/a/keys/b?limit=1", 400, "unknown_field", "limit", ""},
    {http_method::get, "/api/actors/x/restart", 405, "method_not_allowed", "", "POST"},
    {http_method::get, "/api/jobs?color=red", 400, "unknown_field", "color", ""},
    {http_method::get, "/api/jobs/status/failed?status=queued", 400, "unknown_field", "status", ""},
    {http_method::get, "/api/health?x", 400, "unknown_field", "x", ""},
    {http_method::get, "/api/jobs?limit=1&limit=2", 400, "invalid_value", "limit", ""},
  };
  for (const auto& r : rows) {
    CAPTURE(r.target);
    direct d;
    const auto a = d.call(r.method, r.target);
    CHECK(a.status == r.status);
    CHECK(code_of(a) == r.code);
    CHECK(field_of(a) == r.field);
    CHECK(a.allow == r.allow);
    CHECK(d.back.calls() == 0);
  }
}

TEST_CASE("a body must say what it is", "[router]") {
  direct d;
  const std::string job = R"({"jobType":"noop"})";
  for (const auto* good :
       {"application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/json ;x"})
    CHECK(d.call(http_method::post, "/api/jobs/submit", job, good).status == 201);
  for (const auto* bad : {"", "text/plain", "application/jsonp", "application/x-ndjson", "multipart/form-data"}) {
    CAPTURE(bad);
    const auto r = d.call(http_method::post, "/api/jobs/submit", job, bad);
    CHECK(r.status == 415);
    CHECK(code_of(r) == "unsupported_media_type");
    CHECK(field_of(r) == "Content-Type");
  }
  CHECK(d.call(http_method::post, "/api/jobs/batch", job, "application/x-ndjson; charset=utf-8").status == 200);
}

TEST_CASE("the index names every endpoint", "[router]") {
  direct d;
  const auto r = d.call(http_method::get, "/api");
  REQUIRE(r.status == 200);
  const auto index = nlohmann::json::parse(r.body);
  CHECK(index["version"] == "1.2.3");
  const auto endpoints = index["endpoints"].get<std::vector<std::string>>();
  CHECK(endpoints.size() == all_routes().size());
  for (const auto* wanted : {"POST /api/jobs/submit", "GET /api/jobs/status/{status}", "GET /api/workers/{id}/status",
                             "DELETE /api/jobs/{id}/cancel", "GET /metrics", "GET /api/health",
                             "PUT /api/schedules/{name}", "POST /api/schedules/{name}/run", "PUT /api/queues/{name}",
                             "POST /api/types/{name}/pause", "GET /api/queues/{name}/keys",
                             "PUT /api/queues/{name}/keys/{key}", "POST /api/queues/{name}/keys/{key}/resume"})
    CHECK(std::find(endpoints.begin(), endpoints.end(), wanted) != endpoints.end());
}

TEST_CASE("an error has one shape, and an answer its header", "[response]") {
  std::string out;
  append_response(out, failed({ec::queue_full, "full", "queue"}), {.request_id = "r1", .date = "today"});
  CHECK(out.starts_with("HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: "));
  CHECK(out.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(out.find("\r\nX-Request-Id: r1\r\n") != std::string::npos);
  CHECK(out.find("\r\nDate: today\r\n") != std::string::npos);
  CHECK(out.ends_with("\r\n\r\n"
                      R"({"error":{"code":"queue_full","message":"full","field":"queue","requestId":"r1"}})"));
  std::string head;
  append_response(head, failed({ec::unknown_job, "x"}), {.request_id = "r1", .head = true, .close = true});
  CHECK(head.ends_with("Connection: close\r\n\r\n"));
  std::string old;
  append_response(old, http_response{}, {.old = true});
  CHECK(old.find("Connection: keep-alive\r\n") != std::string::npos);
}
