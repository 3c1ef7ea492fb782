#include "actors/worker/slot_pool.hpp"
#include "messages/convert.hpp"
#include "tests/handlers/function_handler.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <map>
#include <mutex>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

/// Runs until it is told to stop, and says when it has begun.
attempt_outcome wait_for_stop(const attempt&, handler_context& ctx) {
  ctx.log("begun");
  while (!ctx.token().wait_for(1h)) {}
  return stopped(ctx.token());
}

attempt_outcome log_five_lines(const attempt&, handler_context& ctx) {
  for (const auto* line : {"1", "2", "3", "4", "5"})
    ctx.log(line);
  return succeed("1");
}

attempt_outcome throw_boom(const attempt&, handler_context&) {
  throw std::runtime_error("boom");
}

attempt_outcome save_and_wait(const attempt& a, handler_context& ctx) {
  ctx.save_checkpoint(std::string{a.checkpoint} + "1");
  ctx.save_checkpoint(std::string{a.checkpoint} + "12");
  while (!ctx.token().wait_for(1h)) {}
  return stopped(ctx.token());
}

/// Says what it was told, and when: between two lines of its log.
attempt_outcome wait_for_soft_timeout(const attempt& a, handler_context& ctx) {
  ctx.log("begun");
  ctx.token().wait_for_soft_timeout(1h);
  ctx.log(ctx.token() ? "stopped" : "told");
  if (ctx.token())
    return stopped(ctx.token());
  ctx.save_checkpoint("half");
  return a.payload == R"("goes on")" ? wait_for_stop(a, ctx) : stopped_at_soft_timeout("ended", a.soft_timeout);
}

struct pool_fixture {
  worker_settings settings = [] {
    worker_settings s;
    s.prefetch_return = 1h;
    s.result_bytes_max = 10;
    return s;
  }();
  std::mutex mutex;
  std::condition_variable told;
  bool news = false;
  std::map<uint64_t, attempt_ended> ended;
  std::map<uint64_t, attempt_started> started;
  std::vector<attempt_checkpoint> checkpoints;
  std::vector<attempt_log> logs;
  std::unique_ptr<slot_pool> pool;

  void make(uint32_t slots) {
    auto types = std::make_shared<handler_registry>(make_builtin_handlers({}));
    types->add(std::make_shared<test::function_handler>("wait", wait_for_stop));
    types->add(std::make_shared<test::function_handler>("throw", throw_boom));
    types->add(std::make_shared<test::function_handler>("save", save_and_wait));
    types->add(std::make_shared<test::function_handler>("talk", log_five_lines));
    types->add(std::make_shared<test::function_handler>("soft", wait_for_soft_timeout));
    pool = std::make_unique<slot_pool>(types, slots, settings, [this] {
      std::lock_guard lock{mutex};
      news = true;
      told.notify_all();
    });
  }
  static attempt_order order(uint64_t fence, const std::string& type, duration timeout = 1h) {
    attempt_order o;
    o.job = fence + 100;
    o.fence = fence;
    o.type = type;
    o.payload = "{}";
    o.timeout_us = timeout.count();
    return o;
  }
  void run_softly(uint64_t fence, duration soft_timeout, duration timeout = 1h, const std::string& payload = "{}") {
    auto o = order(fence, "soft", timeout);
    o.soft_timeout_us = soft_timeout.count();
    o.payload = payload;
    pool->run({o});
  }
  void run(uint64_t fence, const std::string& type, duration timeout = 1h) {
    pool->run({order(fence, type, timeout)});
  }
  void run_all(const std::string& type, const std::vector<uint64_t>& fences) {
    std::vector<attempt_order> all;
    for (auto fence : fences)
      all.push_back(order(fence, type));
    pool->run(std::move(all));
  }
  template <class Condition>
  void until(Condition met) {
    while (!met()) {
      std::unique_lock lock{mutex};
      REQUIRE(told.wait_for(lock, 60s, [this] { return news; }));
      news = false;
      lock.unlock();
      auto r = pool->take_report();
      for (auto& x : r.started)
        started[x.fence] = x;
      checkpoints.insert(checkpoints.end(), r.checkpoints.begin(), r.checkpoints.end());
      logs.insert(logs.end(), r.logs.begin(), r.logs.end());
      for (auto& x : r.ended)
        ended[x.fence] = std::move(x);
    }
  }
  outcome_kind kind(uint64_t fence) {
    until([&] { return ended.count(fence) != 0; });
    return static_cast<outcome_kind>(ended.at(fence).kind);
  }
};

} // namespace

TEST_CASE_METHOD(pool_fixture, "an attempt runs on a slot and its end is told") {
  make(1);
  run(1, "noop");
  CHECK(kind(1) == outcome_kind::succeeded);
  CHECK(ended[1].job == 101);
  CHECK(ended[1].started_at_us > 0);
  CHECK(ended[1].finished_at_us >= ended[1].started_at_us);
}

TEST_CASE_METHOD(pool_fixture, "a start that lasts is reported by itself, and the log comes with the end") {
  make(1);
  run(1, "wait");
  until([&] { return started.count(1) != 0; });
  CHECK(pool->current_load().running == 1);
  pool->stop({{101, 1}}, cancel_token::reason::cancelled);
  CHECK(kind(1) == outcome_kind::cancelled);
  CHECK(ended[1].log == std::vector<std::string>{"begun"});
}

TEST_CASE_METHOD(pool_fixture, "the latest checkpoint is reported behind the start, and comes with the end again") {
  make(1);
  auto o = order(1, "save");
  o.checkpoint = "former ";
  pool->run({o});
  until([&] { return !checkpoints.empty(); });
  CHECK(started.count(1) == 1);
  REQUIRE(checkpoints.size() == 1);
  CHECK(checkpoints.front() == attempt_checkpoint{101, 1, "former 12"});
  pool->stop_all(cancel_token::reason::shutdown);
  CHECK(kind(1) == outcome_kind::returned);
  CHECK(ended[1].saved);
  CHECK(ended[1].checkpoint == "former 12");
}

TEST_CASE_METHOD(pool_fixture, "a preempted attempt is handed back and says for whom, one that waits before it runs") {
  make(1);
  run(1, "wait");
  until([&] { return started.count(1) != 0; });
  run_all("wait", {2, 3});
  const job_id by{4711};
  pool->preempt({{101, 1, by.value, true}}); // it runs, and was to be stopped only if it waited
  CHECK(pool->current_load().running == 1);
  pool->preempt({{101, 1, by.value, false}, {102, 2, by.value, true}});
  CHECK(kind(1) == outcome_kind::returned);
  CHECK(kind(2) == outcome_kind::returned);
  for (uint64_t f : {1, 2})
    CHECK(ended[f].message == "preempted for " + to_string(by));
  CHECK(ended[2].started_at_us == 0);
  until([&] { return started.count(3) != 0; });
  pool->stop_all(cancel_token::reason::shutdown);
  CHECK(kind(3) == outcome_kind::returned);
}

TEST_CASE_METHOD(pool_fixture, "of a log the last lines are kept") {
  using lines = std::vector<std::string>;
  const auto [most, kept] = GENERATE(table<uint32_t, lines>(
    {{0, {}}, {2, {"4", "5"}}, {5, {"1", "2", "3", "4", "5"}}, {50, {"1", "2", "3", "4", "5"}}}));
  settings.log_lines_max = most;
  make(1);
  run(1, "talk");
  CHECK(kind(1) == outcome_kind::succeeded);
  CHECK(ended[1].log == kept);
  CHECK(ended[1].log_first == (most == 0 ? 0 : 5 - kept.size()));
}

TEST_CASE_METHOD(pool_fixture, "lines of a log are reported while the attempt runs, and its end has them again") {
  make(1);
  run(1, "wait");
  until([&] { return !logs.empty(); });
  CHECK(ended.empty());
  CHECK(logs == std::vector<attempt_log>{{101, 1, 0, {"begun"}}});
  pool->stop_all(cancel_token::reason::shutdown);
  CHECK(kind(1) == outcome_kind::returned);
  CHECK(ended[1].log == std::vector<std::string>{"begun"});
  CHECK(ended[1].log_first == 0);
  CHECK(logs.size() == 1);
}

TEST_CASE("lines of an attempt: each is reported once, of too many the last ones, and a long one is cut") {
  attempt_lines l{3, 4};
  CHECK(l.take_new() == log_lines{0, {}});
  CHECK(l.add("a"));
  CHECK_FALSE(l.add("b")); // there is something to report already
  CHECK(l.take_new() == log_lines{0, {"a", "b"}});
  CHECK(l.take_new() == log_lines{2, {}});
  CHECK(l.add("12345"));
  for (const auto* line : {"d", "e", "f", "g", "h"})
    CHECK_FALSE(l.add(line));
  CHECK(l.take_new() == log_lines{5, {"f", "g", "h"}});
  CHECK(l.take_all() == log_lines{5, {"f", "g", "h"}});
  attempt_lines cut{3, 4};
  cut.add("12345");
  cut.add("123\xC3\xA9");
  CHECK(cut.take_all() == log_lines{0, {"1234", "123"}});
  attempt_lines none{0, 4};
  CHECK_FALSE(none.add("a"));
  CHECK(none.take_all() == log_lines{0, {}});
}

TEST_CASE_METHOD(pool_fixture, "attempts that come together get a slot each") {
  make(4);
  run_all("wait", {1, 2, 3, 4});
  until([&] { return started.size() == 4; });
  pool->stop_all(cancel_token::reason::shutdown);
  until([&] { return ended.size() == 4; });
}

TEST_CASE_METHOD(pool_fixture, "no thread misses work, however it comes") {
  make(4);
  uint64_t next = 1;
  for (size_t round = 0; round < 300; ++round) {
    std::vector<uint64_t> some;
    for (size_t i = 0; i <= round % 9; ++i)
      some.push_back(next++);
    run_all("noop", some);
    if (round % 3 != 0)
      until([&] { return ended.size() == next - 1; });
  }
  until([&] { return ended.size() == next - 1; });
}

TEST_CASE_METHOD(pool_fixture, "an attempt that runs too long is stopped as timed out") {
  make(1);
  run(1, "wait", 1ms);
  CHECK(kind(1) == outcome_kind::timed_out);
}

TEST_CASE_METHOD(pool_fixture, "soft timeout: an attempt is told, its log says so, and it ends by itself",
                 "[soft_timeout]") {
  make(1);
  run_softly(1, 1500us);
  CHECK(kind(1) == outcome_kind::timed_out);
  CHECK(ended[1].code == "TIMEOUT");
  CHECK(ended[1].message == "ended at its soft timeout of 0.0015 s");
  CHECK(ended[1].log == std::vector<std::string>{"begun", "its soft timeout of 0.0015 s is over", "told"});
  CHECK(ended[1].finished_at_us - ended[1].started_at_us >= 1500);
}

TEST_CASE_METHOD(pool_fixture, "soft timeout: each attempt of several has its own, and some have none",
                 "[soft_timeout]") {
  make(4);
  run_softly(1, 1h);
  run_softly(2, 30ms);
  run_softly(3, 1ms);
  run_softly(4, 0s);
  CHECK(kind(3) == outcome_kind::timed_out);
  CHECK(kind(2) == outcome_kind::timed_out);
  CHECK(pool->current_load().running == 2);
  pool->stop_all(cancel_token::reason::shutdown);
  for (uint64_t f : {1, 4}) {
    CHECK(kind(f) == outcome_kind::returned);
    CHECK(ended[f].log == std::vector<std::string>{"begun", "stopped"});
  }
}

TEST_CASE_METHOD(pool_fixture, "soft timeout x timeout: an attempt that goes on is stopped when its time is over",
                 "[soft_timeout]") {
  make(1);
  run_softly(1, 1ms, 40ms, R"("goes on")");
  CHECK(kind(1) == outcome_kind::timed_out);
  CHECK(ended[1].message == "ran longer than its timeout");
  CHECK(ended[1].log.size() == 4);
}

TEST_CASE_METHOD(pool_fixture, "soft timeout x checkpoint, preemption: what was saved when it was told goes along",
                 "[soft_timeout]") {
  make(1);
  run_softly(1, 1ms, 1h, R"("goes on")");
  until([&] { return !checkpoints.empty(); });
  CHECK(checkpoints.front() == attempt_checkpoint{101, 1, "half"});
  pool->preempt({{101, 1, 4711, false}});
  CHECK(kind(1) == outcome_kind::returned);
  CHECK(ended[1].message == "preempted for " + to_string(job_id{4711}));
  CHECK(ended[1].checkpoint == "half");
}

TEST_CASE_METHOD(pool_fixture, "soft timeout x cancel: who is cancelled before is told nothing", "[soft_timeout]") {
  make(1);
  run_softly(1, 1h);
  until([&] { return started.count(1) != 0; });
  pool->stop({{101, 1}}, cancel_token::reason::cancelled);
  CHECK(kind(1) == outcome_kind::cancelled);
  CHECK(ended[1].log == std::vector<std::string>{"begun", "stopped"});
}

TEST_CASE_METHOD(pool_fixture, "what waits for a slot can be cancelled, and is handed back when the pool closes") {
  make(1);
  run(1, "wait");
  until([&] { return started.count(1) != 0; });
  run(2, "noop");
  run(3, "noop");
  pool->stop({{102, 2}}, cancel_token::reason::cancelled);
  CHECK(kind(2) == outcome_kind::cancelled);
  CHECK(ended[2].started_at_us == 0);
  pool->close();
  CHECK(kind(3) == outcome_kind::returned);
  run(4, "noop");
  CHECK(kind(4) == outcome_kind::returned);
  pool->stop_all(cancel_token::reason::shutdown);
  CHECK(kind(1) == outcome_kind::returned);
}

TEST_CASE_METHOD(pool_fixture, "a prefetched attempt goes back when no slot comes free in time") {
  settings.prefetch_return = 1ms;
  make(1);
  run(1, "wait");
  until([&] { return started.count(1) != 0; });
  run(2, "noop");
  CHECK(kind(2) == outcome_kind::returned);
  pool->stop_all(cancel_token::reason::shutdown);
}

TEST_CASE_METHOD(pool_fixture, "an exception and an unknown type are failures that are tried again") {
  make(1);
  run(1, "throw");
  CHECK(kind(1) == outcome_kind::failed_retryable);
  CHECK(ended[1].code == "HANDLER_EXCEPTION");
  CHECK(ended[1].message == "boom");
  run(2, "nothing_like_it");
  CHECK(kind(2) == outcome_kind::failed_retryable);
  CHECK(ended[2].code == "UNKNOWN_TYPE");
}

TEST_CASE_METHOD(pool_fixture, "a result beyond the limit is dropped, not cut") {
  make(1);
  run(1, "noop");
  CHECK(kind(1) == outcome_kind::succeeded);
  CHECK(ended[1].result == R"({"dropped":true,"bytes":11})");
}
