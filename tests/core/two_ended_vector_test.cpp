#include "core/base/two_ended_vector.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <memory>

using namespace callboard;

TEST_CASE("a two-ended vector behaves as a vector", "[two_ended_vector]") {
  CHECK(rc::check("any operations", [](const std::vector<std::pair<uint8_t, uint16_t>>& ops) {
    two_ended_vector<std::unique_ptr<int>> items; // what is moved twice or from the wrong place is missed
    std::vector<int> model;
    int next = 0;
    for (const auto& [what, where] : ops) {
      const auto at = where % (model.size() + 1);
      if (what % 5 < 2) {
        items.insert(at, std::make_unique<int>(next));
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), next++);
      } else if (what % 5 == 2) {
        items.emplace_back() = std::make_unique<int>(next);
        model.push_back(next++);
      } else if (at < model.size()) {
        items.erase(at);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
      }
      RC_ASSERT(items.size() == model.size());
      RC_ASSERT(items.empty() == model.empty());
      for (size_t i = 0; i < model.size(); ++i)
        RC_ASSERT(items[i] && *items[i] == model[i]);
      RC_ASSERT(static_cast<size_t>(items.end() - items.begin()) == model.size());
      if (!model.empty())
        RC_ASSERT((*items.front() == model.front() && *items.back() == model.back()));
    }
  }));
}

TEST_CASE("a two-ended vector that moves on as a line does not grow", "[two_ended_vector]") {
  constexpr size_t length = 100;
  two_ended_vector<size_t> line;
  for (size_t n = 0; n < 100 * length; ++n) {
    line.emplace_back() = n;
    if (n < length)
      continue;
    line.erase(0);
    REQUIRE(line.front() == n - length + 1);
  }
  CHECK(line.capacity() <= 8 * length);
}
