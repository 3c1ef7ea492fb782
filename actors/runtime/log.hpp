#pragma once

#include "config/settings.hpp"

#include <spdlog/spdlog.h>

namespace callboard {

/// The process's log: lines on standard error. Thread-safe.
spdlog::logger& log();

/// Sets level and form; call once, before threads start.
void init_log(const log_settings& s);

} // namespace callboard
