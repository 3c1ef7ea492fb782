// Groups that wait for each other's jobs, and groups that become one because of that.
#include "tests/core/scheduler/group_parts.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;

TEST_CASE("write_groups: a link waits for what may end, and for nothing else", "[write_groups]") {
  write_groups groups;
  const auto g = groups.open(job(9));
  groups.add(part(g, 9));
  groups.link(g, job(1), false);
  CHECK(groups.of(job(1)) == 0);
  groups.link(g, job(2), true);
  CHECK_FALSE(groups.take_complete(g));
  CHECK(groups.settled(job(2)) == std::vector{g});
  CHECK(groups.of(job(2)) == 0); // it is no member
  CHECK(jobs_of(groups.take_complete(g)) == ids{job(9)});
  groups.sanity_check();
}

TEST_CASE("write_groups: a group that meets the atomic batch for which it waits becomes part of it", "[write_groups]") {
  write_groups groups;
  const auto batch = groups.open_batch({job(1)});
  CHECK(groups.join(batch, job(2), false) == joining::joined);
  const auto failure = groups.open(job(3));
  CHECK(groups.join(failure, job(2), false) == joining::awaited);
  CHECK(groups.join(batch, job(3), false) == joining::already);
  groups.sanity_check();
  groups.add(part(batch, 1, job_state::queued));
  groups.add(part(batch, 2));
  groups.add(part(failure, 3));
  CHECK(jobs_of(groups.take_complete(batch)) == ids{job(1), job(2), job(3)});
}

TEST_CASE("write_groups: a link tells when it has made one group of two", "[write_groups]") {
  write_groups groups;
  const auto a = groups.open(job(1)), b = groups.open(job(2));
  CHECK_FALSE(groups.link(a, job(9), false)); // nothing may end it
  CHECK_FALSE(groups.link(a, job(1), false)); // it is in the group
  CHECK(groups.link(a, job(2), false));
  CHECK_FALSE(groups.link(b, job(1), false)); // they are one
  CHECK(groups.of(job(2)) == groups.of(job(1)));
}

TEST_CASE("write_groups: two atomic batches that wait for each other become one", "[write_groups]") {
  write_groups groups;
  const auto a = groups.open_batch({job(1)}), b = groups.open_batch({job(2)});
  CHECK_FALSE(groups.link(a, job(2), false));
  CHECK(groups.link(b, job(1), false));
  groups.sanity_check();
  groups.add(part(a, 1));
  CHECK_FALSE(groups.take_complete(a)); // both or none
  groups.add(part(b, 2));
  CHECK(jobs_of(groups.take_complete(a)) == ids{job(1), job(2)});
}

TEST_CASE("write_groups: atomic batches that wait in a circle become one, and who waits outside does not",
          "[write_groups]") {
  write_groups groups;
  const auto a = groups.open_batch({job(1)}), b = groups.open_batch({job(2)}), c = groups.open_batch({job(3)}),
             outside = groups.open_batch({job(4)});
  groups.link(a, job(2), false);
  groups.link(b, job(3), false);
  groups.link(outside, job(1), false);
  CHECK(groups.link(c, job(1), false));
  CHECK(groups.size() == 2);
  groups.sanity_check();
  groups.add(part(outside, 4));
  CHECK_FALSE(groups.take_complete(outside));
  for (const auto& [group, n] : {std::pair{a, 1}, {b, 2}, {c, 3}})
    groups.add(part(group, static_cast<uint64_t>(n)));
  CHECK(jobs_of(groups.take_complete(b)) == ids{job(1), job(2), job(3)});
  CHECK(groups.settled(job(1)) == std::vector{outside});
  CHECK(jobs_of(groups.take_complete(outside)) == ids{job(4)});
}

TEST_CASE("write_groups: of two atomic batches that became one no part is written when a member leaves",
          "[write_groups]") {
  write_groups groups;
  const auto a = groups.open_batch({job(1)}), b = groups.open_batch({job(2)});
  groups.link(a, job(2), false);
  groups.link(b, job(1), false);
  groups.add(part(b, 2));
  CHECK(groups.leave(a, job(1)) == ids{job(2)});
  CHECK(groups.size() == 0);
  CHECK_FALSE(groups.take_complete(b));
}
