#include "core/base/ordered_chunks.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <functional>
#include <numeric>
#include <random>
#include <set>

using namespace callboard;

namespace {

using small = ordered_chunks<int, std::less<>, 8>; // small chunks: many splits and merges

void same(const small& chunks, const std::set<int>& model) {
  chunks.sanity_check();
  RC_ASSERT(chunks.size() == model.size());
  RC_ASSERT(std::vector<int>(chunks.begin(), chunks.end()) == std::vector<int>(model.begin(), model.end()));
  std::vector<int> backwards;
  for (auto it = chunks.end(); it != chunks.begin();)
    backwards.push_back(*--it);
  RC_ASSERT(backwards == std::vector<int>(model.rbegin(), model.rend()));
}

// One random operation on both; even numbers insert, odd ones erase, pop or look up.
void both(small& chunks, std::set<int>& model, uint8_t what, int key) {
  switch (what % 6) {
  case 0:
  case 1:
  case 2:
    RC_ASSERT(chunks.insert(key) == model.insert(key).second);
    return;
  case 3:
    RC_ASSERT(chunks.erase(key) == (model.erase(key) == 1));
    return;
  case 4:
    if (!model.empty()) {
      RC_ASSERT(chunks.pop_front() == *model.begin());
      model.erase(model.begin());
    }
    return;
  default: {
    const auto found = chunks.lower_bound(key);
    const auto expected = model.lower_bound(key);
    RC_ASSERT((found == chunks.end()) == (expected == model.end()));
    if (expected != model.end())
      RC_ASSERT(*found == *expected);
    RC_ASSERT(chunks.contains(key) == model.contains(key));
  }
  }
}

} // namespace

TEST_CASE("chunks behave as a set", "[ordered_chunks]") {
  CHECK(rc::check("any operations", [](const std::vector<std::pair<uint8_t, uint8_t>>& ops) {
    small chunks;
    std::set<int> model;
    for (const auto& [what, key] : ops)
      both(chunks, model, what, key);
    same(chunks, model);
  }));
}

TEST_CASE("chunks behave as a set while they grow and shrink", "[ordered_chunks]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  small chunks;
  std::set<int> model;
  for (int phase = 0; phase < 6; ++phase) {
    // Grow in even phases, shrink in odd ones.
    for (int i = 0; i < 3000; ++i) {
      const auto key = static_cast<int>(random() % 4000);
      const bool grow = random() % 10 < (phase % 2 == 0 ? 8u : 2u);
      if (grow)
        REQUIRE(chunks.insert(key) == model.insert(key).second);
      else if (random() % 2 == 0)
        REQUIRE(chunks.erase(key) == (model.erase(key) == 1));
      else if (const auto at = model.lower_bound(key); at != model.end()) {
        REQUIRE(chunks.erase(*at));
        model.erase(at);
      }
      if (i % 500 == 0)
        chunks.sanity_check();
    }
    REQUIRE(std::vector<int>(chunks.begin(), chunks.end()) == std::vector<int>(model.begin(), model.end()));
  }
  while (!model.empty()) {
    REQUIRE(chunks.erase(*model.begin()));
    model.erase(model.begin());
  }
  CHECK(chunks.empty());
  CHECK(chunks.begin() == chunks.end());
}

TEST_CASE("a line that is taken from the front as it grows stays small", "[ordered_chunks]") {
  ordered_chunks<int, std::less<>> line;
  for (int i = 0; i < 1000; ++i)
    line.insert(i);
  for (int i = 1000; i < 200'000; ++i) {
    line.insert(i);
    REQUIRE(line.pop_front() == i - 1000);
  }
  line.sanity_check();
  CHECK(line.size() == 1000);
  CHECK(line.memory_bytes() < 4 * 1000 * sizeof(int));
}

TEST_CASE("elements that arrive in order fill their chunks", "[ordered_chunks]") {
  ordered_chunks<uint64_t, std::less<>> line;
  constexpr uint64_t many = 100'000;
  for (uint64_t i = 0; i < many; ++i)
    line.insert(i);
  CHECK(line.memory_bytes() < many * sizeof(uint64_t) * 11 / 10);
}

TEST_CASE("memory follows the size down", "[ordered_chunks]") {
  ordered_chunks<uint64_t, std::less<>> chunks;
  for (uint64_t i = 0; i < 100'000; ++i)
    chunks.insert(i);
  for (uint64_t i = 0; i < 100'000; ++i)
    if (i % 100 != 0)
      chunks.erase(i);
  CHECK(chunks.size() == 1000);
  chunks.sanity_check();
  // What remains of the outer vector is 32 bytes for each of 400 chunks at most.
  CHECK(chunks.memory_bytes() < 4 * 1000 * sizeof(uint64_t) + 1024 * 32);
}

TEST_CASE("an empty set has neither first nor last", "[ordered_chunks]") {
  small chunks;
  CHECK_THROWS_AS(chunks.front(), std::logic_error);
  CHECK_THROWS_AS(chunks.back(), std::logic_error);
  CHECK_THROWS_AS(chunks.pop_front(), std::logic_error);
  CHECK(chunks.lower_bound(1) == chunks.end());
  CHECK_FALSE(chunks.erase(1));
  chunks.insert(3);
  CHECK(chunks.front() == 3);
  CHECK(chunks.back() == 3);
  chunks.clear();
  CHECK(chunks.empty());
}
