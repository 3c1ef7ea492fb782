#include "core/webhooks/told_ends.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

ended_cursor at(uint64_t row) {
  return {row, 0, 0, 0};
}

ended_page page_to(uint64_t row, bool complete) {
  ended_page p;
  p.next = at(row);
  p.complete = complete;
  return p;
}

} // namespace

TEST_CASE("without a safe place nothing is looked for, and none is wanted", "[webhooks]") {
  told_ends t;
  CHECK_FALSE(t.safe());
  CHECK_FALSE(t.walk());
  CHECK_FALSE(t.wants_place());
  t.fell_behind();
  CHECK_FALSE(t.walk());
  t.place_came(at(5));
  t.read_all(1);
  CHECK_FALSE(t.to_write());
}

TEST_CASE("a place becomes safe when all before it was told, read and delivered", "[webhooks]") {
  told_ends t;
  t.start(at(10));
  CHECK_FALSE(t.walk());
  REQUIRE(t.wants_place());
  t.read_all(3); // of the time before the place
  CHECK_FALSE(t.to_write());
  t.place_came(at(20));
  CHECK_FALSE(t.wants_place());
  CHECK_FALSE(t.to_write());
  t.read_all(7);
  CHECK(t.waits_for() == 7u);
  CHECK(t.to_write() == at(20));
  t.place_came(at(30)); // too early: the one before is not written
  t.written(at(20));
  CHECK(t.safe() == at(20));
  CHECK_FALSE(t.to_write());
  CHECK(t.wants_place());
}

TEST_CASE("after a start the ends behind the last place that was written are looked for, page by page", "[webhooks]") {
  told_ends t;
  t.restore(at(10));
  CHECK(t.walk() == at(10));
  CHECK_FALSE(t.wants_place());
  t.walked(page_to(15, false), 4);
  CHECK(t.walk() == at(15));
  // What was offered is safe when its jobs are there, so that another crash does not begin anew.
  CHECK(t.waits_for() == 4u);
  CHECK(t.to_write() == at(15));
  t.walked(page_to(20, true), 9);
  CHECK_FALSE(t.walk());
  CHECK(t.to_write() == at(15));
  t.written(at(15));
  CHECK(t.safe() == at(15));
  CHECK(t.wants_place());
}

TEST_CASE("ends that were missed are looked for behind the safe place", "[webhooks]") {
  told_ends t;
  t.start(at(10));
  t.place_came(at(20));
  t.fell_behind();
  CHECK(t.walk() == at(10));
  t.read_all(5); // the place before which they were missed is not taken
  CHECK_FALSE(t.to_write());
  t.walked(page_to(25, true), 6);
  CHECK_FALSE(t.walk());
  CHECK(t.to_write() == at(25));
}

TEST_CASE("a place that is not written yet is given up when ends before it were missed", "[webhooks]") {
  told_ends t;
  t.start(at(10));
  t.place_came(at(20));
  t.read_all(5);
  t.fell_behind();
  CHECK_FALSE(t.to_write());
  CHECK(t.walk() == at(10));
  t.written(at(20)); // its write was on the way
  CHECK(t.walk() == at(10));
}

TEST_CASE("what is missed while it is looked for prolongs the search and does not begin it anew", "[webhooks]") {
  told_ends t;
  t.restore(at(10));
  t.walked(page_to(15, false), 4);
  t.fell_behind();
  CHECK(t.walk() == at(15));
  t.walked(page_to(20, true), 5);
  CHECK(t.walk() == at(20));
  t.walked(page_to(22, true), 6);
  CHECK_FALSE(t.walk());
}
