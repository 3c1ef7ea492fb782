#pragma once

#include "core/base/error.hpp"
#include "core/job/job.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A place in the order in which jobs ended; the default is the beginning.
struct ended_cursor {
  uint64_t row = 0;          ///< number of the write that is read next
  uint32_t taken = 0;        ///< ends of that write that are behind the cursor
  uint64_t memory_row = 0;   ///< the same of jobs of durability `memory`
  uint32_t memory_taken = 0; ///< likewise
  friend bool operator==(const ended_cursor&, const ended_cursor&) = default;
};

/// For clients, to which it means nothing: `1.RRRR.T.RRRR.T`, in hexadecimal digits.
std::string to_string(const ended_cursor& c);
/// Error: invalid_value.
result<ended_cursor> parse_ended_cursor(std::string_view text);

/// Which jobs are wanted of those that ended behind a cursor. Empty means any.
struct ended_query {
  ended_cursor after;
  std::optional<time_point> from; ///< ended then or later
  std::optional<job_state> state; ///< a terminal one
  std::string type, queue, tag;
  size_t limit = 100;
  size_t examine_max = 10'000;
  bool payload = false, result = false;
  /// Of payloads, results and logs together; a page that would have more ends early, but has one job.
  uint64_t bytes_max = UINT64_MAX;
  bool only_place = false; ///< no jobs: an empty page that stands behind everything that has ended (`ended_so_far`)
};

/// Whether it is one of those; not where it ended.
bool wants(const ended_query& q, const job_record& job);
/// What counts against `bytes_max`.
uint64_t bytes_told(const job_record& job);

struct ended_page {
  std::vector<job_record> jobs;
  ended_cursor next;     ///< go on behind it
  bool complete = false; ///< nothing else had ended
};

} // namespace callboard
