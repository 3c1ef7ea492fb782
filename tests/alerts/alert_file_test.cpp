#include "tests/files/scratch.hpp"

#include <catch2/catch.hpp>

#include "alerts/alert_file.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

const time_point start{1'768'473'000s};

alert_memory full() {
  alert_memory m;
  alert a;
  a.rule = alert_rule::queue_waits;
  a.target = "queue/\"ma\xc3\xaf"
             "l\"";
  a.state = alert_state::firing;
  a.since = start;
  a.fired_at = start + 300s;
  a.id = alert_id_of(a.rule, a.target, a.since);
  a.value = 2100.5;
  a.threshold = 1800;
  a.notified = true;
  a.ack = alert_ack{"ann", start + 400s, "I look"};
  m.firing.push_back(a);
  m.silences.push_back({7, alert_rule::clock_stepped, std::nullopt, start + 1h, start, "ann", "why"});
  m.silences.push_back({8, std::nullopt, "type/exec", start + 2h, start, "", ""});
  m.next_silence = 9;
  return m;
}

} // namespace

TEST_CASE("what is remembered of alerts is read as it was written") {
  const auto m = parse_alert_memory(alert_memory_text(full()));
  REQUIRE(m);
  REQUIRE(m->firing.size() == 1);
  const auto& a = m->firing[0];
  const auto before = full().firing[0];
  CHECK(a.id == before.id);
  CHECK(a.rule == before.rule);
  CHECK(a.target == before.target);
  CHECK(a.state == alert_state::firing);
  CHECK(a.since == before.since);
  CHECK(a.fired_at == before.fired_at);
  CHECK(a.value == before.value);
  CHECK(a.threshold == before.threshold);
  CHECK(a.notified);
  CHECK(a.ack == before.ack);
  REQUIRE(m->silences.size() == 2);
  CHECK(m->silences[0].rule == alert_rule::clock_stepped);
  CHECK_FALSE(m->silences[0].target);
  CHECK(m->silences[0].until == start + 1h);
  CHECK_FALSE(m->silences[1].rule);
  CHECK(m->silences[1].target == "type/exec");
  CHECK(m->next_silence == 9);
  CHECK(alert_memory_text(*m) == alert_memory_text(full()));
}

TEST_CASE("what this program does not know is passed over") {
  const auto m = parse_alert_memory(R"({"format":1,"later":true,"nextSilence":3,
    "firing":[{"id":1,"rule":"of_a_later_one","target":"","since":1,"firedAt":2,"value":0,"threshold":0,"notified":false}],
    "silences":[{"id":2,"rule":"of_a_later_one","until":5,"createdAt":4,"by":"","comment":""}]})");
  REQUIRE(m);
  CHECK(m->firing.empty());
  CHECK(m->silences.empty());
  CHECK(m->next_silence == 3);
}

TEST_CASE("a file that cannot be read is named, with the reason") {
  const scratch s;
  CHECK(read_alert_memory(s.directory / "none.json")->firing.empty());
  for (const auto* text : {"", "{", "[]", R"({"format":2})", R"({"format":1})",
                           R"({"format":1,"firing":[{}],"silences":[],"nextSilence":1})"}) {
    INFO(text);
    const auto m = read_alert_memory(s.write("alerts.json", text));
    REQUIRE_FALSE(m);
    CHECK(m.err().code == ec::corrupt_record);
    CHECK(m.err().message.find("alerts.json: ") != std::string::npos);
  }
  REQUIRE(write_alert_memory(s.directory / "alerts.json", full()));
  CHECK(read_alert_memory(s.directory / "alerts.json")->silences.size() == 2);
  CHECK((std::filesystem::status(s.directory / "alerts.json").permissions() & std::filesystem::perms::others_read) ==
        std::filesystem::perms::none);
}
