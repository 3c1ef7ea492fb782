#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/server_process.hpp"

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

server_process& server() {
  static server_process s{"http_server.py"};
  return s;
}

finished request(json payload, http_client_settings s = {}) {
  return run(*make_http_request(s), payload);
}

/// The request and what the server saw of it.
std::pair<finished, json> exchange(json payload, http_client_settings s = {}) {
  auto f = request(std::move(payload), std::move(s));
  return {std::move(f), server().next_event()};
}

} // namespace

TEST_CASE("http_request sends what the payload says and gives the answer") {
  const auto [f, seen] = exchange({{"url", server().url("/echo?a=b")},
                                   {"method", "PUT"},
                                   {"headers", {{"X-Mine", "yes"}, {"X-Empty", ""}}},
                                   {"body", "text"}});
  require_kind(f, kind::succeeded);
  CHECK(seen["method"] == "PUT");
  CHECK(seen["path"] == "/echo?a=b");
  CHECK(seen["body"] == "text");
  CHECK(seen["headers"]["x-mine"] == "yes");
  CHECK(seen["headers"]["x-empty"] == "");
  CHECK(seen["headers"]["content-type"] == "text/plain; charset=utf-8");
  CHECK(seen["headers"]["x-callboard-job"] == to_string(test_job));
  CHECK(seen["headers"]["x-callboard-fence"] == "77");
  CHECK(seen["headers"]["idempotency-key"] == to_string(test_job));
  CHECK(f.result["status"] == 200);
  CHECK(f.result["headers"]["etag"] == "\"tag-1\"");
  CHECK(f.result["body"] == R"({"echo": "dGV4dA=="})");
  CHECK(f.result["truncated"] == false);
  CHECK(f.result["durationMs"] >= 0);
}

TEST_CASE("http_request sends JSON bodies and lets the payload's own header fields win") {
  const auto [f, seen] = exchange(
    {{"url", server().url("/echo")}, {"headers", {{"idempotency-key", "mine"}}}, {"body", {{"a", {1, nullptr}}}}});
  require_kind(f, kind::succeeded);
  CHECK(seen["method"] == "POST");
  CHECK(seen["headers"]["content-type"] == "application/json");
  CHECK(seen["headers"]["idempotency-key"] == "mine");
  CHECK(seen["body"] == R"({"a":[1,null]})");
}

TEST_CASE("http_request hands the trace on, unless the payload names one") {
  recording_context ctx;
  ctx.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  ctx.tracestate = "vendor=1";
  const json payload{{"url", server().url("/echo")}};
  require_kind(run(*make_http_request({}), payload, ctx), kind::succeeded);
  const auto seen = server().next_event();
  CHECK(seen["headers"]["traceparent"] == ctx.traceparent);
  CHECK(seen["headers"]["tracestate"] == ctx.tracestate);
  auto own = payload;
  own["headers"] = {{"Traceparent", "mine"}};
  require_kind(run(*make_http_request({}), own, ctx), kind::succeeded);
  CHECK(server().next_event()["headers"]["traceparent"] == "mine");
  require_kind(request(payload), kind::succeeded);
  CHECK_FALSE(server().next_event()["headers"].contains("traceparent"));
}

TEST_CASE("http_request knows all methods") {
  const auto* method = GENERATE("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
  const auto [f, seen] = exchange({{"url", server().url("/echo")}, {"method", method}});
  require_kind(f, kind::succeeded);
  CHECK(seen["method"] == method);
}

TEST_CASE("http_request judges the status") {
  const auto [status, expected, end] = GENERATE(table<int, json, kind>({{204, nullptr, kind::succeeded},
                                                                        {404, nullptr, kind::failed_final},
                                                                        {408, nullptr, kind::failed_retryable},
                                                                        {425, nullptr, kind::failed_retryable},
                                                                        {429, nullptr, kind::failed_retryable},
                                                                        {500, nullptr, kind::failed_retryable},
                                                                        {503, nullptr, kind::failed_retryable},
                                                                        {404, 404, kind::succeeded},
                                                                        {200, 404, kind::failed_final},
                                                                        {404, {200, "4xx"}, kind::succeeded},
                                                                        {500, "5xx", kind::succeeded},
                                                                        {500, "4xx", kind::failed_retryable}}));
  CAPTURE(status, expected);
  json payload{{"url", server().url("/status/" + std::to_string(status))}};
  if (!expected.is_null())
    payload["expect"] = {{"status", expected}};
  const auto [f, seen] = exchange(payload);
  require_kind(f, end, end == kind::succeeded ? "" : "HTTP_STATUS");
  CHECK(f.result["status"] == status);
}

TEST_CASE("http_request passes on how long a server asks to be left alone") {
  http_client_settings s;
  s.retry_after_max = 100s;
  const auto asked = [&](const std::string& answer) {
    const auto [f, seen] = exchange({{"url", server().url("/busy/" + answer)}}, s);
    CHECK(f.result["headers"].contains("retry-after"));
    return f;
  };
  for (const auto* answer : {"503/3", "429/3", "503/date/3", "500/%203%20"}) {
    CAPTURE(answer);
    const auto f = asked(answer);
    require_kind(f, kind::failed_retryable, "HTTP_STATUS");
    CHECK(f.outcome.retry_after == 3s);
    CHECK_THAT(f.outcome.message, Catch::Contains("3 s") && Catch::Contains("Retry-After"));
  }
  // More than is allowed counts as that much, also what no number holds.
  for (const auto* answer : {"503/101", "503/99999999999999999999999999", "429/date/86400"}) {
    CAPTURE(answer);
    const auto f = asked(answer);
    CHECK(f.outcome.retry_after == 100s);
    CHECK_THAT(f.outcome.message, Catch::Contains("handlers.http.retry_after_max"));
  }
  for (const auto* answer : {"503/0", "503/-3", "503/soon", "503/3x", "503/1.5", "503/date/-60", "503/"}) {
    CAPTURE(answer);
    CHECK(asked(answer).outcome.retry_after == 0s);
  }
  // Nobody tries again after a final failure.
  const auto final_one = asked("404/3");
  require_kind(final_one, kind::failed_final, "HTTP_STATUS");
  CHECK(final_one.outcome.retry_after == 0s);
  s.retry_after_max = 0s;
  CHECK(asked("503/3").outcome.retry_after == 0s);
}

TEST_CASE("http_request bounds the answer's body and gives other bytes as base64") {
  http_client_settings s;
  s.response_bytes_max = 101;
  const auto [large, unused1] = exchange({{"url", server().url("/large/5000000")}}, s);
  require_kind(large, kind::succeeded);
  CHECK(large.result["truncated"] == true);
  CHECK(large.result["body"].get<std::string>().size() == 100); // the half character is cut off
  const auto [whole, unused2] = exchange({{"url", server().url("/large/50")}}, s);
  CHECK(whole.result["truncated"] == false);
  CHECK(whole.result["body"].get<std::string>().size() == 100);
  const auto [binary, unused3] = exchange({{"url", server().url("/binary")}}, s);
  CHECK(binary.result["bodyBase64"] == "//4A");
  CHECK_FALSE(binary.result.contains("body"));
}

TEST_CASE("http_request follows redirects up to the bound and nowhere but to HTTP") {
  http_client_settings s;
  s.redirects_max = 2;
  const auto followed = request({{"url", server().url("/redirect/2")}, {"body", "x"}}, s);
  require_kind(followed, kind::succeeded);
  CHECK(followed.result["body"] == R"({"echo": "eA=="})");
  require_kind(request({{"url", server().url("/redirect/3")}}, s), kind::failed_final, "HTTP_REDIRECTS");
  require_kind(request({{"url", server().url("/elsewhere")}}, s), kind::failed_final, "HTTP_FAILED");
  s.redirects_max = 0;
  const auto first = request({{"url", server().url("/redirect/1")}, {"expect", {{"status", "3xx"}}}}, s);
  require_kind(first, kind::succeeded);
  CHECK(first.result["headers"]["location"] == "/echo");
  while (server().has_event())
    server().next_event();
}

TEST_CASE("http_request tells what cannot help from what may pass") {
  require_kind(request({{"url", "ftp://127.0.0.1/x"}}), kind::failed_final, "URL_INVALID");
  require_kind(request({{"url", "file:///etc/passwd"}}), kind::failed_final, "URL_INVALID");
  require_kind(request({{"url", "http://"}}), kind::failed_final, "URL_INVALID");
  // Nobody listens on port 1, and RFC 6761 keeps .invalid free.
  require_kind(request({{"url", "http://127.0.0.1:1/"}}), kind::failed_retryable, "HTTP_CONNECTION");
  require_kind(request({{"url", server().url("/drop")}}), kind::failed_retryable, "HTTP_CONNECTION");
  server().next_event();
  require_kind(request({{"url", server().url("/x")}, {"headers", {{"A", "b\r\nC: d"}}}}), kind::failed_final,
               "HEADER_INVALID");
  require_kind(request({{"url", server().url("/x")}, {"headers", {{"A:b", "c"}}}}), kind::failed_final,
               "HEADER_INVALID");
  REQUIRE_FALSE(server().has_event());
}

TEST_CASE("http_request keeps away from private addresses where that is set") {
  http_client_settings s;
  s.allow_private = false;
  const auto f = request({{"url", server().url("/echo")}}, s);
  require_kind(f, kind::failed_final, "ADDRESS_REFUSED");
  CHECK_THAT(f.outcome.message, Catch::Contains("127.0.0.1") && Catch::Contains("handlers.http.allow_private"));
  require_kind(request({{"url", "http://localhost:" + std::to_string(server().port())}}, s), kind::failed_final,
               "ADDRESS_REFUSED");
  REQUIRE_FALSE(server().has_event());
}

TEST_CASE("http_request stops at once when cancelled, and by its own timeout and deadline") {
  const auto h = make_http_request({});
  const json payload{{"url", server().url("/hold")}};
  recording_context ctx;
  auto& holding = server();
  std::jthread canceller{[&] {
    holding.next_event();
    ctx.token().cancel(cancel_token::reason::cancelled);
  }};
  require_kind(run(*h, payload, ctx), kind::cancelled, "CANCELLED");
  canceller.join();

  recording_context late;
  late.ends = std::chrono::steady_clock::now() + 50ms;
  require_kind(run(*h, payload, late), kind::timed_out, "TIMEOUT");
  server().next_event();

  require_kind(request({{"url", server().url("/hold")}, {"timeout", 0.05}}), kind::failed_retryable, "HTTP_TIMEOUT");
  server().next_event();

  recording_context before;
  before.token().cancel(cancel_token::reason::shutdown);
  require_kind(run(*h, payload, before), kind::returned, "");
  REQUIRE_FALSE(server().has_event());
}
