#include "tests/http/event_fixture.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

std::string with_id(const std::string& id) {
  return "Last-Event-ID: " + id + "\r\n";
}

using ids = std::vector<std::string>;

/// Reads comments until only so many follow. Each comes after some silence.
bool only_left(event_server& s, event_reader& witness, size_t readers) {
  for (int i = 0; i < 400 && s.feed->readers() != readers; ++i) {
    witness.body += "|"; // so that the next comment is a new one
    witness.read_to("\n\n");
  }
  return s.feed->readers() == readers;
}

} // namespace

TEST_CASE("events come as they are told, behind a header that no proxy holds up", "[events]") {
  event_server s;
  event_reader r{s.port};
  CHECK(r.head.status == 200);
  CHECK(r.head.has("Content-Type: text/event-stream"));
  CHECK(r.head.has("Cache-Control: no-store"));
  CHECK(r.head.has("X-Accel-Buffering: no"));
  CHECK(r.head.has("Transfer-Encoding: chunked"));
  CHECK(r.head.header.find("Content-Length") == std::string::npos);
  REQUIRE(r.read_to("retry: 2000\nid: 0-0\n\n"));
  s.feed->append(7, births(1, 2));
  REQUIRE(r.read_to(to_string(some_id(2)) + "\",\"status\":\"queued\",\"type\":\"noop\",\"queue\":\"q\"}\n\n"));
  s.feed->append(7, births(3, 1));
  REQUIRE(r.read_to_id("7-3"));
  CHECK(r.ids() == ids{"7-1", "7-2", "7-3"});
}

TEST_CASE("a reader that comes back gets exactly what it has not seen", "[events]") {
  event_server s;
  s.feed->append(7, births(1, 5));
  for (const bool by_header : {true, false}) {
    event_reader r =
      by_header ? event_reader{s.port, "?after=7-1", with_id("7-3")} : event_reader{s.port, "?after=7-3"};
    REQUIRE(r.read_to_id("7-5"));
    CHECK(r.ids() == ids{"7-4", "7-5"});
  }
}

TEST_CASE("a reader from another time is told that it has missed something", "[events]") {
  event_server s{{.kept = 2}};
  for (uint64_t i = 1; i <= 5; ++i)
    s.feed->append(8, births(i, 1));
  for (const auto* id : {"7-4", "8-1", "8-99"}) {
    event_reader r{s.port, "", with_id(id)};
    REQUIRE(r.read_to_id("8-5"));
    CHECK(r.ids() == ids{"reset 8-3", "8-4", "8-5"});
  }
}

TEST_CASE("a filter leaves out what was not asked for", "[events]") {
  event_server s;
  event_reader r{s.port, "?kind=job.failed&queue=b"};
  s.feed->append(7, {job_event_of(event_kind::job_failed, 1, "a"), job_event_of(event_kind::job_created, 2, "b"),
                     job_event_of(event_kind::job_failed, 3, "b")});
  REQUIRE(r.read_to_id("7-3"));
  CHECK(r.ids() == ids{"7-3"});
}

TEST_CASE("what cannot be followed is refused by name", "[events]") {
  event_server s;
  const auto refused = [&](std::string_view query, std::string_view header = {}) {
    client c{s.port};
    const auto r = c.ask(get("/api/events" + std::string{query}, header));
    CHECK(r.status == 400);
    return r.body;
  };
  CHECK(refused("?kind=jobs").find("\"field\":\"kind\"") != std::string::npos);
  CHECK(refused("?after=x").find("\"field\":\"after\"") != std::string::npos);
  CHECK(refused("", with_id("x")).find("\"field\":\"Last-Event-ID\"") != std::string::npos);
  CHECK(refused("?queues=x").find("\"field\":\"queues\"") != std::string::npos);
  CHECK(s.feed->readers() == 0);
}

TEST_CASE("a page of another site does not follow, one that is allowed does", "[events]") {
  event_server s{{}, {.allowed_origins = {"https://ops.example"}}};
  event_reader stranger{s.port, "", "Origin: https://evil.example\r\n"};
  CHECK(stranger.head.status == 403);
  event_reader friendly{s.port, "", "Origin: https://ops.example\r\n"};
  CHECK(friendly.head.has("Access-Control-Allow-Origin: https://ops.example"));
}

TEST_CASE("silence is broken by a comment, which brings the id along", "[events]") {
  event_server s{{.keep_alive = 20ms}};
  event_reader r{s.port, "?queue=other"};
  REQUIRE(r.read_to(": keep-alive\nid: 0-0\n\n"));
  s.feed->append(7, births(1, 3)); // none of them is for this reader
  REQUIRE(r.read_to_id("7-3"));
  CHECK(r.ids().empty());
}

TEST_CASE("more readers than are allowed are told to come later", "[events]") {
  event_server s{{.readers_max = 2, .keep_alive = 20ms}};
  event_reader a{s.port};
  {
    event_reader b{s.port};
    client c{s.port};
    const auto refused = c.ask(get("/api/events"));
    CHECK(refused.status == 503);
    CHECK(refused.has("Retry-After: 1"));
    CHECK(refused.body.find("events.readers_max") != std::string::npos);
    CHECK(c.ask(get("/")).status == 200); // other requests are served
  }
  CHECK(only_left(s, a, 1)); // the server has seen that one is gone
  event_reader d{s.port};
  CHECK(d.head.status == 200);
}

TEST_CASE("a head of a stream has no body and keeps no seat", "[events]") {
  event_server s;
  client c{s.port};
  c.send("HEAD /api/events HTTP/1.1\r\nHost: test\r\n\r\n");
  const auto r = c.receive(true);
  CHECK(r.status == 200);
  CHECK(r.has("Content-Type: text/event-stream"));
  c.half_close();
  CHECK(c.closed_by_server());
  CHECK(s.feed->readers() == 0);
}

TEST_CASE("answers before a stream on the same connection go out first", "[events]") {
  event_server s;
  client c{s.port};
  c.send(get("/") + get("/api/events") + get("/"));
  CHECK(c.receive().status == 200);
  const auto stream = c.receive();
  CHECK(stream.has("Content-Type: text/event-stream"));
  CHECK(stream.has("Connection: close")); // what comes behind it is not answered
}

TEST_CASE("an old client gets a stream without chunks", "[events]") {
  event_server s;
  client c{s.port};
  c.send("GET /api/events HTTP/1.0\r\n\r\n");
  const auto r = c.receive();
  CHECK(r.status == 200);
  CHECK(r.header.find("chunked") == std::string::npos);
  s.feed->append(7, births(1, 1));
  std::string body = c.take();
  while (body.find("7-1") == std::string::npos && c.fill())
    body += c.take();
  CHECK(body.starts_with("retry: 2000\n"));
}

TEST_CASE("a stop ends streams in order", "[events]") {
  event_server s;
  event_reader r{s.port};
  REQUIRE(r.read_to("id: 0-0\n\n"));
  std::thread stopper{[&] { s.server.stop(10s); }};
  r.read_all();
  CHECK(r.ended);
  r.connection.half_close();
  CHECK(r.connection.closed_by_server());
  stopper.join();
  CHECK(s.feed->readers() == 0);
}

TEST_CASE("a reader that does not read is cut off, the others go on, and it comes back", "[events]") {
  event_server s{{.kept = 1000, .keep_alive = 20ms}, {.write_timeout = 100ms}};
  event_reader slow{s.port}, quick{s.port};
  REQUIRE(quick.read_to("id: 0-0\n\n"));
  uint64_t told = 0;
  std::string text(event_reason_bytes_max, 'x');
  // More than the buffers of a socket take.
  while (s.feed->readers() == 2 && told < 400'000) {
    auto batch = births(told + 1, 500);
    for (auto& e : batch)
      e.set(&event_details::reason, text);
    told += batch.size();
    s.feed->append(7, std::move(batch));
    REQUIRE(quick.read_to_id("7-" + std::to_string(told)));
    quick.body.clear();
  }
  CHECK(s.feed->readers() == 1);
  slow.read_all();
  const auto seen = slow.ids();
  REQUIRE(seen.size() > 1);
  CHECK(seen.size() < told);
  for (size_t i = 0; i < seen.size(); ++i)
    if (seen[i] != "7-" + std::to_string(i + 1))
      FAIL(seen[i] << " is the " << i + 1 << "th");
  event_reader again{s.port, "", with_id(seen.back())};
  REQUIRE(again.read_to_id("7-" + std::to_string(told)));
  CHECK(again.ids().front().starts_with("reset "));
}
