#pragma once

#include "cli/audit_place.hpp"

#include <chrono>
#include <filesystem>
#include <string>

namespace callboard {

struct program_context;

/// `callboard cert`, read and checked.
struct cert_options {
  enum class action { init, issue, list, revoke };
  action wanted = action::list;
  /// Of the authority.
  std::filesystem::path directory;
  /// Issue: the worker's name. Revoke: that, or a serial number.
  std::string name;
  /// Issue: the file to write.
  std::filesystem::path bundle;
  /// Issue: how long the certificate is good; none: cluster_authority.hpp says.
  std::chrono::days valid{0};
  bool json = false;
  /// Where the acts are recorded, and the data directory: where there is none, there is no log.
  audit_place audit;
  std::filesystem::path data;
  bool audit_or_refuse = true; ///< `audit.on_failure`
  std::string as;              ///< who acts; empty: the user
};

/// Works on the authority's files, without a scheduler. Returns the exit code of the process.
int run_cert(const cert_options& options, program_context& context);

} // namespace callboard
