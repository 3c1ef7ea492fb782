#include "tests/audit/audit_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "audit/audit_log.hpp"
#include "files/file_lock.hpp"

using namespace callboard;
using namespace callboard::test;

namespace {

struct running_log {
  explicit running_log(const audit_scratch& s)
    : log{s.directory, {}, [] { return audit_time(); }, [this](const std::string& text) { told.push_back(text); }} {
  }
  /// Waits for the disk.
  result<uint64_t> begin(audit_record r) {
    r.outcome.reset();
    return wait(&audit_log::begin, std::move(r));
  }
  result<uint64_t> end(audit_record r) {
    return wait(&audit_log::end, std::move(r));
  }

  std::vector<std::string> told; // on the thread of the log; read when it has answered
  audit_log log;

private:
  result<uint64_t> wait(void (audit_log::*how)(audit_record, audit_log::callback), audit_record r) {
    std::promise<result<uint64_t>> done;
    (log.*how)(std::move(r), [&](const result<uint64_t>& x) { done.set_value(x); });
    auto f = done.get_future();
    REQUIRE(f.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
    return f.get();
  }
};

} // namespace

TEST_CASE("start and stop of a scheduler are records") {
  const audit_scratch s;
  running_log l{s};
  REQUIRE(l.log.start("1.2"));
  REQUIRE(l.end(some_act()));
  l.log.stop(70);
  const auto all = s.records();
  REQUIRE(all.size() == 3);
  CHECK(all[0].act == "scheduler.start");
  CHECK(all[0].after == R"({"version":"1.2"})");
  CHECK(all[2].act == "scheduler.stop");
  CHECK(all[2].after == R"({"exitCode":70})");
  const auto late = l.end(some_act());
  REQUIRE_FALSE(late);
  CHECK(late.err().code == ec::shutting_down);
}

TEST_CASE("an act that was begun and has no outcome gets one at the next start, once") {
  const audit_scratch s;
  uint64_t open = 0;
  {
    running_log l{s};
    REQUIRE(l.log.start("1"));
    auto closed = some_act("queue.pause");
    closed.intent = *l.begin(closed);
    REQUIRE(l.end(closed));
    open = *l.begin(some_act("queue.set", "reports"));
  } // as if it were killed: it has not ended, whatever else was written
  for (int i = 0; i < 2; ++i) {
    running_log l{s};
    REQUIRE(l.log.start("2"));
  }
  const auto all = s.records();
  const auto about = [&](const audit_record& r) { return r.intent == open; };
  REQUIRE(std::count_if(all.begin(), all.end(), about) == 1);
  const auto unknown = [](const audit_record& r) { return r.outcome && r.outcome->code == "unknown"; };
  CHECK(std::count_if(all.begin(), all.end(), unknown) == 1);
  const auto found = std::find_if(all.begin(), all.end(), about);
  CHECK(found->act == "queue.set");
  CHECK(found->target == "reports");
  CHECK(found->actor.claimed_by == "ann");
  REQUIRE(found->outcome);
  CHECK(found->outcome->status == 0);
  CHECK(found->outcome->code == "unknown");
}

TEST_CASE("many writers at once share the writes, and each gets a sequence of its own") {
  const audit_scratch s;
  running_log l{s};
  REQUIRE(l.log.start("1"));
  constexpr size_t threads = 8, each = 50;
  std::vector<std::vector<uint64_t>> got(threads);
  {
    // While the log is locked nothing is written, so all of this gathers.
    std::vector<std::thread> all;
    std::atomic<size_t> answered{0};
    std::promise<void> every;
    for (size_t t = 0; t < threads; ++t)
      got[t].resize(each);
    {
      const auto lock = file_lock::lock(s.directory / "lock", "a test");
      REQUIRE(lock);
      for (size_t t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
          for (size_t i = 0; i < each; ++i)
            l.log.end(some_act(), [&, t, i](const result<uint64_t>& x) {
              got[t][i] = x ? *x : 0;
              if (++answered == threads * each)
                every.set_value();
            });
        });
      for (auto& t : all)
        t.join();
    }
    REQUIRE(every.get_future().wait_for(std::chrono::seconds{20}) == std::future_status::ready);
  }
  std::vector<uint64_t> flat;
  for (const auto& g : got)
    flat.insert(flat.end(), g.begin(), g.end());
  std::sort(flat.begin(), flat.end());
  CHECK(flat.front() == 2);
  CHECK(std::unique(flat.begin(), flat.end()) == flat.end());
  CHECK(flat.back() == threads * each + 1);
  // One for the start, one for what came first, one for all that gathered.
  CHECK(l.log.state().writes <= 3);
  CHECK(l.log.state().records == threads * each + 1);
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("on a full disk a beginning is refused, and an outcome is written when there is room") {
  const audit_scratch s;
  running_log l{s};
  REQUIRE(l.log.start("1"));
  {
    const full_disk full{s.read().size() + 10};
    CHECK_FALSE(l.begin(some_act("queue.set")));
    CHECK_FALSE(l.end(some_act("queue.pause")));
    CHECK_FALSE(l.log.state().failing.empty());
    CHECK(l.log.state().failures == 2);
    REQUIRE(l.told.size() == 1);
    CHECK(l.told[0].starts_with("the audit log cannot be written: "));
  }
  REQUIRE(l.end(some_act("queue.resume")));
  CHECK(l.log.state().failing.empty());
  CHECK(l.told.back() == "the audit log can be written again");
  const auto all = s.records();
  REQUIRE(all.size() == 3);
  CHECK(all[1].act == "queue.pause");
  CHECK(all[2].act == "queue.resume");
  CHECK(s.verify().faults_count == 0);
}

TEST_CASE("a start on a full disk is recorded later") {
  const audit_scratch s;
  running_log l{s};
  {
    const full_disk full{0};
    CHECK_FALSE(l.log.start("1"));
  }
  REQUIRE(l.end(some_act()));
  const auto all = s.records();
  REQUIRE(all.size() == 2);
  CHECK(all[0].act == "scheduler.start");
}

TEST_CASE("a log with a broken chain says so") {
  const audit_scratch s;
  s.write(3);
  auto lines = s.lines();
  lines.erase(lines.begin());
  lines.erase(lines.begin());
  lines.push_back(lines[0]);
  s.replace_lines(lines);
  running_log l{s};
  REQUIRE(l.log.start("1"));
  CHECK(l.log.state().broken == "audit-00000001.jsonl line 2: record 3 comes after record 3");
  REQUIRE(l.told.size() == 1);
}
