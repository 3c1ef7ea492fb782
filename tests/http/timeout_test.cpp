#include "tests/http/client.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

// Each test waits for what the server does on the socket; none waits for time to pass.

TEST_CASE("half a request is answered 408 and closed", "[timeout]") {
  live l{{.read_timeout = 50ms}};
  for (const std::string half :
       {"G", "GET / HTTP/1.1\r\nHost: t\r\n",
        "POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n{",
        "POST /api/jobs/submit HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"}) {
    CAPTURE(half);
    client c{l.port};
    const auto r = c.ask(half);
    CHECK(r.status == 408);
    CHECK(r.code() == "request_timeout");
    CHECK(r.has("Connection: close"));
    c.half_close();
    CHECK(c.closed_by_server());
  }
  CHECK(l.healthy());
}

TEST_CASE("a client that drips is cut off all the same", "[timeout]") {
  live l{{.read_timeout = 200ms}};
  client c{l.port};
  const auto begun = std::chrono::steady_clock::now();
  c.send("GET / HTTP/1.1\r\nHost: t\r\n");
  // Bytes keep coming for as long as the server takes them; the whole request has one deadline.
  std::thread drip{[&] {
    while (c.send("X: y\r\n") && std::chrono::steady_clock::now() - begun < 5s) {
      client other{l.port}; // takes its time, as a slow client does
      other.ask(get("/"));
    }
  }};
  const auto r = c.receive();
  const auto took = std::chrono::steady_clock::now() - begun;
  c.half_close();
  drip.join();
  CHECK((r.status == 408 || r.status == 431));
  CHECK(took < 4s);
  CHECK(l.healthy());
}

TEST_CASE("a silent connection is closed without a word", "[timeout]") {
  live fresh{{.read_timeout = 50ms}};
  client never_spoke{fresh.port};
  CHECK(never_spoke.receive().status == 0);
  CHECK(never_spoke.closed_by_server());

  live l{{.idle_timeout = 50ms}};
  client spoke{l.port};
  CHECK(spoke.ask(get("/")).status == 200);
  CHECK(spoke.closed_by_server());
  CHECK(l.healthy());
}

TEST_CASE("a request under way is not idle", "[timeout]") {
  live l{{.read_timeout = 30ms, .idle_timeout = 30ms}};
  l.back.hold();
  client c{l.port};
  c.send(get("/api/workers"));
  REQUIRE(l.back.wait_held(1));
  // A silent neighbour, connected later, is closed first.
  client idle{l.port};
  CHECK(idle.closed_by_server());
  l.back.release(0);
  CHECK(c.receive().status == 200);
}

TEST_CASE("a reply that does not come is 504, and is dropped when it does", "[timeout]") {
  live l{{}, {.request_timeout = 50ms}};
  l.back.hold();
  client c{l.port};
  const auto late = c.ask(get("/api/workers"));
  CHECK(late.status == 504);
  CHECK(late.code() == "internal_timeout");
  c.send(get("/api/jobs/" + to_string(some_id(2))));
  REQUIRE(l.back.wait_held(2));
  l.back.release(0); // of the first request: nobody waits for it any more
  l.back.release(0);
  const auto r = c.receive();
  CHECK(r.status == 200);
  CHECK(r.body.find(to_string(some_id(2))) != std::string::npos);
}

TEST_CASE("a client that does not read is cut off", "[timeout]") {
  live l{{.write_timeout = 100ms, .list_limit_max = 1000}};
  auto large = full_job();
  large.spec.payload = blob{"\"" + std::string(100'000, 'x') + "\""};
  const auto shared = std::make_shared<job_record>(large);
  for (int i = 0; i < 200; ++i)
    l.back.page.jobs.push_back(shared);
  client c{l.port};
  // 20 MB each, more than any socket buffer takes.
  c.send(get("/api/jobs?include=payload") + get("/api/jobs?include=payload"));
  std::vector<std::unique_ptr<client>> probes;
  bool gone = false;
  for (int i = 0; i < 10'000 && !gone; ++i) {
    client probe{l.port};
    CHECK(probe.ask(get("/", "Connection: close\r\n")).status == 200);
    gone = !c.send("\r\n");
  }
  CHECK(gone);
}
