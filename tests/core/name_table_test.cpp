#include "core/base/name_table.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace callboard;

TEST_CASE("a name has one number while it has users", "[name_table]") {
  name_table names;
  CHECK_FALSE(names.find("default"));
  CHECK(names.acquire("default")->number == 0);
  CHECK(names.acquire("mail")->number == 1);
  CHECK(names.acquire("")->number == 2);
  const auto again = names.acquire("default");
  CHECK(again->number == 0);
  CHECK_FALSE(again->fresh);
  names.release(0);
  names.release(0);
  CHECK_THROWS_AS(names.release(0), std::logic_error);
  CHECK(names.find("mail") == 1u);
  CHECK(names.name(1) == "mail");
  CHECK(names.size() == 3);
  CHECK_THROWS_AS(names.name(3), std::logic_error);
  names.sanity_check();
}

TEST_CASE("a full table takes known names only, until one has no users", "[name_table]") {
  name_table names{100, 1000};
  for (uint32_t i = 0; i < 100; ++i)
    REQUIRE(names.acquire("queue-" + std::to_string(i))->number == i);
  CHECK_FALSE(names.acquire("one more"));
  CHECK(names.acquire("queue-99")->number == 99);
  names.release(40);
  const auto next = names.acquire("one more");
  REQUIRE(next);
  CHECK(next->number == 40);
  CHECK(next->fresh);
  CHECK_FALSE(names.find("queue-40"));
  names.sanity_check();
}

TEST_CASE("names that come and go use up neither numbers nor memory, and recent ones are remembered", "[name_table]") {
  name_table names{1'000'000, 10};
  const auto kept = names.acquire("in use")->number;
  for (int i = 0; i < 10'000; ++i)
    names.release(names.acquire("tenant-" + std::to_string(i))->number);
  CHECK(names.size() == 11);
  CHECK(names.find("in use") == kept);
  CHECK(names.find("tenant-9999"));
  CHECK(names.find("tenant-9990"));
  CHECK_FALSE(names.find("tenant-9989"));
  // One that comes again is remembered longer than those that went after it.
  names.release(names.acquire("tenant-9990")->number);
  names.release(names.acquire("another")->number);
  CHECK(names.find("tenant-9990"));
  CHECK_FALSE(names.find("tenant-9991"));
  names.sanity_check();
}

TEST_CASE("a set of types holds what was added", "[name_table]") {
  type_set some;
  CHECK_FALSE(some.contains(0));
  some.add(0);
  some.add(200);
  some.add(65'535);
  CHECK(some.contains(0));
  CHECK(some.contains(200));
  CHECK(some.contains(65'535));
  CHECK_FALSE(some.contains(1));
  CHECK_FALSE(some.contains(64));
  CHECK(type_set::any().contains(65'535));
  type_set same;
  same.add(65'535);
  same.add(200);
  same.add(0);
  CHECK(same == some);
}
