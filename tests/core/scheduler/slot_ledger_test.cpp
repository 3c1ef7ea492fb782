#include "core/scheduler/slot_ledger.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using callboard::test::noon;
using namespace std::chrono_literals;

namespace {

constexpr worker_id w1{1}, w2{2};

struct limits_of_plain {
  limit_book limits;
};
struct ledger_of_plain : shape_table, limits_of_plain, slot_ledger {
  uint16_t plain = *acquire({0, {}});
  moment now{noon, steady_point{1000h}};

  explicit ledger_of_plain(breaker_policy p = {.enabled = false})
    : slot_ledger(static_cast<const shape_table&>(*this), limits, p) {
  }
  seat& come(worker_id w, uint32_t slots, bool written = true) {
    seat facts;
    facts.name = std::make_shared<const std::string>("w" + std::to_string(w.value));
    facts.slots = slots;
    facts.accepts = true;
    facts.member_written = written;
    facts.types.add(0);
    return join(w, std::move(facts), {.slots = slots}, now);
  }
  fence_token give(uint64_t f, uint64_t job, worker_id w, uint32_t slots = 1) {
    attempt_slot a;
    a.job = job_id{job};
    a.worker = w;
    a.asked.slots = slots;
    open(fence_token{f}, std::move(a), now);
    check();
    return fence_token{f};
  }
  bool room() {
    return fit().choose(plain).has_value();
  }
  void check() const {
    slot_ledger::sanity_check();
  }
};

struct with_breaker : ledger_of_plain {
  with_breaker() : ledger_of_plain(breaker_policy{.samples_min = 2, .open_for = 10s}) {
  }
  /// Jobs fail on the first worker and succeed on the second.
  void keep_back(uint32_t slots) {
    come(w1, slots);
    come(w2, slots);
    for (int i = 0; i < 8; ++i)
      judge(w2, outcome_kind::succeeded, now);
    judge(w1, outcome_kind::failed_final, now);
    judge(w1, outcome_kind::failed_final, now);
  }
};

} // namespace

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: an attempt has a slot until it is over", "[slot_ledger]") {
  come(w1, 2);
  const auto f = give(1, 10, w1), g = give(2, 11, w1);
  CHECK(of_job(job_id{10}) == f);
  CHECK(of_worker(w1) == std::vector{f, g});
  CHECK(sums().used == 2);
  CHECK(busy_slots() == 2);
  CHECK_FALSE(room());
  free_slot(f);
  free_slot(f); // told twice
  check();
  CHECK(room());
  CHECK(sums().used == 1);
  REQUIRE(slot_ledger::find(f));
  close(f, now);
  close(f, now);
  check();
  CHECK_FALSE(slot_ledger::find(f));
  CHECK_FALSE(of_job(job_id{10}));
  CHECK(of_worker(w1) == std::vector{g});
  CHECK(sums().used == 1);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: given ahead is counted apart from slots", "[slot_ledger]") {
  come(w1, 1);
  give(1, 10, w1);
  give(2, 11, w1);
  CHECK(sums().slots == 1);
  CHECK(sums().used == 1);
  CHECK(sums().ahead == 1);
  CHECK(busy_slots() == 1);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: an orphan keeps its slot and no longer is its job's", "[slot_ledger]") {
  come(w1, 1);
  const auto f = give(1, 10, w1);
  CHECK(orphan(job_id{10}) == f);
  CHECK_FALSE(orphan(job_id{10}));
  check();
  CHECK_FALSE(of_job(job_id{10}));
  CHECK_FALSE(room());
  close(f, now);
  check();
  CHECK(room());
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: closing an old attempt leaves the job's new one alone",
                 "[slot_ledger]") {
  come(w1, 2);
  const auto old = give(1, 10, w1);
  orphan(job_id{10});
  const auto fresh = give(2, 10, w1);
  close(old, now);
  check();
  CHECK(of_job(job_id{10}) == fresh);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: who joins again keeps its attempts, with another offer",
                 "[slot_ledger]") {
  come(w1, 1);
  const auto f = give(1, 10, w1);
  come(w1, 3);
  check();
  CHECK(of_worker(w1) == std::vector{f});
  CHECK(sums().slots == 3);
  CHECK(sums().used == 1);
  CHECK(room());
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: an attempt moves with its slot", "[slot_ledger]") {
  come(w1, 2);
  come(w2, 2);
  const auto f = give(1, 10, w1), g = give(2, 11, w1), h = give(3, 12, w1);
  move(f, w2);
  check();
  CHECK(of_worker(w1) == std::vector{g, h});
  CHECK(of_worker(w2) == std::vector{f});
  CHECK(slot_ledger::find(w2)->in_flight == 1);
  free_slot(g);
  move(g, w2); // without one
  check();
  CHECK(slot_ledger::find(w2)->in_flight == 1);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: an attempt that is ending outlives its worker", "[slot_ledger]") {
  come(w1, 1);
  const auto f = give(1, 10, w1);
  slot_ledger::find(f)->ending = true;
  leave(w1);
  check();
  CHECK(sums().slots == 0);
  REQUIRE(slot_ledger::find(f));
  close(f, now);
  check();
  CHECK(attempts() == 0);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: who was lost and joins again has nothing of what is ending",
                 "[slot_ledger]") {
  come(w1, 2);
  const auto f = give(1, 10, w1), g = give(2, 11, w1);
  slot_ledger::find(f)->ending = true;
  slot_ledger::find(g)->ending = true;
  leave(w1);
  come(w1, 2);
  check();
  CHECK(of_worker(w1).empty());
  CHECK(slot_ledger::find(w1)->in_flight == 0);
  move(g, w1); // it has brought that one along
  check();
  CHECK(of_worker(w1) == std::vector{g});
  close(f, now);
  close(g, now);
  check();
  CHECK(slot_ledger::find(w1)->in_flight == 0);
  CHECK(attempts() == 0);
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: no work without acceptance or membership", "[slot_ledger]") {
  come(w1, 1, false);
  CHECK_FALSE(room());
  set_member_written(w1, now);
  CHECK(room());
  set_accepts(w1, false, now);
  CHECK_FALSE(room());
  CHECK(sums().slots == 0);
  set_accepts(w1, true, now);
  CHECK(room());
  come(w1, 1, false); // written before
  CHECK(room());
  set_accepts(w2, true, now); // gone meanwhile
  set_member_written(w2, now);
  check();
}

TEST_CASE_METHOD(ledger_of_plain, "slot_ledger: a fence is given once, and to a worker that is here", "[slot_ledger]") {
  come(w1, 1);
  give(1, 10, w1);
  CHECK_THROWS_AS(give(1, 11, w1), std::logic_error);
  CHECK_THROWS_AS(give(2, 11, w2), std::logic_error);
}

TEST_CASE_METHOD(with_breaker, "slot_ledger: a worker on which jobs fail is kept back, and probed with one job",
                 "[slot_ledger]") {
  come(w1, 4);
  come(w2, 4);
  for (int i = 0; i < 8; ++i)
    judge(w2, outcome_kind::succeeded, now);
  CHECK_FALSE(judge(w1, outcome_kind::failed_final, now));
  const auto line = judge(w1, outcome_kind::timed_out, now);
  REQUIRE(line);
  CHECK(line->find("w1 is kept back") != std::string::npos);
  CHECK(next_probe() == now.steady + 10s);
  set_accepts(w2, false, now);
  CHECK_FALSE(room());
  now.steady += 10s;
  admit_again(now);
  CHECK(room());
  CHECK(next_probe() == steady_point::max());
  give(1, 10, w1);
  CHECK_FALSE(room());                    // three slots are free, one probe is enough
  judge(w1, outcome_kind::returned, now); // says nothing
  CHECK(room());
  give(2, 11, w1);
  judge(w1, outcome_kind::succeeded, now);
  CHECK(room());
  CHECK(give(3, 12, w1));
  CHECK(room());
}

TEST_CASE_METHOD(with_breaker, "slot_ledger: a probe that says nothing is followed by another one", "[slot_ledger]") {
  keep_back(4);
  set_accepts(w2, false, now);
  now.steady += 10s;
  admit_again(now);
  const auto f = give(1, 10, w1);
  REQUIRE_FALSE(room());
  SECTION("its job is cancelled before it starts") {
    orphan(job_id{1});
    close(f, now);
  }
  SECTION("its job refuses the slot") {
    close(f, now);
  }
  SECTION("its worker leaves, and comes back") {
    leave(w1);
    close(f, now);
    come(w1, 4);
  }
  CHECK(room());
}

TEST_CASE_METHOD(with_breaker, "slot_ledger: a failing worker that joins again is known", "[slot_ledger]") {
  keep_back(1);
  leave(w1);
  CHECK(next_probe() == steady_point::max());
  come(w1, 1);
  CHECK(next_probe() == now.steady + 10s);
}
