#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <map>
#include <mutex>

#include "tracing/trace_exporter.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using fate = export_answer::fate;

namespace {

constexpr auto patience = 30s;

tracing_settings quick() {
  tracing_settings s;
  s.endpoint = "http://127.0.0.1:1/v1/traces";
  s.export_every = 10ms;
  return s;
}

/// A scheduler with jobs that have ended, and a collector that answers as it is told.
class scripted {
public:
  trace_exporter::surroundings around() {
    return {[this] { return ended(); },
            [this](job_id id, std::function<void(job_ptr)> f) { look_up(id, std::move(f)); },
            [this](const std::string& body) { return take(body); },
            [this](const std::string& text) {
              const std::lock_guard lock{mutex};
              warned.push_back(text);
            }};
  }
  void end(const job_record& rec) {
    const std::lock_guard lock{mutex};
    jobs[rec.id] = std::make_shared<const job_record>(rec);
    due.push_back(rec.id);
  }
  template <class F>
  bool wait(F f) {
    std::unique_lock lock{mutex};
    return bell.wait_for(lock, patience, f);
  }

  std::mutex mutex;
  std::condition_variable bell;
  std::map<job_id, job_ptr> jobs;
  std::vector<job_id> due;
  std::deque<export_answer> answers; ///< the next ones; of none: taken
  std::vector<size_t> requests;      ///< spans in each
  size_t taken = 0;
  std::vector<std::string> warned;

private:
  std::vector<job_id> ended() {
    const std::lock_guard lock{mutex};
    return std::exchange(due, {});
  }
  void look_up(job_id id, const std::function<void(job_ptr)>& f) {
    job_ptr found;
    {
      const std::lock_guard lock{mutex};
      if (const auto i = jobs.find(id); i != jobs.end())
        found = i->second;
    }
    f(found);
  }
  export_answer take(const std::string& body) {
    const auto whole = nlohmann::json::parse(body);
    const auto n = whole["resourceSpans"][0]["scopeSpans"][0]["spans"].size();
    const std::lock_guard lock{mutex};
    requests.push_back(n);
    export_answer a{fate::taken, {}, std::nullopt};
    if (!answers.empty()) {
      a = answers.front();
      answers.pop_front();
    }
    if (a.what == fate::taken)
      taken += n;
    bell.notify_all();
    return a;
  }
};

/// A completed job: itself, a wait and an attempt.
constexpr size_t spans_of_one = 3;

} // namespace

TEST_CASE("the spans of jobs that have ended are exported") {
  scripted s;
  trace_exporter e{quick(), {}, s.around()};
  e.start();
  for (uint64_t i = 1; i <= 200; ++i)
    s.end(job_builder{i}.completed());
  REQUIRE(s.wait([&] { return s.taken == 200 * spans_of_one; }));
}

TEST_CASE("a request has no more spans than it may have") {
  scripted s;
  auto settings = quick();
  settings.batch_max = 4;
  trace_exporter e{settings, {}, s.around()};
  for (uint64_t i = 1; i <= 5; ++i)
    s.end(job_builder{i}.completed());
  e.start();
  REQUIRE(s.wait([&] { return s.taken == 5 * spans_of_one; }));
  const std::lock_guard lock{s.mutex};
  CHECK(*std::max_element(s.requests.begin(), s.requests.end()) == 4);
}

TEST_CASE("spans that the collector cannot take now are sent again, and it is told once") {
  scripted s;
  s.answers = {{fate::later, "no answer", std::nullopt}, {fate::later, "status 503", std::nullopt}};
  trace_exporter e{quick(), {}, s.around()};
  s.end(job_builder{1}.completed());
  e.start();
  REQUIRE(s.wait([&] { return s.taken == spans_of_one; }));
  const std::lock_guard lock{s.mutex};
  CHECK(s.requests.size() == 3);
  REQUIRE(!s.warned.empty());
  CHECK_THAT(s.warned[0], Catch::Contains("no answer"));
  CHECK(std::count_if(s.warned.begin(), s.warned.end(),
                      [](const auto& x) { return x.find("cannot be exported") != std::string::npos; }) == 1);
}

TEST_CASE("spans that the collector refuses are dropped and counted, and others go on") {
  scripted s;
  s.answers = {{fate::refused, "status 400", std::nullopt}};
  trace_exporter e{quick(), {}, s.around()};
  s.end(job_builder{1}.completed());
  e.start();
  REQUIRE(s.wait([&] { return s.requests.size() == 1; }));
  s.end(job_builder{2}.completed());
  REQUIRE(s.wait([&] { return s.taken == spans_of_one; }));
  CHECK(e.figures().dropped == spans_of_one);
  CHECK(e.figures().failed_requests == 1);
}

TEST_CASE("spans for which there is no room are dropped and counted") {
  scripted s;
  auto settings = quick();
  settings.queue_max = 10;
  trace_exporter e{settings, {}, s.around()};
  std::vector<trace_span> many(25);
  e.add(std::move(many));
  CHECK(e.figures().waiting == 10);
  CHECK(e.figures().dropped == 15);
  e.start();
  REQUIRE(s.wait([&] { return s.taken == 10; }));
}

TEST_CASE("what waits when the exporter ends is sent before") {
  scripted s;
  auto settings = quick();
  settings.export_every = 10min;
  {
    trace_exporter e{settings, {}, s.around()};
    e.start();
    e.add(std::vector<trace_span>(3));
  }
  CHECK(s.taken == 3);
}

TEST_CASE("a job that is gone is counted, and holds up nobody") {
  scripted s;
  trace_exporter e{quick(), {}, s.around()};
  {
    const std::lock_guard lock{s.mutex};
    s.due.push_back(job_id{99});
  }
  s.end(job_builder{1}.completed());
  e.start();
  REQUIRE(s.wait([&] { return s.taken == spans_of_one; }));
  CHECK(e.figures().dropped == 1);
}
