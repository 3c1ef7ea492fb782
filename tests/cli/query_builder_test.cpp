#include "cli/query_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("parameters of a query are escaped and joined, and those without a value are left out") {
  CHECK(query_builder{"/a"}.target() == "/a");
  CHECK(query_builder{"/a"}.add("x", "").add("y", "1&2").add("z", uint64_t{3}).target() == "/a?y=1%262&z=3");
  CHECK(query_builder{"/a"}.add("from", std::optional<uint32_t>{}).add("to", std::optional<uint32_t>{7}).target() ==
        "/a?to=7");
}
