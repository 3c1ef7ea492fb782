#include "tests/simulate/scripts.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "files/read_file.hpp"

using namespace callboard;

TEST_CASE("every scenario of tests/scenarios goes as it says") {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator{CALLBOARD_SCENARIOS})
    if (file.path().extension() == ".json")
      files.push_back(file.path());
  std::sort(files.begin(), files.end());
  constexpr size_t scenarios_min = 260;
  CHECK(files.size() >= scenarios_min);
  std::set<std::string> names;
  for (const auto& file : files) {
    INFO(file.filename().string());
    const auto text = read_file(file);
    REQUIRE(text);
    const auto plan = simulate::read_scenario(*text);
    if (!plan) {
      FAIL_CHECK(plan.err().message);
      continue;
    }
    CHECK_FALSE(plan->description.empty());
    CHECK(names.insert(plan->name).second);
    const auto r = simulate::run_scenario(*plan);
    for (const auto& u : r.unmet)
      FAIL_CHECK(u.path + " should be " + u.expected + ", and was " + u.was);
    for (const auto& fault : r.faults)
      FAIL_CHECK("fault: " + fault);
  }
}
