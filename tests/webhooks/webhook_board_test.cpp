#include <catch2/catch.hpp>

#include "webhooks/webhook_board.hpp"

using namespace callboard;

namespace {

webhook named(std::string name) {
  webhook w;
  w.name = std::move(name);
  w.url = "http://a/";
  w.kinds = {"job"};
  w.filter.kinds = kinds_named("job");
  return w;
}

} // namespace

TEST_CASE("until the store was read nobody knows which webhooks there are", "[webhooks]") {
  webhook_board b{{}};
  REQUIRE_FALSE(b.all());
  CHECK(b.all().err().code == ec::starting);
  CHECK(b.find("a").err().code == ec::starting);
  b.with([](webhook_board::content& c) {
    c.loaded = true;
    c.book.restore({named("b"), named("a")});
  });
  REQUIRE(b.all());
  REQUIRE(b.all()->size() == 2);
  CHECK(b.all()->front().name == "a");
  CHECK(b.find("b")->name == "b");
  CHECK(b.find("c").err().code == ec::not_found);
  CHECK(b.find("c").err().field == "name");
}

TEST_CASE("a request goes to whoever takes any, and is answered when nobody does", "[webhooks]") {
  webhook_board b{{}};
  std::optional<error> refused;
  const auto pause = [&] {
    b.send({webhook_change{"a", webhook_change::action::pause, answer<webhook>{[&](result<webhook> x) {
                             if (!x)
                               refused = x.err();
                           }}}});
  };
  pause();
  REQUIRE(refused);
  CHECK(refused->code == ec::starting);
  refused.reset();
  std::shared_ptr<webhook_request> taken;
  b.connect([&](std::shared_ptr<webhook_request> r) { taken = std::move(r); });
  pause();
  CHECK_FALSE(refused);
  REQUIRE(taken);
  CHECK(std::get<webhook_change>(taken->what).name == "a");
  taken.reset(); // its taker is gone
  REQUIRE(refused);
  CHECK(refused->code == ec::internal_error);
  b.connect(nullptr);
  pause();
  CHECK(refused->code == ec::starting);
}

TEST_CASE("the board counts what was made, is pending and was dropped", "[webhooks]") {
  webhook_board b{{1, {}}};
  b.with([](webhook_board::content& c) {
    c.book.put(named("a"), {});
    scheduler_event e;
    e.kind = event_kind::job_started;
    for (uint64_t n = 1; n <= 3; ++n)
      c.book.offer({1, n}, e, [] { return "{}"; });
  });
  auto f = b.count();
  CHECK(f.made.at("a") == 0);
  CHECK(f.pending == 1);
  CHECK(f.dropped == 2);
  b.with([](webhook_board::content& c) { c.book.delivered({1}); });
  f = b.count();
  CHECK(f.made.at("a") == 1);
  CHECK(f.pending == 0);
}
