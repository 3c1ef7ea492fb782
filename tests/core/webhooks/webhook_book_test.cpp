#include "core/webhooks/webhook_book.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const time_point noon{1'768'473'000s};

webhook wants(std::string name, const char* kind) {
  webhook w;
  w.name = std::move(name);
  w.url = "http://a/";
  w.kinds = {kind};
  w.filter.kinds = kinds_named(kind);
  w.since = noon;
  return w;
}

scheduler_event event_of(event_kind k, uint64_t job, const char* queue = "mail") {
  scheduler_event e;
  e.kind = k;
  e.at = noon + 1s;
  e.job = job_id{job};
  e.attempt = 1;
  e.queue = queue;
  return e;
}

/// A book that is given events with ids that grow.
struct booked {
  explicit booked(size_t pending_max = 100) : book({pending_max, {"webhooks", "alerts"}}) {
  }
  void tell(const scheduler_event& e) {
    book.offer({7, ++last}, e, [this] { return ++texts, "{}"; });
  }
  void find(const scheduler_event& e) {
    book.offer_found(e, [this] { return ++texts, "{}"; });
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& d : book.oldest(SIZE_MAX))
      out.push_back(d.id);
    return out;
  }
  std::vector<uint64_t> numbers(size_t count) const {
    std::vector<uint64_t> out;
    for (const auto& d : book.oldest(count))
      out.push_back(d.number);
    return out;
  }

  webhook_book book;
  uint64_t last = 0;
  int texts = 0;
};

} // namespace

TEST_CASE("an event is pending for each webhook that wants it, and its text is made once", "[webhooks]") {
  booked b;
  b.book.put(wants("a", "job.failed"), {});
  b.book.put(wants("b", "job"), {});
  b.book.put(wants("c", "alert"), {});
  b.tell(event_of(event_kind::job_started, 1));
  CHECK(b.ids() == std::vector<std::string>{"b/7-1/job.started"});
  b.tell(event_of(event_kind::job_failed, 1));
  const auto job = to_string(job_id{1});
  CHECK(b.ids() ==
        std::vector<std::string>{"b/7-1/job.started", "a/" + job + "/job.failed/1", "b/" + job + "/job.failed/1"});
  CHECK(b.texts == 2);
  b.tell(event_of(event_kind::worker_lost, 0));
  CHECK(b.texts == 2);
  CHECK(b.book.pending() == 3);
}

TEST_CASE("jobs that tell of events are passed over, also when they are found again", "[webhooks]") {
  booked b;
  b.book.put(wants("a", "job"), {});
  for (const auto* queue : {"webhooks", "alerts"}) {
    b.tell(event_of(event_kind::job_failed, 1, queue));
    b.find(event_of(event_kind::job_failed, 1, queue));
  }
  CHECK(b.book.pending() == 0);
  CHECK(b.texts == 0);
  // What is no job's is told: nothing follows from it.
  b.book.put(wants("b", "queue"), {});
  b.tell(event_of(event_kind::queue_paused, 0, "webhooks"));
  CHECK(b.book.pending() == 1);
}

TEST_CASE("a webhook gets what comes after it was made, or resumed", "[webhooks]") {
  booked b;
  b.tell(event_of(event_kind::job_failed, 1));
  b.book.put(wants("a", "job"), {7, 1});
  b.book.offer({7, 1}, event_of(event_kind::job_failed, 1), [] { return "{}"; }); // read again
  CHECK(b.book.pending() == 0);
  b.tell(event_of(event_kind::job_failed, 2));
  CHECK(b.book.pending() == 1);
  auto w = wants("a", "job");
  w.enabled = false;
  b.book.put(w, {7, 2});
  CHECK_FALSE(b.book.any_enabled());
  b.tell(event_of(event_kind::job_failed, 3));
  CHECK(b.book.pending() == 1);
  w.enabled = true;
  b.book.put(w, {7, 3});
  b.book.offer({7, 3}, event_of(event_kind::job_failed, 3), [] { return "{}"; });
  CHECK(b.book.pending() == 1);
  b.tell(event_of(event_kind::job_failed, 4));
  CHECK(b.book.pending() == 2);
  // A change of one that is not paused leaves no gap.
  w.url = "http://b/";
  b.book.put(w, {7, 99});
  b.tell(event_of(event_kind::job_failed, 5));
  CHECK(b.book.pending() == 3);
}

TEST_CASE("of the ends in the store those are pending that came after the webhook was made", "[webhooks]") {
  booked b;
  auto late = wants("late", "job.failed");
  late.since = noon + 2s;
  b.book.put(late, {});
  b.book.put(wants("early", "job.failed"), {});
  auto paused = wants("paused", "job.failed");
  paused.enabled = false;
  b.book.put(paused, {});
  b.find(event_of(event_kind::job_failed, 1));
  CHECK(b.ids() == std::vector<std::string>{"early/" + to_string(job_id{1}) + "/job.failed/1"});
  b.find(event_of(event_kind::job_completed, 2));
  CHECK(b.book.pending() == 1);
}

TEST_CASE("what is pending stays until its job is there", "[webhooks]") {
  booked b;
  b.book.put(wants("a", "job"), {});
  for (uint64_t i = 1; i <= 5; ++i)
    b.tell(event_of(event_kind::job_failed, i));
  CHECK(b.numbers(3) == std::vector<uint64_t>{1, 2, 3});
  CHECK(b.numbers(3) == std::vector<uint64_t>{1, 2, 3});
  b.book.delivered({1, 3});
  CHECK(b.numbers(9) == std::vector<uint64_t>{2, 4, 5});
  CHECK(b.book.made().at("a") == 2);
  CHECK(b.book.all_delivered_before(2));
  CHECK_FALSE(b.book.all_delivered_before(3));
  b.book.delivered({2, 4, 5});
  CHECK(b.book.all_delivered_before(b.book.next_number()));
  b.book.delivered({2}); // an answer that came twice
  CHECK(b.book.made().at("a") == 5);
  b.tell(event_of(event_kind::job_failed, 9));
  b.tell(event_of(event_kind::job_failed, 9)); // found again
  b.book.delivered({6, 7}, {7});
  CHECK(b.book.made().at("a") == 6);
  CHECK(b.book.pending() == 0);
}

TEST_CASE("what finds no room is counted, and ends of jobs are to be looked for", "[webhooks]") {
  booked b{2};
  b.book.put(wants("a", "job"), {});
  b.tell(event_of(event_kind::job_started, 1));
  b.tell(event_of(event_kind::job_started, 2));
  CHECK(b.book.full());
  CHECK(b.book.room() == 0);
  b.tell(event_of(event_kind::job_started, 3));
  CHECK(b.book.dropped() == 1);
  CHECK_FALSE(b.book.take_behind());
  b.tell(event_of(event_kind::job_failed, 1));
  CHECK(b.book.dropped() == 1);
  CHECK(b.book.take_behind());
  CHECK_FALSE(b.book.take_behind());
  CHECK(b.book.pending() == 2);
  b.book.count_missed(40);
  CHECK(b.book.dropped() == 41);
}

TEST_CASE("there is room for so many events that all want", "[webhooks]") {
  booked b{10};
  CHECK(b.book.room() == 10);
  b.book.put(wants("a", "job"), {});
  b.book.put(wants("b", "job"), {});
  CHECK(b.book.room() == 5);
  b.tell(event_of(event_kind::job_started, 1));
  CHECK(b.book.room() == 4);
}

TEST_CASE("for what is removed nothing is pending", "[webhooks]") {
  booked b;
  b.book.put(wants("a", "job"), {});
  b.book.put(wants("b", "job"), {});
  b.tell(event_of(event_kind::job_failed, 1));
  b.book.remove("a");
  CHECK(b.book.find("a") == nullptr);
  CHECK(b.book.size() == 1);
  REQUIRE(b.book.pending() == 1);
  CHECK(b.book.oldest(1)[0].webhook == "b");
  b.book.restore({});
  CHECK(b.book.pending() == 0);
}

TEST_CASE("one that is read from the store again goes on where it was", "[webhooks]") {
  booked b;
  b.book.put(wants("a", "job"), {7, 3});
  b.last = 3;
  b.tell(event_of(event_kind::job_failed, 1));
  b.book.delivered(b.numbers(1));
  b.book.restore({wants("a", "job"), wants("b", "job")});
  b.book.offer({7, 2}, event_of(event_kind::job_started, 1), [] { return "{}"; });
  REQUIRE(b.book.pending() == 1);
  CHECK(b.book.oldest(1)[0].webhook == "b");
  CHECK(b.book.made().at("a") == 1);
}
