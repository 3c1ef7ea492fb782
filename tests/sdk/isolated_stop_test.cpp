#include "tests/sdk/isolation_fixture.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <csignal>

#include "files/file_lock.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// Waits until nobody holds the lock any more: ends only when the process that took it has ended.
void await_lock(const std::string& file) {
  REQUIRE(file_lock::lock(file, "the test"));
}

/// In a process that is to be killed: holds the lock as long as it lives. Left open on purpose.
void hold_lock(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT, 0600);
  ::flock(fd, LOCK_EX);
}

} // namespace

TEST_CASE("a stop reaches the handler with its reason") {
  const auto [why, kind] = GENERATE(table<cancel_token::reason, outcome_kind>({
    {cancel_token::reason::cancelled, outcome_kind::cancelled},
    {cancel_token::reason::shutdown, outcome_kind::returned},
    {cancel_token::reason::timed_out, outcome_kind::timed_out},
  }));
  isolation_fixture x{[](const attempt&, handler_context& ctx) {
    ctx.progress(1, "waiting");
    ctx.token().wait_for(1h);
    ctx.log("stopped by " + std::to_string(static_cast<int>(ctx.token().why())));
    return stopped(ctx.token(), R"({"partly":true})");
  }};
  recording_context ctx;
  ctx.on_progress = [&ctx, reason = why] { ctx.token().cancel(reason); };
  const auto f = x.run(ctx);
  CHECK(f.kind() == kind);
  CHECK(ctx.lines == std::vector<std::string>{"stopped by " + std::to_string(static_cast<int>(why))});
  CHECK(f.result == json{{"partly", true}});
}

TEST_CASE("isolated: the soft timeout reaches the handler, which ends by itself", "[soft_timeout]") {
  isolation_fixture x{[](const attempt& a, handler_context& ctx) {
    ctx.progress(1, "waiting");
    ctx.token().wait_for_soft_timeout(1h);
    ctx.log(ctx.token() ? "stopped" : "told");
    ctx.save_checkpoint("half");
    return stopped_at_soft_timeout("ended", a.soft_timeout, R"({"part":true})");
  }};
  recording_context ctx;
  ctx.soft_timeout = 2500ms;
  ctx.on_progress = [&ctx] { ctx.token().tell_soft_timeout(); };
  const auto f = x.run(ctx);
  require_kind(f, outcome_kind::timed_out, "TIMEOUT");
  CHECK(f.outcome.message == "ended at its soft timeout of 2.5 s");
  CHECK(f.result == json{{"part", true}});
  CHECK(ctx.lines == std::vector<std::string>{"told"});
  CHECK(ctx.checkpoints == std::vector<std::string>{"half"});
}

TEST_CASE("isolated: soft timeout x cancel, timeout: a handler that goes on is stopped all the same",
          "[soft_timeout]") {
  const auto [why, kind] = GENERATE(table<cancel_token::reason, outcome_kind>({
    {cancel_token::reason::cancelled, outcome_kind::cancelled},
    {cancel_token::reason::preempted, outcome_kind::returned},
    {cancel_token::reason::timed_out, outcome_kind::timed_out},
  }));
  isolation_fixture x{[](const attempt&, handler_context& ctx) {
    ctx.progress(1, "waiting");
    ctx.token().wait_for_soft_timeout(1h);
    ctx.progress(2, ctx.token() ? "stopped" : "told");
    ctx.token().wait_for(1h);
    return stopped(ctx.token());
  }};
  recording_context ctx;
  ctx.soft_timeout = 30s;
  ctx.on_progress = [&ctx, reason = why] {
    if (ctx.percents.back() == 1)
      ctx.token().tell_soft_timeout();
    else
      ctx.token().cancel(reason);
  };
  CHECK(x.run(ctx).kind() == kind);
  CHECK(ctx.percents == std::vector<int>{1, 2});
}

TEST_CASE("what does not stop is killed after the grace, with everything it started") {
  const temporary_directory d;
  const auto own = d.write("own", ""), child = d.write("child", "");
  isolation_fixture x{[&](const attempt&, handler_context& ctx) -> attempt_outcome {
                        hold_lock(own);
                        int ready[2];
                        static_cast<void>(!::pipe(ready));
                        if (::fork() == 0) {
                          hold_lock(child);
                          static_cast<void>(!::write(ready[1], "", 1));
                          wait_for_ever();
                        }
                        char byte;
                        static_cast<void>(!::read(ready[0], &byte, 1));
                        ctx.progress(1, "both are there");
                        wait_for_ever();
                      },
                      20ms};
  recording_context ctx;
  SECTION("when its time is over") {
    ctx.on_progress = [&ctx] { ctx.ends = std::chrono::steady_clock::now(); };
    CHECK(x.run(ctx).kind() == outcome_kind::timed_out);
  }
  SECTION("when it is cancelled") {
    ctx.on_progress = [&ctx] { ctx.token().cancel(cancel_token::reason::cancelled); };
    CHECK(x.run(ctx).kind() == outcome_kind::cancelled);
  }
  await_lock(own);
  await_lock(child);
}

TEST_CASE("an attempt that is lost is killed without grace") {
  isolation_fixture x{[](const attempt&, handler_context& ctx) -> attempt_outcome {
                        ctx.progress(1, "");
                        wait_for_ever();
                      },
                      24h};
  recording_context ctx;
  ctx.on_progress = [&ctx] { ctx.token().cancel(cancel_token::reason::lost); };
  CHECK(x.run(ctx).kind() == outcome_kind::returned);
}

TEST_CASE("the end of the server is told, and fails what it ran") {
  isolation_fixture x{[](const attempt&, handler_context& ctx) -> attempt_outcome {
    ctx.log(std::to_string(::getppid()));
    ctx.progress(1, "");
    wait_for_ever();
  }};
  recording_context ctx;
  ctx.on_progress = [&ctx] { ::kill(std::stoi(ctx.lines.at(0)), SIGKILL); };
  require_kind(x.run(ctx), outcome_kind::failed_retryable, "HANDLER_START");
  CHECK(x.losses == 1);
  require_kind(x.run(), outcome_kind::failed_retryable, "HANDLER_START");
  CHECK(x.losses == 2);
}

TEST_CASE("a worker that is killed takes its isolated attempts along") {
  const temporary_directory d;
  const auto file = d.write("lock", "");
  int ready[2];
  REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
  const auto worker = ::fork();
  if (worker == 0) {
    isolation_fixture x{[&](const attempt&, handler_context&) -> attempt_outcome {
      hold_lock(file);
      static_cast<void>(!::write(ready[1], "", 1));
      wait_for_ever();
    }};
    x.run();
    ::_exit(0);
  }
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::kill(worker, SIGKILL);
  REQUIRE(::waitpid(worker, nullptr, 0) == worker);
  await_lock(file);
  ::close(ready[0]);
  ::close(ready[1]);
}
