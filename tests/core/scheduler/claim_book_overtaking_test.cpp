// Requests of a worker over HTTP that are sent again, come late, or overtake each other.
#include "tests/core/scheduler/claim_book_fixture.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(book_fixture,
                 "claim book: a claim whose answer got lost gets the same attempts, and begins nothing (P2)") {
  give(1);
  CHECK(claim(1) == std::vector<uint64_t>{1});
  give(2);
  book.take_report();
  CHECK(claim(1, 1) == std::vector<uint64_t>{1});
  CHECK(book.take_report().started.empty());
  CHECK(claim(1) == std::vector<uint64_t>{2});
  const auto late = book.claim(1, 1, now);
  REQUIRE_FALSE(late);
  CHECK(late.err().code == ec::invalid_state);
}

TEST_CASE_METHOD(book_fixture,
                 "claim book: a claim that was answered with nothing begins nothing when it comes late (P3)") {
  CHECK(claim().empty());
  CHECK_FALSE(book.is_closed(1));
  book.close_claim(1);
  CHECK(book.is_closed(1));
  give(1);
  CHECK(claim(10, 1).empty());
  CHECK(book.take_report().started.empty());
  CHECK(claim() == std::vector<uint64_t>{1});
  book.close_claim(2); // it has got something
  CHECK(claim(10, 2) == std::vector<uint64_t>{1});
}

TEST_CASE_METHOD(book_fixture, "claim book: of progress that was overtaken on its way only the lines count") {
  give(1);
  claim();
  book.take_report();
  const auto tell = [&](uint64_t at, const char* saved, std::vector<std::string> lines) {
    REQUIRE_FALSE(book.note({"", {101, 1}, at, 50, "", 0, std::move(lines), saved}, now));
    pass(1s);
    return book.take_report();
  };
  CHECK(tell(2, "two", {"a", "b"}).checkpoints.at(0).text == "two");
  const auto late = tell(1, "one", {"a"});
  CHECK(late.checkpoints.empty());
  CHECK(late.progress.empty());
  CHECK(late.logs.empty());
  CHECK(tell(3, "three", {"a", "b", "c"}).logs.at(0).lines == std::vector<std::string>{"c"});
  CHECK(tell(0, "four", {}).checkpoints.at(0).text == "four"); // it does not say
  REQUIRE(book.end(ended(1, outcome_kind::returned, ""), now));
  CHECK(book.take_report().ended.at(0).checkpoint == "four");
}

TEST_CASE("claim book: a registration that was overtaken by a later one is told from one that is sent again (P2)") {
  const moment now{time_point{1'700'000'000s}, steady_point{1000s}};
  sign_up_request r;
  const auto sent = [&r](uint64_t number) {
    r.number = number;
    return r;
  };
  const claim_book book{usual, sent(2), now};
  CHECK(book.is_older(sent(1)));
  CHECK(book.is_older(sent(2)));
  CHECK_FALSE(book.is_older(sent(3)));
  CHECK_FALSE(book.is_older(sent(0))); // it does not say
}
