#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace callboard::bench {

/// A program that runs as long as this object. Its standard output goes to our standard error.
class child {
public:
  /// Starts it. Throws std::system_error when there is no process; a program that cannot be run ends with code 127.
  explicit child(const std::vector<std::string>& words);
  ~child();
  child(child&& other) noexcept;
  child& operator=(child&&) = delete;

  pid_t pid() const {
    return pid_;
  }
  /// Whether it has ended by itself.
  bool ended();
  /// SIGKILL, and waits for its end.
  void kill();

private:
  pid_t pid_ = -1;
};

/// Runs /bin/true `count` times, `parallel` at a time, from a bare loop: processes per second, the most that anybody
/// could run. Waits for any child of the group, so there must be no other. Throws std::system_error, or
/// std::runtime_error when one did not succeed.
double bare_process_rate(uint64_t count, uint32_t parallel);

} // namespace callboard::bench
