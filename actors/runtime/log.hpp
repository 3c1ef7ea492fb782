#pragma once

#include "config/settings.hpp"

#include <spdlog/spdlog.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace callboard {

/// The process's log: lines on standard error. Nobody waits for who reads it: without a log_writer a line for which
/// there is no room is dropped. Thread-safe.
spdlog::logger& log();

/// Sets level and form; call once, before threads start.
void init_log(const log_settings& s);

/// From its construction on, lines are written by a thread of their own: while nobody reads standard error,
/// `log.lines_waiting_max` lines wait, and of more the oldest are dropped. Construct after the last fork, and before
/// other threads start. Its end waits until all is written, unless nobody reads.
class log_writer {
public:
  explicit log_writer(const log_settings& s);
  ~log_writer();
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
};

/// Lines of this process that were dropped because nobody read standard error. Thread-safe.
uint64_t log_lines_dropped();

/// Logs a last line for who ends the process at once, past the lines that wait for the log_writer. Thread-safe.
void log_last_words(std::string_view line);

/// A line of log.json: one JSON object, valid whatever bytes the message holds.
std::unique_ptr<spdlog::formatter> json_log_form();

} // namespace callboard
