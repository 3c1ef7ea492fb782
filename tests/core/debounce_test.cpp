#include "core/job/debounce.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

job_spec put_off_spec(duration quiet, duration most = duration{0}) {
  auto s = job_builder{}.spec();
  auto& u = s.unique.emplace();
  u.key = "k";
  u.scope = unique_scope::queued;
  u.conflict = on_unique_conflict::debounce;
  u.quiet = quiet;
  u.quiet_max = most;
  return s;
}

job_record record_of(job_spec s, time_point created) {
  job_record rec;
  rec.spec = std::move(s);
  rec.created_at = created;
  return rec;
}

} // namespace

TEST_CASE("debounce: the first one starts when its time has been quiet", "[unique]") {
  auto s = put_off_spec(5s);
  put_off(s, nullptr, noon);
  CHECK(s.schedule_at == noon + 5s);
  CHECK_FALSE(s.unique->since);
  auto most = put_off_spec(5s, 5s);
  put_off(most, nullptr, noon);
  CHECK(most.schedule_at == noon + 5s);
}

TEST_CASE("debounce: a later one starts later, and not after its max since the first", "[unique]") {
  auto first = put_off_spec(5s, 12s);
  put_off(first, nullptr, noon);
  auto rec = record_of(first, noon);
  for (int i = 1; i <= 3; ++i) {
    auto s = put_off_spec(5s, 12s);
    const auto now = noon + i * 4s;
    put_off(s, &rec, now);
    CHECK(s.unique->since == noon);
    CHECK(s.schedule_at == std::min(now + 5s, noon + 12s));
    rec = record_of(s, now);
  }
  auto late = put_off_spec(5s, 12s); // the chain waits for a worker, longer than it was to
  put_off(late, &rec, noon + 1h);
  CHECK(late.schedule_at == noon + 1h);
  put_off(late, nullptr, noon + 2h); // judged anew
  CHECK(late.schedule_at == noon + 2h + 5s);
  CHECK_FALSE(late.unique->since);
}

TEST_CASE("debounce: each says for itself how long, and what it replaces counts only if it was put off", "[unique]") {
  auto first = put_off_spec(60s);
  put_off(first, nullptr, noon);
  auto hasty = put_off_spec(1s, 3s);
  const auto rec = record_of(first, noon);
  put_off(hasty, &rec, noon + 10s);
  CHECK(hasty.schedule_at == noon + 10s); // 3 s since the first are over
  auto replaced = job_builder{}.spec();
  replaced.unique = unique_rule{"k", unique_scope::unfinished, duration{0}, on_unique_conflict::replace};
  const auto other = record_of(replaced, noon);
  put_off(hasty, &other, noon + 10s);
  CHECK(hasty.schedule_at == noon + 11s);
  CHECK_FALSE(hasty.unique->since);
}

TEST_CASE("debounce x a clock that is set back: the max counts from then", "[unique]") {
  auto first = put_off_spec(5s, 10s);
  put_off(first, nullptr, noon);
  const auto rec = record_of(first, noon);
  auto s = put_off_spec(5s, 10s);
  const auto now = noon - 1h;
  put_off(s, &rec, now);
  CHECK(s.unique->since == now);
  CHECK(s.schedule_at == now + 5s);
}
