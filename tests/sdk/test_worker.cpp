// A worker for the tests of whole processes: handlers that go wrong in every way.
#include <callboard/worker.hpp>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

using namespace callboard::sdk;

namespace {

std::string quoted(std::string_view text) {
  return '"' + std::string{text} + '"';
}

} // namespace

// test_worker [GREETING] worker ...; GREETING v2 stands for the next version of the program.
int main(int argc, char** argv) {
  const std::string own = argc > 1 ? argv[1] : "";
  const bool next = own == "v2";
  static std::atomic<int> started{0};

  worker w{next ? "test-worker 2.0" : "test-worker 1.0"};
  w.on_start([] { ++started; });
  w.on("own_argument", [&](job&) { return success(quoted(own)); });
  w.on("strict",
       {.schema = next ? R"({"type":"object","required":["target"],"additionalProperties":{"type":"string"}})"
                       : R"({"type":"object","required":["file"],"additionalProperties":{"type":"string"}})",
        .summary = "wants a file"},
       [](job&) { return success(); });
  w.on("about", [](job& j) {
    return success("{\"fence\":" + std::to_string(j.fence()) + ",\"attempt\":" + std::to_string(j.attempt()) +
                   ",\"memory\":" + std::to_string(j.memory_bytes()) + ",\"cpu\":" + std::to_string(j.cpu_milli()) +
                   ",\"started\":" + std::to_string(started) + ",\"pid\":" + std::to_string(::getpid()) + "}");
  });
  w.on("abort_in_process", {.isolation = isolation::process}, [](job& j) -> outcome {
    j.log("about to crash");
    std::abort();
  });
  w.on("abort_in_worker", [](job& j) -> outcome {
    if (j.attempt() == 1)
      std::abort();
    return success();
  });
  const auto wait = [](job& j) {
    j.progress(10, "waiting");
    while (!j.wait_for(std::chrono::seconds{1})) {}
    j.log("asked to stop");
    return stopped();
  };
  w.on("wait", wait);
  w.on("wait_in_process", {.isolation = isolation::process}, wait);
  const auto part = [](job& j) {
    if (j.checkpoint() == "half")
      return success("\"whole\"");
    j.wait_for_soft_timeout(std::chrono::hours{1});
    j.save_checkpoint("half");
    return j.payload().find("snooze") != std::string_view::npos
             ? snooze(std::chrono::milliseconds{10}, "the rest comes later")
             : stopped();
  };
  w.on("part", part);
  w.on("part_in_process", {.isolation = isolation::process}, part);
  w.on("snooze_once", [](job& j) {
    static std::atomic<int> calls{0};
    return j.attempt() == 1 && ++calls == 1 ? snooze(std::chrono::milliseconds{10}, "not yet") : success("true");
  });
  w.on("give_up", [](job&) { return permanent_failure("NO_USE", "it will never work"); });
  w.on("hog", {.isolation = isolation::process}, [](job&) {
    std::vector<char> block(512u << 20, 'x');
    return success(std::to_string(block.size()));
  });
  if (own == "with-builtin")
    w.with_builtin_types();
  return w.run(argc, argv);
}
