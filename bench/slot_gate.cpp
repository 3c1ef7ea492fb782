#include "bench/slot_gate.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace callboard::bench {

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds poll_every{5};

} // namespace

slot_gate::slot_gate(rest_client& rest, const std::filesystem::path& directory, uint32_t slots)
  : pipe_(std::filesystem::absolute(directory) / "gate"), slots_(slots) {
  if (::mkfifo(pipe_.c_str(), 0600) != 0)
    throw std::system_error(errno, std::generic_category(), "mkfifo " + pipe_.string());
  for (uint32_t i = 0; i < slots; ++i)
    rest.call("POST", "/api/jobs/submit",
              {{"jobType", "exec"},
               {"priority", 9},
               {"timeout", 3600},
               {"durability", "memory"},
               {"payload", {{"argv", {"/bin/cat", pipe_.string()}}}}});
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (read_progress(rest).running < slots) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("the slots were not taken within a minute");
    std::this_thread::sleep_for(poll_every);
  }
}

void slot_gate::open() {
  // A reader that is blocked in open(2) goes on with the first writer, and reads the end of file when it closes.
  const auto fd = ::open(pipe_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "nobody waits at " + pipe_.string());
  ::close(fd);
}

} // namespace callboard::bench
