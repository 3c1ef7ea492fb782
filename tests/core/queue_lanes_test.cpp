#include "core/index/ready_queues.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;

namespace {

ready_entry job(uint64_t number, uint32_t lane, uint8_t priority = 5, uint16_t type = 0) {
  return {job_id{number}, time_point::max(), number, later_on, type, priority, lane};
}

std::vector<uint64_t> pop_all(ready_queues& queues, steady_point at = later_on) {
  std::vector<uint64_t> order;
  while (const auto next = queues.pop(at))
    order.push_back(next->entry.id.value);
  return order;
}

} // namespace

TEST_CASE("keys of a queue take turns, however many jobs each has", "[queue_lanes]") {
  ready_queues queues;
  for (uint64_t i = 1; i <= 100; ++i)
    queues.add(0, job(i, 1));
  queues.add(0, job(101, 2));
  queues.add(0, job(102, 2));
  queues.add(0, job(103, 0)); // without a key
  auto order = pop_all(queues);
  order.resize(7);
  CHECK(order == std::vector<uint64_t>{103, 1, 101, 2, 102, 3, 4});
  CHECK(queues.empty());
}

TEST_CASE("jobs that came before the first key keep their places", "[queue_lanes]") {
  ready_queues queues;
  queues.add(0, job(1, 0));
  queues.add(0, job(2, 0));
  queues.add(0, job(3, 7));
  queues.sanity_check();
  CHECK(queues.find(0)->keys() == 1);
  CHECK(pop_all(queues) == std::vector<uint64_t>{1, 3, 2});
}

TEST_CASE("weights of keys share their queue", "[queue_lanes]") {
  ready_queues queues;
  queues.set_lane_rule(0, 1, false, 3);
  for (uint64_t i = 0; i < 40; ++i) {
    queues.add(0, job(100 + i, 1));
    queues.add(0, job(200 + i, 2));
  }
  std::map<uint64_t, int> served;
  for (int i = 0; i < 40; ++i)
    ++served[queues.pop(later_on)->entry.id.value / 100];
  CHECK(served[1] == 30);
  CHECK(served[2] == 10);
}

TEST_CASE("a more urgent job of one key comes before the turns of the others", "[queue_lanes]") {
  ready_queues queues;
  queues.add(0, job(1, 1, 5));
  queues.add(0, job(2, 2, 5));
  queues.add(0, job(3, 2, 9));
  CHECK(pop_all(queues) == std::vector<uint64_t>{3, 1, 2});
}

TEST_CASE("a closed lane lets the others pass and keeps its order", "[queue_lanes]") {
  ready_queues queues;
  queues.add(0, job(1, 1, 9));
  queues.add(0, job(2, 2, 5));
  queues.set_lane_rule(0, 1, true, 1);
  CHECK(queues.pop(later_on)->entry.id == job_id{2});
  CHECK_FALSE(queues.pop(later_on));
  queues.add(0, job(3, 1, 9)); // into the closed lane
  CHECK_FALSE(queues.peek(later_on));
  queues.sanity_check();
  size_t closed = 0;
  queues.for_each_closed([&](const job_queue& jobs) { closed += jobs.size(); });
  CHECK(closed == 2);
  queues.set_lane_rule(0, 1, false, 1);
  CHECK(pop_all(queues) == std::vector<uint64_t>{1, 3});
}

TEST_CASE("the rule of a lane outlives its jobs and those of its queue", "[queue_lanes]") {
  ready_queues queues;
  queues.add(0, job(1, 1));
  queues.set_lane_rule(0, 1, true, 1);
  CHECK(queues.remove(0, job(1, 1)));
  CHECK(queues.busy_queues() == 0);
  queues.add(0, job(2, 1));
  CHECK_FALSE(queues.pop(later_on));
}

TEST_CASE("a closed queue with an open lane is not served", "[queue_lanes]") {
  ready_queues queues;
  queues.add(0, job(1, 1));
  queues.add(1, job(2, 2));
  queues.set_rule(0, true, 1);
  CHECK(pop_all(queues) == std::vector<uint64_t>{2});
  size_t closed = 0;
  queues.set_lane_rule(0, 1, true, 1);
  queues.for_each_closed([&](const job_queue& jobs) { closed += jobs.size(); });
  CHECK(closed == 1); // counted once
}

TEST_CASE("aging lifts the old job of a lane over other queues", "[queue_lanes]") {
  ready_queues queues{1s};
  queues.add(0, job(1, 3, 0));
  queues.set_lane_rule(0, 3, true, 1);
  auto fresh = job(2, 0, 3);
  fresh.ready_at = later_on + 5s;
  queues.add(1, fresh);
  CHECK(queues.peek(later_on + 5s)->entry.id == job_id{2}); // the lane is closed
  queues.set_lane_rule(0, 3, false, 1);
  const auto next = queues.peek(later_on + 5s);
  CHECK(next->entry.id == job_id{1});
  CHECK(next->effective == 5);
  queues.sanity_check();
}

TEST_CASE("the lane that is served is the one that the rule names", "[queue_lanes]") {
  // The model knows nothing of buckets: it looks at the head of every open lane.
  CHECK(rc::check("any jobs, lanes and closings", [](const std::vector<std::tuple<uint8_t, uint8_t, uint8_t>>& ops) {
    ready_queues queues{2s};
    std::map<uint32_t, std::vector<ready_entry>> model; // by lane, of one queue
    std::set<uint32_t> closed;
    uint64_t number = 0;
    auto now = later_on;
    for (const auto& [what, l, p] : ops) {
      const uint32_t lane = l % 4;
      switch (what % 5) {
      case 0:
      case 1: {
        auto e = job(++number, lane, p % 10);
        e.ready_at = now;
        queues.add(5, e);
        model[lane].push_back(e);
        break;
      }
      case 2:
        if (lane != 0) {
          if (!closed.insert(lane).second)
            closed.erase(lane);
          queues.set_lane_rule(5, lane, closed.count(lane) != 0, 1);
        }
        break;
      case 3:
        now += std::chrono::milliseconds{100 * p};
        break;
      default: {
        uint8_t best = 0;
        bool any = false;
        for (const auto& [k, jobs] : model) {
          if (closed.count(k) != 0 || jobs.empty())
            continue;
          any = true;
          for (const auto& e : jobs) {
            const auto steps = static_cast<uint64_t>((now - e.ready_at) / duration{2s});
            best = std::max(best, static_cast<uint8_t>(std::min<uint64_t>(priority_max, e.priority + steps)));
          }
        }
        const auto next = queues.pop(now);
        RC_ASSERT(next.has_value() == any);
        if (!next)
          break;
        RC_ASSERT(closed.count(next->entry.lane) == 0);
        RC_ASSERT(next->effective == best);
        auto& jobs = model[next->entry.lane];
        const auto at = std::find(jobs.begin(), jobs.end(), next->entry);
        RC_ASSERT(at != jobs.end());
        jobs.erase(at);
      }
      }
      queues.sanity_check();
    }
  }));
}
