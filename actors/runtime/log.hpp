#pragma once

#include "config/settings.hpp"

#include <spdlog/spdlog.h>

#include <memory>

namespace callboard {

/// The process's log: lines on standard error. Thread-safe.
spdlog::logger& log();

/// Sets level and form; call once, before threads start.
void init_log(const log_settings& s);

/// A line of log.json: one JSON object, valid whatever bytes the message holds.
std::unique_ptr<spdlog::formatter> json_log_form();

} // namespace callboard
