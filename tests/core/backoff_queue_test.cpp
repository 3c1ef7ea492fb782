#include "core/index/backoff_queue.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;

TEST_CASE("pauses end in their order, the older job first among equals", "[backoff_queue]") {
  backoff_queue q;
  CHECK_FALSE(q.next());
  CHECK(q.add({later_on + 2s, job_id{1}}));
  CHECK(q.add({later_on + 1s, job_id{3}}));
  CHECK(q.add({later_on + 1s, job_id{2}}));
  CHECK_FALSE(q.add({later_on + 1s, job_id{2}}));
  CHECK(q.next() == later_on + 1s);
  CHECK(q.pop_due(later_on + 1s - 1us, 10).empty());
  CHECK(q.pop_due(later_on + 1s, 1) == std::vector<backoff_end>{{later_on + 1s, job_id{2}}});
  CHECK(q.pop_due(later_on + 3s, 10) ==
        std::vector<backoff_end>{{later_on + 1s, job_id{3}}, {later_on + 2s, job_id{1}}});
  CHECK(q.size() == 0);
}

TEST_CASE("the back-offs agree with a set", "[backoff_queue]") {
  CHECK(rc::check("random pauses", [](const std::vector<std::pair<uint8_t, uint8_t>>& steps) {
    backoff_queue q;
    std::set<std::pair<steady_point, job_id>> model;
    for (const auto& [what, n] : steps) {
      const auto end = later_on + std::chrono::seconds{n % 16};
      const job_id id{n % 7u + 1};
      if (what % 3 == 0) {
        RC_ASSERT(q.add({end, id}) == model.emplace(end, id).second);
      } else if (what % 3 == 1) {
        RC_ASSERT(q.remove({end, id}) == (model.erase({end, id}) != 0));
      } else {
        std::vector<backoff_end> over;
        while (over.size() < 3 && !model.empty() && model.begin()->first <= end) {
          over.push_back({model.begin()->first, model.begin()->second});
          model.erase(model.begin());
        }
        RC_ASSERT(q.pop_due(end, 3) == over);
      }
      RC_ASSERT(q.next() == (model.empty() ? std::nullopt : std::optional{model.begin()->first}));
      q.sanity_check();
    }
  }));
}
