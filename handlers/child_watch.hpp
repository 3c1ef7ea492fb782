#pragma once

#include "handlers/captured_output.hpp"
#include "handlers/child_process.hpp"
#include "handlers/handler.hpp"

#include <string_view>

namespace callboard {

/// Feeds a child process, takes what it writes, and stops it when the attempt is to stop.
class child_watch {
public:
  /// @param input  fed as the child takes it; outlives the object.
  /// @param kill_grace  from SIGTERM to SIGKILL, both to the child's group.
  child_watch(child_process child, std::string_view input, uint64_t output_bytes_max, duration kill_grace);

  /// Returns when the child has ended, of itself or because it was stopped.
  child_end run(const handler_context& ctx);

  /// True if the attempt's token or deadline stopped it.
  bool was_stopped() const {
    return stopped_;
  }
  /// The most memory the child had resident. Exact where that is more than this process ever had; below, Linux counts
  /// this process's own memory as the child's (until exec it is), and the largest of some samples is given; 0 when the
  /// child ended before the first.
  uint64_t peak_memory_bytes() const {
    return peak_memory_bytes_;
  }
  captured_output output;
  captured_output errors;

private:
  using clock = std::chrono::steady_clock;

  void wait(const handler_context& ctx);
  void stop_if_due(const handler_context& ctx);
  void feed();
  void sample_memory();
  static void drain(descriptor& from, captured_output& to);

  child_process child_;
  std::string_view input_;
  duration kill_grace_;
  bool stopped_ = false;
  bool killed_ = false;
  clock::time_point kill_at_ = clock::time_point::max();
  uint64_t peak_memory_bytes_ = 0;
  duration sample_pause_;
  clock::time_point sample_at_;
};

} // namespace callboard
