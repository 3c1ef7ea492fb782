#include "core/index/job_table.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

using namespace callboard;

namespace {

job_entry entry(uint64_t id, uint16_t queue = 0, job_state state = job_state::queued) {
  job_entry e;
  e.id = job_id{id};
  e.queue = queue;
  e.state = state;
  return e;
}

const auto everything = [](const job_entry&) { return true; };

} // namespace

TEST_CASE("the table counts like a naive one", "[job_table]") {
  CHECK(rc::check("any operations", [](const std::vector<std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>>& ops) {
    job_table table;
    std::map<uint64_t, std::pair<uint16_t, job_state>> model;
    for (const auto& [what, key, q, s] : ops) {
      const uint64_t id = key % 64 + 1u;
      const uint16_t queue = q % 3;
      const auto state = static_cast<job_state>(s % job_state_count);
      if (what % 3 == 0) {
        RC_ASSERT(table.insert(entry(id, queue, state)) == model.emplace(id, std::pair{queue, state}).second);
      } else if (what % 3 == 1) {
        RC_ASSERT(table.erase(job_id{id}) == (model.erase(id) == 1));
      } else {
        const bool there = table.update(job_id{id}, [&](job_entry& e) {
          e.queue = queue;
          e.state = state;
        });
        RC_ASSERT(there == (model.count(id) == 1));
        if (there)
          model[id] = {queue, state};
      }
    }
    table.sanity_check();
    RC_ASSERT(table.size() == model.size());
    std::map<std::pair<uint16_t, job_state>, uint64_t> counts;
    for (const auto& [id, where] : model) {
      ++counts[where];
      const auto* found = table.find(job_id{id});
      RC_ASSERT(found != nullptr);
      RC_ASSERT(found->queue == where.first && found->state == where.second);
    }
    for (uint16_t queue = 0; queue < 4; ++queue)
      for (size_t s = 0; s < job_state_count; ++s)
        RC_ASSERT((table.by_state(queue)[s] == counts[{queue, static_cast<job_state>(s)}]));
  }));
}

TEST_CASE("pages of any size together show everything once, newest first", "[job_table]") {
  CHECK(rc::check("paging", [](uint16_t many, uint8_t limit_seed, uint8_t examine_seed) {
    const size_t limit = limit_seed % 20 + 1u, examine = examine_seed % 50 + 1u;
    job_table table;
    std::vector<job_id> expected;
    for (uint64_t i = many % 700; i > 0; --i)
      if (i % 3 == 0)
        expected.push_back(job_id{i});
    for (uint64_t i = 1; i <= many % 700u; ++i)
      table.insert(entry(i));
    std::vector<job_id> seen;
    std::optional<job_id> below;
    for (size_t pages = 0;; ++pages) {
      RC_ASSERT(pages <= 701u); // each page makes progress
      const auto page = table.page(below, limit, examine, [](const job_entry& e) { return e.id.value % 3 == 0; });
      RC_ASSERT(page.ids.size() <= limit);
      seen.insert(seen.end(), page.ids.begin(), page.ids.end());
      if (!page.examined_to)
        break;
      RC_ASSERT(!below || *page.examined_to < *below);
      below = page.examined_to;
    }
    RC_ASSERT(seen == expected);
  }));
}

TEST_CASE("a page starts below an id that is not there", "[job_table]") {
  job_table table;
  for (uint64_t i : {10u, 20u, 30u})
    table.insert(entry(i));
  const auto page = table.page(job_id{25}, 10, 10, everything);
  CHECK(page.ids == std::vector{job_id{20}, job_id{10}});
  CHECK_FALSE(page.examined_to);
  CHECK(table.page(job_id{5}, 10, 10, everything).ids.empty());
  CHECK(job_table{}.page(std::nullopt, 10, 10, everything).ids.empty());
  const auto first = table.page(std::nullopt, 1, 10, everything);
  CHECK(first.ids == std::vector{job_id{30}});
  CHECK(first.examined_to == job_id{30});
}

TEST_CASE("an entry keeps its id, and flags are bits", "[job_table]") {
  job_table table;
  table.insert(entry(1));
  CHECK_THROWS_AS(table.update(job_id{1}, [](job_entry& e) { e.id = job_id{2}; }), std::logic_error);
  CHECK_THROWS_AS(table.insert(job_entry{}), std::logic_error);
  job_entry e;
  e.set(job_flag::ready, true);
  e.set(job_flag::placed, true);
  e.set(job_flag::ready, false);
  CHECK(e.has(job_flag::placed));
  CHECK_FALSE(e.has(job_flag::ready));
}
