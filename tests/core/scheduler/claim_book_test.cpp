#include "core/job/job.hpp"
#include "tests/core/scheduler/claim_book_fixture.hpp"

#include <random>
#include <set>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

using kinds = std::map<uint64_t, outcome_kind>;

} // namespace

TEST_CASE_METHOD(book_fixture, "claim book: a claim begins attempts, as many as there are slots, in their order") {
  CHECK(claim().empty());
  give(1);
  give(2);
  give(3);
  CHECK(claim(1) == std::vector<uint64_t>{1});
  const auto r = book.take_report();
  REQUIRE(r.started.size() == 1);
  CHECK(r.started[0].fence == 1);
  CHECK(r.started[0].at_us == now.wall.time_since_epoch().count());
  CHECK(claim() == std::vector<uint64_t>{2});
  CHECK(claim().empty()); // both slots are taken
  REQUIRE(book.end(ended(1), now));
  CHECK(claim() == std::vector<uint64_t>{3});
}

TEST_CASE_METHOD(book_fixture, "claim book: an outcome counts once, and is told until it is acknowledged (P2, P3)") {
  give(1);
  claim();
  book.take_report();
  pass(2s);
  CHECK(*book.end(ended(1), now) == claim_book::told::anew);
  auto r = book.take_report();
  REQUIRE(r.ended.size() == 1);
  CHECK(r.ended[0].finished_at_us - r.ended[0].started_at_us == 2'000'000);
  CHECK(*book.end(ended(1), now) == claim_book::told::before);
  CHECK(told().empty());
  pass(2s);
  CHECK(told().empty());
  pass(1s); // its write may have failed
  CHECK(told() == kinds{{1, outcome_kind::succeeded}});
  // Another outcome of the same attempt is refused, before and after the commit.
  CHECK(book.end(ended(1, outcome_kind::failed_final, ""), now).err().code == ec::invalid_state);
  book.acknowledge({101, 1});
  CHECK(book.empty());
  CHECK(*book.end(ended(1), now) == claim_book::told::settled);
  CHECK(book.end(ended(1, outcome_kind::succeeded, "2"), now).err().code == ec::invalid_state);
  CHECK(told().empty());
}

TEST_CASE_METHOD(book_fixture, "claim book: a fence that is not here, or not claimed, is refused") {
  give(1);
  CHECK(book.end(ended(1), now).err().code == ec::invalid_state);
  CHECK(book.end(ended(9), now).err().code == ec::stale_fence);
  auto other = ended(1);
  other.job = 7;
  claim();
  CHECK(book.end(other, now).err().code == ec::stale_fence);
  CHECK(book.note({"", {7, 1}, 0, 10, "", {}, {}, {}}, now)->code == ec::stale_fence);
  CHECK(told().empty());
}

TEST_CASE_METHOD(book_fixture,
                 "claim book: what nobody claims goes back, and no more is taken until somebody does (P3)") {
  give(1);
  pass(4s);
  CHECK(told().empty());
  CHECK(book.takes_work());
  pass(1s);
  CHECK(told() == kinds{{1, outcome_kind::returned}});
  CHECK_FALSE(book.takes_work());
  CHECK(claim().empty());
  CHECK(book.takes_work());
}

TEST_CASE_METHOD(book_fixture, "claim book: what waits for a slot goes back sooner, and that is nobody's fault") {
  give(1);
  give(2);
  claim();
  give(3);
  pass(100ms);
  CHECK(told() == kinds{{3, outcome_kind::returned}});
  CHECK(book.takes_work());
}

TEST_CASE_METHOD(book_fixture,
                 "claim book: what an attempt that is given back counts as depends on why it was to stop") {
  give(1);
  give(2);
  claim();
  book.take_report();
  SECTION("cancelled") {
    book.cancel({101, 1}, now);
    CHECK(stop_of(1) == stop_reason::cancelled);
    CHECK(stop_of(2) == stop_reason::none);
    REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
    CHECK(told() == kinds{{1, outcome_kind::cancelled}});
    CHECK(book.news().stops.empty());
  }
  SECTION("preempted") {
    book.preempt({101, 1, 555, true}, now); // only if it waits
    CHECK(stop_of(1) == stop_reason::none);
    book.preempt({101, 1, 555, false}, now);
    CHECK(stop_of(1) == stop_reason::preempted);
    REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
    const auto r = book.take_report();
    CHECK(static_cast<outcome_kind>(r.ended.at(0).kind) == outcome_kind::returned);
    CHECK(r.ended.at(0).message == "preempted for " + to_string(job_id{555}));
  }
  SECTION("by its own will") {
    REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
    CHECK(told() == kinds{{1, outcome_kind::returned}});
  }
  SECTION("a success counts, whatever was asked") {
    book.cancel({101, 1}, now);
    REQUIRE(book.end(ended(1), now));
    CHECK(told() == kinds{{1, outcome_kind::succeeded}});
  }
}

TEST_CASE_METHOD(book_fixture, "claim book: a cancelled attempt that waits is over at once") {
  give(1);
  book.cancel({101, 1}, now);
  CHECK(told() == kinds{{1, outcome_kind::cancelled}});
  CHECK(claim().empty());
}

TEST_CASE_METHOD(book_fixture, "claim book: timeouts are told, and a worker that does not care is given up") {
  give(1, 60s, 30s);
  claim();
  book.take_report();
  pass(29s);
  CHECK(stop_of(1) == stop_reason::none);
  pass(1s);
  CHECK(stop_of(1) == stop_reason::soft_timeout);
  pass(30s);
  CHECK(stop_of(1) == stop_reason::timed_out);
  SECTION("it stops") {
    REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
    const auto r = book.take_report();
    CHECK(static_cast<outcome_kind>(r.ended.at(0).kind) == outcome_kind::timed_out);
    CHECK(r.ended.at(0).code == job_error_code::timeout);
  }
  SECTION("it does not") {
    pass(14s);
    CHECK_FALSE(book.stuck());
    pass(1s); // the grace for killing it, and that for the worker
    CHECK(book.stuck());
    CHECK_FALSE(book.takes_work());
    CHECK(told().empty());
    give(2);
    CHECK(told() == kinds{{2, outcome_kind::returned}});
    book.give_up(now);
    CHECK(told() == kinds{{1, outcome_kind::timed_out}});
    CHECK(book.end(ended(1), now).err().code == ec::stale_fence);
  }
}

TEST_CASE_METHOD(book_fixture, "claim book: a drained worker gets no more, and is asked to stop after the grace") {
  give(1);
  claim();
  give(2);
  book.take_report();
  book.drain(10s, now);
  CHECK(told() == kinds{{2, outcome_kind::returned}});
  CHECK(book.news().draining);
  give(3);
  CHECK(told() == kinds{{3, outcome_kind::returned}});
  pass(9s);
  CHECK(stop_of(1) == stop_reason::none);
  pass(1s);
  CHECK(stop_of(1) == stop_reason::shutdown);
  REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
  CHECK(told().at(1) == outcome_kind::returned);
}

TEST_CASE_METHOD(book_fixture, "claim book: who leaves gives everything back") {
  give(1);
  claim();
  give(2);
  book.take_report();
  book.release_all(now);
  CHECK_FALSE(book.takes_work());
  CHECK(told() == kinds{{1, outcome_kind::returned}, {2, outcome_kind::returned}});
  book.acknowledge({101, 1});
  CHECK_FALSE(book.empty());
  book.acknowledge({102, 2});
  CHECK(book.empty());
}

TEST_CASE_METHOD(book_fixture, "claim book: lines are numbered, told once, and the last ones go with the end") {
  give(1);
  claim();
  book.take_report();
  const auto say = [&](std::optional<uint64_t> first, std::vector<std::string> lines) {
    REQUIRE_FALSE(book.note({"", {101, 1}, 0, {}, "", first, std::move(lines), {}}, now));
    std::vector<std::string> out;
    for (auto& l : book.take_report().logs)
      out.insert(out.end(), l.lines.begin(), l.lines.end());
    return out;
  };
  using lines = std::vector<std::string>;
  CHECK(say(0, {"a", "b"}) == lines{"a", "b"});
  CHECK(say(0, {"a", "b"}).empty()); // its answer got lost
  CHECK(say(1, {"b", "c"}) == lines{"c"});
  CHECK(say({}, {"d"}) == lines{"d"});
  REQUIRE(book.end(ended(1), now));
  const auto r = book.take_report();
  CHECK(r.ended.at(0).log == lines{"b", "c", "d"});
  CHECK(r.ended.at(0).log_first == 1);
}

TEST_CASE_METHOD(book_fixture, "claim book: checkpoints are told once a second, and the last one goes with the end") {
  give(1);
  claim();
  book.take_report();
  const auto save = [&](const char* text) { REQUIRE_FALSE(book.note({"", {101, 1}, 0, {}, "", {}, {}, text}, now)); };
  save("one");
  CHECK(book.take_report().checkpoints.size() == 1);
  save("two");
  save("three");
  CHECK(book.take_report().checkpoints.empty());
  CHECK(book.next_due() == now.steady + 1s);
  pass(1s);
  CHECK(book.take_report().checkpoints.at(0).text == "three");
  book.tell_again(now);
  CHECK(book.take_report().checkpoints.at(0).text == "three");
  save("four");
  REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
  CHECK(book.take_report().ended.at(0).checkpoint == "four");
}

TEST_CASE("claim book: attempts that a worker brings along go on, with what is left of their timeout (P8)") {
  const moment now{time_point{1'700'000'000s}, steady_point{1000s}};
  sign_up_request r;
  r.registration.held = {{101, 1, 3, (now.wall - 20s).time_since_epoch().count()}};
  r.left = {40s};
  claim_book book{usual, r, now};
  CHECK(book.count().running == 1);
  CHECK(book.held() == r.registration.held);
  CHECK(book.next_due() == now.steady + 40s);
  auto x = book_fixture::ended(1);
  REQUIRE(book.end(x, now));
  const auto told = book.take_report().ended.at(0);
  CHECK(told.finished_at_us - told.started_at_us == 20'000'000);
}

TEST_CASE("claim book: whatever comes in whatever order, each attempt ends once") {
  // No attempt is told to have ended in two ways, none is forgotten, and time never stands still.
  for (uint32_t seed = 0; seed < 200; ++seed) {
    std::minstd_rand random{seed + 1};
    CAPTURE(seed);
    book_fixture f;
    std::map<uint64_t, uint8_t> ends;
    std::set<uint64_t> unacknowledged;
    uint64_t next = 0;
    const auto listen = [&] {
      for (const auto& e : f.book.take_report().ended) {
        const auto [i, first] = ends.emplace(e.fence, e.kind);
        REQUIRE(i->second == e.kind);
        if (first)
          unacknowledged.insert(e.fence);
      }
    };
    for (int step = 0; step < 300; ++step) {
      const auto fence = 1 + random() % (next + 1);
      switch (random() % 10) {
      case 0:
      case 1:
        f.give(++next, 20s, random() % 2 ? 10s : 0s);
        break;
      case 2:
      case 3:
        f.claim(static_cast<uint32_t>(1 + random() % 3));
        break;
      case 4:
        (void)f.book.end(book_fixture::ended(fence), f.now);
        break;
      case 5:
        (void)f.book.end(book_fixture::ended(fence, outcome_kind::returned, ""), f.now);
        break;
      case 6:
        f.book.cancel({fence + 100, fence}, f.now);
        break;
      case 7:
        if (!unacknowledged.empty()) {
          const auto a = *unacknowledged.begin();
          unacknowledged.erase(a);
          f.book.acknowledge({a + 100, a});
        }
        break;
      default:
        f.pass(std::chrono::milliseconds{random() % 3000});
        REQUIRE(f.book.next_due() > f.now.steady);
      }
      listen();
      REQUIRE(f.book.count().running <= usual.slots);
    }
    f.book.release_all(f.now);
    listen();
    REQUIRE(ends.size() == next);
  }
}
