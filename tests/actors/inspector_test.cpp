// When the actors' counters are looked at, and who waits for it.
#include "actors/runtime/inspector.hpp"
#include "tests/actors/scheduler_fixture.hpp"

using namespace callboard;
using namespace std::chrono_literals;

namespace {

/// One node whose only actor has handled `handled` messages.
struct inspected : scheduler_fixture {
  uint64_t handled = 0;
  inspector_actor inspected_by;

  inspected() {
    timer = sys.spawn(timekeeper, clock, config->scheduler);
    supervisor_ = sys.spawn(
      [](caf::event_based_actor*, const uint64_t* count) -> caf::behavior {
        return {[count](view_atom) {
          actor_view v;
          v.node = "north";
          v.name = "slots";
          v.handled = *count;
          return std::vector{v};
        }};
      },
      &handled);
    inspected_by = sys.spawn(
      inspector, caf::actor_cast<worker_supervisor_actor>(caf::actor_cast<caf::strong_actor_ptr>(supervisor_)), timer);
    settle();
  }
  ~inspected() {
    caf::anon_send_exit(inspected_by, caf::exit_reason::kill);
    caf::anon_send_exit(supervisor_, caf::exit_reason::kill);
  }

  std::shared_ptr<std::optional<double>> ask() {
    auto rate = std::make_shared<std::optional<double>>();
    caf::anon_send(inspected_by, actors_call{answer<std::vector<actor_view>>{[rate](auto actors) {
                     for (const auto& v : *actors)
                       if (v.name == "slots")
                         *rate = v.per_second;
                   }}});
    settle();
    return rate;
  }

private:
  caf::actor supervisor_;
};

} // namespace

TEST_CASE_METHOD(inspected, "who asks for the actors first waits for a second look, who asks again does not",
                 "[inspector]") {
  const auto first = ask();
  CHECK_FALSE(*first);
  handled = 50;
  advance(500ms);
  REQUIRE(*first);
  CHECK(**first == Approx(100));
  // At once, and from the look before the last: one of this very moment tells nothing.
  advance(100ms);
  handled = 60;
  const auto second = ask();
  REQUIRE(*second);
  CHECK(**second == Approx(100));
  advance(900ms);
  const auto third = ask();
  REQUIRE(*third);
  CHECK(**third == Approx(10));
}

TEST_CASE_METHOD(inspected, "a look of long ago tells no rate", "[inspector]") {
  ask();
  advance(500ms);
  advance(1h);
  handled = 1'000'000;
  const auto late = ask();
  CHECK_FALSE(*late);
  handled += 5;
  advance(500ms);
  REQUIRE(*late);
  CHECK(**late == Approx(10));
}
