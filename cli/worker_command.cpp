#include "cli/worker_command.hpp"

#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <sstream>

namespace callboard {

namespace {

namespace fs = std::filesystem;

error bad_command(const std::string& why) {
  return {ec::invalid_value, "workers.command: " + why, "workers.command"};
}

bool is_program(const fs::path& p) {
  std::error_code ignored;
  return fs::is_regular_file(p, ignored) && ::access(p.c_str(), X_OK) == 0;
}

} // namespace

result<std::vector<std::string>> worker_command(const std::string& command, const std::string& path) {
  std::istringstream in{command};
  std::vector<std::string> words{std::istream_iterator<std::string>{in}, {}};
  if (words.empty())
    return words;
  auto& program = words.front();
  if (program.find('/') != std::string::npos) {
    std::error_code code;
    if (!fs::exists(program, code))
      return bad_command("there is no program " + program);
    if (!is_program(program))
      return bad_command(program + " is not a program that may be run");
    program = fs::absolute(program).string();
    return words;
  }
  std::istringstream directories{path};
  for (std::string directory; std::getline(directories, directory, ':');)
    if (const auto candidate = fs::path{directory} / program; !directory.empty() && is_program(candidate)) {
      program = fs::absolute(candidate).string();
      return words;
    }
  return bad_command("there is no program " + program + " in " + (path.empty() ? "an empty PATH" : path));
}

} // namespace callboard
