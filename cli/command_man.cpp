#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/reference/man_page.hpp"
#include "cli/version.hpp"
#include "core/base/rfc3339.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>

#include "files/write_file.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

constexpr mode_t page_mode = 0644;

/// The day of the build. The variable makes builds of the same source the same
/// (https://reproducible-builds.org/docs/source-date-epoch/).
std::string page_date(const program_context& context) {
  auto at = context.now();
  if (const auto set = context.environment.find("SOURCE_DATE_EPOCH"); set != context.environment.end())
    at = time_point{std::chrono::seconds{std::strtoll(set->second.c_str(), nullptr, 10)}};
  return to_rfc3339(at).substr(0, std::string_view{"2026-01-15"}.size());
}

void write_page(const fs::path& file, const std::string& text) {
  if (const auto ok = replace_file(file, text, page_mode); !ok)
    throw command_failure{exit_usage, ok.err().message};
}

int run_man(program_context& context, const CLI::App& app, const fs::path& directory) {
  std::error_code code;
  fs::create_directories(directory, code);
  if (code)
    throw command_failure{exit_usage, directory.string() + " cannot be made: " + code.message()};
  const auto program = describe(app);
  const man_frame frame{std::string{version()}, page_date(context)};
  write_page(directory / "callboard.1", program_page(program, frame));
  for (const auto& c : program.commands)
    write_page(directory / ("callboard-" + c.name() + ".1"), command_page(c, frame));
  context.out << program.commands.size() + 1 << " pages\n";
  return exit_ok;
}

} // namespace

void add_man(command_host& host) {
  auto directory = std::make_shared<std::string>(".");
  auto* cmd = host.app.add_subcommand("man", "Write the manual pages into a directory");
  cmd->group("");
  cmd->add_option("DIR", *directory, "The directory, made if need be")->capture_default_str();
  cmd->callback(
    [&host, directory] { host.action = [&host, directory] { return run_man(host.context, host.app, *directory); }; });
}

} // namespace callboard
