#include "tests/files/scratch.hpp"

#include <catch2/catch.hpp>

#include "alerts/alert_board.hpp"
#include "alerts/alert_file.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

const moment start{time_point{1'768'473'000s}, steady_point{1000s}};

moment at(duration d) {
  return {start.wall + d, start.steady + d};
}

struct boarded {
  alert_limits limits = [] {
    alert_limits l;
    l.hold = 0s;
    return l;
  }();
  scratch s;
  std::vector<std::string> told;
  alert_board board{limits, s.directory / "alerts.json", [this](const std::string& text) { told.push_back(text); }};

  /// Whether the audit log can be written is the one thing that is looked at.
  auto look(bool fails, duration d) {
    return board.look({nullptr, std::nullopt, fails}, at(d));
  }
};

alert_silence of_audit(duration until) {
  alert_silence s;
  s.rule = alert_rule::audit_not_writable;
  s.until = at(until).wall;
  return s;
}

} // namespace

TEST_CASE("a look without the figures of jobs is not told as one: what was there before them is not known") {
  boarded b;
  b.look(false, 0s);
  CHECK_FALSE(b.board.view()->looked_at);
  const metrics_view figures;
  b.board.look({&figures, std::nullopt, std::nullopt}, at(10s));
  CHECK(b.board.view()->looked_at == at(10s).wall);
  b.look(false, 20s);
  CHECK(b.board.view()->looked_at == at(10s).wall);
}

TEST_CASE("what is shown follows what is found and done") {
  boarded b;
  CHECK(b.board.view()->alerts.empty());
  CHECK_FALSE(b.board.view()->looked_at);
  CHECK(b.look(true, 0s).size() == 2);
  const auto before = b.board.view();
  REQUIRE(before->alerts.size() == 1);
  REQUIRE(b.board.acknowledge(before->alerts[0].id, {"ann", start.wall, "x"}));
  CHECK(b.board.view()->alerts[0].ack->comment == "x");
  CHECK_FALSE(before->alerts[0].ack); // what somebody holds does not change
  const auto s = b.board.silence(of_audit(1h), start);
  REQUIRE(s);
  CHECK(b.board.view()->silences.size() == 1);
  REQUIRE(b.board.end_silence(s->id));
  CHECK(b.board.view()->silences.empty());
  b.look(false, 10s);
  CHECK(b.board.view()->alerts[0].state == alert_state::resolved);
}

TEST_CASE("another board on the same file knows what fires, and who has said what") {
  boarded b;
  b.look(true, 0s);
  const auto id = b.board.view()->alerts[0].id;
  REQUIRE(b.board.acknowledge(id, {"ann", start.wall, "x"}));
  REQUIRE(b.board.silence(of_audit(1h), start));
  alert_board next{b.limits, b.s.directory / "alerts.json", [](const std::string&) {}};
  REQUIRE(next.view()->alerts.size() == 1);
  CHECK(next.view()->alerts[0].id == id);
  CHECK(next.view()->alerts[0].ack->by == "ann");
  CHECK(next.view()->silences.size() == 1);
  CHECK(next.look({nullptr, std::nullopt, true}, at(10s)).empty()); // it was told
}

TEST_CASE("an act that cannot be kept is not done, and says why") {
  boarded b;
  b.look(true, 0s);
  const auto id = b.board.view()->alerts[0].id;
  std::filesystem::remove(b.s.directory / "alerts.json");
  std::filesystem::create_directories(b.s.directory / "alerts.json" / "in the way");
  const auto ack = b.board.acknowledge(id, {"ann", start.wall, "x"});
  REQUIRE_FALSE(ack);
  CHECK(ack.err().code == ec::storage_unavailable);
  CHECK(ack.err().message.find("alerts.json") != std::string::npos);
  CHECK_FALSE(b.board.view()->alerts[0].ack);
  CHECK_FALSE(b.board.silence(of_audit(1h), start));
  CHECK(b.board.view()->silences.empty());
  // What is found is shown and told all the same; that it is not kept is told once.
  CHECK(b.look(false, 10s).size() == 2);
  b.look(true, 20s);
  CHECK(b.told.size() == 1);
  std::filesystem::remove_all(b.s.directory / "alerts.json");
  b.look(true, 30s);
  CHECK(read_alert_memory(b.s.directory / "alerts.json")->firing.size() == 1);
}

TEST_CASE("a file that cannot be read is told, and the board begins anew") {
  const scratch s;
  s.write("alerts.json", "{");
  std::vector<std::string> told;
  const alert_board board{{}, s.directory / "alerts.json", [&](const std::string& text) { told.push_back(text); }};
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("alerts.json") != std::string::npos);
  CHECK(board.view()->alerts.empty());
}
