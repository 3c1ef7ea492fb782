#include "tests/cli/session.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace callboard;
using namespace callboard::test;

namespace {

const std::string folder = CALLBOARD_SCENARIOS "/";
const std::string chain = folder + "chain.json";

} // namespace

TEST_CASE("simulate prints the trace and a summary") {
  const auto r = session{}.run({"simulate", chain});
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK_THAT(r.out, Catch::Contains("  running     c           started\n"));
  CHECK_THAT(r.out, Catch::Contains("chain: as expected; 3 completed; 00:00:15.0"));
}

TEST_CASE("simulate --quiet prints a line for each scenario") {
  const auto r = session{}.run({"simulate", "--quiet", chain, folder + "diamond.json"});
  CHECK(r.code == 0);
  std::istringstream lines{r.out};
  std::string first, second, third;
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK_THAT(first, Catch::StartsWith("chain: as expected"));
  CHECK_THAT(second, Catch::StartsWith("diamond: as expected"));
  CHECK_FALSE(std::getline(lines, third));
}

TEST_CASE("simulate tells by its code what did not hold, and what could not be read") {
  const auto unmet = session{}.run({"simulate", "--quiet", "--until", "3s", chain});
  CHECK(unmet.code == 2);
  CHECK_THAT(unmet.out, Catch::Contains("NOT MET at 00:00:0"));
  const auto unread = session{}.run({"simulate", "--quiet", folder + "none.json", chain});
  CHECK(unread.code == 1);
  CHECK_THAT(unread.err, Catch::Contains("none.json"));
  CHECK_THAT(unread.out, Catch::StartsWith("chain: as expected"));
  CHECK(session{}.run({"simulate"}).code == 1);
  CHECK(session{}.run({"simulate", "--until", "soon", chain}).code == 1);
}

TEST_CASE("simulate --json prints one object in each line") {
  const auto r = session{}.run({"simulate", "--json", chain});
  CHECK(r.code == 0);
  std::istringstream lines{r.out};
  std::string last;
  for (std::string line; std::getline(lines, line); last = line) {
    CHECK(line.front() == '{');
    CHECK(line.back() == '}');
  }
  CHECK_THAT(last, Catch::StartsWith(R"({"scenario":"chain","asExpected":true,)"));
}
