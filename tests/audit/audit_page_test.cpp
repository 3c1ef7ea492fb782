#include "tests/audit/audit_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

#include "audit/audit_page.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

std::vector<uint64_t> sequences(const audit_page& p) {
  std::vector<uint64_t> out;
  for (const auto& line : p.lines)
    out.push_back(read_audit_line(line)->sequence);
  return out;
}

/// All pages, one after the other.
std::vector<uint64_t> walk(const audit_scratch& s, audit_query q, size_t* pages = nullptr) {
  std::vector<uint64_t> out;
  for (size_t n = 1; n < 1000; ++n) {
    const auto p = read_audit_page(s.directory, q);
    REQUIRE(p);
    const auto part = sequences(*p);
    out.insert(out.end(), part.begin(), part.end());
    if (pages != nullptr)
      *pages = n;
    if (!p->next)
      return out;
    q.below = p->next;
  }
  FAIL("the pages have no end");
  return out;
}

} // namespace

TEST_CASE("pages go from the latest record to the first, through all files, whatever their size") {
  const audit_scratch s;
  s.write(40, {2000, std::chrono::hours{0}});
  std::vector<uint64_t> expected;
  for (uint64_t i = 40; i > 0; --i)
    expected.push_back(i);
  for (const uint32_t limit : {1u, 3u, 7u, 40u, 100u}) {
    audit_query q;
    q.limit = limit;
    INFO(limit);
    CHECK(walk(s, q) == expected);
  }
  audit_query little;
  little.bytes_max = 1; // a line at a time
  size_t pages = 0;
  CHECK(walk(s, little, &pages) == expected);
  CHECK(pages >= 40);
}

TEST_CASE("lines that are longer than a block are read whole") {
  const audit_scratch s;
  audit_writer w{s.directory, {}};
  for (int i = 0; i < 5; ++i) {
    auto r = some_act();
    r.request = "\"" + std::string(100'000 + static_cast<size_t>(i), 'x') + "\"";
    REQUIRE(w.append({&r, 1}, audit_time(i)));
  }
  CHECK(walk(s, {}) == std::vector<uint64_t>{5, 4, 3, 2, 1});
}

TEST_CASE("a query finds by act, target, actor and time") {
  const audit_scratch s;
  audit_writer w{s.directory, {}};
  const auto add = [&](const std::string& act, const std::string& target, const std::string& who) {
    auto r = some_act(act, target);
    r.actor.claimed_by = who;
    REQUIRE(w.append({&r, 1}, audit_time(static_cast<int64_t>(w.sequence()))));
  };
  add("queue.set", "mail", "ann");
  add("queue.pause", "mail", "bob");
  add("queues.set", "mail", "ann");
  add("schedule.put", "nightly", "ann");
  const auto found = [&](auto set) {
    audit_query q;
    set(q);
    return walk(s, q);
  };
  using all = std::vector<uint64_t>;
  CHECK(found([](auto& q) { q.act = "queue.set"; }) == all{1});
  CHECK(found([](auto& q) { q.act = "queue"; }) == all{2, 1});
  CHECK(found([](auto& q) { q.target = "nightly"; }) == all{4});
  CHECK(found([](auto& q) { q.actor = "ann"; }) == all{4, 3, 1});
  CHECK(found([](auto& q) { q.actor = "127.0.0.1"; }) == all{4, 3, 2, 1});
  CHECK(found([](auto& q) { q.actor = "127.0.0.1:50412"; }).size() == 4);
  CHECK(found([](auto& q) { q.actor = "127.0.0"; }).empty());
  CHECK(found([](auto& q) { q.from = audit_time(2); }) == all{4, 3});
  CHECK(found([](auto& q) { q.to = audit_time(1); }) == all{2, 1});
  CHECK(found([](auto& q) {
          q.actor = "ann";
          q.to = audit_time(2);
        }) == all{3, 1});
}

TEST_CASE("what was begun is no row of its own") {
  const audit_scratch s;
  audit_writer w{s.directory, {}};
  auto begun = some_act();
  begun.outcome.reset();
  auto ended = some_act();
  REQUIRE(w.append({&begun, 1}, audit_time()));
  ended.intent = begun.sequence;
  REQUIRE(w.append({&ended, 1}, audit_time()));
  CHECK(walk(s, {}) == std::vector<uint64_t>{2});
}

TEST_CASE("damaged lines are counted, and those around them shown") {
  const audit_scratch s;
  s.write(3);
  auto lines = s.lines();
  lines[1][40] ^= 1;
  s.replace_lines(lines);
  s.replace(s.read() + "{\"unfinished");
  const auto p = read_audit_page(s.directory, {});
  REQUIRE(p);
  CHECK(sequences(*p) == std::vector<uint64_t>{3, 1});
  CHECK(p->damaged == 1);
}

TEST_CASE("a position that is none is refused, and one of a file that was removed ends the list") {
  const audit_scratch s;
  s.write(3);
  CHECK_FALSE(parse_audit_position(""));
  CHECK_FALSE(parse_audit_position("12"));
  CHECK_FALSE(parse_audit_position("1-"));
  CHECK_FALSE(parse_audit_position("1-2x"));
  CHECK_FALSE(parse_audit_position("-1-2"));
  CHECK(to_string(*parse_audit_position("12-4096")) == "12-4096");
  for (const uint64_t offset : {uint64_t{5}, uint64_t{1} << 40}) {
    audit_query q;
    q.below = audit_position{1, offset};
    const auto p = read_audit_page(s.directory, q);
    REQUIRE_FALSE(p);
    CHECK(p.err().code == ec::invalid_value);
    CHECK(p.err().field == "cursor");
  }
  audit_query q;
  q.below = audit_position{0, 100};
  CHECK(walk(s, q).empty());
}

TEST_CASE("where there is no log yet, there are no records") {
  const audit_scratch s;
  CHECK(walk(s, {}).empty());
}
