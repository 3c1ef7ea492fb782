#pragma once

#include "handlers/exec/captured_output.hpp"
#include "handlers/exec/output_lines.hpp"
#include "handlers/exec/reservation_guard.hpp"
#include "handlers/handler.hpp"

#include <functional>
#include <optional>
#include <string_view>

#include "process/child_process.hpp"

namespace callboard {

/// Feeds a child process, takes what it writes, signals it when its soft timeout is over, and stops it when the attempt
/// is to stop or takes more memory than it has.
class child_watch {
public:
  /// @param guard  of the child's memory and CPU; outlives the object, as does the next.
  /// @param input  fed as the child takes it.
  /// @param kill_grace  from SIGTERM to SIGKILL, both to the child's group.
  /// @param soft_signal  what the group gets when the soft timeout is over; 0: the attempt has none.
  /// @param line  called with each line that it writes, to either stream; null: nobody looks on.
  child_watch(child_process child, reservation_guard& guard, std::string_view input, uint64_t output_bytes_max,
              duration kill_grace, int soft_signal, output_lines::taker line = nullptr);

  /// Returns when the child has ended, of itself or because it was stopped.
  /// @param look  called again and again while it runs
  child_end run(const handler_context& ctx, const std::function<void()>& look);

  /// True if the attempt's token or deadline stopped it.
  bool was_stopped() const {
    return stopped_;
  }
  /// True if it was told that its soft timeout is over.
  bool was_told_softly() const {
    return told_softly_;
  }
  captured_output output;
  captured_output errors;

private:
  using clock = std::chrono::steady_clock;

  bool wait(const handler_context& ctx);
  void look_at_memory();
  void tell_soft_timeout_if_due(const handler_context& ctx);
  void stop_if_due(const handler_context& ctx);
  void signal(int number);
  void kill();
  void feed();
  static void take(descriptor& from, captured_output& to, std::optional<output_lines>& lines);
  static void take_rest(descriptor& from, captured_output& to, std::optional<output_lines>& lines);

  child_process child_;
  reservation_guard& guard_;
  std::string_view input_;
  duration kill_grace_;
  int soft_signal_;
  std::optional<output_lines> output_lines_, error_lines_;
  bool told_softly_ = false;
  bool stopped_ = false;
  bool killed_ = false;
  clock::time_point kill_at_ = clock::time_point::max();
  bool is_short_ = true;
  duration look_pause_;
  clock::time_point look_at_;
};

} // namespace callboard
