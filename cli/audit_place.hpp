#pragma once

#include "config/settings.hpp"

#include <filesystem>

#include "audit/audit_writer.hpp"

namespace callboard {

/// Where the audit log is, and how it is kept.
struct audit_place {
  std::filesystem::path directory;
  audit_bounds bounds;
};

/// As `serve` with these settings has it.
audit_place audit_place_of(const settings& s);

} // namespace callboard
