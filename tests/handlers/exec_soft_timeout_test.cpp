// What exec does when the soft timeout of an attempt is over, and how that meets the other ends of an attempt.
#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/named_pipe.hpp"

#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;
using reason = cancel_token::reason;

namespace {

/// A shell that says when it is ready, and then waits. What it is told, and then what it does, a trap says.
struct told_shell {
  /// @param trap  before it says that it is ready
  std::string script(const std::string& trap) const {
    return "exec 3> " + signs_path + "; " + trap + "; echo ready >&3; while :; do sleep 1000 3>&- & wait; done";
  }
  /// @param then  what happens to the attempt once the shell is ready
  finished run(const std::string& trap, std::function<void(const cancel_token&)> then, json more = json::object(),
               duration kill_grace = 30s) {
    json p{{"argv", {"/bin/sh", "-c", script(trap)}}};
    p.update(more);
    std::jthread other{[&] {
      if (signs.line() == "ready\n")
        then(ctx.token());
    }};
    return test::run(*make_exec({}, kill_grace), p, ctx);
  }

  told_shell() {
    ctx.soft_timeout = 30s;
  }

  const temporary_directory d;
  fifo signs{d};
  const std::string signs_path = signs.path;
  recording_context ctx;
};

void tell(const cancel_token& t) {
  t.tell_soft_timeout();
}

} // namespace

TEST_CASE("exec: soft timeout: the program gets the signal that it asked for, and may end well", "[soft_timeout]") {
  told_shell sh;
  SECTION("which is SIGTERM") {
    const auto f = sh.run("trap 'echo part; exit 0' TERM", tell);
    require_kind(f, kind::succeeded);
    CHECK(f.result["stdout"] == "part\n");
    CHECK(f.result["exitCode"] == 0);
  }
  SECTION("or another one") {
    const std::string name = GENERATE("TERM", "INT", "USR1", "USR2", "HUP");
    CAPTURE(name);
    const auto f = sh.run("trap 'echo part; exit 0' " + name, tell, {{"softTimeoutSignal", "SIG" + name}});
    require_kind(f, kind::succeeded);
    CHECK(f.result["stdout"] == "part\n");
  }
}

TEST_CASE("exec: soft timeout: a program that ends by the signal has timed out", "[soft_timeout]") {
  told_shell sh;
  const std::string name = GENERATE("SIGTERM", "SIGUSR2");
  const auto f = sh.run("echo begun", tell, {{"softTimeoutSignal", name}});
  require_kind(f, kind::timed_out, "TIMEOUT");
  CHECK(f.outcome.message == "/bin/sh was ended by " + name + " at its soft timeout of 30 s");
  CHECK(f.result["signal"] == name);
  CHECK(f.result["stdout"] == "begun\n");
}

TEST_CASE("exec: soft timeout: a program that ends by another signal, or badly, fails as ever", "[soft_timeout]") {
  told_shell sh;
  SECTION("by another signal") {
    const auto f = sh.run("trap 'kill -KILL $$' TERM", tell);
    require_kind(f, kind::failed_retryable, "EXIT_SIGNAL");
    CHECK(f.outcome.message == "/bin/sh was ended by SIGKILL, after its soft timeout of 30 s");
  }
  SECTION("by an exit code") {
    const auto f = sh.run("trap 'exit 3' TERM", tell);
    require_kind(f, kind::failed_retryable, "EXIT_STATUS");
    CHECK(f.outcome.message == "/bin/sh ended with exit code 3, after its soft timeout of 30 s");
  }
  SECTION("by an exit code that is good") {
    require_kind(sh.run("trap 'exit 3' TERM", tell, {{"okExitCodes", {3}}}), kind::succeeded);
  }
}

TEST_CASE("exec: soft timeout x timeout: a program that goes on is told once, and stopped in the end",
          "[soft_timeout]") {
  told_shell sh;
  const auto f = sh.run(
    "trap 'echo told; echo told >&3' USR1; trap '' TERM",
    [&](const cancel_token& t) {
      t.tell_soft_timeout();
      if (sh.signs.line() == "told\n")
        t.cancel(reason::timed_out);
    },
    {{"softTimeoutSignal", "SIGUSR1"}}, 50ms);
  require_kind(f, kind::timed_out, "TIMEOUT");
  CHECK(f.outcome.message == "ran longer than its timeout");
  CHECK(f.result["stdout"] == "told\n");
  CHECK(f.result["signal"] == "SIGKILL");
}

TEST_CASE("exec: soft timeout x cancel, drain, preemption: what stops the attempt says how it ended",
          "[soft_timeout]") {
  const auto [why, ends] = GENERATE(table<reason, kind>({{reason::cancelled, kind::cancelled},
                                                         {reason::shutdown, kind::returned},
                                                         {reason::preempted, kind::returned},
                                                         {reason::lost, kind::returned}}));
  CAPTURE(static_cast<int>(why));
  told_shell sh;
  SECTION("after it was told") {
    const auto f = sh.run("trap 'echo told >&3' USR1",
                          [&sh, reason = why](const cancel_token& t) {
                            t.tell_soft_timeout();
                            if (sh.signs.line() == "told\n")
                              t.cancel(reason);
                          },
                          {{"softTimeoutSignal", "SIGUSR1"}});
    CHECK(f.kind() == ends);
  }
  SECTION("before its soft timeout") {
    const auto f = sh.run("trap 'echo told' USR1; trap 'exit 0' TERM",
                          [reason = why](const cancel_token& t) {
                            t.cancel(reason);
                            t.tell_soft_timeout();
                          },
                          {{"softTimeoutSignal", "SIGUSR1"}});
    CHECK(f.kind() == ends);
    CHECK(f.result["stdout"] == "");
  }
}

TEST_CASE("exec: soft timeout x checkpoint: what the program saves when it is told is there for the next attempt",
          "[soft_timeout]") {
  told_shell sh;
  const auto saves = "[ \"$(cat \"$CALLBOARD_CHECKPOINT\" 2>/dev/null)\" = 'row 40' ] && exit 0; "
                     "trap 'printf \"row 40\" > \"$CALLBOARD_CHECKPOINT\"; exit 1' TERM";
  require_kind(sh.run(saves, tell), kind::failed_retryable, "EXIT_STATUS");
  REQUIRE(sh.ctx.checkpoints == std::vector<std::string>{"row 40"});
  recording_context next;
  next.former = sh.ctx.checkpoints.back();
  require_kind(run(*make_exec({}, 30s), {{"argv", {"/bin/sh", "-c", sh.script(saves)}}}, next), kind::succeeded);
}

TEST_CASE("exec: soft timeout: a signal that is none of those, filled in from a result, fails for good",
          "[soft_timeout]") {
  recording_context ctx;
  ctx.soft_timeout = 30s;
  const auto f = run(*make_exec({}, 1s), {{"argv", {"true"}}, {"softTimeoutSignal", "SIGKILL"}}, ctx);
  require_kind(f, kind::failed_final, "EXEC_INVALID");
  CHECK_THAT(f.outcome.message, Catch::Contains("payload.softTimeoutSignal") && Catch::Contains("SIGKILL"));
}
