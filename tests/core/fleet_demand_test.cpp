#include "core/placement/fleet_demand.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const steady_point start{1'000'000s};
constexpr duration patience = 60s;

using names = std::vector<std::string>;

struct fleet {
  fleet_demand demand{patience};
  steady_point now = start;
  std::vector<fleet_member> present;

  fleet_order look(uint32_t wanted) {
    auto o = demand.decide(now, wanted, present);
    demand.sanity_check();
    for (auto& m : present) {
      if (std::count(o.cordon.begin(), o.cordon.end(), m.name) != 0)
        m.cordoned = true;
      if (std::count(o.take_back.begin(), o.take_back.end(), m.name) != 0)
        m.cordoned = false;
    }
    return o;
  }
  void end(bool succeeded) {
    demand.call_ended(now, succeeded);
    demand.sanity_check();
  }
  void join(const std::string& name, uint32_t jobs = 0) {
    present.push_back({name, jobs, false});
  }
  void leave(const std::string& name) {
    std::erase_if(present, [&](const auto& m) { return m.name == name; });
  }
  bool is_quiet(uint32_t wanted) {
    const auto o = look(wanted);
    return o.start == 0 && o.stop.empty() && o.cordon.empty() && o.take_back.empty();
  }
};

} // namespace

TEST_CASE("a fleet is asked for what is missing, once") {
  fleet f;
  f.join("a");
  CHECK(f.look(3).start == 2);
  CHECK(f.is_quiet(3));
  f.end(true);
  CHECK(f.is_quiet(3));
  CHECK(f.demand.expected() == 2);

  SECTION("what is on its way counts when more are wanted") {
    CHECK(f.look(4).start == 1);
    CHECK(f.demand.expected() == 3);
  }
  SECTION("what joins is not expected any more") {
    f.join("b");
    CHECK(f.is_quiet(3));
    CHECK(f.demand.expected() == 1);
    f.join("c");
    CHECK(f.is_quiet(3));
    CHECK(f.demand.expected() == 0);
    CHECK(f.demand.next_look() == steady_point::max());
  }
  SECTION("what joins while the command is still under way counts as well") {
    CHECK(f.look(5).start == 2);
    f.join("b");
    f.join("c");
    f.join("d");
    f.join("e");
    CHECK(f.is_quiet(5));
    f.end(true);
    CHECK(f.demand.expected() == 0);
  }
  SECTION("what does not come is asked for again") {
    CHECK(f.demand.next_look() == start + patience);
    f.now += patience - 1us;
    CHECK(f.is_quiet(3));
    f.now += 1us;
    CHECK(f.look(3).start == 2);
  }
  SECTION("fewer are wanted: nobody goes who is not there yet") {
    CHECK(f.is_quiet(1));
    f.join("b");
    CHECK(f.look(1).cordon == names{"b"});
  }
}

TEST_CASE("a command that fails is called again, after pauses that grow") {
  fleet f;
  duration pause = fleet_demand::first_pause;
  for (int i = 0; i < 8; ++i) {
    CHECK(f.look(2).start == 2);
    f.end(false);
    CHECK(f.demand.next_look() == f.now + pause);
    f.now += pause - 1us;
    CHECK(f.is_quiet(2));
    f.now += 1us;
    pause = std::min(2 * pause, patience);
  }
  CHECK(f.look(2).start == 2);
  f.end(true);
  f.now += patience;
  CHECK(f.look(2).start == 2);
  f.end(false);
  CHECK(f.demand.next_look() == f.now + fleet_demand::first_pause); // a success forgets the failures
}

TEST_CASE("what a failed command has started nevertheless is counted when it joins") {
  fleet f;
  CHECK(f.look(2).start == 2);
  f.end(false);
  f.join("a");
  f.now += fleet_demand::first_pause;
  CHECK(f.look(2).start == 1);
}

TEST_CASE("workers that joined before a restart may join again before anything is asked for") {
  fleet f;
  f.demand = fleet_demand{patience, start + 10s};
  CHECK(f.is_quiet(2));
  CHECK(f.demand.next_look() == start + 10s);
  f.join("a");
  f.now += 10s;
  CHECK(f.look(2).start == 1);
}

TEST_CASE("the emptiest workers go, once they have nothing to do") {
  fleet f;
  f.join("a", 3);
  f.join("b", 1);
  f.join("c", 2);
  CHECK(f.look(1).cordon == names{"b", "c"});
  CHECK(f.is_quiet(1));
  f.present[1].jobs = 0;
  CHECK(f.look(1).stop == names{"b"});
  f.present[2].jobs = 0;
  CHECK(f.is_quiet(1)); // one call at a time
  f.end(true);
  CHECK(f.look(1).stop == names{"c"});
  f.leave("b");
  f.leave("c");
  f.end(true);
  CHECK(f.is_quiet(1));
  CHECK(f.demand.next_look() == steady_point::max());
}

TEST_CASE("among workers with nothing to do the last by name goes, and not in the moment it is cordoned") {
  fleet f;
  for (const auto* name : {"a", "c", "b"})
    f.join(name);
  const auto o = f.look(2);
  CHECK(o.cordon == names{"c"});
  CHECK(o.stop.empty());
  CHECK(f.look(2).stop == names{"c"});
}

TEST_CASE("workers that are to go are taken back when more are wanted, those with most to do first") {
  fleet f;
  f.join("a", 5);
  f.join("b", 1);
  f.join("c", 2);
  CHECK(f.look(1).cordon == names{"b", "c"});
  auto o = f.look(2);
  CHECK(o.take_back == names{"c"});
  CHECK(o.start == 0);
  o = f.look(4);
  CHECK(o.take_back == names{"b"});
  CHECK(o.start == 1);
}

TEST_CASE("workers that were asked to leave do not count, and are asked again when they do not go") {
  fleet f;
  f.join("a", 1);
  f.join("b");
  f.look(1);
  CHECK(f.look(1).stop == names{"b"});
  f.end(true);
  CHECK(f.look(2).start == 1);
  f.end(true);
  f.join("c");
  CHECK(f.is_quiet(2));
  f.now += patience;
  CHECK(f.look(2).stop == names{"b"});
  SECTION("a call that fails leaves them where they are") {
    f.end(false);
    f.now += fleet_demand::first_pause;
    CHECK(f.look(2).stop == names{"b"});
  }
}

TEST_CASE("a fleet ends up with as many as are wanted, whatever fails or comes late") {
  const auto seed = GENERATE(range(1u, 60u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  fleet f;
  uint32_t wanted = 0, counter = 0, on_their_way = 0;
  names going;
  fleet_order call;
  bool calling = false;
  for (int i = 0; i < 500; ++i) {
    const bool calm = i >= 300; // from here on nothing changes and nothing fails
    f.now += 1s;
    if (!calm && chance(5))
      wanted = static_cast<uint32_t>(random() % 12);
    for (auto& m : f.present)
      m.jobs = m.cordoned && (calm || chance(50)) ? 0 : static_cast<uint32_t>(random() % 4);
    auto o = f.look(wanted);
    if (o.start > 0 || !o.stop.empty()) {
      REQUIRE_FALSE(calling);
      REQUIRE((o.start == 0 || o.stop.empty()));
      for (const auto& name : o.stop)
        REQUIRE(std::any_of(f.present.begin(), f.present.end(),
                            [&](const auto& m) { return m.name == name && m.cordoned && m.jobs == 0; }));
      calling = true;
      call = std::move(o);
    }
    if (calling && (calm || chance(30))) {
      calling = false;
      const bool ok = calm || chance(70);
      f.end(ok);
      if (ok && (calm || chance(80))) { // else: the machines never come, or never go
        on_their_way += call.start;
        going.insert(going.end(), call.stop.begin(), call.stop.end());
      }
    }
    for (; on_their_way > 0 && (calm || chance(30)); --on_their_way)
      f.join("w" + std::to_string(1000 + ++counter));
    while (!going.empty() && (calm || chance(30))) {
      f.leave(going.back());
      going.pop_back();
    }
  }
  CHECK(f.present.size() == wanted);
  CHECK(f.demand.expected() == 0);
  CHECK(f.demand.next_look() == steady_point::max());
}
