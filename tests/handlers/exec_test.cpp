#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/named_pipe.hpp"

#include <csignal>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

finished sh(const std::string& script, json more = json::object(), exec_settings s = {}) {
  json p{{"argv", {"/bin/sh", "-c", script}}};
  p.update(more);
  return run(*make_exec(s, 10s), p);
}

} // namespace

TEST_CASE("exec captures what a program writes and how it ended") {
  const auto f = sh("echo out; echo err >&2; exit 0");
  require_kind(f, kind::succeeded);
  CHECK(f.result["stdout"] == "out\n");
  CHECK(f.result["stderr"] == "err\n");
  CHECK(f.result["exitCode"] == 0);
  CHECK(f.result["stdoutTruncated"] == false);
  CHECK(f.result["pid"] > 0);
  CHECK(f.result["cpuSeconds"] >= 0);
  CHECK(f.result["durationMs"] >= 0);
  CHECK_FALSE(f.result.contains("signal"));
}

TEST_CASE("exec judges the exit code") {
  const auto f = sh("echo why >&2; exit 3");
  require_kind(f, kind::failed_retryable, "EXIT_STATUS");
  CHECK(f.result["exitCode"] == 3);
  CHECK(f.result["stderr"] == "why\n");
  CHECK_THAT(f.outcome.message, Catch::Contains("exit code 3"));
  require_kind(sh("exit 3", {{"okExitCodes", {0, 3}}}), kind::succeeded);
  require_kind(sh("exit 0", {{"okExitCodes", {3}}}), kind::failed_retryable, "EXIT_STATUS");
  const auto killed = sh("kill -SEGV $$");
  require_kind(killed, kind::failed_retryable, "EXIT_SIGNAL");
  CHECK(killed.result["signal"] == "SIGSEGV");
  CHECK_FALSE(killed.result.contains("exitCode"));
}

TEST_CASE("exec gives a program its arguments, environment and directory, and nothing else") {
  const temporary_directory d;
  ::setenv("CALLBOARD_TEST_SECRET", "x", 1);
  const auto f =
    run(*make_exec({}, 1s), {{"argv", {"env"}}, {"env", {{"A", "b c"}, {"LANG", "mine"}}}, {"cwd", d.path()}});
  require_kind(f, kind::succeeded);
  const auto out = f.result["stdout"].get<std::string>();
  CHECK_THAT(out, Catch::Contains("A=b c\n") && Catch::Contains("LANG=mine\n") && Catch::Contains("PATH=") &&
                    Catch::Contains("HOME=") && Catch::Contains("CALLBOARD_JOB_ID=" + to_string(test_job) + "\n") &&
                    Catch::Contains("CALLBOARD_FENCE=77\n") && Catch::Contains("CALLBOARD_ATTEMPT=3\n") &&
                    !Catch::Contains("SECRET"));
  CHECK(sh("pwd -P", {{"cwd", d.path()}}).result["stdout"] == d.path() + "\n");
  CHECK(run(*make_exec({}, 1s), {{"argv", {"printf", "%s|", "a b", "", "$HOME"}}}).result["stdout"] == "a b||$HOME|");
}

TEST_CASE("exec hands the trace on, unless the payload names one") {
  recording_context ctx;
  ctx.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  ctx.tracestate = "vendor=1";
  auto h = make_exec({}, 1s);
  const auto out = [&](const json& payload) { return run(*h, payload, ctx).result["stdout"].get<std::string>(); };
  CHECK_THAT(out({{"argv", {"env"}}}),
             Catch::Contains("TRACEPARENT=" + ctx.traceparent + "\n") && Catch::Contains("TRACESTATE=vendor=1\n"));
  CHECK_THAT(out({{"argv", {"env"}}, {"env", {{"TRACEPARENT", "mine"}}}}), Catch::Contains("TRACEPARENT=mine\n"));
  ctx.traceparent.clear();
  ctx.tracestate.clear();
  CHECK_THAT(out({{"argv", {"env"}}}), !Catch::Contains("TRACE"));
}

TEST_CASE("exec gives a program the former checkpoint, and keeps what it leaves in the file") {
  auto h = make_exec({}, 1s);
  const auto script = [&](const std::string& text, recording_context& ctx) {
    return run(*h, {{"argv", {"/bin/sh", "-c", text}}}, ctx);
  };
  recording_context ctx;
  const auto first = script("ls \"$CALLBOARD_CHECKPOINT\"; echo \"$CALLBOARD_CHECKPOINT\"", ctx).result;
  CHECK_THAT(first["stderr"].get<std::string>(), Catch::Contains("No such file"));
  CHECK(ctx.checkpoints.empty());
  ctx.former = "row 40";
  const auto f = script("cat \"$CALLBOARD_CHECKPOINT\"; echo \" $CALLBOARD_CHECKPOINT\"; printf 41 > x.new; "
                        "printf 'row 41' > \"$CALLBOARD_CHECKPOINT.new\"; "
                        "mv \"$CALLBOARD_CHECKPOINT.new\" \"$CALLBOARD_CHECKPOINT\"; rm -f x.new; exit 1",
                        ctx);
  CHECK_THAT(f.result["stdout"].get<std::string>(), Catch::StartsWith("row 40 /"));
  CHECK(ctx.checkpoints == std::vector<std::string>{"row 41"});
  const auto path = f.result["stdout"].get<std::string>().substr(7);
  CHECK_FALSE(std::filesystem::exists(path.substr(0, path.size() - 1)));
  // The same again is nothing new.
  ctx.checkpoints.clear();
  script("printf 'row 40' > \"$CALLBOARD_CHECKPOINT\"", ctx);
  CHECK(ctx.checkpoints.empty());
  // Also of a program that was killed.
  script("printf late > \"$CALLBOARD_CHECKPOINT\"; kill -KILL $$", ctx);
  CHECK(ctx.checkpoints == std::vector<std::string>{"late"});
  // What it left beside the file goes with the handler.
  const auto directory = std::filesystem::path{path}.parent_path();
  script("printf x > \"$CALLBOARD_CHECKPOINT.left\"", ctx);
  CHECK_FALSE(std::filesystem::is_empty(directory));
  h.reset();
  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("exec keeps no checkpoint that is too long, no UTF-8, or no plain file") {
  auto h = make_exec({}, 1s);
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
         {"head -c 65537 /dev/zero | tr '\\0' a > \"$CALLBOARD_CHECKPOINT\"", "jobs.checkpoint_bytes_max"},
         {"printf '\\377' > \"$CALLBOARD_CHECKPOINT\"", "not UTF-8"},
         {"ln -s /etc/passwd \"$CALLBOARD_CHECKPOINT\"", ""},
         {"mkfifo \"$CALLBOARD_CHECKPOINT\"", ""}}) {
    CAPTURE(text);
    recording_context ctx;
    require_kind(run(*h, {{"argv", {"/bin/sh", "-c", text}}}, ctx), kind::succeeded);
    CHECK(ctx.checkpoints.empty());
    CHECK(ctx.lines.size() == (says.empty() ? 0 : 1));
    if (!says.empty())
      CHECK_THAT(ctx.lines.front(), Catch::Contains(says));
  }
}

TEST_CASE("exec leaks no descriptor, signal mask or ignored signal into a program") {
  const descriptor leaky{::open("/dev/null", O_RDONLY)}; // without O_CLOEXEC
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  REQUIRE(::sigaction(SIGUSR1, &ignore, &before) == 0);
  sigset_t some, mask_before;
  sigemptyset(&some);
  sigaddset(&some, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &some, &mask_before);
  // The shell itself opens nothing; `ls` adds one for the directory it reads.
  const auto f = sh("ls /proc/self/fd | wc -l; grep -E '^Sig(Blk|Ign)' /proc/self/status");
  ::pthread_sigmask(SIG_SETMASK, &mask_before, nullptr);
  ::sigaction(SIGUSR1, &before, nullptr);
  require_kind(f, kind::succeeded);
  CHECK(f.result["stdout"] == "4\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  CHECK(::fcntl(leaky.get(), F_GETFD) == 0);
}

TEST_CASE("exec feeds standard input and takes output at the same time") {
  CHECK(sh("cat", {{"stdin", "given"}}).result["stdout"] == "given");
  CHECK(sh("cat; echo end").result["stdout"] == "end\n");
  // More than any pipe holds, both ways: a handler that wrote all before it read would hang here.
  std::string text;
  for (int i = 0; text.size() < 2'000'000; ++i)
    text += std::to_string(i) + "\n";
  exec_settings s;
  s.output_bytes_max = 4 << 20;
  const auto f = sh("tee /dev/stderr", {{"stdin", text}}, s);
  require_kind(f, kind::succeeded);
  CHECK((f.result["stdout"] == text));
  CHECK((f.result["stderr"] == text));
  // A program that does not read must not end this process with SIGPIPE.
  require_kind(sh("exec 0<&-; echo done", {{"stdin", text}}), kind::succeeded);
}

TEST_CASE("exec keeps the last bytes of much output, and bytes that are no text do not break the result") {
  exec_settings s;
  s.output_bytes_max = 1000;
  const auto f = sh("seq 1 200000", json::object(), s);
  const auto out = f.result["stdout"].get<std::string>();
  CHECK(out.size() == 1000);
  CHECK_THAT(out, Catch::EndsWith("199999\n200000\n"));
  CHECK(f.result["stdoutTruncated"] == true);
  CHECK(f.result["stderrTruncated"] == false);
  CHECK(sh("printf 12345", {{"limits", {{"outputBytes", 2}}}}, s).result["stdout"] == "45");
  CHECK(sh("seq 1 1000", {{"limits", {{"outputBytes", 1'000'000}}}}, s).result["stdout"].get<std::string>().size() ==
        1000);
  CHECK(sh("printf 'a\\377z'").result["stdout"] == "a\xEF\xBF\xBDz");
}

TEST_CASE("exec that is cancelled ends the whole group") {
  const temporary_directory d;
  const auto why = GENERATE(cancel_token::reason::cancelled, cancel_token::reason::timed_out);
  fifo signs{d};
  // The grandchild holds the pipe open as long as it lives.
  const auto script = "echo started; (echo grandchild; exec sleep 1000) > " + signs.path + " & wait";
  recording_context ctx;
  std::jthread canceller{[&] {
    signs.line();
    ctx.token().cancel(why);
  }};
  const auto f = run(*make_exec({}, 30s), {{"argv", {"/bin/sh", "-c", script}}}, ctx);
  canceller.join();
  require_kind(f, why == cancel_token::reason::cancelled ? kind::cancelled : kind::timed_out,
               why == cancel_token::reason::cancelled ? "CANCELLED" : "TIMEOUT");
  CHECK(f.result["stdout"] == "started\n");
  CHECK(f.result["signal"] == "SIGTERM");
  CHECK(signs.line().empty());
}

TEST_CASE("exec kills who does not end within the grace, and at once when the attempt is lost") {
  const temporary_directory d;
  fifo signs{d};
  const auto script = "trap '' TERM; echo ready > " + signs.path + "; while :; do sleep 1000; done";
  const bool lost = GENERATE(false, true);
  recording_context ctx;
  std::jthread canceller{[&] {
    signs.line();
    ctx.token().cancel(lost ? cancel_token::reason::lost : cancel_token::reason::cancelled);
  }};
  const auto begin = std::chrono::steady_clock::now();
  const auto f = run(*make_exec({}, lost ? duration{1h} : duration{50ms}), {{"argv", {"/bin/sh", "-c", script}}}, ctx);
  canceller.join();
  require_kind(f, lost ? kind::returned : kind::cancelled, lost ? "" : "CANCELLED");
  CHECK(f.result["signal"] == "SIGKILL");
  CHECK(std::chrono::steady_clock::now() - begin < 1min);
}

TEST_CASE("exec stops at its deadline, and a program may end well within the grace") {
  const temporary_directory d;
  fifo signs{d};
  recording_context ctx;
  ctx.ends = std::chrono::steady_clock::now() + 300ms;
  const auto script = "trap 'echo bye; exit 0' TERM; while :; do read line < " + signs.path + "; done";
  const auto f = run(*make_exec({}, 30s), {{"argv", {"/bin/sh", "-c", script}}}, ctx);
  require_kind(f, kind::timed_out, "TIMEOUT");
  CHECK(f.result["stdout"] == "bye\n");
  CHECK(f.result["exitCode"] == 0);
}

TEST_CASE("exec leaves no process of the group behind and does not wait for its output") {
  const temporary_directory d;
  fifo signs{d};
  const auto go = d.path("go");
  REQUIRE(::mkfifo(go.c_str(), 0600) == 0);
  // The background process says when it is there, and keeps both the pipe and standard error open.
  const auto f = sh("(echo go > " + go + "; exec sleep 1000) > " + signs.path + " & read line < " + go + "; echo over");
  require_kind(f, kind::succeeded);
  CHECK(f.result["stdout"] == "over\n");
  CHECK(signs.line().empty());
}
