#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace callboard {

/// An option, or an argument that is told by its place.
struct described_option {
  std::vector<std::string> names;   ///< `--queue`, `-h`; of an argument its one name, such as `NAME`
  std::string value;                ///< what stands behind it: `TEXT`, `FILE`; empty: nothing does
  std::vector<std::string> choices; ///< the values that are allowed, where only these are
  std::string text;                 ///< for people
  std::string fallback;             ///< what holds without it, if that is a value
  bool required = false;
  bool repeats = false;

  const std::string& name() const {
    return names.back();
  }
};

/// A command with all that belongs to it, as its parser knows it. Hidden ones are left out.
struct described_command {
  std::string path; ///< `queues set`; of the program itself empty
  std::string text; ///< what it does, in a line
  std::string footer;
  std::vector<described_option> options, arguments;
  std::vector<described_command> commands;

  /// The last word of the path.
  std::string name() const {
    return path.substr(path.rfind(' ') + 1);
  }
};

/// Reads it off the parser. Options of a parent that may stand behind a command as well are its own here.
described_command describe(const CLI::App& app);

/// What may stand in a place, for a shell that completes it.
struct completed_value {
  enum class kind { anything, choices, names, file, directory };
  kind what = kind::anything;
  std::vector<std::string> choices;
  std::string names; ///< of what, for `callboard __complete`: `queues`
};

/// @param path  of the command that has the option or argument
completed_value completed_value_of(const std::string& path, const described_option& option);

/// Calls `each(command)` for the command and all below it, parents first.
template <class Each>
void for_each_command(const described_command& command, const Each& each) {
  each(command);
  for (const auto& sub : command.commands)
    for_each_command(sub, each);
}

} // namespace callboard
