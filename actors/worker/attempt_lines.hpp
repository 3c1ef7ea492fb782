#pragma once

#include "core/job/job_log.hpp"

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace callboard {

/// The last lines that one attempt has logged, and which of them were reported. Thread-safe: a handler may log on any
/// of its threads.
class attempt_lines {
public:
  /// @param lines_max  how many are kept; 0: none  @param line_bytes_max  a longer line is cut
  attempt_lines(uint32_t lines_max, uint64_t line_bytes_max) : lines_max_(lines_max), line_bytes_max_(line_bytes_max) {
  }

  /// True: it is the first one since the last report, so there is something to report.
  bool add(std::string_view line);
  /// Those that were not reported yet; from now on they are.
  log_lines take_new();
  /// All that are kept, for the report of the attempt's end.
  log_lines take_all();

private:
  const uint32_t lines_max_;
  const uint64_t line_bytes_max_;
  mutable std::mutex mutex_;
  log_lines kept_;
  uint64_t reported_ = 0; ///< number of the first line that was not
};

} // namespace callboard
