#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

class query_builder;

/// Which jobs: the filters of `list`.
struct filter_flags {
  std::vector<std::string> status;
  std::string type, queue, tag, key, workflow, from, to;
  std::optional<uint32_t> priority;
  /// No filter: every job.
  bool all = false;
};

/// How a bulk command works.
struct bulk_flags {
  filter_flags filter;
  /// Of `change`; empty: stays as it is.
  std::optional<uint32_t> set_priority;
  std::string set_schedule_at, set_deadline;
  std::string reason;
  bool dry_run = false, yes = false;
  /// Jobs per second; 0: as fast as it goes.
  uint32_t rate = 0;
};

/// @param status  whether jobs may be chosen by their status; failed jobs are all failed.
void add_filter_flags(CLI::App& cmd, filter_flags& f, bool status);
/// `--dry-run`, `--yes`, `--rate` and `--all`.
void add_bulk_flags(CLI::App& cmd, bulk_flags& f);
/// `--reason`
void add_reason_flag(CLI::App& cmd, bulk_flags& f);
/// `--set-priority`, `--set-schedule-at`, `--set-deadline`
void add_change_flags(CLI::App& cmd, bulk_flags& f);

/// The filter as the body of a bulk request has it. Throws command_failure (exit_usage) when there is neither a filter
/// nor `--all`, or both.
nlohmann::ordered_json filter_body(const filter_flags& f);
/// `change` of a bulk request. Throws command_failure (exit_usage) when there is nothing to change.
nlohmann::ordered_json change_body(const bulk_flags& f);
/// The same filter as parameters of a query.
void add_filter(query_builder& query, const filter_flags& f);

} // namespace callboard
