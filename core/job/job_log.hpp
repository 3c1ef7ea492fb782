#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace callboard {

/// Lines that an attempt's handler has written, one after the other: the first of them is line `first` of the attempt,
/// which counts from 0.
struct log_lines {
  uint64_t first = 0;
  std::vector<std::string> lines;
  friend bool operator==(const log_lines&, const log_lines&) = default;
  /// Number of the line that comes next.
  uint64_t end() const {
    return first + lines.size();
  }
};

/// The last lines of one attempt, as its job keeps them.
struct job_log : log_lines {
  uint32_t attempt = 0; ///< whose lines; 0: nobody has written any
  friend bool operator==(const job_log&, const job_log&) = default;
};

/// Puts lines behind those that are there. Lines that are there already are left out: a worker may tell them again.
/// Lines of another attempt take the place of all; after a gap only what comes behind it is kept.
/// @param bytes_max  the last lines are kept that have so many bytes together; of a last line that has more, its
/// beginning.
void append(job_log& log, uint32_t attempt, log_lines more, uint64_t bytes_max);

/// Only the lines from number `from` on.
log_lines lines_from(const log_lines& all, uint64_t from);

} // namespace callboard
