#pragma once

#include "core/base/ids.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// What a job waits for in one it depends on. Values are stored: never renumber.
enum class dependency_condition : uint8_t {
  success = 0,  ///< it completed
  failure = 1,  ///< it failed, or was cancelled because one before it had failed
  finished = 2, ///< it ended, however
  started = 3,  ///< an attempt of it has begun
};

/// When a job with several dependencies runs. Values are stored: never renumber.
enum class dependency_rule : uint8_t {
  all = 0,         ///< all conditions are met
  any = 1,         ///< one is met
  all_done = 2,    ///< all are decided, either way
  none_failed = 3, ///< all are decided, and none of the jobs failed
};

/// How a job ended, as those which wait for it see it. Values are stored: never renumber.
enum class job_ending : uint8_t {
  open = 0, ///< it has not
  completed = 1,
  failed = 2, ///< also: cancelled because one before it had failed
  cancelled = 3,
  skipped = 4, ///< cancelled because its own conditions could not be met any more
};

std::string_view to_string(dependency_condition c);
std::optional<dependency_condition> parse_dependency_condition(std::string_view text);
std::string_view to_string(dependency_rule r);
std::optional<dependency_rule> parse_dependency_rule(std::string_view text);
std::string_view to_string(job_ending e);

/// A job that another one waits for, and what is known of it.
struct dependency {
  dependency() = default;
  /// Implicit: a plain dependency is an id.
  dependency(job_id j, dependency_condition c = dependency_condition::success) : job(j), on(c) {
  }

  job_id job;
  dependency_condition on = dependency_condition::success;
  job_ending ended = job_ending::open;
  bool began = false; ///< an attempt of it has begun
  friend bool operator==(const dependency&, const dependency&) = default;
};

/// All that a job depends on.
struct prerequisites {
  dependency_rule rule = dependency_rule::all;
  std::vector<dependency> jobs;
};

/// The end of a job that others wait for.
struct prerequisite_end {
  job_id job;
  job_ending how = job_ending::open;
  bool began = false;
  friend bool operator==(const prerequisite_end&, const prerequisite_end&) = default;
};

} // namespace callboard
