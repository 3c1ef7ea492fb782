#include "actors/runtime/log.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <spdlog/formatter.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>

using namespace callboard;

namespace {

/// What the message of such a line is after it was read as JSON, which nlohmann does for UTF-8 only.
std::string message_of_line(std::string_view message) {
  spdlog::memory_buf_t out;
  json_log_form()->format({"callboard", spdlog::level::info, {message.data(), message.size()}}, out);
  return nlohmann::json::parse(out.data(), out.data() + out.size()).at("message").get<std::string>();
}

} // namespace

namespace {

/// Standard error is a full pipe of the smallest size as long as this lives.
class nobody_reads {
public:
  nobody_reads() {
    REQUIRE(::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) == 0);
    ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    while (::write(ends_[1], "x", 1) == 1) {}
    ::fcntl(ends_[1], F_SETFL, 0);
    ::fcntl(ends_[0], F_SETFL, 0);
    ::dup2(ends_[1], STDERR_FILENO);
  }
  ~nobody_reads() {
    restore();
    read_all(); // who is in the middle of a write ends it
    ::close(ends_[0]);
  }
  nobody_reads(const nobody_reads&) = delete;
  nobody_reads& operator=(const nobody_reads&) = delete;

  /// Reads until nobody has the other end any more.
  std::string read_all() {
    std::string text;
    char buf[512];
    for (ssize_t n = 0; (n = ::read(ends_[0], buf, sizeof buf)) > 0;)
      text.append(buf, static_cast<size_t>(n));
    return text;
  }
  /// Standard error is what it was.
  void restore() {
    if (ends_[1] < 0)
      return;
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(std::exchange(ends_[1], -1));
  }

private:
  int ends_[2] = {-1, -1};
  int before_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
};

} // namespace

TEST_CASE("while nobody reads standard error nobody waits, and the oldest lines are dropped and counted") {
  const auto before = log_lines_dropped();
  nobody_reads full;
  std::string text;
  std::thread reader;
  {
    const log_writer writer{{.level = "info", .lines_waiting_max = 16}};
    for (int i = 0; i < 1000; ++i)
      log().info("line {}.", i);
    // Some may wait, and one is being written.
    CHECK(log_lines_dropped() >= before + 1000 - 16 - 1);
    log_last_words("not written, and not waited for");
    reader = std::thread{[&] { text = full.read_all(); }};
  }
  full.restore();
  reader.join();
  CHECK(text.find("line 999.") != std::string::npos);
  CHECK(text.find("line 500.") == std::string::npos);
  CHECK(text.find("lines of the log were dropped") != std::string::npos);
  CHECK(text.find("not written") == std::string::npos);
}

TEST_CASE("without a writer a line for which there is no room is dropped and counted") {
  nobody_reads full;
  const auto before = log_lines_dropped();
  log().error("gone");
  CHECK(log_lines_dropped() == before + 1);
  full.restore();
}

TEST_CASE("a writer whose lines nobody reads ends nevertheless") {
  nobody_reads full;
  const auto before = log_lines_dropped();
  {
    const log_writer writer{{.level = "info", .lines_waiting_max = 16}};
    log().error("nobody reads this");
  }
  CHECK(log_lines_dropped() == before);
  full.restore();
}

TEST_CASE("a line of the JSON log is JSON whatever bytes the message holds") {
  CHECK(message_of_line("quoted \"x\" \\ \n \x01") == "quoted \"x\" \\ \n \x01");
  CHECK(message_of_line("\xC3\x9C") == "\xC3\x9C");
  CHECK(message_of_line("name \xFF\xFE end") == "name \xEF\xBF\xBD\xEF\xBF\xBD end");
  CHECK(message_of_line("cut \xC3") == "cut \xEF\xBF\xBD");
}
