#include "core/index/timer_queue.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <set>

using namespace callboard;
using namespace std::chrono_literals;
using test::noon;

TEST_CASE("timers behave as a sorted set", "[timer_queue]") {
  CHECK(rc::check("any operations", [](const std::vector<std::tuple<uint8_t, uint8_t, uint8_t>>& ops) {
    timer_queue timers;
    std::set<std::tuple<time_point, uint64_t, int>> model;
    for (const auto& [what, at, id] : ops) {
      const timer t{noon + std::chrono::seconds{at % 50}, job_id{id % 10 + 1u}, static_cast<timer_kind>(id % 2)};
      const std::tuple key{t.at, t.id.value, static_cast<int>(t.kind)};
      if (what % 4 < 2) {
        RC_ASSERT(timers.add(t) == model.insert(key).second);
      } else if (what % 4 == 2) {
        RC_ASSERT(timers.remove(t) == (model.erase(key) == 1));
      } else {
        const size_t most = id % 5;
        const auto due = timers.pop_due(t.at, most);
        for (const auto& d : due) {
          RC_ASSERT(d.at <= t.at);
          RC_ASSERT((std::tuple{d.at, d.id.value, static_cast<int>(d.kind)}) == *model.begin());
          model.erase(model.begin());
        }
        // Fewer than asked for means that no more are due.
        if (due.size() < most && !model.empty())
          RC_ASSERT(std::get<time_point>(*model.begin()) > t.at);
      }
      RC_ASSERT(timers.size() == model.size());
      RC_ASSERT(timers.next() == (model.empty() ? std::nullopt : std::optional{std::get<time_point>(*model.begin())}));
    }
    timers.sanity_check();
  }));
}

TEST_CASE("what is due now is taken, what is due later stays", "[timer_queue]") {
  timer_queue timers;
  CHECK_FALSE(timers.next());
  timers.add({noon + 2s, job_id{2}, timer_kind::due});
  timers.add({noon, job_id{3}, timer_kind::due});
  timers.add({noon, job_id{1}, timer_kind::start_deadline});
  timers.add({noon, job_id{1}, timer_kind::due});
  CHECK(timers.next() == noon);
  CHECK(timers.pop_due(noon - 1us, 10).empty());
  CHECK(timers.pop_due(noon, 2) ==
        std::vector<timer>{{noon, job_id{1}, timer_kind::due}, {noon, job_id{1}, timer_kind::start_deadline}});
  CHECK(timers.pop_due(noon + 1s, 10) == std::vector<timer>{{noon, job_id{3}, timer_kind::due}});
  CHECK(timers.next() == noon + 2s);
  CHECK_FALSE(timers.remove({noon + 2s, job_id{2}, timer_kind::start_deadline}));
  CHECK(timers.remove({noon + 2s, job_id{2}, timer_kind::due}));
  CHECK(timers.empty());
}
