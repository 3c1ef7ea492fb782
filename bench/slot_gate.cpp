#include "bench/slot_gate.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds poll_every{5};

} // namespace

slot_gate::slot_gate(rest_client& rest, const std::filesystem::path& directory, uint32_t slots) : slots_(slots) {
  const auto file = std::filesystem::absolute(directory) / "gate";
  auto held = file_lock::try_lock(file, "a benchmark");
  if (!held)
    throw std::runtime_error(held.err().message);
  lock_.emplace(std::move(*held));
  for (uint32_t i = 0; i < slots; ++i)
    rest.call("POST", "/api/jobs/submit",
              {{"jobType", "exec"},
               {"priority", 9},
               {"timeout", 3600},
               {"durability", "memory"},
               {"payload", {{"argv", {"/usr/bin/flock", "--shared", file.string(), "/bin/true"}}}}});
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (read_progress(rest).running < slots) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the slots were not taken within a minute");
    std::this_thread::sleep_for(poll_every);
  }
}

slot_gate::~slot_gate() {
  open();
}

void slot_gate::open() {
  // Who waits for the lock goes on; who comes later, because its program was slow to start, is not held.
  lock_.reset();
}

} // namespace callboard::bench
