#include "core/job/job.hpp"
#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/named_pipe.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

// Without cgroups: who looks at the processes holds them.

namespace {

constexpr uint64_t mib = 1u << 20;
const std::string out_of_memory{job_error_code::out_of_memory};

finished python(const std::string& script, reserved r, json more = json::object()) {
  json p{{"argv", {TEST_PYTHON, "-c", script}}};
  p.update(more);
  return run(*make_exec({}, 10s), p, r);
}

/// Python code that keeps that much memory in use.
std::string take(uint64_t bytes) {
  return "x = b'x' * " + std::to_string(bytes) + "\n";
}

const std::string for_ever = "import time\ntime.sleep(1000)\n";

} // namespace

TEST_CASE("exec ends a program that takes more memory than its job reserved") {
  const auto f = python(take(200 * mib) + for_ever, {100 * mib});
  require_kind(f, kind::failed_retryable, out_of_memory);
  CHECK(f.result["signal"] == "SIGKILL");
  CHECK(f.outcome.usage.peak_memory_bytes > 100 * mib);
  CHECK(f.outcome.usage.peak_memory_bytes < 300 * mib);
  CHECK_THAT(f.outcome.message, Catch::Contains("resources.memory") && Catch::Contains("of 104857600 bytes") &&
                                  Catch::Contains(std::to_string(f.outcome.usage.peak_memory_bytes)));
}

TEST_CASE("exec lets a program use what its job reserved, and one that reserved nothing what it wants") {
  const temporary_directory d;
  const auto r = GENERATE(reserved{300 * mib}, reserved{});
  // Long enough for some looks: it waits until it has been looked at, as its CPU time tells.
  const auto f = python(take(200 * mib) + "import time\nwhile time.process_time() < 0.5: pass\n", r);
  require_kind(f, kind::succeeded);
  // The largest of some samples where this process has had more (a sanitized one has); the kernel's counters lag.
  CHECK(f.outcome.usage.peak_memory_bytes > 180 * mib);
  CHECK(f.outcome.usage.peak_memory_bytes < 300 * mib);
  CHECK(f.result["peakMemoryBytes"] == f.outcome.usage.peak_memory_bytes);
}

TEST_CASE("exec counts the memory of what a program starts, and ends that, too") {
  const temporary_directory d;
  fifo signs{d};
  const auto own_group = GENERATE(false, true);
  // Two of 80 MiB, each of which alone is within the reservation.
  const auto grandchild = std::string{own_group ? "import os\nos.setpgid(0, 0)\n" : ""} + "f = open('" + signs.path +
                          "', 'w')\nprint('there', file=f, flush=True)\n" + take(80 * mib) + for_ever;
  const auto f = python("import subprocess, sys\n" + take(80 * mib) + "subprocess.run([sys.executable, '-c', \"\"\"" +
                          grandchild + "\"\"\"])\n",
                        {120 * mib});
  require_kind(f, kind::failed_retryable, out_of_memory);
  CHECK(f.outcome.usage.peak_memory_bytes > 120 * mib);
  CHECK(signs.line() == "there\n");
  CHECK(signs.line().empty());
}

TEST_CASE("exec counts memory that processes share once") {
  // Five processes with 60 MiB in sight of each, of which there is one.
  const auto f = python(take(60 * mib) + R"(
import os, time
children = []
for i in range(4):
    pid = os.fork()
    if pid == 0:
        while time.process_time() < 0.2: pass
        os._exit(0)
    children.append(pid)
for pid in children: os.waitpid(pid, 0)
)",
                        {150 * mib});
  require_kind(f, kind::succeeded);
  CHECK(f.outcome.usage.peak_memory_bytes >= 60 * mib);
  CHECK(f.outcome.usage.peak_memory_bytes <= 150 * mib);
}

TEST_CASE("exec counts the memory of a process and of one that it is about to start once") {
  const temporary_directory d;
  const fifo gate{d};
  // The child of posix_spawn is in its parent's memory until it has opened the pipe, which a third one, after some
  // looks, makes possible.
  const auto f = python("import os, time\ngate = '" + gate.path + R"('
if os.fork() == 0:
    while time.process_time() < 0.5: pass
    open(gate, 'w').close()
    os._exit(0)
)" + take(80 * mib) + R"(
os.posix_spawn('/bin/true', ['true'], {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, gate, os.O_RDONLY, 0)])
os.wait()
os.wait()
)",
                        {120 * mib});
  require_kind(f, kind::succeeded);
  CHECK(f.outcome.usage.peak_memory_bytes >= 80 * mib);
}

TEST_CASE("exec reports the CPU time of a program and of what it waited for") {
  const auto f = python("import subprocess, sys\nsubprocess.run([sys.executable, '-c', "
                        "'import time\\nwhile time.process_time() < 0.3: pass'])\n",
                        {});
  require_kind(f, kind::succeeded);
  CHECK(f.outcome.usage.cpu_us >= 300'000);
  CHECK(f.result["cpuSeconds"].get<double>() == Approx(static_cast<double>(f.outcome.usage.cpu_us) / 1e6));
  // Of an attempt that is stopped as well.
  recording_context ctx;
  ctx.ends = std::chrono::steady_clock::now() + 500ms;
  const auto stopped = run(*make_exec({}, 10s), {{"argv", {TEST_PYTHON, "-c", "while True: pass"}}}, ctx);
  require_kind(stopped, kind::timed_out, "TIMEOUT");
  CHECK(stopped.outcome.usage.cpu_us > 0);
}
