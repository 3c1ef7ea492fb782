#include "storage/report_codec.hpp"
#include "tests/core/reports/samples.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// A row with every field set, of many jobs of very different sizes.
report_row wide_row(int jobs = 500) {
  report_row r;
  r.submitted = 7;
  for (int i = 0; i < jobs; ++i) {
    auto s = ended(i % 3 == 0 ? job_state::failed : job_state::completed);
    s.wait = duration{int64_t{i} * i * 37};
    s.run = duration{int64_t{i} * i * i + 5};
    s.usage = {i * 1000, uint64_t{1} << (20 + i % 8)};
    s.asked.slots = 2;
    s.asked.cpu_milli = 1500;
    s.asked.memory_bytes = 1u << 30;
    s.lost = i % 7 == 0;
    s.deadline_missed = i % 11 == 0;
    r.add(s, {1, 2, 3}, report_kind::type);
  }
  auto again = ended(job_state::retrying);
  again.charged = true;
  again.code = "TIMEOUT";
  r.add(again, {}, report_kind::type);
  auto cancelled = ended(job_state::cancelled);
  r.add(cancelled, {}, report_kind::type);
  return r;
}

} // namespace

TEST_CASE("a row of a report is read as it was written", "[report]") {
  for (const auto& r : {report_row{}, wide_row(1), wide_row()}) {
    const auto read = decode_report_row(encode_report_row(r));
    REQUIRE(read);
    CHECK(*read == r);
  }
}

TEST_CASE("a row of a report takes as much room as the documents say", "[report]") {
  CHECK(encode_report_row(report_row{}).size() < 100);
  CHECK(encode_report_row(wide_row()).size() < 1000);
}

TEST_CASE("a damaged row of a report is found out", "[report]") {
  const auto good = encode_report_row(wide_row());
  for (size_t i = 0; i < good.size(); i += 3) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x15);
    CAPTURE(i);
    CHECK_FALSE(decode_report_row(bad));
    CHECK_FALSE(decode_report_row(std::string_view{good}.substr(0, i)));
  }
  auto newer = good;
  newer[0] = 2;
  CHECK(decode_report_row(newer).err().code == ec::wrong_version);
}

TEST_CASE("rows that cannot be read are named, and the others are there", "[report]") {
  std::vector<std::string> damaged;
  const auto rows = read_report_rows({{"report/2026-01-14/type/a", encode_report_row(wide_row())},
                                      {"report/2026-01-14/type/b", "?"},
                                      {"report/nonsense", encode_report_row(wide_row())}},
                                     damaged);
  CHECK(rows.size() == 1);
  CHECK(damaged == std::vector<std::string>{"report/2026-01-14/type/b", "report/nonsense"});
}
