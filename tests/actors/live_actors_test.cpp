#include "actors/runtime/live_actors.hpp"

#include <caf/all.hpp>
#include <catch2/catch.hpp>

#include <stdexcept>

using namespace callboard;

namespace {

using throwing_actor = caf::typed_actor<caf::reacts_to<int>>;

struct nothing {};

throwing_actor::behavior_type throwing(observed_pointer<throwing_actor, nothing> self) {
  self->show_as("throwing", "", [] { return actor_facts{}; });
  return {[](int x) {
    if (x == 0)
      throw std::runtime_error("an invariant is broken");
    throw x;
  }};
}

/// Why the actor ended, as its supervisor logs it.
std::string reason_after(int message) {
  caf::actor_system_config config;
  caf::actor_system sys{config};
  caf::scoped_actor watching{sys};
  const auto watched = sys.spawn(throwing);
  watching->monitor(watched);
  watching->send(watched, message);
  std::string reason;
  watching->receive([&](const caf::down_msg& x) { reason = sys.render(x.reason); });
  return reason;
}

} // namespace

TEST_CASE("whoever watches an actor that throws learns what it threw", "[live_actors]") {
  CHECK_THAT(reason_after(0), Catch::Contains("an invariant is broken"));
  CHECK_THAT(reason_after(1), Catch::Contains("no std::exception"));
}
