#include "http/limits.hpp"
#include "tests/http/client.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>

using namespace callboard;
using namespace callboard::test;

namespace {

/// A door that a thread waits at until the test opens it.
class gate {
public:
  void pass() {
    std::unique_lock lock{mutex_};
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  bool wait_arrived() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return arrived_ > 0; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  ~gate() {
    open();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t arrived_ = 0;
  bool open_ = false;
};

/// One lane, so that whatever holds it up holds up everybody.
struct one_lane {
  explicit one_lane(http_settings http = {}) {
    auto a = make_api(back, types);
    http.listen = "127.0.0.1:0";
    http.threads = 1;
    http.hosts = {"test"};
    a.http = std::move(http);
    server.emplace(std::move(a));
    port = *server->start();
  }
  fake_backend back;
  fake_types types;
  std::optional<http_server> server;
  uint16_t port = 0;
};

std::string batch_of(size_t jobs, size_t payload_bytes, std::string_view type = "noop") {
  std::string body = "[";
  for (size_t i = 0; i < jobs; ++i)
    body += (i ? "," : "") + std::string{R"({"jobType":")"} + std::string{type} + R"(","payload":{"to":")" +
            std::string(payload_bytes, 'x') + R"("}})";
  return body + "]";
}

} // namespace

TEST_CASE("a large batch that is being read holds up nobody else on its thread", "[large]") {
  gate reading;
  one_lane l;
  l.types.on_check = [&](std::string_view type) {
    if (type == "email_send")
      reading.pass();
  };
  client big{l.port};
  big.send(post("/api/jobs/batch", batch_of(40, 10'000, "email_send")));
  REQUIRE(reading.wait_arrived());
  client other{l.port};
  CHECK(other.ask(post("/api/jobs/submit", R"({"jobType":"noop"})")).status == 201);
  CHECK(other.ask(get("/")).status == 200);
  reading.open();
  const auto a = big.receive();
  CHECK(a.status == 200);
  CHECK(nlohmann::json::parse(a.body).at("accepted") == 40);
}

TEST_CASE("errors in a large body are told as in a small one", "[large]") {
  one_lane l;
  client c{l.port};
  CHECK(c.ask(post("/api/jobs/batch", std::string(300'000, ' ') + "[}")).code() == "malformed_json");
  CHECK(c.ask(post("/api/jobs/submit", R"({"jobType":"noop","x":")" + std::string(300'000, 'x') + R"("})")).code() ==
        "unknown_field");
  CHECK(c.ask(get("/")).status == 200);
}

TEST_CASE("a connection with a large body may end before its answer", "[large]") {
  gate reading;
  one_lane l;
  l.types.on_check = [&](std::string_view) { reading.pass(); };
  {
    client big{l.port};
    big.send(post("/api/jobs/batch", batch_of(40, 10'000)));
    REQUIRE(reading.wait_arrived());
    big.reset();
  }
  SECTION("and the server goes on") {
    reading.open();
    client c{l.port};
    CHECK(c.ask(post("/api/jobs/submit", R"({"jobType":"noop"})")).status == 201);
  }
  SECTION("and so may the server") {
    reading.open();
    l.server->stop(duration{0});
  }
}

TEST_CASE("bodies that are too large together are refused, and fit when the others are answered", "[large][budget]") {
  http_settings http;
  http.body_bytes_max = http.batch_bytes_max = http.bodies_bytes_max = 1u << 20;
  one_lane l{http};
  l.back.hold();
  client first{l.port};
  first.send(post("/api/jobs/batch", batch_of(60, 10'000)));
  REQUIRE(l.back.wait_held(1));
  const auto more = post("/api/jobs/batch", batch_of(50, 10'000));
  SECTION("by what their headers announce") {
    client second{l.port};
    const auto a = second.ask(more);
    CHECK(a.status == 503);
    CHECK(a.code() == "overloaded");
    CHECK(a.has("Retry-After: 1"));
    CHECK(a.body.find("http.bodies_bytes_max") != std::string::npos);
  }
  SECTION("and by what comes in chunks") {
    client second{l.port};
    second.send("POST /api/jobs/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Transfer-Encoding: chunked\r\n\r\n");
    received a;
    const auto chunk = std::string(65'536, ' ');
    for (int i = 0; i < 10; ++i)
      if (!second.send("10000\r\n" + chunk + "\r\n"))
        break;
    CHECK(second.receive().status == 503);
  }
  SECTION("small ones still fit") {
    client second{l.port};
    second.send(post("/api/jobs/submit", R"({"jobType":"noop"})"));
    REQUIRE(l.back.wait_held(2));
    l.back.release(1);
    CHECK(second.receive().status == 201);
  }
  l.back.release(0);
  CHECK(first.receive().status == 200);
  client third{l.port};
  third.send(more);
  REQUIRE(l.back.wait_held(1));
  l.back.release(0);
  CHECK(third.receive().status == 200);
}

TEST_CASE("a large batch goes to the scheduler in slices, an atomic one at once", "[large][batch]") {
  one_lane l;
  const auto jobs = http_limits::batch_slice_jobs * 2 + 1;
  client c{l.port};
  SECTION("in slices") {
    const auto a = c.ask(post("/api/jobs/batch", batch_of(jobs, 1)));
    REQUIRE(a.status == 200);
    const auto body = nlohmann::json::parse(a.body);
    CHECK(body.at("accepted") == jobs);
    CHECK(body.at("items").size() == jobs);
    REQUIRE(l.back.submits.size() == 3);
    CHECK(l.back.submits[2].jobs.size() == 1);
  }
  SECTION("in slices by their bytes") {
    const auto a = c.ask(post("/api/jobs/batch", batch_of(100, 100'000)));
    REQUIRE(a.status == 200);
    CHECK(nlohmann::json::parse(a.body).at("accepted") == 100);
    REQUIRE(l.back.submits.size() == 3);
    CHECK(l.back.submits[0].jobs.size() == 42); // the one that passes 4 MiB is still in
  }
  SECTION("atomic") {
    const auto a = c.ask(post("/api/jobs/batch?atomic=true", batch_of(jobs, 1)));
    REQUIRE(a.status == 200);
    REQUIRE(l.back.submits.size() == 1);
    CHECK(l.back.submits[0].jobs.size() == jobs);
  }
  SECTION("a scheduler that does not answer for every job is not asked again and again") {
    l.back.answers_missing = 1;
    const auto a = c.ask(post("/api/jobs/batch", batch_of(jobs, 1)));
    CHECK(a.status == 500);
    CHECK(a.code() == "internal_error");
    CHECK(l.back.submits.size() == 1);
  }
  SECTION("a slice that is refused as a whole does not hide that the ones before were accepted") {
    l.back.hold();
    c.send(post("/api/jobs/batch", batch_of(jobs, 1)));
    REQUIRE(l.back.wait_held(1));
    l.back.fail_with = error{ec::storage_unavailable, "no space left on device"};
    l.back.release(0);
    REQUIRE(l.back.wait_held(1));
    l.back.release(0);
    const auto a = c.receive();
    REQUIRE(a.status == 200);
    const auto body = nlohmann::json::parse(a.body);
    CHECK(body.at("accepted") == http_limits::batch_slice_jobs);
    CHECK(body.at("rejected") == jobs - http_limits::batch_slice_jobs);
    CHECK(body.at("items")[jobs - 1].at("error").at("code") == "storage_unavailable");
  }
}

TEST_CASE("an answer that cannot be written is internal_error", "[large]") {
  const auto r = made([]() -> http_response { throw std::runtime_error{"no"}; });
  CHECK(r.status == 500);
  CHECK(r.failure->code == ec::internal_error);
}
