#include "http/api/event_feed.hpp"
#include "http/api/event_filter_reader.hpp"
#include "http/api/event_stream.hpp"
#include "http/api/event_text.hpp"
#include "tests/http/event_fixture.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

/// Numbers of the events on a page behind `after`.
std::vector<uint64_t> numbers(const event_feed& f, const event_id& after) {
  std::vector<uint64_t> out;
  for (const auto& b : f.read(after).batches)
    for (auto n = std::max(b->first().number, after.number + 1); n < b->end(); ++n)
      out.push_back(n);
  return out;
}

using list = std::vector<uint64_t>;

} // namespace

TEST_CASE("ids of events are read as they are written", "[events]") {
  CHECK(to_string(event_id{7, 1234}) == "7-1234");
  CHECK(parse_event_id("7-1234") == event_id{7, 1234});
  for (const auto* bad : {"", "7", "7-", "-1", "7-1 ", "7-1-2", "x-1", "+7-1", "99999999999999999999-1"})
    CHECK_FALSE(parse_event_id(bad));
}

TEST_CASE("a reader gets what it has not seen, in order", "[events]") {
  event_feed f{{}};
  CHECK(f.last() == event_id{0, 0});
  f.append(7, births(1, 2));
  f.append(7, births(3, 1));
  CHECK(f.last() == event_id{7, 3});
  CHECK(numbers(f, {0, 0}) == list{1, 2, 3}); // from before the first scheduler
  CHECK(numbers(f, {7, 1}) == list{2, 3});
  CHECK(numbers(f, {7, 3}).empty());
  CHECK_FALSE(f.read({7, 3}).missed);
}

TEST_CASE("only the latest events are kept, and who wants others is told", "[events]") {
  event_feed f{{.kept = 3}};
  for (uint64_t i = 1; i <= 10; ++i)
    f.append(7, births(i, 1));
  CHECK(numbers(f, {7, 7}) == list{8, 9, 10});
  CHECK(f.read({7, 6}).missed);
  const auto old = f.read({7, 1});
  CHECK(old.missed);
  CHECK(old.batches.empty());
  CHECK(numbers(f, old.before_first).back() == 10);
  f.append(7, births(11, 50)); // in one piece, which is more than is kept
  CHECK(numbers(f, {7, 10}).size() == 50);
  CHECK(f.read({7, 7}).missed);
}

TEST_CASE("an id of another scheduler, and one that was never given, are not known", "[events]") {
  event_feed f{{}};
  f.append(7, births(1, 2));
  CHECK(f.read({6, 1}).missed);
  CHECK(f.read({7, 3}).missed);
  f.append(8, births(3, 1));
  CHECK(f.last() == event_id{8, 3});
  CHECK(f.read({7, 2}).missed);
  CHECK(f.read({0, 0}).missed);
  CHECK(f.read({7, 2}).before_first == event_id{8, 2});
  CHECK(numbers(f, {8, 2}) == list{3});
}

TEST_CASE("a page is bounded, and the next one goes on behind it", "[events]") {
  event_feed f{{}};
  for (uint64_t i = 1; i <= event_feed::page_batches + 5; ++i)
    f.append(7, births(i, 1));
  CHECK(numbers(f, {7, 0}).size() == event_feed::page_batches);
  CHECK(numbers(f, {7, event_feed::page_batches}).size() == 5);
}

TEST_CASE("a reader that waits is woken once, also for what came while it looked", "[events]") {
  event_feed f{{}};
  auto seat = f.sit();
  std::promise<void> first, second;
  seat->await(f.last(), [&] { first.set_value(); });
  f.append(7, births(1, 1));
  f.append(7, births(2, 1)); // a second call of `wake` would throw
  REQUIRE(first.get_future().wait_for(10s) == std::future_status::ready);
  seat->await({7, 1}, [&] { second.set_value(); }); // behind already
  REQUIRE(second.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("seats are counted and given back", "[events]") {
  event_feed f{{.readers_max = 2}};
  auto a = f.sit(), b = f.sit();
  CHECK(f.readers() == 2);
  CHECK_FALSE(f.sit());
  a.reset();
  CHECK(f.sit());
  CHECK(f.readers() == 1);
}

TEST_CASE("the text of an event is made once, and says only what there is", "[events]") {
  event_feed f{{}};
  auto e = job_event_of(event_kind::job_failed, 5);
  e.state = job_state::failed;
  e.attempt = 2;
  e.set(&event_details::code, "E");
  e.set(&event_details::reason, "a\nb");
  e.worker = std::make_shared<const std::string>("w1");
  e.set(&event_details::workflow, "w-1");
  std::vector<scheduler_event> events{e, {}};
  events.back().kind = event_kind::scheduler_draining;
  f.append(7, std::move(events));
  const auto page = f.read({7, 0});
  const auto text = page.batches.front()->text(1);
  CHECK(text == page.batches.front()->text(1));
  CHECK(*text == "id: 7-1\nevent: job.failed\ndata: {\"id\":\"7-1\",\"kind\":\"job.failed\","
                 "\"at\":\"2026-01-15T10:30:00.000Z\",\"jobID\":\"" +
                   to_string(some_id(5)) +
                   "\",\"status\":\"failed\",\"attempt\":2,\"type\":\"noop\",\"queue\":\"q\",\"workflow\":\"w-1\","
                   "\"worker\":\"w1\",\"code\":\"E\",\"reason\":\"a\\nb\"}\n\n");
  CHECK(page.batches.front()->text(2)->find("jobID") == std::string::npos);
}

TEST_CASE("a filter lets pass what fits all that it names", "[events]") {
  const auto filter = [](const std::string& query) {
    return *read_event_filter(*parse_target("/api/events?" + query));
  };
  auto e = job_event_of(event_kind::job_failed, 5);
  e.set(&event_details::workflow, "w-1");
  CHECK(event_filter{}.passes(e));
  for (const auto& fits : {std::string{"kind=job"}, std::string{"kind=worker,job.failed"}, std::string{"queue=q"},
                           std::string{"type=noop"}, std::string{"workflow=w-1"}, "id=" + to_string(some_id(5)),
                           std::string{"kind=job&queue=q&type=noop"}})
    CHECK(filter(fits).passes(e));
  for (const auto& other : {std::string{"kind=job.created"}, std::string{"kind=worker"}, std::string{"queue=p"},
                            std::string{"type=exec"}, std::string{"workflow=w-2"}, "id=" + to_string(some_id(6)),
                            std::string{"worker=w1"}, std::string{"kind=job&queue=p"}})
    CHECK_FALSE(filter(other).passes(e));
}

TEST_CASE("values of a filter that mean nothing are refused by name", "[events]") {
  const auto field = [](const std::string& query) {
    const auto f = read_event_filter(*parse_target("/api/events?" + query));
    REQUIRE_FALSE(f);
    CHECK(f.err().code == ec::invalid_value);
    return f.err().field;
  };
  for (const auto* bad : {"kind=jobs", "kind=", "kind=job,", "kind=job.failed;x", "kind=reset"})
    CHECK(field(bad) == "kind");
  CHECK(field("id=5") == "id");
  for (const auto* name : {"queue", "type", "workflow", "worker"})
    CHECK(field(std::string{name} + "=") == name);
}

TEST_CASE("a stream that the ring has overtaken ends", "[events]") {
  const auto f = std::make_shared<event_feed>(event_settings{.kept = 2});
  f->append(7, births(1, 1));
  event_stream s{f, f->sit(), {}, event_id{7, 0}};
  std::string out;
  CHECK(s.next(out, 1) == body_source::next_part::text);
  CHECK(out.ends_with("}\n\n"));
  out.clear();
  for (uint64_t i = 2; i < 9; ++i)
    f->append(7, births(i, 1));
  CHECK(s.next(out, 1) == body_source::next_part::none);
  event_stream again{f, f->sit(), {}, event_id{7, 1}};
  out.clear();
  CHECK(again.next(out, 1) == body_source::next_part::text);
  CHECK(out.find("event: reset") != std::string::npos);
}

TEST_CASE("readers of several threads each get everything in order while it is told", "[events]") {
  constexpr uint64_t all = 20'000;
  const auto f = std::make_shared<event_feed>(event_settings{.kept = all});
  f->append(7, births(1, 1));
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 4; ++r)
    readers.emplace_back([&, r] {
      auto seat = f->sit();
      event_id seen{7, 0};
      while (seen.number < all) {
        const auto page = f->read(seen);
        for (const auto& b : page.batches)
          for (auto n = std::max(b->first().number, seen.number + 1); n < b->end(); ++n) {
            wrong += n != seen.number + 1 || page.missed;
            if (n % 16 == static_cast<uint64_t>(r))
              wrong += b->text(n)->empty();
            seen = {7, n};
          }
        if (page.batches.empty()) {
          std::promise<void> woken;
          seat->await(seen, [&] { woken.set_value(); });
          woken.get_future().wait();
        }
      }
    });
  for (uint64_t n = 2; n <= all;) {
    const auto count = std::min<uint64_t>(1 + n % 7, all + 1 - n);
    f->append(7, births(n, count));
    n += count;
  }
  for (auto& t : readers)
    t.join();
  CHECK(wrong == 0);
  CHECK(f->readers() == 0);
}
