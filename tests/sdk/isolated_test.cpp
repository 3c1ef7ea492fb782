#include "tests/sdk/isolation_fixture.hpp"

#include <sys/socket.h>

#include <csignal>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

void crash(const char* how) {
  // Not Catch's handler, which would tell a failure of the test.
  ::signal(SIGABRT, SIG_DFL);
  if (std::string_view{how} == "abort")
    std::abort();
  ::raise(SIGKILL);
}

} // namespace

TEST_CASE("an isolated attempt is told all about itself, and all it says comes back") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) {
    ctx.progress(40, "on its way");
    ctx.log("a line");
    ctx.log("another one");
    std::vector<char> touched(8u << 20, 'x');
    json result{{"pid", ::getpid()},
                {"leader", ::getpgrp() == ::getpid()},
                {"payload", json::parse(a.payload)},
                {"number", a.number},
                {"fence", a.fence.value},
                {"id", to_string(a.id)},
                {"type", a.type},
                {"timeout", a.timeout.count()},
                {"inTime", ctx.deadline() > std::chrono::steady_clock::now()},
                {"sum", std::count(touched.begin(), touched.end(), 'x')}};
    return succeed(result.dump());
  }};
  recording_context ctx;
  const auto f = x.run(ctx, {{"a", "ü"}});
  require_kind(f, outcome_kind::succeeded);
  CHECK(f.result["pid"] != ::getpid());
  CHECK(f.result["leader"] == true);
  CHECK(f.result["payload"] == json{{"a", "ü"}});
  CHECK(f.result["number"] == 3);
  CHECK(f.result["fence"] == 77);
  CHECK(f.result["id"] == to_string(test_job));
  CHECK(f.result["type"] == "test");
  CHECK(f.result["timeout"] == duration{2min}.count());
  CHECK(f.result["inTime"] == true);
  CHECK(ctx.percents == std::vector<int>{40});
  CHECK(ctx.lines == std::vector<std::string>{"a line", "another one"});
  CHECK(f.outcome.usage.cpu_us > 0);
  CHECK(f.outcome.usage.peak_memory_bytes > (8u << 20));
}

TEST_CASE("an isolated attempt has the former checkpoint, and what it saves is there even when it crashes") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) -> attempt_outcome {
    ctx.save_checkpoint(std::string{a.checkpoint} + " and more");
    ctx.save_checkpoint("last");
    crash("kill");
    return succeed("1");
  }};
  recording_context ctx;
  ctx.former = "former";
  require_kind(x.run(ctx), outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK(ctx.checkpoints == std::vector<std::string>{"former and more", "last"});
}

TEST_CASE("an isolated attempt that sends a checkpoint which cannot be is killed") {
  isolation_fixture x{[](const attempt&, handler_context& ctx) -> attempt_outcome {
    ctx.save_checkpoint(std::string(65'537, 'a'));
    wait_for_ever();
  }};
  recording_context ctx;
  require_kind(x.run(ctx), outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK(ctx.checkpoints.empty());
}

TEST_CASE("every way to end comes back as it is") {
  auto asked = fail("BUSY", "words");
  asked.retry_after = 7s;
  const auto wanted = GENERATE_COPY(values<attempt_outcome>({
    asked,
    succeed(""),
    fail("CODE", "words", R"({"exit":1})"),
    fail_for_good("CODE", "words"),
    snooze(90s, "later"),
  }));
  isolation_fixture x{[wanted](const attempt&, handler_context&) { return wanted; }};
  const auto got = x.run().outcome;
  CHECK(got.kind == wanted.kind);
  CHECK(got.code == wanted.code);
  CHECK(got.message == wanted.message);
  CHECK(got.result == wanted.result);
  CHECK(got.snooze == wanted.snooze);
  CHECK(got.retry_after == wanted.retry_after);
}

TEST_CASE("a crash costs its attempt only, and is a retryable failure with the signal's name") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) {
    ctx.log("before");
    if (const auto how = json::parse(a.payload).value("crash", std::string{}); !how.empty())
      crash(how.c_str());
    return succeed("{}");
  }};
  recording_context ctx;
  auto f = x.run(ctx, {{"crash", "abort"}});
  require_kind(f, outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK_THAT(f.outcome.message, Catch::Contains("SIGABRT"));
  // What it said before is not lost.
  CHECK(ctx.lines == std::vector<std::string>{"before"});
  f = x.run({{"crash", "kill"}});
  require_kind(f, outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK_THAT(f.outcome.message, Catch::Contains("SIGKILL"));
  require_kind(x.run(), outcome_kind::succeeded);
  CHECK(x.losses == 0);
}

TEST_CASE("a handler that ends its process is a crash, one that throws is not") {
  isolation_fixture x{[](const attempt& a, handler_context&) -> attempt_outcome {
    const auto p = json::parse(a.payload);
    if (p.contains("exit"))
      ::_exit(p["exit"].get<int>());
    if (p.contains("throw"))
      throw std::runtime_error("these words");
    throw 7;
  }};
  auto f = x.run({{"exit", 3}});
  require_kind(f, outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK_THAT(f.outcome.message, Catch::Contains("exit code 3"));
  f = x.run({{"throw", true}});
  require_kind(f, outcome_kind::failed_retryable, "HANDLER_EXCEPTION");
  CHECK(f.outcome.message == "these words");
  require_kind(x.run(), outcome_kind::failed_retryable, "HANDLER_EXCEPTION");
}

TEST_CASE("attempts side by side do not disturb each other") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) {
    const auto n = json::parse(a.payload)["n"].get<int>();
    if (n % 3 == 0)
      crash("abort");
    ctx.progress(n, "");
    return succeed(json{{"n", n}}.dump());
  }};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const int n = t * 10 + i;
        recording_context ctx;
        const auto f = x.run(ctx, {{"n", n}});
        const bool good = n % 3 == 0 ? f.outcome.code == "HANDLER_CRASHED"
                                     : f.result == json{{"n", n}} && ctx.percents == std::vector<int>{n};
        wrong += good ? 0 : 1;
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(wrong == 0);
}

TEST_CASE("large payloads and results, and many lines, go through") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) {
    for (int i = 0; i < 5000; ++i)
      ctx.log("line " + std::to_string(i));
    return succeed(std::string{a.payload});
  }};
  recording_context ctx;
  const auto payload = json{{"text", std::string(5u << 20, 'p')}};
  const auto f = x.run(ctx, payload);
  require_kind(f, outcome_kind::succeeded);
  CHECK((f.result == payload));
  REQUIRE(ctx.lines.size() == 5000);
  CHECK(ctx.lines.back() == "line 4999");
}

TEST_CASE("what a process writes into its channel by accident is no outcome") {
  isolation_fixture x{[](const attempt&, handler_context&) {
    const std::string garbage(100, '\xEE');
    for (int fd = 3; fd < 256; ++fd)
      static_cast<void>(!::send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL));
    return succeed("{}");
  }};
  const auto f = x.run();
  require_kind(f, outcome_kind::failed_retryable, "HANDLER_CRASHED");
  CHECK_THAT(f.outcome.message, Catch::Contains("no message"));
}

#ifndef __SANITIZE_ADDRESS__ // it ends a process that gets no memory, by itself
TEST_CASE("the memory that a job reserved is its limit") {
  isolation_fixture x{[](const attempt& a, handler_context&) {
    const std::vector<char> block(json::parse(a.payload)["bytes"].get<size_t>(), 'x');
    return succeed(std::to_string(block.size()));
  }};
  recording_context ctx;
  const auto run = [&](uint64_t bytes, uint64_t reserved) {
    const auto text = json{{"bytes", bytes}}.dump();
    const attempt a{test_job, fence_token{77}, "test", text, 1, 2min, reserved};
    return x.isolated->run(a, ctx);
  };
  CHECK(run(16u << 20, 64u << 20).kind == outcome_kind::succeeded);
  const auto refused = run(128u << 20, 64u << 20);
  CHECK(refused.kind == outcome_kind::failed_retryable);
  CHECK(refused.code == "HANDLER_MEMORY_LIMIT");
  CHECK_THAT(refused.message, Catch::Contains(std::to_string(64u << 20)));
  CHECK(run(128u << 20, 0).kind == outcome_kind::succeeded);
}
#endif

TEST_CASE("isolated attempts per second", "[.][bench]") {
  isolation_fixture x{[](const attempt&, handler_context&) { return succeed("{}"); }};
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i)
    require_kind(x.run(), outcome_kind::succeeded);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  WARN(500 / took.count() << " attempts/s");
}
