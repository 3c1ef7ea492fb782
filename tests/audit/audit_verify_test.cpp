#include "tests/audit/audit_fixture.hpp"

#include <catch2/catch.hpp>

#include <utility>

#include "audit/audit_directory.hpp"

using namespace callboard;
using namespace callboard::test;

TEST_CASE("an untouched log has no fault, and its last hash can be expected") {
  const audit_scratch s;
  s.write(5);
  const auto v = s.verify();
  CHECK(v.faults_count == 0);
  CHECK(v.files == 1);
  CHECK(v.records == 5);
  CHECK(v.first == 1);
  CHECK(v.last == 5);
  CHECK(v.hash == s.records().back().hash);
  CHECK(s.verify(v.hash).faults_count == 0);
}

TEST_CASE("what was done to the lines of a log is found at its first line") {
  const audit_scratch s;
  s.write(5);
  const auto good = s.lines();
  auto lines = good;
  uint64_t at = 0;
  SECTION("a byte was changed") {
    lines[2][lines[2].find("mail")] = 'M';
    at = 3;
  }
  SECTION("a line was removed") {
    lines.erase(lines.begin() + 2);
    at = 3;
  }
  SECTION("the first line was removed") {
    lines.erase(lines.begin());
    at = 1;
  }
  SECTION("two lines were swapped") {
    std::swap(lines[1], lines[2]);
    at = 2;
  }
  SECTION("a line was written twice") {
    lines.insert(lines.begin() + 3, lines[2]);
    at = 4;
  }
  SECTION("a line was made up, with a good hash of its own") {
    auto r = some_act("queue.clear");
    r.sequence = 3;
    r.at = audit_time();
    r.previous = read_audit_line(good[1])->hash;
    lines[2] = audit_line(r);
    at = 4; // the one behind it follows the true one
  }
  s.replace_lines(lines);
  const auto v = s.verify();
  REQUIRE(v.faults_count > 0);
  CHECK(v.faults.front().line == at);
  CHECK(v.faults.front().file == audit_file(s.directory, 1));
}

TEST_CASE("that the latest records were taken away is found by whoever knows a hash of them only") {
  const audit_scratch s;
  s.write(5);
  const auto hash = s.verify().hash;
  auto lines = s.lines();
  lines.pop_back();
  s.replace_lines(lines);
  CHECK(s.verify().faults_count == 0);
  const auto v = s.verify(hash);
  REQUIRE(v.faults_count == 1);
  CHECK(v.faults[0].why == "no record has the hash " + hash);
}

TEST_CASE("a whole file that is missing is found, in the middle and at the beginning") {
  const audit_scratch s;
  s.write(30, {1000, duration{0}});
  const auto numbers = audit_file_numbers(s.directory);
  REQUIRE(numbers);
  REQUIRE(numbers->size() > 3);
  CHECK(s.verify().faults_count == 0);
  SECTION("in the middle") {
    std::filesystem::remove(audit_file(s.directory, 2));
    const auto v = s.verify();
    REQUIRE(v.faults_count == 1);
    CHECK(v.faults[0].file == audit_file(s.directory, 3));
    CHECK(v.faults[0].line == 1);
  }
  SECTION("at the beginning") {
    std::filesystem::remove(audit_file(s.directory, 1));
    const auto v = s.verify();
    REQUIRE(v.faults_count == 1);
    CHECK(v.faults[0].why.find("no record says that those before were removed") != std::string::npos);
  }
}

TEST_CASE("an unfinished line at the end is no fault, in the middle it is one") {
  const audit_scratch s;
  s.write(30, {1000, duration{0}});
  const auto last = audit_file_numbers(s.directory)->back();
  s.replace(s.read(last) + "{\"sequence\":31", last);
  auto v = s.verify();
  CHECK(v.faults_count == 0);
  CHECK(v.unfinished_bytes == 14);
  s.replace(s.read(1) + "{", 1);
  v = s.verify();
  REQUIRE(v.faults_count == 1);
  CHECK(v.faults[0].why == "its last line is not whole");
}

TEST_CASE("where there is no log, that is said") {
  const audit_scratch s;
  const auto v = verify_audit(s.directory);
  REQUIRE_FALSE(v);
  CHECK(v.err().code == ec::not_found);
}
