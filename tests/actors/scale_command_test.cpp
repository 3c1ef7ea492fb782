// A program of the operator's: a real one each time.
#include "actors/fleet/scale_command.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <vector>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// Bounds a test that hangs, and says nothing about how fast things are.
constexpr auto patience = 60s;

struct calls {
  fs::path directory = fs::temp_directory_path() / ("callboard-scale-" + std::to_string(::getpid()));
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<scale_command::failure> ends;

  calls() {
    fs::create_directories(directory);
  }
  ~calls() {
    fs::remove_all(directory);
  }
  std::string script(const std::string& text) {
    const auto file = directory / "command";
    std::ofstream{file} << "#!/bin/sh\n" << text;
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }
  /// Whoever opens one end waits for the other.
  std::string pipe(const std::string& name) const {
    const auto file = directory / name;
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    return file;
  }
  std::string written(const std::string& name) const {
    std::stringstream out;
    out << std::ifstream{directory / name}.rdbuf();
    return out.str();
  }
  std::function<void(scale_command::failure)> on_end() {
    return [this](scale_command::failure f) {
      const std::lock_guard lock{mutex};
      ends.push_back(std::move(f));
      changed.notify_all();
    };
  }
  scale_command::failure wait(size_t number) {
    std::unique_lock lock{mutex};
    REQUIRE(changed.wait_for(lock, patience, [&] { return ends.size() >= number; }));
    return ends[number - 1];
  }
};

} // namespace

TEST_CASE("a scaling command gets its arguments as they are, one call after the other") {
  calls c;
  scale_command command{
    c.script("for a in \"$@\"; do echo \"$a\" >> " + (c.directory / "arguments").string() + "; done"), patience,
    c.on_end()};
  command.call({{"scale-down", "a b", "$HOME"}, {}});
  CHECK(c.wait(1) == std::nullopt);
  CHECK(c.written("arguments") == "scale-down\na b\n$HOME\n");
  command.call({{"scale-up", "3"}, {}});
  CHECK(c.wait(2) == std::nullopt);
  CHECK(c.written("arguments") == "scale-down\na b\n$HOME\nscale-up\n3\n");
}

TEST_CASE("a scaling command has our environment, with what it is given besides") {
  calls c;
  ::setenv("CALLBOARD_JOIN", "ours", 1);
  scale_command command{c.script("echo \"$CALLBOARD_JOIN $PATH\" > " + (c.directory / "environment").string()),
                        patience, c.on_end()};
  command.call({{}, {"CALLBOARD_JOIN=127.0.0.1:7000"}});
  CHECK(c.wait(1) == std::nullopt);
  ::unsetenv("CALLBOARD_JOIN");
  CHECK(c.written("environment") == "127.0.0.1:7000 " + std::string{std::getenv("PATH")} + "\n");
}

TEST_CASE("a scaling command that fails says how") {
  calls c;
  SECTION("by its exit code") {
    scale_command command{c.script("exit 7"), patience, c.on_end()};
    command.call({});
    CHECK(c.wait(1) == "its exit code was 7");
  }
  SECTION("by a signal") {
    scale_command command{c.script("kill -9 $$"), patience, c.on_end()};
    command.call({});
    CHECK(c.wait(1) == "it was ended by signal 9");
  }
  SECTION("because it is not there, or no program") {
    scale_command missing{c.directory / "missing", patience, c.on_end()};
    missing.call({});
    CHECK(c.wait(1) == "its exit code was 127 (a program was not found)");
    scale_command directory{c.directory, patience, c.on_end()};
    directory.call({});
    CHECK(c.wait(2) == "its exit code was 126");
  }
}

TEST_CASE("a scaling command that takes too long is stopped with what it waits for") {
  calls c;
  const auto ended = (c.directory / "ended").string();
  scale_command command{c.script("trap 'echo yes > " + ended + "; exit 0' TERM\nsleep 1000 & wait"), 100ms, c.on_end()};
  command.call({});
  CHECK(c.wait(1) == "it took longer than autoscale.command_patience");
  CHECK(c.written("ended") == "yes\n");
}

TEST_CASE("nothing that a scaling command has started is touched when it ends, nor the command when the object goes") {
  calls c;
  const auto begun = c.pipe("begun"), work = c.pipe("work"), over = c.pipe("over");
  const auto long_work = "echo yes > " + begun + "; read line < " + work + "; echo \"$line\" > " + over;
  SECTION("what runs in the background") {
    scale_command command{c.script("(" + long_work + ") &"), patience, c.on_end()};
    command.call({});
    CHECK(c.wait(1) == std::nullopt);
    CHECK(c.written("begun") == "yes\n");
  }
  SECTION("the command itself") {
    scale_command command{c.script(long_work), patience, c.on_end()};
    command.call({});
    CHECK(c.written("begun") == "yes\n");
  }
  std::ofstream{work} << "still there\n";
  CHECK(c.written("over") == "still there\n");
}
