#pragma once

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
};

/// Works on the authority's files, without a scheduler. Returns the exit code of the process.
int run_cert(const cert_options& options, program_context& context);

} // namespace callboard
