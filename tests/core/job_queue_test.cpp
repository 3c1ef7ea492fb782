#include "core/index/job_queue.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <set>

using namespace callboard;
using namespace std::chrono_literals;
using test::later_on;
using test::noon;

namespace {

ready_entry job(uint64_t number, uint8_t priority = 5, time_point must_start_by = time_point::max(),
                steady_point ready_at = later_on, uint16_t type = 0) {
  return {job_id{number}, must_start_by, number, ready_at, type, priority};
}

// The rule by looking at everything each time: all that could win, sorted as the rule says.
std::optional<job_queue::pick> naive_peek(const std::vector<ready_entry>& all, steady_point now, duration step,
                                          const type_set& types) {
  std::vector<job_queue::pick> candidates;
  for (int level = 0; level < 10; ++level) {
    std::vector<ready_entry> here;
    std::copy_if(all.begin(), all.end(), std::back_inserter(here),
                 [&](const ready_entry& e) { return e.priority == level && types.contains(e.type); });
    if (here.empty())
      continue;
    const auto urgent = *std::min_element(here.begin(), here.end(), [](const auto& a, const auto& b) {
      return std::tuple{a.must_start_by, a.ready_seq, a.id} < std::tuple{b.must_start_by, b.ready_seq, b.id};
    });
    const auto oldest = *std::min_element(here.begin(), here.end(), [](const auto& a, const auto& b) {
      return std::tuple{a.ready_seq, a.id} < std::tuple{b.ready_seq, b.id};
    });
    candidates.push_back({urgent, static_cast<uint8_t>(level)});
    if (step > 0us && now - oldest.ready_at >= step)
      candidates.push_back(
        {oldest, static_cast<uint8_t>(std::min<int64_t>(9, level + (now - oldest.ready_at) / step))});
  }
  if (candidates.empty())
    return std::nullopt;
  return *std::min_element(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return std::tuple{-a.effective, a.entry.ready_seq, a.entry.id} <
           std::tuple{-b.effective, b.entry.ready_seq, b.entry.id};
  });
}

bool same(const std::optional<job_queue::pick>& a, const std::optional<job_queue::pick>& b) {
  return a.has_value() == b.has_value() && (!a || (a->entry == b->entry && a->effective == b->effective));
}

std::vector<uint64_t> drain(job_queue& q, steady_point now) {
  std::vector<uint64_t> order;
  while (const auto next = q.pop(now))
    order.push_back(next->entry.id.value);
  return order;
}

struct operation {
  uint8_t what, priority, deadline, type, which;
};

void run_against_model(const std::vector<operation>& ops, duration step) {
  job_queue q{step};
  std::vector<ready_entry> model;
  auto now = later_on;
  uint64_t seq = 0;
  for (const auto& op : ops) {
    now += std::chrono::milliseconds{op.which * 10};
    type_set types;
    types.add(op.type % 3);
    if (op.which % 2 == 0)
      types = type_set::any();
    const uint8_t priority = op.priority % 10;
    if (op.what % 8 < 4) {
      auto e = job(++seq, priority, time_point::max(), now, op.type % 3);
      if (op.deadline % 3 == 0)
        e.must_start_by = noon + (now - later_on) + std::chrono::seconds{op.deadline};
      RC_ASSERT(q.add(e));
      RC_ASSERT(!q.add(e));
      model.push_back(e);
    } else if (op.what % 8 == 4 && !model.empty()) {
      const auto at = model.begin() + op.which % static_cast<std::ptrdiff_t>(model.size());
      RC_ASSERT(q.remove(*at));
      RC_ASSERT(!q.remove(*at));
      model.erase(at);
    } else if (op.what % 8 == 5 && !model.empty()) {
      auto& e = model[op.which % model.size()];
      RC_ASSERT(q.reprioritise(e, priority));
      e.priority = priority;
    } else {
      const auto expected = naive_peek(model, now, step, types);
      RC_ASSERT(same(q.peek(now, types), expected));
      RC_ASSERT(same(q.pop(now, types), expected));
      if (expected)
        model.erase(std::find(model.begin(), model.end(), expected->entry));
    }
    RC_ASSERT(q.size() == model.size());
  }
  q.sanity_check();
  for (uint8_t level = 0; level < 10; ++level) {
    std::vector<ready_entry> here;
    std::copy_if(model.begin(), model.end(), std::back_inserter(here), [&](auto& e) { return e.priority == level; });
    RC_ASSERT(q.size(level) == here.size());
    const auto oldest =
      std::min_element(here.begin(), here.end(), [](auto& a, auto& b) { return a.ready_seq < b.ready_seq; });
    RC_ASSERT(q.oldest_ready(level) == (here.empty() ? std::nullopt : std::optional{oldest->ready_at}));
  }
}

} // namespace

namespace rc {
template <>
struct Arbitrary<operation> {
  static Gen<operation> arbitrary() {
    return gen::build<operation>(gen::set(&operation::what), gen::set(&operation::priority),
                                 gen::set(&operation::deadline), gen::set(&operation::type),
                                 gen::set(&operation::which));
  }
};
} // namespace rc

TEST_CASE("the queue picks as the rule says", "[job_queue]") {
  CHECK(rc::check("without aging", [](const std::vector<operation>& ops) { run_against_model(ops, 0s); }));
  CHECK(rc::check("with fast aging", [](const std::vector<operation>& ops) { run_against_model(ops, 300ms); }));
  CHECK(rc::check("with slow aging", [](const std::vector<operation>& ops) { run_against_model(ops, 10s); }));
}

TEST_CASE("the queue picks as the rule says when it is long", "[job_queue]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  job_queue q{1s};
  std::vector<ready_entry> model;
  for (uint64_t i = 1; i <= 1200; ++i) {
    auto e = job(i, static_cast<uint8_t>(random() % 10), time_point::max(), later_on + i * 5ms,
                 static_cast<uint16_t>(random() % 4));
    if (random() % 2 == 0)
      e.must_start_by = noon + std::chrono::seconds{random() % 1000};
    q.add(e);
    model.push_back(e);
  }
  q.sanity_check();
  for (auto now = later_on + 3s; !model.empty(); now += 5ms) {
    const auto expected = naive_peek(model, now, 1s, type_set::any());
    REQUIRE(same(q.pop(now), expected));
    model.erase(std::find(model.begin(), model.end(), expected->entry));
  }
  CHECK(q.empty());
  q.sanity_check();
}

TEST_CASE("higher priority first, then the earlier latest start, then first come", "[job_queue]") {
  job_queue q;
  q.add(job(1, 5));
  q.add(job(2, 5));
  q.add(job(3, 9));
  q.add(job(4, 5, noon + 60s));
  q.add(job(5, 5, noon + 30s));
  q.add(job(6, 0, noon + 1s));
  CHECK(q.ahead_of(5) == 5);
  CHECK(q.ahead_of(9) == 1);
  CHECK(q.oldest_ready() == later_on);
  CHECK(drain(q, later_on + 1h) == std::vector<uint64_t>{3, 5, 4, 1, 2, 6});
  CHECK_FALSE(q.pop(later_on));
  CHECK_FALSE(q.oldest_ready());
}

TEST_CASE("a job gains one priority per step, and a tie goes to the older", "[job_queue]") {
  job_queue q{10min};
  q.add(job(1, 4));
  q.add(job(2, 5, time_point::max(), later_on + 1s));
  CHECK(q.peek(later_on + 10min - 1us)->entry.id == job_id{2});
  const auto aged = q.peek(later_on + 10min);
  CHECK(aged->entry.id == job_id{1});
  CHECK(aged->effective == 5);
  CHECK(q.peek(later_on + 24h)->effective == 9);
}

TEST_CASE("with aging a steady flow of urgent work starves nobody", "[job_queue]") {
  constexpr auto step = 1s;
  for (const bool dated : {false, true})
    for (uint8_t level = 0; level < 10; ++level) {
      INFO("level " << int{level} << (dated ? ", others have a latest start" : ""));
      job_queue q{step};
      q.add(job(1, level));
      uint64_t number = 1;
      auto now = later_on;
      // Jobs of the highest priority arrive exactly as fast as they are taken.
      const auto bound = later_on + std::max(1, 9 - level) * step;
      bool served = false;
      while (!served && now <= bound + 10ms) {
        now += 10ms;
        q.add(job(++number, 9, dated ? noon + (now - later_on) + 1s : time_point::max(), now));
        served = q.pop(now)->entry.id == job_id{1};
      }
      CHECK(served);
    }
}

TEST_CASE("without aging it does", "[job_queue]") {
  job_queue q;
  q.add(job(1, 0));
  for (uint64_t n = 2; n < 200; ++n) {
    q.add(job(n, 9, time_point::max(), later_on + n * 1h));
    CHECK(q.pop(later_on + n * 1h)->entry.id == job_id{n});
  }
  CHECK(q.size() == 1);
}

TEST_CASE("only jobs of the given types count", "[job_queue]") {
  job_queue q;
  q.add(job(1, 9, time_point::max(), later_on, 70));
  q.add(job(2, 1, time_point::max(), later_on, 3));
  type_set three;
  three.add(3);
  CHECK(q.peek(later_on)->entry.id == job_id{1});
  CHECK(q.pop(later_on, three)->entry.id == job_id{2});
  CHECK_FALSE(q.pop(later_on, three));
  CHECK_FALSE(q.pop(later_on, type_set{}));
  CHECK(q.size() == 1);
}

TEST_CASE("what is not there is not removed", "[job_queue]") {
  job_queue q;
  q.add(job(1, 5, noon + 5s));
  CHECK_FALSE(q.remove(job(1, 5)));
  CHECK_FALSE(q.remove(job(1, 6, noon + 5s)));
  CHECK_FALSE(q.remove(job(1, 5, noon + 6s)));
  CHECK_FALSE(q.reprioritise(job(2, 5), 6));
  q.sanity_check();
  CHECK(q.remove(job(1, 5, noon + 5s)));
  CHECK_THROWS_AS(q.add(job(1, 10)), std::logic_error);
  CHECK_THROWS_AS(job_queue{-1s}, std::logic_error);
}
