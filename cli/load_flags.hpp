#pragma once

#include "config/loader.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

/// `--config FILE` and `--set KEY=VALUE`, and flags of their own for single settings, which win over `--set`.
struct load_flags {
  std::string file;
  std::vector<std::string> set;
  /// In the order in which they were added to the command; those that were not given have no value.
  struct shortcut {
    std::string key;
    std::string flag;
    std::optional<std::string> value;
  };
  std::vector<shortcut> shortcuts;
};

void add_load_flags(CLI::App& cmd, load_flags& flags);

/// A flag that stands for one setting. `flags.shortcuts` must have room already: the flag writes into it.
void add_shortcut(CLI::App& cmd, load_flags& flags, const std::string& flag, const std::string& key,
                  const std::string& placeholder);

/// The file that is read: `--config`, else CALLBOARD_CONFIG, else none.
std::optional<std::string> settings_file_of(const std::map<std::string, std::string>& environment,
                                            const load_flags& flags);

/// Every override as `key=value`, in the order in which they apply.
std::vector<std::string> override_texts(const load_flags& flags);

/// Loads; throws command_failure (exit_usage) with all problems, a line each.
loaded_settings load(const std::map<std::string, std::string>& environment, const load_flags& flags);

/// Where a scheduler with these settings has its certificates.
std::filesystem::path tls_directory_of(const settings& s);

} // namespace callboard
