#include "core/calendar/schedule_facts.hpp"
#include "core/calendar/schedule_step.hpp"
#include "storage/read_schedules.hpp"
#include "storage/schedule_codec.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

const time_point t0 = std::chrono::sys_days{std::chrono::year{2026} / 5 / 1};

result<std::shared_ptr<const zone_rules>> zones(std::string_view name) {
  if (name == "Mars/Olympus")
    return error{ec::invalid_value, "no zone of that name"};
  return std::shared_ptr<const zone_rules>{std::make_shared<utc_rules>()};
}

schedule_definition full() {
  schedule_definition d;
  d.name = "nightly";
  d.version = 7;
  d.changed_at = t0 + 123us;
  d.expression = "30 2 * * MON#1";
  d.zone = "Europe/Berlin";
  d.rules.when = *cron::parse(d.expression);
  d.rules.starts_at = t0 + 1h;
  d.rules.ends_at = t0 + 1000h;
  d.rules.jitter = 1500ms;
  d.rules.missed = catch_up_rule::all;
  d.rules.catch_up_max = 9;
  d.rules.when_unfinished = overlap_rule::queue;
  d.start_within = 90s;
  d.job.type = "exec";
  d.job.queue = "night";
  d.job.tags = {"a", "b"};
  d.job.priority = 8;
  d.job.timeout = 7s;
  d.job.max_retries = 2;
  d.job.resources.memory_bytes = 1 << 20;
  d.job.level = durability::os;
  d.job.concurrency_key = "k";
  d.job.on_miss = deadline_action::promote;
  d.job.retry.rules = {{"DB_*", failure_action::snooze, 1500ms}, {"*", failure_action::fail, 0s}};
  d.job.retry.total = 2h;
  d.job.payload = blob{std::string{R"({"argv":["x"]})"}};
  return d;
}

void check_same(const schedule_definition& a, const schedule_definition& b) {
  CHECK(a.name == b.name);
  CHECK(a.version == b.version);
  CHECK(a.changed_at == b.changed_at);
  CHECK(a.expression == b.expression);
  CHECK(a.zone == b.zone);
  CHECK(a.rules.starts_at == b.rules.starts_at);
  CHECK(a.rules.ends_at == b.rules.ends_at);
  CHECK(a.rules.jitter == b.rules.jitter);
  CHECK(a.rules.missed == b.rules.missed);
  CHECK(a.rules.catch_up_max == b.rules.catch_up_max);
  CHECK(a.rules.when_unfinished == b.rules.when_unfinished);
  CHECK(a.start_within == b.start_within);
  CHECK(a.job.type == b.job.type);
  CHECK(a.job.queue == b.job.queue);
  CHECK(a.job.tags == b.job.tags);
  CHECK(a.job.priority == b.job.priority);
  CHECK(a.job.timeout == b.job.timeout);
  CHECK(a.job.max_retries == b.job.max_retries);
  CHECK(a.job.resources == b.job.resources);
  CHECK(a.job.level == b.job.level);
  CHECK(a.job.concurrency_key == b.job.concurrency_key);
  CHECK(a.job.on_miss == b.job.on_miss);
  CHECK(a.job.retry == b.job.retry);
  CHECK(a.job.payload.view() == b.job.payload.view());
  CHECK(upcoming_fires(a, progress_of_version(a, nullptr), 10) ==
        upcoming_fires(b, progress_of_version(b, nullptr), 10));
}

} // namespace

TEST_CASE("schedule codec: what is written is read, of each kind", "[storage]") {
  auto d = full();
  SECTION("cron") {
  }
  SECTION("every") {
    d.expression.clear();
    d.zone.clear();
    d.rules.when = fire_every{90s, t0 - 5s};
    d.rules.starts_at.reset();
    d.start_within.reset();
  }
  SECTION("once") {
    d.expression.clear();
    d.zone.clear();
    d.rules.when = fire_once{t0 + 2h};
    d.rules.ends_at.reset();
  }
  const auto back = decode_schedule(encode_schedule(d), zones);
  REQUIRE(back);
  check_same(d, *back);
  CHECK(back->fault.empty());
}

TEST_CASE("schedule codec: a zone that is not known here is a fault of the schedule, not of the store", "[storage]") {
  auto d = full();
  d.zone = "Mars/Olympus";
  const auto back = decode_schedule(encode_schedule(d), zones);
  REQUIRE(back);
  CHECK(back->fault == "no zone of that name");
  CHECK(back->zone == "Mars/Olympus");
}

TEST_CASE("schedule codec: damaged and newer records are told apart", "[storage]") {
  const auto bytes = encode_schedule(full());
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto cut = decode_schedule(std::string_view{bytes}.substr(0, n), zones);
    REQUIRE_FALSE(cut);
    CHECK(cut.err().code == ec::corrupt_record);
  }
  CHECK(decode_schedule(bytes + "x", zones).err().code == ec::corrupt_record);
  auto newer = bytes;
  newer[0] = 2;
  CHECK(decode_schedule(newer, zones).err().code == ec::wrong_version);
}

TEST_CASE("schedules of a store: with where they stand, and a damaged one hides no other", "[storage]") {
  auto d = full();
  schedule_progress p;
  p.handled = t0 + 5h;
  const auto bytes = encode_schedule(d);
  auto other = full();
  other.name = "other";
  const named_facts schedules{
    {"schedule/bad", "x"}, {"schedule/nightly", bytes}, {"schedule/other", encode_schedule(other)}};
  const auto found = read_schedules(schedules, {{"schedule-progress/nightly", to_text(p)}}, zones);
  REQUIRE(found.schedules.size() == 2);
  CHECK(found.schedules[0].progress == p);
  CHECK(found.schedules[1].progress.handled == other.changed_at); // nothing is known: it begins
  CHECK(found.damaged.size() == 1);
  CHECK(read_schedules({{"schedule/nightly", bytes}}, {{"schedule-progress/nightly", "?"}}, zones).damaged.size() == 1);
}

TEST_CASE("schedule facts: versions beyond those that are kept go", "[storage]") {
  auto d = full();
  auto part = facts_of_version(d, "r", {}, 3);
  CHECK(part.meta_removed == std::vector<std::string>{"schedule-version/nightly/0000000004"});
  CHECK(facts_of_removal(d, 3).meta_removed ==
        std::vector<std::string>{"schedule/nightly", "schedule-progress/nightly", "schedule-version/nightly/0000000007",
                                 "schedule-version/nightly/0000000006", "schedule-version/nightly/0000000005"});
}
