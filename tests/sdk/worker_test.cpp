#include <callboard/worker.hpp>
#include <catch2/catch.hpp>

#include <stdexcept>
#include <thread>

using namespace callboard::sdk;
using namespace std::chrono_literals;

namespace {

constexpr const char* wants_file = R"({"type":"object","required":["file"],"properties":{"file":{"type":"string"}}})";

outcome nothing(job&) {
  return success();
}

int exit_code(worker& w, std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "program");
  return w.run(static_cast<int>(arguments.size()), arguments.data());
}

} // namespace

TEST_CASE("a handler can be tried without a scheduler") {
  worker w{"test 1.0"};
  w.on("greet", {.schema = wants_file}, [](job& j) {
    CHECK(j.type() == "greet");
    CHECK(j.attempt() == 1);
    CHECK(j.id().substr(0, 4) == "job_");
    CHECK(j.deadline() > std::chrono::steady_clock::now());
    CHECK_FALSE(j.stop_requested());
    CHECK_FALSE(j.wait_for(0us));
    CHECK(j.stop_descriptor() >= 0);
    j.progress(50, "half");
    std::thread{[&j] { j.log("from a thread"); }}.join();
    return success(std::string{j.payload()});
  });
  const auto o = w.run_once("greet", R"({"file":"a"})");
  CHECK(o.what == outcome::kind::success);
  CHECK(o.result == R"({"file":"a"})");

  const auto refused = w.run_once("greet", R"({"file":7})");
  CHECK(refused.what == outcome::kind::permanent_failure);
  CHECK(refused.code == "INVALID_PAYLOAD");
  CHECK_THAT(refused.message, Catch::Contains("payload.file must be a string"));
  CHECK_THROWS_AS(w.run_once("other", "{}"), std::invalid_argument);
}

TEST_CASE("outcomes are what the functions say") {
  worker w{"test 1.0"};
  outcome next;
  w.on("t", [&next](job&) { return next; });
  const auto kept = [&](outcome o) {
    next = o;
    const auto got = w.run_once("t", "{}");
    CHECK(got.what == o.what);
    CHECK(got.code == o.code);
    CHECK(got.message == o.message);
    CHECK(got.result == o.result);
    CHECK(got.delay == o.delay);
  };
  kept(success());
  kept(success("[1]"));
  kept(failure("A", "words", "{}"));
  kept(permanent_failure("B", "words"));
  kept(snooze(5s, "later"));
  auto busy = failure("BUSY", "words");
  busy.delay = 3s;
  kept(busy);

  next = stopped("1");
  CHECK(w.run_once("t", "{}").what == outcome::kind::stopped);
  next = success("no JSON");
  CHECK(w.run_once("t", "{}").code == "BAD_RESULT");
  next = failure("", "without a code");
  CHECK(w.run_once("t", "{}").code == "FAILED");
  next = snooze(-5s);
  CHECK(w.run_once("t", "{}").delay == 0us);
}

TEST_CASE("what a handler does at its soft timeout can be tried without a scheduler", "[soft_timeout]") {
  worker w{"test 1.0"};
  w.on("t", [](job& j) {
    if (!j.soft_timed_out()) {
      CHECK_FALSE(j.wait_for_soft_timeout(0us));
      CHECK(j.soft_timeout_descriptor() >= 0);
      return success("\"whole\"");
    }
    CHECK(j.wait_for_soft_timeout(1h));
    CHECK_FALSE(j.stop_requested());
    if (j.checkpoint() == "half")
      return stopped();
    j.save_checkpoint("half");
    return snooze(1s, "the rest comes later");
  });
  std::string checkpoint;
  CHECK(w.run_once("t", "{}", checkpoint).result == "\"whole\"");
  CHECK(checkpoint.empty());
  const auto o = w.run_once_soft_timed_out("t", "{}", checkpoint);
  CHECK(o.what == outcome::kind::snooze);
  CHECK(checkpoint == "half");
  CHECK(w.run_once_soft_timed_out("t", "{}", checkpoint).what == outcome::kind::stopped);
}

TEST_CASE("an exception is a failure that may be tried again") {
  worker w{"test"};
  w.on("t", [](job&) -> outcome { throw std::runtime_error("these words"); });
  const auto o = w.run_once("t", "{}");
  CHECK(o.what == outcome::kind::failure);
  CHECK(o.code == "HANDLER_EXCEPTION");
  CHECK(o.message == "these words");
}

TEST_CASE("types that cannot be are refused when they are added") {
  worker w{"test 1.0"};
  w.on("good-1.a_B", nothing);
  const auto why = [&](const std::string& type, type_options options, handler_function f) -> std::string {
    try {
      w.on(type, std::move(options), std::move(f));
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "it was taken";
  };
  CHECK_THAT(why("", {}, nothing), Catch::Contains("a job type's name has 1 to 128 letters"));
  CHECK_THAT(why("a b", {}, nothing), Catch::Contains("\"a b\""));
  CHECK_THAT(why("good-1.a_B", {}, nothing), Catch::Contains("two handlers"));
  CHECK_THAT(why("t", {}, nullptr), Catch::Contains("no handler"));
  CHECK_THAT(why("t", {.schema = "{"}, nothing), Catch::Contains("job type t") && Catch::Contains("not JSON"));
  CHECK_THAT(why("t", {.version = std::string(65, '1')}, nothing), Catch::Contains("at most 64"));
  CHECK_THAT(why("t", {.cache_for = std::chrono::seconds{-1}}, nothing), Catch::Contains("1 s to 366 days"));
  CHECK_THAT(why("t", {.cache_for = std::chrono::hours{24 * 367}}, nothing), Catch::Contains("cache_for"));
  CHECK(why("cached", {.cache_for = std::chrono::seconds{1}}, nothing) == "it was taken");
}

TEST_CASE("wrong arguments end with 1, questions with 0, and nothing is started") {
  worker w{"test 1.0"};
  CHECK(exit_code(w, {"--join", "localhost:1"}) == 1); // no job types
  w.on("t", {.summary = "does nothing"}, nothing);
  CHECK(exit_code(w, {}) == 1);
  CHECK(exit_code(w, {"--join", "nowhere"}) == 1);
  CHECK(exit_code(w, {"--join", "localhost:1", "--slots", "0"}) == 1);
  CHECK(exit_code(w, {"--own", "worker", "--join", "localhost:1", "--unknown"}) == 1);
  CHECK(exit_code(w, {"--help"}) == 0);
  CHECK(exit_code(w, {"--version"}) == 0);
  CHECK(exit_code(w, {"--own", "1", "worker", "--help"}) == 0);
  CHECK(exit_code(w, {"--own", "1", "--join", "localhost:1"}) == 1); // not for the worker, and no word that says so
}
