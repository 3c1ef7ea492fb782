// The processes that a scheduler before this one has left: real ones, and the file in which they are written down.
#include "actors/fleet/local_workers.hpp"

#include <catch2/catch.hpp>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

extern char** environ;

using namespace callboard;
using namespace std::chrono_literals;

namespace {

/// A process that stays until it is killed.
class sleeper {
public:
  sleeper() {
    std::string name = "sleep", seconds = "1000000";
    char* argv[] = {name.data(), seconds.data(), nullptr};
    REQUIRE(::posix_spawnp(&pid, "sleep", nullptr, nullptr, argv, environ) == 0);
  }
  ~sleeper() {
    if (!reaped_) {
      ::kill(pid, SIGKILL);
      end();
    }
  }
  sleeper(const sleeper&) = delete;
  sleeper& operator=(const sleeper&) = delete;

  bool runs() {
    int status = 0;
    return !reaped_ && ::waitpid(pid, &status, WNOHANG) == 0;
  }
  /// Waits for its end; the signal that ended it.
  int end() {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    reaped_ = true;
    return WTERMSIG(status);
  }

  pid_t pid = 0;

private:
  bool reaped_ = false;
};

struct written_down {
  std::string file =
    (std::filesystem::temp_directory_path() / ("callboard-workers-" + std::to_string(::getpid()) + ".pids")).string();
  std::promise<void> gone;
  std::future<void> is_gone = gone.get_future();

  ~written_down() {
    std::filesystem::remove(file);
  }
  void write(pid_t pid, uint64_t start_time) const {
    std::ofstream{file, std::ios::app} << pid << ' ' << start_time << '\n';
  }
  bool told() const {
    return is_gone.wait_for(0s) == std::future_status::ready;
  }
};

void nobody_ends(pid_t, int) {
  FAIL("none of these is a child of local_workers");
}

} // namespace

TEST_CASE("former workers: none", "[local_workers]") {
  written_down w;
  local_workers all{w.file, nobody_ends};
  CHECK(all.await_leftovers(1h, [&] { w.gone.set_value(); }));
}

TEST_CASE("former workers: one that goes by itself is waited for, and not killed", "[local_workers]") {
  written_down w;
  sleeper first, second;
  w.write(first.pid, process_start_time(first.pid));
  w.write(second.pid, process_start_time(second.pid));
  local_workers all{w.file, nobody_ends};
  REQUIRE_FALSE(all.await_leftovers(1h, [&] { w.gone.set_value(); }));
  ::kill(first.pid, SIGTERM);
  CHECK(first.end() == SIGTERM);
  CHECK_FALSE(w.told());
  CHECK(second.runs());
  ::kill(second.pid, SIGTERM);
  w.is_gone.wait();
  CHECK(second.end() == SIGTERM);
}

TEST_CASE("former workers: one that does not go is killed after the grace", "[local_workers]") {
  written_down w;
  sleeper deaf;
  w.write(deaf.pid, process_start_time(deaf.pid));
  local_workers all{w.file, nobody_ends};
  REQUIRE_FALSE(all.await_leftovers(20ms, [&] { w.gone.set_value(); }));
  w.is_gone.wait();
  CHECK(deaf.end() == SIGKILL);
}

TEST_CASE("former workers: who has the number of one now is left alone", "[local_workers]") {
  written_down w;
  sleeper other;
  w.write(other.pid, process_start_time(other.pid) + 1);
  local_workers all{w.file, nobody_ends};
  CHECK(all.await_leftovers(0ms, [&] { w.gone.set_value(); }));
  CHECK(other.runs());
}

TEST_CASE("former workers: a scheduler that ends does not wait for them", "[local_workers]") {
  written_down w;
  sleeper deaf;
  w.write(deaf.pid, process_start_time(deaf.pid));
  {
    local_workers all{w.file, nobody_ends};
    REQUIRE_FALSE(all.await_leftovers(1h, [&] { w.gone.set_value(); }));
  }
  CHECK_FALSE(w.told());
  CHECK(deaf.runs());
}
