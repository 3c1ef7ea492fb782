#include "tests/audit/audit_fixture.hpp"

#include <catch2/catch.hpp>

#include "audit/audit_directory.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE("a second writer goes on where the first one stopped") {
  const audit_scratch s;
  s.write(2);
  s.write(2);
  const auto all = s.records();
  REQUIRE(all.size() == 4);
  CHECK(all[3].sequence == 4);
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("two writers that take turns keep one chain, also when files change under one of them") {
  const audit_scratch s;
  const audit_bounds small{2000, duration{0}};
  audit_writer a{s.directory, small}, b{s.directory, small};
  for (int i = 0; i < 40; ++i) {
    auto r = some_act();
    REQUIRE((i % 3 == 0 ? a : b).append({&r, 1}, audit_time(i)));
    CHECK(r.sequence == static_cast<uint64_t>(i + 1));
  }
  CHECK(audit_file_numbers(s.directory)->size() > 3);
  CHECK(s.verify().faults_count == 0);
  CHECK(s.verify().records == 40);
}

TEST_CASE("a line that a crash left unfinished is cut off, and that is recorded") {
  const audit_scratch s;
  s.write(2);
  s.replace(s.read() + R"({"sequence":3,"at":"20)");
  s.write(1);
  const auto all = s.records();
  REQUIRE(all.size() == 4);
  CHECK(all[2].act == "log.cut");
  CHECK(all[2].after == R"({"bytes":22,"file":"audit-00000001.jsonl"})");
  CHECK(all[3].act == "queue.set");
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("a broken chain gets a new beginning that tells of it, once, and stays a fault") {
  const audit_scratch s;
  s.write(4);
  auto lines = s.lines();
  lines.erase(lines.begin() + 1);
  s.replace_lines(lines);
  audit_writer w{s.directory, {}};
  auto r = some_act();
  REQUIRE(w.append({&r, 1}, audit_time(9)));
  CHECK(w.broken() == "audit-00000001.jsonl line 2: record 3 comes after record 1");
  auto all = s.records();
  REQUIRE(all.size() == 5);
  CHECK(all[3].act == "log.break");
  CHECK(all[3].previous == audit_chain_begin);
  CHECK(all[3].sequence == 5);
  CHECK(all[4].previous == all[3].hash);
  s.write(1);
  s.write(1);
  all = s.records();
  REQUIRE(all.size() == 7);
  CHECK(all[5].act == "queue.set");
  const auto v = s.verify();
  CHECK(v.faults_count == 2); // where it is broken, and where that is told
  CHECK(v.faults[0].line == 2);
  CHECK(v.faults[1].line == 4);
  audit_writer later{s.directory, {}};
  REQUIRE(later.append({&r, 1}, audit_time(10)));
  CHECK(later.broken().find("record 3 comes after record 1") != std::string::npos);
}

TEST_CASE("records that are taken away while a writer lives are missed by it") {
  const audit_scratch s;
  audit_writer w{s.directory, {}};
  auto r = some_act();
  for (int i = 0; i < 3; ++i)
    REQUIRE(w.append({&r, 1}, audit_time(i)));
  SECTION("lines at the end") {
    auto lines = s.lines();
    lines.pop_back();
    s.replace_lines(lines);
  }
  SECTION("all files") {
    std::filesystem::remove_all(s.directory);
  }
  REQUIRE(w.append({&r, 1}, audit_time(4)));
  CHECK_FALSE(w.broken().empty());
  CHECK(s.verify().faults_count > 0);
}

TEST_CASE("files are closed when they are large enough") {
  const audit_scratch s;
  s.write(30, {1000, duration{0}});
  const auto numbers = audit_file_numbers(s.directory);
  REQUIRE(numbers);
  REQUIRE(numbers->size() > 5);
  const auto line = s.lines(1)[0].size();
  for (const auto n : *numbers) {
    CHECK(s.read(n).size() < 1000 + 2 * line);
    CHECK((n == numbers->back() || s.read(n).size() >= 1000));
  }
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("a crash between a new file and its first record loses nothing") {
  const audit_scratch s;
  s.write(3);
  s.replace("", 2);
  s.write(2);
  CHECK(s.records().size() == 5);
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("old files are removed, and the chain still holds from what says so") {
  const audit_scratch s;
  s.write(30, {1000, duration{0}});
  const auto before = audit_file_numbers(s.directory)->size();
  const auto last_of_first = s.lines(1).back();
  // Nothing is old enough.
  s.write(1, {1000, 1h}, 60);
  CHECK(audit_file_numbers(s.directory)->size() >= before);
  s.write(1, {1000, 1h}, 3600 + 20);
  const auto numbers = audit_file_numbers(s.directory);
  REQUIRE(numbers);
  CHECK(numbers->size() < before);
  CHECK(numbers->front() > 1);
  const auto v = s.verify();
  CHECK(v.faults_count == 0);
  CHECK(v.first > 1);
  const auto all = s.records();
  CHECK(all[all.size() - 2].act == "log.remove");
  CHECK(all[all.size() - 2].after.find(all[0].previous) != std::string::npos);
  // Whoever takes away more is found out.
  std::filesystem::remove(audit_file(s.directory, numbers->front()));
  CHECK(s.verify().faults_count == 1);
}

TEST_CASE("on a full disk nothing of a group is left, and it goes on when there is room") {
  const audit_scratch s;
  audit_writer w{s.directory, {}};
  auto r = some_act();
  REQUIRE(w.append({&r, 1}, audit_time()));
  const auto before = s.read();
  std::vector<audit_record> group{some_act("queue.pause"), some_act("queue.resume")};
  {
    const full_disk full{before.size() + 500}; // the first record fits, and a part of the second one
    const auto ok = w.append(group, audit_time(1));
    REQUIRE_FALSE(ok);
    CHECK(ok.err().code == ec::internal_error);
    CHECK(ok.err().message.find("audit-00000001.jsonl cannot be written") != std::string::npos);
    CHECK_FALSE(w.append(group, audit_time(1)));
  }
  CHECK(s.read() == before);
  REQUIRE(w.append(group, audit_time(2)));
  CHECK(s.records().size() == 3);
  CHECK(group[1].sequence == 3);
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("a directory that cannot be made is an error that names it") {
  const audit_scratch s;
  s.files.write("audit", "a file");
  audit_writer w{s.directory / "below", {}};
  auto r = some_act();
  const auto ok = w.append({&r, 1}, audit_time());
  REQUIRE_FALSE(ok);
  CHECK(ok.err().message.find((s.directory / "below").string()) != std::string::npos);
}

TEST_CASE("the log is for its owner only") {
  const audit_scratch s;
  s.write(1);
  using std::filesystem::perms;
  CHECK((std::filesystem::status(s.directory).permissions() & (perms::group_all | perms::others_all)) == perms::none);
  CHECK((std::filesystem::status(audit_file(s.directory, 1)).permissions() & (perms::group_all | perms::others_all)) ==
        perms::none);
}
