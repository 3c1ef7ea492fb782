#include "cli/format.hpp"
#include "cli/job_print.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

constexpr time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h};

program_context context_of(std::map<std::string, std::string> environment, bool terminal) {
  static std::istringstream in;
  static std::ostringstream out;
  return {.in = in, .out = out, .err = out, .environment = std::move(environment), .terminal = terminal};
}

} // namespace

TEST_CASE("relative times have one unit, rounded down") {
  const std::pair<duration, const char*> samples[] = {
    {0s, "just now"},   {-999ms, "just now"},     {-1s, "1s ago"}, {-59s, "59s ago"},
    {-60s, "1min ago"}, {-3599s, "59min ago"},    {-1h, "1h ago"}, {-23h - 59min, "23h ago"},
    {-24h, "1d ago"},   {-400 * 24h, "400d ago"}, {5s, "in 5s"},   {2min, "in 2min"},
    {48h, "in 2d"},
  };
  for (const auto& [d, text] : samples)
    CHECK(relative_time(noon + d, noon) == text);
  CHECK(relative_time(std::string_view{"2026-01-15T11:00:00Z"}, noon) == "1h ago");
  CHECK(relative_time(std::string_view{"\033[2J"}, noon) == "?[2J");
  CHECK(relative_time(std::string_view{}, noon).empty());
}

TEST_CASE("durations for people") {
  const std::pair<duration, const char*> samples[] = {
    {0us, "0ms"},  {500us, "0.5ms"},   {12ms, "12ms"},         {999ms, "999ms"},
    {1s, "1s"},    {3200ms, "3.2s"},   {3290ms, "3.2s"},       {59'999ms, "59.9s"},
    {60s, "1min"}, {250s, "4min 10s"}, {2h + 5min, "2h 5min"}, {76h, "3d 4h"},
  };
  for (const auto& [d, text] : samples)
    CHECK(short_duration(d) == text);
}

TEST_CASE("nothing that reaches a terminal can control it") {
  CHECK(printable("plain") == "plain");
  CHECK(printable("a\033[31mb\x7f") == "a?[31mb?");
  CHECK(printable("line\nbreak\ttab\r") == "line break tab?");
  CHECK(printable("c1 \xC2\x9B, not \xC2\xA0 or grüße") == "c1 ?, not \xC2\xA0 or grüße");
}

TEST_CASE("columns are code points") {
  CHECK(columns("abc") == 3);
  CHECK(columns("grüße") == 5);
  CHECK(shortened("grüße", 5) == "grüße");
  CHECK(shortened("grüße aus", 5) == "grüß…");
  CHECK(columns(shortened(std::string(100, 'x'), 10)) == 10);
}

TEST_CASE("tables are aligned, and go on where they were") {
  const auto c = context_of({}, false);
  const palette colours{c};
  std::ostringstream out;
  table t{{"A", "B", "C"}, 1};
  t.add({"1", "grün", "x"});
  t.add({"22", "rot", "y\nz"});
  t.flush(out, colours);
  CHECK(out.str() == "A   B     C\n1   grün  x\n22  rot   y z\n");
  out.str("");
  t.add({"3", "b"});
  t.flush(out, colours);
  CHECK(out.str() == "3   b     \n");
}

TEST_CASE("colours on terminals only, and never against NO_COLOR") {
  CHECK(palette{context_of({}, false)}.status("failed") == "failed");
  CHECK(palette{context_of({}, true)}.status("failed") == "\033[31mfailed\033[0m");
  CHECK(palette{context_of({{"NO_COLOR", "1"}}, true)}.status("failed") == "failed");
  CHECK(palette{context_of({{"NO_COLOR", ""}}, true)}.status("failed") == "\033[31mfailed\033[0m");
  CHECK(palette{context_of({}, true)}.status("no such status") == "no such status");
}

TEST_CASE("a job in one line") {
  using json = nlohmann::ordered_json;
  const std::pair<json, const char*> samples[] = {
    {{{"status", "queued"}, {"scheduleAt", "2026-01-15T11:00:00Z"}}, "queued"},
    {{{"status", "scheduled"}, {"scheduleAt", "2026-01-15T12:05:00Z"}}, "scheduled, starts in 5min"},
    {{{"status", "running"}, {"workerID", "w1"}, {"attempt", 1}}, "running on w1"},
    {{{"status", "running"},
      {"workerID", "w1"},
      {"attempt", 2},
      {"progress", {{"percent", 40}, {"message", "half\n"}}}},
     "running on w1, attempt 2, 40% half "},
    {{{"status", "retrying"},
      {"nextAttemptAt", "2026-01-15T12:00:09Z"},
      {"retryCount", 1},
      {"error", {{"code", "X"}, {"message", "no"}}}},
     "retrying in 9s, retries: 1, X: no"},
    {{{"status", "completed"}, {"startedAt", "2026-01-15T11:00:00Z"}, {"completedAt", "2026-01-15T11:00:01.500Z"}},
     "completed after 1.5s"},
    {{{"status", "failed"}, {"error", {{"code", "TIMEOUT"}, {"message", "too long"}}}}, "failed, TIMEOUT: too long"},
    {{{"status", "cancelled"}}, "cancelled"},
  };
  for (const auto& [job, line] : samples)
    CHECK(job_line(job, noon) == line);
}
