#pragma once

#include "core/base/time.hpp"
#include "core/job/cost.hpp"
#include "core/measure/metrics_delta.hpp"
#include "core/measure/sparse_histogram.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A day in UTC.
using report_day = std::chrono::sys_days;

/// What a row of a day is about. Values are stored as their names: never rename one.
enum class report_kind : uint8_t {
  all,    ///< all jobs; the name is empty
  type,   ///< of one job type
  queue,  ///< of one queue
  tag,    ///< of the jobs that have a tag
  tenant, ///< of the jobs that have a concurrency key
};
inline constexpr size_t report_kind_count = 5;

std::string_view to_string(report_kind k);
std::optional<report_kind> parse_report_kind(std::string_view text);

/// The name of those that are not told each by its own: of names, and of codes.
inline constexpr std::string_view other_names = "(other)";
/// Codes of failures that a row has by name; of more the counts are told together.
inline constexpr size_t report_codes_max = 16;

/// What happened on one day to the jobs of one name. An event counts for the day on which it was written, so a job that
/// is submitted before midnight and ends after it is in both days.
struct report_row {
  uint64_t submitted = 0;
  uint64_t completed = 0, failed = 0, cancelled = 0; ///< ends of jobs
  uint64_t retried = 0;                              ///< attempts that failed and are tried again
  uint64_t lost = 0;                                 ///< attempts that were lost with their worker
  uint64_t deadline_missed = 0;                      ///< jobs that were not begun by their deadline
  /// Failed jobs and retried attempts by the code of their error, sorted by code.
  std::vector<std::pair<std::string, uint64_t>> codes;
  sparse_histogram wait_us, run_us; ///< microseconds
  usage_total usage;
  double slot_us = 0; ///< sum over attempts of slots times run time
  // What attempts had used; only of kind `type`. One that says nothing of its memory is not in `memory_used_bytes`.
  sparse_histogram cpu_used_milli;    ///< CPU time by run time, in thousandths of a core
  sparse_histogram memory_used_bytes; ///< peaks
  // What they had asked for.
  uint64_t asked_attempts = 0;          ///< that had asked for CPU or memory
  uint32_t cpu_asked_milli_max = 0;     ///< largest request
  uint64_t memory_asked_bytes_max = 0;  ///< largest request
  double cpu_asked_us = 0;              ///< sum over attempts of what was reserved: cores times run time
  double memory_asked_byte_seconds = 0; ///< likewise

  void add(const metrics_delta::sample& s, const price_table& prices, report_kind kind);
  void merge(const report_row& other);
  bool empty() const {
    return *this == report_row{};
  }
  friend bool operator==(const report_row&, const report_row&) = default;

private:
  void add_code(std::string_view code, uint64_t times);
};

} // namespace callboard
