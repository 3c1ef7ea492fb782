#include "core/alerts/alert_book.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

using namespace callboard;
using namespace std::chrono_literals;

namespace {

constexpr auto waits = alert_rule::queue_waits, disk = alert_rule::disk_nearly_full;
const moment start{time_point{1'700'000'000s}, steady_point{5'000s}};

moment at(duration d) {
  return {start.wall + d, start.steady + d};
}

alert_limits some_limits() {
  alert_limits l;
  l.hold = 60s;
  l.of(waits) = {true, 1800, 300s};
  l.of(disk) = {true, 0.1, 0s};
  return l;
}

alert_sample sample(alert_rule r, std::string target = {}) {
  return {r, std::move(target), 2000, 1800};
}

/// Every rule was looked at, and those hold.
alert_samples found(std::vector<alert_sample> holding) {
  alert_samples s;
  s.holding = std::move(holding);
  s.looked_at.set();
  return s;
}

std::vector<alert_news> news(const std::vector<alert_change>& all) {
  std::vector<alert_news> out;
  for (const auto& c : all)
    out.push_back(c.news);
  return out;
}

using enum alert_news;
using all_news = std::vector<alert_news>;

} // namespace

TEST_CASE("an alert is pending, fires after its time, and is resolved after the hold", "[alerts]") {
  alert_book b{some_limits()};
  const auto mail = found({sample(waits, "queue/mail")});
  CHECK(news(b.look(mail, at(0s))).empty());
  REQUIRE(b.alerts().size() == 1);
  CHECK(b.alerts()[0].state == alert_state::pending);
  CHECK(b.alerts()[0].since == start.wall);
  CHECK(news(b.look(mail, at(299s))).empty());
  const auto fired = b.look(mail, at(300s));
  CHECK(news(fired) == all_news{fires, tell_fires});
  CHECK(fired[0].subject.fired_at == at(300s).wall);
  CHECK(news(b.look(mail, at(400s))).empty()); // told once
  CHECK(news(b.look(found({}), at(410s))).empty());
  CHECK(news(b.look(found({}), at(469s))).empty());
  CHECK(b.alerts()[0].state == alert_state::firing);
  CHECK(news(b.look(found({}), at(470s))) == all_news{is_resolved, tell_resolved});
  REQUIRE(b.alerts().size() == 1);
  CHECK(b.alerts()[0].state == alert_state::resolved);
  CHECK(b.alerts()[0].resolved_at == at(470s).wall);
  b.sanity_check();
}

TEST_CASE("a condition that holds for less than its time was nothing", "[alerts]") {
  alert_book b{some_limits()};
  b.look(found({sample(waits)}), at(0s));
  CHECK(b.look(found({}), at(200s)).empty());
  CHECK(b.alerts().empty());
  b.look(found({sample(waits)}), at(210s));
  CHECK(b.look(found({sample(waits)}), at(400s)).empty()); // counted from 210 s
  CHECK(news(b.look(found({sample(waits)}), at(510s))) == all_news{fires, tell_fires});
}

TEST_CASE("an alert that comes and goes within the hold is told once", "[alerts]") {
  alert_book b{some_limits()};
  CHECK(news(b.look(found({sample(disk)}), at(0s))) == all_news{fires, tell_fires});
  for (int i = 1; i < 20; ++i)
    CHECK(b.look(i % 2 == 0 ? found({sample(disk)}) : found({}), at(i * 50s)).empty());
  CHECK(b.alerts()[0].state == alert_state::firing);
}

TEST_CASE("what is not known changes nothing that fires, and ends what is pending", "[alerts]") {
  alert_book b{some_limits()};
  b.look(found({sample(disk), sample(waits)}), at(0s));
  CHECK(b.look(alert_samples{}, at(100s)).empty());
  CHECK(b.look(alert_samples{}, at(1000s)).empty());
  REQUIRE(b.alerts().size() == 1);
  CHECK(b.alerts()[0].rule == disk);
  CHECK(b.alerts()[0].state == alert_state::firing);
}

TEST_CASE("a silence keeps it from being told, and changes its state in nothing", "[alerts]") {
  alert_book b{some_limits()};
  alert_silence s;
  s.rule = disk;
  s.until = at(100s).wall;
  REQUIRE(b.silence(s, at(0s)));
  CHECK(news(b.look(found({sample(disk)}), at(0s))) == all_news{fires});
  CHECK(b.alerts()[0].state == alert_state::firing);
  CHECK(b.look(found({sample(disk)}), at(99s)).empty());
  // It fires still when the silence ends.
  CHECK(news(b.look(found({sample(disk)}), at(100s))) == all_news{tell_fires});
  CHECK(b.silences().empty());
}

TEST_CASE("what was never told is not told to be resolved", "[alerts]") {
  alert_book b{some_limits()};
  alert_silence s;
  s.target = "queue/mail";
  s.until = at(10'000s).wall;
  REQUIRE(b.silence(s, at(0s)));
  b.look(found({sample(waits, "queue/mail")}), at(0s));
  CHECK(news(b.look(found({sample(waits, "queue/mail")}), at(300s))) == all_news{fires});
  b.look(found({}), at(301s));
  CHECK(news(b.look(found({}), at(400s))) == all_news{is_resolved});
}

TEST_CASE("a silence fits by rule and target", "[alerts]") {
  alert a;
  a.rule = waits;
  a.target = "queue/mail";
  alert_silence s;
  CHECK(s.fits(a));
  s.rule = disk;
  CHECK_FALSE(s.fits(a));
  s.rule = waits;
  s.target = "queue/mail";
  CHECK(s.fits(a));
  s.target = "queue/mai";
  CHECK_FALSE(s.fits(a));
}

TEST_CASE("an acknowledged alert is told to nobody any more", "[alerts]") {
  alert_book b{some_limits()};
  b.look(found({sample(waits, "queue/mail")}), at(0s));
  const auto id = b.alerts()[0].id;
  REQUIRE(b.acknowledge(id, {"ann", at(1s).wall, "looking"}));
  CHECK(news(b.look(found({sample(waits, "queue/mail")}), at(300s))) == all_news{fires});
  CHECK(b.alerts()[0].ack->by == "ann");
  CHECK(b.acknowledge(id + 1, {}).err().code == ec::not_found);
  b.look(found({}), at(301s));
  b.look(found({}), at(400s));
  CHECK(b.acknowledge(id, {}).err().code == ec::invalid_state);
  // The next time is another one.
  b.look(found({sample(waits, "queue/mail")}), at(500s));
  CHECK(b.alerts()[0].id != id);
  CHECK(news(b.look(found({sample(waits, "queue/mail")}), at(800s))) == all_news{fires, tell_fires});
}

TEST_CASE("what could not be told is told at the next look", "[alerts]") {
  alert_book b{some_limits()};
  const auto first = b.look(found({sample(disk)}), at(0s));
  REQUIRE(news(first) == all_news{fires, tell_fires});
  b.was_not_told(first[1].subject.id);
  const auto again = b.look(found({sample(disk)}), at(10s));
  REQUIRE(news(again) == all_news{tell_fires});
  CHECK(again[0].subject.id == first[1].subject.id);
}

TEST_CASE("a restart forgets nothing that fires, and tells it to nobody again", "[alerts]") {
  alert_book b{some_limits()};
  b.look(found({sample(disk), sample(waits, "queue/mail")}), at(0s));
  b.look(found({sample(disk), sample(waits, "queue/mail")}), at(300s));
  alert_silence s;
  s.rule = alert_rule::clock_stepped;
  s.until = at(5000s).wall;
  REQUIRE(b.silence(s, at(300s)));
  REQUIRE(b.acknowledge(b.alerts()[0].id, {"ann", at(1s).wall, ""}));

  alert_book after{some_limits()};
  after.restore(b.memory());
  after.sanity_check();
  CHECK(after.look(found({sample(disk), sample(waits, "queue/mail")}), at(400s)).empty());
  CHECK(after.alerts().size() == 2);
  CHECK(after.silences().size() == 1);
  CHECK(after.alerts()[0].ack.has_value());
  // Silences go on being numbered.
  CHECK(after.silence(s, at(400s))->id == 2);
  CHECK(after.look(found({}), at(500s)).empty());
  const auto ends = news(after.look(found({}), at(560s)));
  CHECK(std::count(ends.begin(), ends.end(), is_resolved) == 2);
  CHECK(std::count(ends.begin(), ends.end(), tell_resolved) == 2);
}

TEST_CASE("a rule that was switched off does not come back", "[alerts]") {
  alert_book b{some_limits()};
  b.look(found({sample(disk)}), at(0s));
  auto l = some_limits();
  l.of(disk).on = false;
  alert_book after{l};
  after.restore(b.memory());
  CHECK(after.alerts().empty());
}

TEST_CASE("silences are bounded, and one that is over makes room", "[alerts]") {
  auto l = some_limits();
  l.silences_max = 2;
  alert_book b{l};
  alert_silence s;
  s.rule = disk;
  s.until = at(10s).wall;
  REQUIRE(b.silence(s, at(0s)));
  REQUIRE(b.silence(s, at(0s)));
  const auto refused = b.silence(s, at(0s));
  REQUIRE_FALSE(refused);
  CHECK(refused.err().code == ec::queue_full);
  REQUIRE(b.silence(s, at(10s)));
  CHECK(b.end_silence(3)->id == 3);
  CHECK(b.end_silence(3).err().code == ec::not_found);
}

TEST_CASE("alerts are bounded, and so are those that are resolved", "[alerts]") {
  auto l = some_limits();
  l.kept = 3;
  l.hold = 0s;
  alert_book b{l};
  std::vector<alert_sample> many;
  for (size_t i = 0; i < alerts_active_max + 10; ++i)
    many.push_back(sample(disk, "type/" + std::to_string(i)));
  b.look(found(many), at(0s));
  CHECK(b.alerts().size() == alerts_active_max);
  b.look(found({}), at(1s));
  CHECK(b.alerts().size() == 3);
  b.sanity_check();
}

TEST_CASE("ids of alerts and silences are read as they are written", "[alerts]") {
  const auto id = alert_id_of(waits, "queue/mail", start.wall);
  CHECK(parse_alert_id(alert_id_text(id)) == id);
  CHECK(parse_alert_id(alert_id_text(7)) == uint64_t{7});
  CHECK(id != alert_id_of(waits, "queue/mail", at(1us).wall));
  CHECK(id != alert_id_of(waits, "queue/mal", start.wall));
  CHECK(id != alert_id_of(disk, "queue/mail", start.wall));
  for (const auto* wrong : {"", "alert_", "alert_12", "alert_00000000000000zz", "alert_00000000000000000"})
    CHECK_FALSE(parse_alert_id(wrong));
  CHECK(parse_silence_id("silence_12") == uint64_t{12});
  CHECK_FALSE(parse_silence_id("silence_"));
  CHECK_FALSE(parse_silence_id("silence_1x"));
}

TEST_CASE("every rule has a name, a severity and words", "[alerts]") {
  for (size_t i = 0; i < alert_rule_count; ++i) {
    const auto r = static_cast<alert_rule>(i);
    INFO(i);
    CHECK(parse_alert_rule(to_string(r)) == r);
    CHECK_FALSE(row_of(r).says.empty());
    CHECK(row_of(r).advice.ends_with('.'));
  }
  CHECK_FALSE(parse_alert_rule("nothing"));
}

TEST_CASE("whatever comes: no alert fires before its time, all are resolved, and each is told once", "[alerts]") {
  rc::check([] {
    const auto lasts = std::chrono::seconds{*rc::gen::inRange(0, 50)};
    auto l = some_limits();
    l.hold = std::chrono::seconds{*rc::gen::inRange(0, 30)};
    l.of(waits).lasts = lasts;
    alert_book b{l};
    auto now = start;
    std::map<std::string, steady_point> holds_since;
    std::map<uint64_t, int> told, told_resolved;
    std::map<uint64_t, bool> fired;
    const auto take = [&](const std::vector<alert_change>& changes) {
      for (const auto& c : changes) {
        const auto id = c.subject.id;
        if (c.news == fires) {
          RC_ASSERT(!fired[id]);
          fired[id] = true;
          RC_ASSERT(holds_since.contains(c.subject.target));
          RC_ASSERT(now.steady - holds_since[c.subject.target] >= lasts);
        }
        if (c.news == tell_fires) {
          RC_ASSERT(fired[id]);
          RC_ASSERT(++told[id] == 1);
        }
        if (c.news == tell_resolved) {
          RC_ASSERT(told[id] == 1);
          RC_ASSERT(++told_resolved[id] == 1);
        }
        if (c.news == is_resolved)
          fired[id] = false;
      }
    };
    for (const auto step : *rc::gen::container<std::vector<int>>(60, rc::gen::inRange(0, 64))) {
      now.wall += std::chrono::seconds{1 + step % 7};
      now.steady += std::chrono::seconds{1 + step % 7};
      alert_samples s;
      if (step < 60)
        s.looked_at.set();
      for (const auto* target : {"queue/a", "queue/b"}) {
        const bool holds = step < 60 && (step & (target[6] == 'a' ? 8 : 16)) != 0;
        if (holds) {
          s.holding.push_back(sample(waits, target));
          holds_since.try_emplace(target, now.steady);
        } else {
          holds_since.erase(target);
        }
      }
      if (step % 11 == 0)
        (void)b.silence({0, waits, std::nullopt, now.wall + 5s, {}, {}, {}}, now);
      take(b.look(s, now));
      b.sanity_check();
    }
    now.wall += 100s;
    now.steady += 100s;
    take(b.look(found({}), now));
    now.wall += 100s;
    now.steady += 100s;
    take(b.look(found({}), now));
    for (const auto& a : b.alerts())
      RC_ASSERT(a.state == alert_state::resolved);
    for (const auto& [id, n] : told)
      RC_ASSERT(told_resolved[id] == 1);
  });
}
