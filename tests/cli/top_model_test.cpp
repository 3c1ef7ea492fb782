#include "cli/top/top_model.hpp"
#include "cli/top/top_screen.hpp"

#include <catch2/catch.hpp>

using namespace callboard;
using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
using kind = top_act::kind;

namespace {

time_point noon() {
  return time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h};
}

json jobs(std::vector<std::string> ids) {
  auto list = json::array();
  for (const auto& id : ids)
    list.push_back({{"id", id},
                    {"type", "exec"},
                    {"status", "running"},
                    {"queue", "mail"},
                    {"attempt", 1},
                    {"startedAt", "2026-01-15T11:59:00.000Z"},
                    {"workerID", "local-1"},
                    {"progress", {{"percent", 40}, {"message", "resizing"}}}});
  return {{"jobs", list}};
}

json queue(const char* name, int ready, bool paused) {
  return {{"name", name},
          {"paused", paused},
          {"ready", ready},
          {"waiting", 0},
          {"running", 1},
          {"retrying", 0},
          {"concurrency", 10},
          {"rate", nullptr},
          {"weight", 1},
          {"held", paused ? json("paused") : json()},
          {"oldestReady", "2026-01-15T11:58:00.000Z"}};
}

json type(int completed, int failed, double p90) {
  return {{"completed", completed},
          {"failed", failed},
          {"retried", 0},
          {"runTime", {{"p50Ms", p90 / 2}, {"p90Ms", p90}, {"p99Ms", p90 * 2}}}};
}

json metrics(double submitted, double finished) {
  return {{"byStatus", {{"queued", 3}, {"scheduled", 1}, {"retrying", 1}, {"running", 2}, {"failed", 4}}},
          {"submitted", submitted},
          {"completed", finished},
          {"submittedPerSecond", 9.5},
          {"finishedPerSecond", 8.25},
          {"types",
           {{"good", type(9, 0, 10)}, {"slow", type(9, 1, 500)}, {"bad", type(9, 7, 20)}, {"fine", type(9, 1, 30)}}}};
}

json workers() {
  return {{"workers",
           {{{"id", "local-1"}, {"status", "working"}, {"capacity", 4}, {"currentJobs", 2}, {"loadPercent", 50}},
            {{"id", "far-1"}, {"status", "idle"}, {"suspect", true}, {"capacity", 64}, {"currentJobs", 12}}}}};
}

top_model filled() {
  top_model m{"http://h:8080"};
  m.take_health(
    {{"version", "1.2.3"}, {"ready", true}, {"startedAt", "2026-01-15T10:00:00.000Z"}, {"components", json::array()}});
  m.take_metrics(metrics(100, 50), noon());
  m.take(pane::queues, {{"queues", {queue("mail", 5, false), queue("night", 7, true)}}}, noon());
  m.take(pane::workers, workers(), noon());
  m.take(pane::jobs, jobs({"job_1", "job_2", "job_3"}), noon());
  return m;
}

std::vector<std::string> ids(const top_model& m, pane p) {
  std::vector<std::string> out;
  for (const auto& row : m.shown(p).rows)
    out.push_back(row.id);
  return out;
}

void type_in(top_model& m, std::u32string_view keys) {
  for (const auto key : keys)
    m.press(key);
}

bool shows(const top_screen& s, const std::string& text) {
  return s.text().find(text) != std::string::npos;
}

} // namespace

TEST_CASE("rates are those of the last minute, and begin anew with the scheduler") {
  rate_window w;
  CHECK_FALSE(w.rates());
  w.add(noon(), 100, 50);
  CHECK_FALSE(w.rates());
  w.add(noon() + 10s, 200, 60);
  CHECK(w.rates() == std::pair{10.0, 1.0});
  for (int second = 20; second <= 200; second += 10)
    w.add(noon() + std::chrono::seconds{second}, 200 + second, 60);
  CHECK(w.rates() == std::pair{1.0, 0.0});
  w.add(noon() + 210s, 5, 5);
  CHECK_FALSE(w.rates());
}

TEST_CASE("types come by their failures, then by their run times") {
  auto m = filled();
  CHECK(ids(m, pane::types) == std::vector<std::string>{"bad", "slow", "fine", "good"});
  m.press(key_back_tab);
  m.press(key_back_tab);
  REQUIRE(m.focus() == pane::types);
  m.press(U's');
  CHECK(m.status() == "sorted by P90");
  CHECK(ids(m, pane::types) == std::vector<std::string>{"slow", "fine", "bad", "good"});
}

TEST_CASE("numbers of the head are sums of what the scheduler says") {
  const auto m = filled();
  CHECK(m.numbers().waiting == 5);
  CHECK(m.numbers().running == 2);
  CHECK(m.numbers().failed == 4);
  CHECK(m.numbers().workers == 2);
  CHECK(m.numbers().workers_alive == 1);
  CHECK(m.numbers().slots == 4);
  CHECK(m.numbers().slots_busy == 2);
  // Until there are two samples, those of the scheduler hold.
  CHECK(m.rates() == std::pair{9.5, 8.25});
}

TEST_CASE("what is chosen stays chosen when rows come and go") {
  auto m = filled();
  type_in(m, U"j");
  CHECK(m.shown(pane::jobs).chosen == 1);
  m.take(pane::jobs, jobs({"job_0", "job_2", "job_3"}), noon());
  CHECK(m.shown(pane::jobs).rows[m.shown(pane::jobs).chosen].id == "job_2");
  m.take(pane::jobs, jobs({}), noon());
  m.press(U'j');
  CHECK(m.press(key_enter).what == kind::none);
  CHECK(m.press(U'c').what == kind::none);
  CHECK(m.status() == "nothing is chosen");
}

TEST_CASE("an act is asked for, and done only after a yes") {
  auto m = filled();
  m.press(U'j');
  CHECK(m.press(U'c').what == kind::none);
  CHECK(m.status() == "cancel job job_2? [y/N]");
  CHECK(m.press(U'n').what == kind::none);
  CHECK(m.status() == "nothing was done");
  m.press(U'c');
  // Another one is chosen meanwhile: what was named is meant.
  m.take(pane::jobs, jobs({"job_7"}), noon());
  const auto act = m.press(U'y');
  CHECK(act.what == kind::cancel);
  CHECK(act.target == "job_2");
  m.take_answer("job_2 is over (invalid_state)", false);
  CHECK(m.status_is_bad());
  m.press(U'c');
  CHECK(m.press(U'c').what == kind::none);
}

TEST_CASE("keys that act belong to a pane") {
  auto m = filled();
  CHECK(m.press(U'd').what == kind::none);
  CHECK(m.status() == "that key is for a worker; Tab goes to the next pane");
  m.press(key_tab);
  REQUIRE(m.focus() == pane::queues);
  // The longest queue is the first, and paused.
  m.press(U'p');
  CHECK(m.status() == "resume queue night? [y/N]");
  CHECK(m.press(U'y').what == kind::resume);
  m.press(U'j');
  m.press(U'p');
  const auto act = m.press(U'Y');
  CHECK(act.what == kind::pause);
  CHECK(act.target == "mail");
  CHECK(act.of == pane::queues);
  type_in(m, U"\t\t");
  m.press(U'd');
  CHECK(m.press(U'y').what == kind::drain);
}

TEST_CASE("a filter shows rows with a text, and can be taken away") {
  auto m = filled();
  type_in(m, U"/b_2x");
  CHECK(ids(m, pane::jobs).empty());
  m.press(key_backspace);
  CHECK(ids(m, pane::jobs) == std::vector<std::string>{"job_2"});
  // In a filter keys are letters.
  CHECK(m.now_in() == top_model::mode::filter);
  m.press(key_enter);
  CHECK(m.press(U'q').what == kind::quit);
  type_in(m, U"/\u00fc");
  CHECK(m.shown(pane::jobs).filter == "b_2\u00fc");
  m.press(key_backspace);
  CHECK(m.shown(pane::jobs).filter == "b_2");
  m.press(key_escape);
  CHECK(ids(m, pane::jobs).size() == 3);
}

TEST_CASE("what Enter shows is a page that can be left") {
  auto m = filled();
  const auto act = m.press(key_enter);
  CHECK(act.what == kind::show);
  CHECK(act.target == "job_1");
  m.take_details("job_1", {"one", "two"});
  CHECK(shows(draw_top(m, 80, 24, noon()), "\njob_1\none\ntwo\n"));
  m.press(U'j');
  m.press(U'j');
  CHECK(m.details_first() == 1);
  CHECK(m.press(U'q').what == kind::none);
  CHECK(m.now_in() == top_model::mode::rows);
  CHECK(m.press(key_interrupt).what == kind::quit);
}

TEST_CASE("the view of jobs goes round") {
  auto m = filled();
  for (const auto* statuses : {"queued,scheduled,retrying", "failed", "", "running"}) {
    CHECK(m.press(U'v').what == kind::reload);
    CHECK(statuses_of(m.view()) == std::string{statuses});
  }
}

TEST_CASE("the screen has a head, four panes and a status line") {
  auto m = filled();
  const auto s = draw_top(m, 80, 24, noon());
  const auto text = s.text();
  INFO(text);
  CHECK(text.starts_with("callboard 1.2.3 http://h:8080  ready  up 2h  in 9.5/s out 8.3/s\n"
                         "5 waiting  2 running  4 failed  1/2 workers  2/4 slots\n"
                         "QUEUE  WAITING  RUNNING  RETRYING  OLDEST  LIMITS"));
  CHECK(shows(s, "\nnight        7        1         0    2min  "));
  CHECK(shows(s, "\nbad      9       7        0    10ms   20ms  40ms"));
  CHECK(shows(s, "\nlocal-1  working  ■■□□    50%"));
  CHECK(shows(s, "\nfar-1    suspect  12/64 "));
  CHECK(shows(s, "\njob_1  exec  running  mail     1   1min  local-1  40% resizing\n"));
  CHECK(text.ends_with("\nTab pane  jk move  / find  s sort  v jobs  Enter show  crdp act  ? help  q quit\n"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 24);
  CHECK(s.at(0, 2).as == look::bold);
  // Exactly one row is chosen.
  size_t chosen = 0;
  for (size_t y = 0; y < s.height(); ++y)
    chosen += s.at(0, y).as == look::chosen ? 1 : 0;
  CHECK(chosen == 1);
}

TEST_CASE("each size of a screen is drawn, and a row that is chosen is on it") {
  auto m = filled();
  std::vector<std::string> many;
  for (int i = 100; i < 160; ++i)
    many.push_back("job_" + std::to_string(i));
  m.take(pane::jobs, jobs(many), noon());
  m.press(U'?');
  CHECK(shows(draw_top(m, 80, 24, noon()), "cancel the job"));
  m.press(key_escape);
  for (int i = 0; i < 59; ++i)
    m.press(U'j');
  for (const size_t width : {40, 80, 200})
    for (const size_t height : {14, 24, 60}) {
      INFO(width << "x" << height);
      CHECK(shows(draw_top(m, width, height, noon()), "\njob_159"));
      CHECK(shows(draw_top(m, width, height, noon()), "60 of 60"));
    }
  m.press(key_page_up);
  CHECK(m.shown(pane::jobs).chosen < 59);
  CHECK(draw_top(m, 39, 24, noon()).text().starts_with("needs 40x14\n"));
  CHECK(draw_top(m, 5, 1, noon()).text() == "need…\n");
  CHECK(draw_top(m, 0, 0, noon()).text().empty());
}

TEST_CASE("a scheduler that has gone is told of, and what was known stays") {
  auto m = filled();
  m.take_silence("no answer from http://h:8080: refused\033[2J");
  const auto s = draw_top(m, 80, 24, noon());
  CHECK(
    shows(s, "callboard 1.2.3 http://h:8080  no answer, trying again\nno answer from http://h:8080: refused?[2J\n"));
  CHECK(shows(s, "\njob_1 "));
  m.take_health({{"version", "1.2.4"},
                 {"ready", false},
                 {"components", {{{"name", "store"}, {"ok", false}, {"detail", "disk full"}}}}});
  CHECK(shows(draw_top(m, 80, 24, noon()), "callboard 1.2.4 http://h:8080  not ready, store: disk full"));
}
