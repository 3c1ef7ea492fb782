#include "core/scheduler/job_desk.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using presence = job_desk::presence;

namespace {

constexpr job_id a{7};
const error full{ec::storage_unavailable, "no space left on device"};

errand_ptr of(purpose why) {
  return make_errand(why, job_command::arm{});
}

struct desk_with_actor : job_desk {
  desk_with_actor() {
    create(a, of(purpose::create));
    take(a, next(a)->token);
    settle(a);
  }
  uint64_t give(purpose why) {
    add(a, of(why));
    return next(a)->token;
  }
};

} // namespace

TEST_CASE("job_desk: an event for a job without an actor asks for its record, once", "[job_desk]") {
  job_desk d;
  d.add(a, of(purpose::start));
  d.add(a, of(purpose::lose));
  CHECK(d.find(a) == presence::loading);
  CHECK_FALSE(d.next(a));
  CHECK_FALSE(d.gets_slot(a));
  CHECK(d.take_wanted() == std::vector{a});
  CHECK(d.take_wanted().empty());
  d.add_first(a, of(purpose::adopt));
  CHECK(d.gets_slot(a));
  d.arrive(a);
  std::vector<purpose> order;
  while (const auto g = d.next(a)) {
    CHECK(d.find(a) == presence::busy);
    CHECK_FALSE(d.next(a)); // one at a time
    order.push_back(d.take(a, g->token)->why);
    d.settle(a);
  }
  CHECK(order == std::vector{purpose::adopt, purpose::start, purpose::lose});
  d.sanity_check();
}

TEST_CASE("job_desk: a new job has its actor: its record is not read", "[job_desk]") {
  job_desk d;
  d.create(a, of(purpose::create));
  CHECK(d.take_wanted().empty());
  const auto g = d.next(a);
  REQUIRE(g);
  CHECK(d.take(a, g->token)->why == purpose::create);
  CHECK_THROWS_AS(d.create(a, of(purpose::create)), std::logic_error);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a note counts once, and only for the event that is under way",
                 "[job_desk]") {
  const auto token = give(purpose::cancel);
  CHECK_FALSE(take(a, token + 1));
  CHECK_FALSE(take(job_id{8}, token));
  CHECK(take(a, token)->why == purpose::cancel);
  CHECK_FALSE(take(a, token));
  settle(a);
  CHECK_FALSE(take(a, token));
  CHECK(find(a) == presence::idle);
  CHECK(busy() == 0);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: who reads a busy job waits until it is settled", "[job_desk]") {
  int refused = 0;
  get_call call{a, answer<job_ptr>{[&](result<job_ptr> x) { refused += !x; }}};
  CHECK_FALSE(wait_to_read(a, call)); // idle: it answers at once
  const auto token = give(purpose::finish);
  REQUIRE(wait_to_read(a, call));
  SECTION("and is answered then") {
    take(a, token);
    const auto readers = settle(a);
    CHECK(readers.size() == 1);
    CHECK(refused == 0);
  }
  SECTION("or refused when that cannot be written") {
    rest(a, take(a, token), full);
    CHECK(refused == 1);
  }
}

TEST_CASE("job_desk: who repeats an event that was not written", "[job_desk]") {
  const auto asked = [](purpose why) {
    auto e = of(why);
    e->reply = answer<job_ptr>{[](result<job_ptr>) {}};
    return e;
  };
  for (auto why : {purpose::create, purpose::retry, purpose::modify})
    CHECK(repeater_of(*of(why)) == repeater::client);
  CHECK(repeater_of(*asked(purpose::cancel)) == repeater::client);
  CHECK(repeater_of(*of(purpose::finish)) == repeater::worker);
  for (auto why : {purpose::arm, purpose::place, purpose::start, purpose::lose, purpose::adopt, purpose::miss_deadline})
    CHECK(repeater_of(*of(why)) == repeater::scheduler);
  auto follows = of(purpose::cancel);
  CHECK(repeater_of(*follows) == repeater::scheduler);
  follows->group = 3;
  CHECK(repeater_of(*follows) == repeater::group);
  follows->heads_group = true;
  CHECK(repeater_of(*follows) == repeater::scheduler);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: after a failed write nobody's events are kept, and tried again later",
                 "[job_desk]") {
  const auto why = GENERATE(purpose::lose, purpose::miss_deadline);
  const auto token = give(why);
  add(a, of(purpose::finish));
  add(a, of(purpose::retry));
  add(a, of(purpose::place));
  const auto refused = rest(a, take(a, token), full);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0]->why == purpose::finish);
  CHECK(refused[1]->why == purpose::retry);
  CHECK(find(a) == presence::resting);
  CHECK(resting() == 1);
  CHECK(gets_slot(a)); // behind what is first
  CHECK(take_wanted().empty());
  sanity_check();
  wake_resting();
  CHECK(take_wanted() == std::vector{a});
  CHECK(find(a) == presence::loading);
  arrive(a);
  CHECK(take(a, next(a)->token)->why == why); // in the order in which they came
  settle(a);
  CHECK(take(a, next(a)->token)->why == purpose::place);
  settle(a);
  CHECK(resting() == 0);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a job with nothing to repeat is forgotten when its write fails",
                 "[job_desk]") {
  const auto token = give(purpose::finish);
  CHECK(rest(a, take(a, token), full).size() == 1);
  CHECK_FALSE(find(a));
  CHECK(size() == 0);
  CHECK(busy() == 0);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a kept event is given anew, in no group that has failed", "[job_desk]") {
  auto head = of(purpose::lose);
  head->group = 5;
  head->heads_group = true;
  add(a, std::move(head));
  const auto g = next(a);
  REQUIRE(g->group == 5);
  rest(a, take(a, g->token), full);
  wake_resting();
  arrive(a);
  CHECK(about_to_give(a)->group == 0);
  CHECK_FALSE(about_to_give(a)->heads_group);
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a cancellation of a group is gone with the group, if it was under way",
                 "[job_desk]") {
  auto follows = of(purpose::cancel);
  follows->group = 5;
  SECTION("it was") {
    add(a, std::move(follows));
    CHECK(rest(a, take(a, next(a)->token), full).size() == 1);
    CHECK_FALSE(find(a));
  }
  SECTION("it still waits, and so does its group") {
    const auto token = give(purpose::modify);
    add(a, std::move(follows));
    CHECK(rest(a, take(a, token), full).size() == 1);
    CHECK(find(a) == presence::resting);
    wake_resting();
    arrive(a);
    CHECK(about_to_give(a)->group == 5);
  }
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: knows whether a job may be about to end", "[job_desk]") {
  CHECK_FALSE(may_end(a));
  const auto token = give(purpose::modify);
  CHECK_FALSE(may_end(a));
  add(a, of(purpose::miss_deadline));
  CHECK(may_end(a));
  CHECK_FALSE(ends_alone(a)); // it only waits
  take(a, token);
  settle(a);
  next(a);
  CHECK(may_end(a));
  CHECK(ends_alone(a));
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a job that is not to be had keeps nothing", "[job_desk]") {
  give(purpose::lose);
  add(a, of(purpose::place));
  CHECK(drop(a, full).size() == 2);
  CHECK(size() == 0);
  CHECK(busy() == 0);
  sanity_check();
}

TEST_CASE_METHOD(desk_with_actor, "job_desk: a busy job is not forgotten, nor spawned twice", "[job_desk]") {
  CHECK_THROWS_AS(arrive(a), std::logic_error);
  give(purpose::start);
  CHECK_THROWS_AS(forget(a), std::logic_error);
}
