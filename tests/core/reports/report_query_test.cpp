#include "core/reports/report_query.hpp"
#include "core/reports/reservation.hpp"
#include "tests/core/reports/samples.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

report_row row(uint64_t completed, uint64_t failed = 0) {
  report_row r;
  r.completed = completed;
  r.failed = failed;
  if (failed > 0)
    r.codes = {{"TIMEOUT", failed}};
  return r;
}

std::vector<std::string> names_of(const report_answer& a) {
  std::vector<std::string> names;
  for (const auto& line : a.lines)
    names.push_back(line.name);
  return names;
}

} // namespace

TEST_CASE("days are written as dates, and nothing else is read as one", "[report]") {
  CHECK(to_text(first_day) == "2026-01-14");
  CHECK(parse_report_day("2026-01-14") == first_day);
  CHECK(parse_report_day("2024-02-29"));
  for (const auto* text : {"", "2026-1-14", "2026-02-29", "2026-13-01", "2026-01-32", "2026-01-14T00:00:00Z",
                           "2026/01/14", "-026-01-14", "20260114"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_report_day(text));
  }
}

TEST_CASE("the name of a fact tells whose row it is", "[report]") {
  for (const auto& key :
       {report_key{first_day, report_kind::all, ""}, report_key{first_day, report_kind::tag, "a/b//c"},
        report_key{first_day, report_kind::tenant, "größe"}})
    CHECK(parse_report_fact_name(report_fact_name(key)) == key);
  CHECK(report_fact_name({first_day, report_kind::type, "exec"}) == "report/2026-01-14/type/exec");
  for (const auto* text : {"report-days", "report/", "report/2026-01-14", "report/2026-01-14/",
                           "report/2026-01-14/type", "report/2026-01-14/nothing/x", "reports/2026-01-14/type/x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_report_fact_name(text));
  }
}

TEST_CASE("a report by day has a line for each day, in order", "[report]") {
  const auto next = first_day + std::chrono::days{1};
  report_sum sum{{report_by::day, first_day, next, report_kind::queue, "mail"}};
  CHECK(sum.wants(report_kind::queue, "mail"));
  CHECK_FALSE(sum.wants(report_kind::queue, "other"));
  CHECK_FALSE(sum.wants(report_kind::all, ""));
  sum.add(next, "mail", row(1));
  sum.add(first_day, "mail", row(2));
  const auto a = sum.take();
  CHECK(names_of(a) == std::vector<std::string>{"2026-01-14", "2026-01-15"});
  CHECK(a.total.completed == 3);
}

TEST_CASE("a report by name adds days up, and has those first of which most jobs ended", "[report]") {
  report_sum sum{{report_by::type, first_day, first_day + std::chrono::days{1}, report_kind::type, {}}};
  sum.add(first_day, "a", row(1));
  sum.add(first_day, "b", row(2, 1));
  sum.add(first_day + std::chrono::days{1}, "a", row(4));
  const auto a = sum.take();
  CHECK(names_of(a) == std::vector<std::string>{"a", "b"});
  CHECK(a.lines[0].row.completed == 5);
  CHECK((a.total.completed == 7 && a.total.failed == 1));
}

TEST_CASE("a report by code counts failures, and jobs of several tags are not added up", "[report]") {
  report_sum codes{{report_by::code, first_day, first_day, report_kind::all, {}}};
  codes.add(first_day, "", row(9, 3));
  const auto by_code = codes.take();
  REQUIRE(names_of(by_code) == std::vector<std::string>{"TIMEOUT"});
  CHECK(by_code.lines[0].row.failed == 3);
  report_sum tags{{report_by::tag, first_day, first_day, report_kind::tag, {}}};
  tags.add(first_day, "x", row(1));
  tags.add(first_day, "y", row(1));
  CHECK(tags.take().total.empty());
}

TEST_CASE("a suggestion is what 95 of 100 attempts needed, and a quarter more", "[reservation]") {
  report_row r;
  auto s = ended(job_state::completed);
  s.asked.cpu_milli = 2000;
  s.asked.memory_bytes = uint64_t{1} << 30;
  s.usage.peak_memory_bytes = 100u << 20;
  for (uint64_t i = 1; i < reservation_attempts_min; ++i)
    r.add(s, {}, report_kind::type);
  CHECK_FALSE(cpu_reservation(r).suggested);
  CHECK(cpu_reservation(r).reason == "19 attempts were measured; 20 are needed for a suggestion");
  r.add(s, {}, report_kind::type);
  const auto cpu = cpu_reservation(r);
  CHECK((cpu.asked_max == 2000 && cpu.measured == 20 && cpu.used_max == 500));
  CHECK(cpu.suggested == 700); // 500 and a quarter, rounded up to a tenth of a core
  CHECK(cpu.reason.find("95 of 100 attempts used at most 0.5 cores; with 25 percent more that is 0.7 cores. 1.3 cores "
                        "less than is asked for would do") == 0);
  const auto memory = memory_reservation(r);
  REQUIRE(memory.suggested);
  CHECK(*memory.suggested % reservation_memory_step_bytes == 0);
  const auto wanted = static_cast<double>(125u << 20);
  CHECK(static_cast<double>(*memory.suggested) == Approx(wanted).epsilon(sparse_histogram::error_max + 0.01));
  CHECK(memory.reason.find("less than is asked for would do") != std::string::npos);
}

TEST_CASE("nothing is suggested for what is not measured, and too small a request is told", "[reservation]") {
  report_row none;
  CHECK(cpu_reservation(none).reason == "no attempt has run");
  CHECK(memory_reservation(none).reason.find("do not tell how much memory") != std::string::npos);
  report_row r;
  auto s = ended(job_state::completed);
  s.asked.cpu_milli = 100;
  for (uint64_t i = 0; i < reservation_attempts_min; ++i)
    r.add(s, {}, report_kind::type);
  CHECK(cpu_reservation(r).reason.find("0.6 cores more than is asked for is needed") != std::string::npos);
  s.asked.cpu_milli = 0;
  report_row unasked;
  for (uint64_t i = 0; i < reservation_attempts_min; ++i)
    unasked.add(s, {}, report_kind::type);
  CHECK(cpu_reservation(unasked).reason.find("Nothing is reserved now") != std::string::npos);
}
