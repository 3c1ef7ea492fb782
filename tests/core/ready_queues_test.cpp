#include "core/index/ready_queues.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;

namespace {

ready_entry job(uint64_t number, uint8_t priority = 5, uint16_t type = 0) {
  return {job_id{number}, time_point::max(), number, later_on, type, priority};
}

} // namespace

TEST_CASE("queues of equal priority take turns, however long they are", "[ready_queues]") {
  ready_queues queues;
  for (uint64_t i = 1; i <= 100; ++i)
    queues.add(0, job(i));
  for (uint64_t i = 101; i <= 103; ++i)
    queues.add(7, job(i));
  std::vector<uint32_t> order;
  for (int i = 0; i < 6; ++i)
    order.push_back(queues.pop(later_on)->queue);
  CHECK(order == std::vector<uint32_t>{0, 7, 0, 7, 0, 7});
  CHECK(queues.pop(later_on)->queue == 0);
  CHECK(queues.size() == 96);
  queues.sanity_check();
}

TEST_CASE("the highest priority wins over turns", "[ready_queues]") {
  ready_queues queues;
  queues.add(0, job(1, 8));
  queues.add(0, job(2, 8));
  queues.add(1, job(3, 5));
  CHECK(queues.pop(later_on)->queue == 0);
  CHECK(queues.pop(later_on)->queue == 0);
  CHECK(queues.pop(later_on)->queue == 1);
  CHECK_FALSE(queues.pop(later_on));
}

TEST_CASE("aging counts between queues", "[ready_queues]") {
  ready_queues queues{1s};
  auto fresh = job(2, 3);
  fresh.ready_at = later_on + 5s;
  queues.add(0, job(1, 0));
  queues.add(1, fresh);
  const auto next = queues.peek(later_on + 5s);
  CHECK(next->queue == 0);
  CHECK(next->effective == 5);
}

TEST_CASE("a queue whose head does not fit is passed over without losing its turn", "[ready_queues]") {
  ready_queues queues;
  queues.add(0, job(1, 5, 1));
  queues.add(1, job(2, 5, 2));
  queues.add(1, job(3, 5, 2));
  type_set two;
  two.add(2);
  CHECK(queues.pop(later_on, two)->entry.id == job_id{2});
  CHECK(queues.pop(later_on)->entry.id == job_id{1});
  CHECK(queues.pop(later_on)->entry.id == job_id{3});
}

TEST_CASE("queues keep what was added and not removed", "[ready_queues]") {
  CHECK(rc::check("any operations", [](const std::vector<std::tuple<uint8_t, uint8_t, uint8_t>>& ops) {
    ready_queues queues{1s};
    std::map<uint64_t, std::pair<uint32_t, ready_entry>> model;
    uint64_t number = 0;
    for (const auto& [what, q, p] : ops) {
      const auto queue = static_cast<uint32_t>(q % 4 * 50);
      if (what % 4 < 2) {
        const auto e = job(++number, p % 10);
        RC_ASSERT(queues.add(queue, e));
        model[number] = {queue, e};
      } else if (what % 4 == 2) {
        if (const auto next = queues.pop(later_on + std::chrono::seconds{p})) {
          RC_ASSERT(model.at(next->entry.id.value).first == next->queue);
          RC_ASSERT(model.at(next->entry.id.value).second == next->entry);
          model.erase(next->entry.id.value);
        } else {
          RC_ASSERT(model.empty());
        }
      } else if (!model.empty()) {
        const auto at = std::next(model.begin(), p % static_cast<std::ptrdiff_t>(model.size()));
        auto& [where, e] = at->second;
        if (q % 2 == 0) {
          RC_ASSERT(queues.reprioritise(where, e, q % 10));
          e.priority = q % 10;
        } else {
          RC_ASSERT(queues.remove(where, e));
          RC_ASSERT(!queues.remove(where, e));
          model.erase(at);
        }
      }
      RC_ASSERT(queues.size() == model.size());
    }
    queues.sanity_check();
  }));
}

TEST_CASE("queues that never had a job are not there", "[ready_queues]") {
  ready_queues queues;
  CHECK(queues.find(3) == nullptr);
  CHECK_FALSE(queues.remove(3, job(1)));
  CHECK_FALSE(queues.reprioritise(3, job(1), 4));
  queues.add(3, job(1));
  REQUIRE(queues.find(3));
  CHECK(queues.find(3)->size() == 1);
  CHECK(queues.find(2) == nullptr);
}

TEST_CASE("the queue that is served is the one that the rule names", "[ready_queues]") {
  CHECK(
    rc::check("any jobs, types and times", [](const std::vector<std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>>& ops) {
      ready_queues queues{4s};
      std::map<uint32_t, job_queue> model;
      std::map<uint32_t, uint64_t> served;
      uint64_t number = 0, pops = 0;
      auto now = later_on;
      for (const auto& [what, q, p, t] : ops) {
        now += std::chrono::seconds{what % 5};
        const auto queue = static_cast<uint32_t>(q % 7);
        if (what % 3 != 0) {
          auto e = job(++number, p % 10, t % 3);
          e.ready_at = now;
          queues.add(queue, e);
          model.try_emplace(queue, duration{4s}).first->second.add(e);
          continue;
        }
        type_set types;
        types.add(static_cast<uint16_t>(t % 3));
        if (p % 2 == 0)
          types.add(static_cast<uint16_t>((t + 1) % 3));
        // The rule, by looking at all of them.
        std::optional<ready_queues::pick> best;
        for (auto& [n, jobs] : model)
          if (const auto head = jobs.peek(now, types))
            if (!best || head->effective > best->effective ||
                (head->effective == best->effective && served[n] < served[best->queue]))
              best = ready_queues::pick{n, head->entry, head->effective};
        const auto got = queues.pop(now, types);
        RC_ASSERT(got.has_value() == best.has_value());
        if (best) {
          RC_ASSERT(got->queue == best->queue);
          RC_ASSERT(got->entry == best->entry);
          RC_ASSERT(got->effective == best->effective);
          model.at(best->queue).remove(best->entry);
          served[best->queue] = ++pops;
        }
        queues.sanity_check();
      }
    }));
}

TEST_CASE("a hundred thousand queues take turns, and idle ones are not kept", "[ready_queues]") {
  ready_queues queues{10min};
  constexpr uint32_t tenants = 100'000;
  for (uint32_t q = 0; q < tenants; ++q)
    queues.add(q, job(q + 1));
  CHECK(queues.busy_queues() == tenants);
  CHECK(queues.ahead_of(5) == tenants);
  CHECK(queues.ahead_of(6) == 0);
  for (uint32_t q = 0; q < tenants; ++q)
    REQUIRE(queues.pop(later_on)->queue == q);
  CHECK(queues.busy_queues() == 0);
  CHECK(queues.find(0) == nullptr);
}

TEST_CASE("a closed queue keeps its jobs, and is served again when it is open", "[ready_queues]") {
  ready_queues queues{1s};
  queues.add(0, job(1, 9));
  queues.add(1, job(2, 1));
  queues.set_rule(0, true, 1);
  queues.sanity_check();
  CHECK(queues.pop(later_on)->entry.id == job_id{2});
  CHECK_FALSE(queues.pop(later_on));
  queues.add(0, job(3, 5)); // also while it is closed, and while time goes by
  CHECK_FALSE(queues.peek(later_on + 1h));
  CHECK(queues.size() == 2);
  queues.set_rule(0, false, 1);
  CHECK(queues.pop(later_on + 1h)->entry.id == job_id{1});
  CHECK(queues.remove(0, job(3, 5)));
  queues.sanity_check();
}

TEST_CASE("queues share the slots by their weights", "[ready_queues]") {
  CHECK(rc::check("services are as the weights, to one", [] {
    ready_queues queues;
    const auto weights = *rc::gen::container<std::vector<uint32_t>>(3, rc::gen::inRange(1u, 6u));
    uint64_t n = 0, all = 0;
    for (uint32_t q = 0; q < weights.size(); ++q) {
      queues.set_rule(q, false, weights[q]);
      all += weights[q];
      for (int i = 0; i < 200; ++i)
        queues.add(q, job(++n));
    }
    std::vector<uint64_t> served(weights.size());
    const auto rounds = 10 * all;
    for (uint64_t i = 0; i < rounds; ++i)
      ++served[queues.pop(later_on)->queue];
    for (size_t q = 0; q < weights.size(); ++q)
      RC_ASSERT(served[q] + 1 >= 10 * weights[q] && served[q] <= 10 * weights[q] + 1);
    queues.sanity_check();
  }));
}

TEST_CASE("a queue that was idle has no claim to what it missed", "[ready_queues]") {
  ready_queues queues;
  for (uint64_t i = 1; i <= 20; ++i)
    queues.add(0, job(i));
  for (int i = 0; i < 10; ++i)
    queues.pop(later_on);
  for (uint64_t i = 21; i <= 40; ++i)
    queues.add(1, job(i));
  int of_new = 0;
  for (int i = 0; i < 10; ++i)
    of_new += queues.pop(later_on)->queue == 1;
  CHECK(of_new <= 6);
}
