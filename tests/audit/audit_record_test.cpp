#include "tests/audit/audit_fixture.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("a record is the same after its line is read") {
  auto r = some_act();
  r.sequence = 8;
  r.at = audit_time();
  r.intent = 7;
  r.outcome = audit_outcome{409, "version_conflict"};
  r.previous = audit_hash("the one before");
  const auto line = audit_line(r);
  const auto back = read_audit_line(line);
  REQUIRE(back);
  CHECK(back->sequence == 8);
  CHECK(back->at == audit_time());
  CHECK(back->act == "queue.set");
  CHECK(back->target == "mail");
  CHECK(back->actor.address == "127.0.0.1:50412");
  CHECK(back->actor.user_agent == "curl/7.88.1");
  CHECK(back->actor.claimed_by == "ann");
  CHECK(back->intent == 7);
  CHECK(back->request == R"({"concurrency":4})");
  CHECK(back->before == R"({"concurrency":null})");
  CHECK(back->after == R"({"concurrency":4})");
  REQUIRE(back->outcome);
  CHECK(back->outcome->status == 409);
  CHECK(back->outcome->code == "version_conflict");
  CHECK(back->previous == r.previous);
  CHECK(back->hash == r.hash);
}

TEST_CASE("the hash is of the line up to itself, so that sha256sum can check it") {
  auto r = some_act();
  r.sequence = 1;
  r.at = audit_time();
  r.previous = audit_chain_begin;
  const auto line = audit_line(r);
  CHECK(r.hash == audit_hash(line.substr(0, line.rfind(",\"hash\""))));
  CHECK(audit_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-4
}

TEST_CASE("a line with any one byte changed is no record") {
  auto r = some_act();
  r.sequence = 1;
  r.at = audit_time();
  r.previous = audit_chain_begin;
  const auto line = audit_line(r);
  for (size_t i = 0; i < line.size(); ++i) {
    auto changed = line;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    INFO("byte " << i);
    CHECK_FALSE(read_audit_line(changed));
  }
  CHECK_FALSE(read_audit_line(""));
  CHECK_FALSE(read_audit_line(line + " "));
  CHECK_FALSE(read_audit_line(line.substr(1)));
}

TEST_CASE("names with quotes, line ends and bytes that are no UTF-8 stay on one line") {
  auto r = some_act("queue.set", "a\"b\nc\xFF");
  r.actor.claimed_by = "x\n{\"sequence\":2";
  r.sequence = 1;
  r.at = audit_time();
  r.previous = audit_chain_begin;
  const auto line = audit_line(r);
  CHECK(line.find('\n') == std::string::npos);
  const auto back = read_audit_line(line);
  REQUIRE(back);
  CHECK(back->target == "a\"b\nc\xEF\xBF\xBD");
  CHECK(back->actor.claimed_by == "x\n{\"sequence\":2");
}

TEST_CASE("a value goes on one line as it is, or only its size when it is too large") {
  CHECK(bounded_value("{ \"a b\" :\n [1, \"\\\" c\"] }", 100) == "{\"a b\":[1,\"\\\" c\"]}");
  CHECK(bounded_value("[1,2,3]", 7) == "[1,2,3]");
  CHECK(bounded_value("[1,2,34]", 7) == "{\"omittedBytes\":8}");
  CHECK(bounded_value("", 7).empty());
}
