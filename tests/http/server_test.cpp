#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string job = R"({"jobType":"noop"})";

} // namespace

TEST_CASE("a kept connection serves many requests", "[server]") {
  live l;
  client c{l.port};
  for (int i = 0; i < 50; ++i) {
    const auto r = c.ask(post("/api/jobs/submit", job));
    REQUIRE(r.status == 201);
    CHECK(r.has("Content-Type: application/json"));
    CHECK(r.has("Date: Thu, 15 Jan 2026 10:30:00 GMT"));
    CHECK_FALSE(r.has("Connection: close"));
  }
  CHECK(c.ask(get("/")).status == 200);
  CHECK(l.server.connections() == 1);
}

TEST_CASE("request ids are taken when they are sane, and made otherwise", "[server]") {
  live l;
  client c{l.port};
  CHECK(c.ask(get("/", "X-Request-Id: abc-1\r\n")).has("X-Request-Id: abc-1"));
  const auto own = c.ask(get("/nothing", "x-request-id: abc-2\r\n"));
  CHECK(own.has("X-Request-Id: abc-2"));
  CHECK(nlohmann::json::parse(own.body)["error"]["requestId"] == "abc-2");
  for (const auto& bad : {std::string(65, 'x'), std::string{"a b"}, std::string{"\xC3\xA9"}, std::string{}}) {
    const auto r = c.ask(get("/", "X-Request-Id: " + bad + "\r\n"));
    CHECK(r.status == 200);
    CHECK_FALSE(r.has("X-Request-Id: " + bad));
    CHECK(r.header.find("\r\nX-Request-Id: ") != std::string::npos);
  }
  const auto a = c.ask(get("/")), b = c.ask(get("/"));
  const auto id = [](const received& r) { return r.header.substr(r.header.find("X-Request-Id: "), 29); };
  CHECK(id(a) != id(b));
}

TEST_CASE("HEAD answers like GET without the body", "[server]") {
  live l;
  client c{l.port};
  const auto full = c.ask(get("/"));
  c.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto head = c.receive(true);
  CHECK(head.status == 200);
  CHECK(head.has("Content-Length: " + std::to_string(full.body.size())));
  // Nothing of a body is in the way of the next answer.
  CHECK(c.ask(get("/")).body == full.body);
  c.send("HEAD /nothing HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(c.receive(true).status == 404);
  CHECK(c.ask(get("/")).status == 200);
}

TEST_CASE("chunked bodies, also in single bytes", "[server]") {
  live l;
  client c{l.port};
  const std::string chunked =
    "POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\n{\"job\r\nd\r\nType\":\"noop\"}\r\n0\r\nContent-Type: x/y\r\n\r\n";
  CHECK(c.ask(chunked).status == 201);
  for (const char byte : chunked)
    REQUIRE(c.send({&byte, 1}));
  CHECK(c.receive().status == 201);
  CHECK(l.back.submits.size() == 2);
}

TEST_CASE("Expect: 100-continue is answered in its place", "[server]") {
  live l;
  client c{l.port};
  const auto header =
    "POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: " +
    std::to_string(job.size()) + "\r\nExpect: 100-continue\r\n\r\n";
  CHECK(c.ask(header).status == 100);
  CHECK(c.ask(job).status == 201);
  // Behind a request that is not answered yet it has to wait.
  l.back.hold();
  c.send(get("/api/workers"));
  REQUIRE(l.back.wait_held(1));
  c.send(header);
  l.back.release(0);
  CHECK(c.receive().status == 200);
  CHECK(c.receive().status == 100);
  c.send(job);
  REQUIRE(l.back.wait_held(1));
  l.back.release(0);
  CHECK(c.receive().status == 201);
}

TEST_CASE("a body that is too large is refused before it is sent", "[server]") {
  live l;
  client c{l.port};
  const auto r = c.ask("POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                       "Content-Length: 104857600\r\nExpect: 100-continue\r\n\r\n");
  CHECK(r.status == 413);
  CHECK(r.has("Connection: close"));
  c.half_close();
  CHECK(c.closed_by_server());
}

TEST_CASE("HTTP/1.0 closes unless asked not to", "[server]") {
  live l;
  client c{l.port};
  CHECK(c.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").has("Connection: keep-alive"));
  CHECK(c.ask("GET / HTTP/1.0\r\n\r\n").has("Connection: close"));
  c.half_close();
  CHECK(c.closed_by_server());
  client d{l.port};
  CHECK(d.ask(get("/", "Connection: close\r\n")).has("Connection: close"));
  d.half_close();
  CHECK(d.closed_by_server());
}

TEST_CASE("a client that has sent all it wants still gets its answers", "[server]") {
  live l;
  l.back.hold();
  client c{l.port};
  c.send(get("/api/workers") + get("/"));
  c.half_close();
  REQUIRE(l.back.wait_held(1));
  l.back.release(0);
  CHECK(c.receive().status == 200);
  CHECK(c.receive().status == 200);
  CHECK(c.closed_by_server());
}

TEST_CASE("a client that vanishes takes nothing with it", "[server]") {
  live l;
  l.back.hold();
  {
    client c{l.port};
    c.send(post("/api/jobs/submit", job));
    REQUIRE(l.back.wait_held(1));
    c.reset();
  }
  client other{l.port};
  other.send(get("/api/workers"));
  REQUIRE(l.back.wait_held(2));
  l.back.release(0); // to nobody
  l.back.release(0);
  CHECK(other.receive().status == 200);
}

TEST_CASE("several threads serve, each its own connections", "[server]") {
  live l{{.threads = 3}};
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int t = 0; t < 6; ++t)
    clients.emplace_back([&] {
      client c{l.port};
      for (int i = 0; i < 200; ++i)
        if (c.ask(post("/api/jobs/submit", job)).status == 201)
          ++good;
    });
  for (auto& t : clients)
    t.join();
  CHECK(good == 1200);
}

TEST_CASE("an address that cannot be had is an error with its setting", "[server]") {
  fake_backend b;
  live taken;
  for (const auto& listen : {std::string{"nonsense"}, std::string{"127.0.0.1:http"}, std::string{":80"},
                             std::string{"127.0.0.1:70000"}, std::string{"no.such.host.invalid:80"},
                             std::string{"192.0.2.1:80"}, "127.0.0.1:" + std::to_string(taken.port)}) {
    CAPTURE(listen);
    auto a = make_api(b);
    a.http.listen = listen;
    http_server s{a};
    const auto r = s.start();
    REQUIRE_FALSE(r);
    CHECK(r.err().field == "http.listen");
  }
  auto a = make_api(b);
  a.http.listen = "[::1]:0";
  http_server v6{a};
  CHECK(v6.start());
}

TEST_CASE("a page of another site gets nothing done", "[server][browser]") {
  live l;
  const auto ask = [&](const std::string& request) {
    client c{l.port};
    c.send(request);
    return c.receive();
  };
  const std::string length = "Content-Length: " + std::to_string(job.size()) + "\r\n";
  const auto rebound = ask("POST /api/jobs/submit HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n"
                           "Content-Type: application/json\r\n" +
                           length + "\r\n" + job);
  CHECK(rebound.status == 421);
  CHECK(rebound.code() == "misdirected_request");
  const auto foreign = ask("POST /api/jobs/submit HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
                           "Content-Type: application/json\r\n" +
                           length + "\r\n" + job);
  CHECK(foreign.status == 403);
  CHECK(foreign.code() == "foreign_origin");
  const auto bodiless = ask("POST /api/jobs/job_0000000000001/retry HTTP/1.1\r\nHost: localhost\r\n"
                            "Sec-Fetch-Site: cross-site\r\nContent-Length: 0\r\n\r\n");
  CHECK(bodiless.status == 403);
  CHECK(ask("GET http://evil.example/api/jobs HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 421);
  CHECK(l.back.submits.empty());
  const auto own = ask("GET /api HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(own.has("X-Content-Type-Options: nosniff"));
  CHECK(own.has("Cache-Control: no-store"));
  CHECK(own.has("Content-Security-Policy: default-src 'none'; frame-ancestors 'none'"));
  CHECK(own.header.find("Access-Control") == std::string::npos);
}

TEST_CASE("a page of a listed origin may ask, and read the answer", "[server][browser]") {
  http_settings s;
  s.allowed_origins = {"https://ops.example"};
  live l{s};
  client c{l.port};
  c.send("OPTIONS /api/jobs/submit HTTP/1.1\r\nHost: localhost\r\nOrigin: https://ops.example\r\n"
         "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n");
  const auto preflight = c.receive();
  CHECK(preflight.status == 200);
  CHECK(preflight.has("Access-Control-Allow-Origin: https://ops.example"));
  CHECK(preflight.has("Access-Control-Allow-Headers: Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id"));
  const auto r = c.ask(post("/api/jobs/submit", job, "Origin: https://ops.example\r\nSec-Fetch-Site: cross-site\r\n"));
  CHECK(r.status == 201);
  CHECK(r.has("Access-Control-Allow-Origin: https://ops.example"));
  CHECK(r.has("Vary: Origin"));
  // An OPTIONS that is no question of a browser's is a method like any other.
  CHECK(c.ask("OPTIONS /api/jobs/submit HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 405);
}
