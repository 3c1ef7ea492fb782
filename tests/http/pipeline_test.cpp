#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <thread>

using namespace callboard;
using namespace callboard::test;

namespace {

std::string job_path(uint64_t n) {
  return "/api/jobs/" + to_string(some_id(n));
}

std::string id_of(const received& r) {
  return nlohmann::json::parse(r.body)["id"];
}

} // namespace

TEST_CASE("answers keep the order of requests, whatever the order of replies", "[pipeline]") {
  live l;
  l.back.hold();
  client c{l.port};
  std::string requests;
  for (uint64_t n = 1; n <= 20; ++n)
    requests += get(job_path(n));
  requests += get("/nothing"); // ready at once, and still last
  c.send(requests);
  REQUIRE(l.back.wait_held(20));
  for (size_t left = 20; left > 0; --left)
    l.back.release(left % 3 == 0 ? 0 : left - 1);
  for (uint64_t n = 1; n <= 20; ++n) {
    const auto r = c.receive();
    REQUIRE(r.status == 200);
    CHECK(id_of(r) == to_string(some_id(n)));
  }
  CHECK(c.receive().status == 404);
}

TEST_CASE("one connection has at most pipeline_max requests under way", "[pipeline]") {
  live l{{.pipeline_max = 4}};
  l.back.hold();
  client c{l.port};
  std::string requests;
  for (uint64_t n = 1; n <= 10; ++n)
    requests += get(job_path(n));
  c.send(requests);
  REQUIRE(l.back.wait_held(4));
  // All ten have arrived by now, or at least the server has looked: another connection gets through meanwhile.
  client other{l.port};
  other.send(get(job_path(99)));
  REQUIRE(l.back.wait_held(5));
  CHECK(l.back.calls() == 5);
  l.back.release(4);
  CHECK(other.receive().status == 200);
  for (uint64_t n = 1; n <= 10; ++n) {
    REQUIRE(l.back.wait_held(1));
    l.back.release(0);
    const auto r = c.receive();
    REQUIRE(r.status == 200);
    CHECK(id_of(r) == to_string(some_id(n)));
  }
}

TEST_CASE("thousands of requests in one breath", "[pipeline]") {
  live l{{.pipeline_max = 8}};
  client c{l.port};
  std::string requests;
  constexpr uint64_t count = 2000;
  for (uint64_t n = 1; n <= count; ++n)
    requests += n % 2 == 0 ? get(job_path(n)) : get("/nothing");
  std::thread sender{[&] { c.send(requests); }};
  uint64_t good = 0;
  for (uint64_t n = 1; n <= count; ++n) {
    const auto r = c.receive();
    if (n % 2 == 0 ? r.status == 200 && id_of(r) == to_string(some_id(n)) : r.status == 404)
      ++good;
  }
  sender.join();
  CHECK(good == count);
}

TEST_CASE("a request that closes is the last one served", "[pipeline]") {
  live l;
  client c{l.port};
  c.send(get("/") + get("/", "Connection: close\r\n") + get("/api/workers"));
  CHECK(c.receive().status == 200);
  CHECK(c.receive().has("Connection: close"));
  c.half_close();
  CHECK(c.receive().status == 0);
  CHECK(l.back.calls() == 0);
}

TEST_CASE("an error in the line comes after the answers before it", "[pipeline]") {
  live l;
  l.back.hold();
  client c{l.port};
  c.send(get(job_path(1)) + "this is not HTTP\r\n\r\n");
  REQUIRE(l.back.wait_held(1));
  l.back.release(0);
  CHECK(c.receive().status == 200);
  const auto r = c.receive();
  CHECK(r.status == 400);
  CHECK(r.has("Connection: close"));
}
