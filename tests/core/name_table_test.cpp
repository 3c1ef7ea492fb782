#include "core/base/name_table.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace callboard;

TEST_CASE("a name has one number for good", "[name_table]") {
  name_table names;
  CHECK_FALSE(names.find("default"));
  const auto first = names.intern("default");
  CHECK(first == 0);
  CHECK(names.intern("mail") == 1);
  CHECK(names.intern("") == 2);
  CHECK(names.intern("default") == first);
  CHECK(names.find("mail") == 1);
  CHECK(names.name(1) == "mail");
  CHECK(names.size() == 3);
  CHECK_THROWS_AS(names.name(3), std::logic_error);
}

TEST_CASE("a full table takes known names only", "[name_table]") {
  name_table names;
  for (size_t i = 0; i < name_table::names_max; ++i)
    REQUIRE(names.intern("queue-" + std::to_string(i)) == i);
  CHECK_FALSE(names.intern("one more"));
  CHECK(names.intern("queue-65534") == 65'534);
  CHECK(names.name(0) == "queue-0");
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
