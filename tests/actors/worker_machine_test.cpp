#include "actors/fleet/worker_proxy.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

TEST_CASE("an idle worker that is lost goes by way of stopping") {
  worker_view v;
  CHECK(step(v, worker_event::join));
  CHECK(v.state == worker_state::idle);
  CHECK(step(v, worker_event::lose));
  CHECK(v.state == worker_state::failed);
  CHECK_FALSE(step(v, worker_event::assign));
  CHECK(v.state == worker_state::failed);
}
