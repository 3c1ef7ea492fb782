#pragma once

#include "handlers/handler.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace callboard {

/// What travels between a worker and the process that runs one isolated attempt. Both are the same program, forked, so
/// numbers are as they lie in memory and there is no version.
enum class frame_kind : uint8_t {
  attempt = 1,  ///< to the process: first, and once
  stop,         ///< to the process: the token is set; last
  soft_timeout, ///< to the process: it is over; once at most
  progress,
  log,
  checkpoint,
  outcome, ///< from the process: last
};

struct frame {
  frame_kind kind = frame_kind::log;
  std::string body;
};

std::string to_bytes(const frame& f);

/// Puts frames together from what arrives.
class frame_splitter {
public:
  void add(std::string_view bytes);
  /// The next one, once all of it has arrived. Throws std::runtime_error for what is no frame: a process that went
  /// wild may write anything.
  std::optional<frame> next();

private:
  std::string buffer_;
  size_t taken_ = 0;
};

/// An attempt that owns its texts.
struct sent_attempt {
  attempt order;
  std::string payload, checkpoint, traceparent, tracestate; ///< `order` views them
  std::chrono::steady_clock::time_point deadline;
};

frame attempt_frame(const attempt& a, std::chrono::steady_clock::time_point deadline);
frame stop_frame(cancel_token::reason why);
frame soft_timeout_frame();
frame progress_frame(int percent, std::string_view message);
frame outcome_frame(const attempt_outcome& o);

// All throw std::runtime_error for a body that is not of that kind.
void read_attempt(const frame& f, sent_attempt& out);
cancel_token::reason read_stop(const frame& f);
std::pair<int, std::string> read_progress(const frame& f);
/// Without log, times and usage.
attempt_outcome read_outcome(const frame& f);

} // namespace callboard
