#pragma once

#include "cli/payload_flags.hpp"
#include "cli/program.hpp"
#include "cli/submit_body.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace callboard {

/// A job on the command line, for every command that defines one.
struct job_flags {
  submit_fields job;
  std::string payload_file;
  /// A built-in type is a subcommand with flags of its own.
  std::vector<std::unique_ptr<payload_flags>> builtin;
  payload_flags* chosen = nullptr;
};

struct payload_options {
  CLI::Option *type, *text, *file;
};

/// TYPE, --payload and --payload-file.
payload_options add_payload_flags(CLI::App& cmd, job_flags& f);
/// The fields that every job may have, whenever it runs.
void add_field_flags(CLI::App& cmd, submit_fields& j);
/// When a job runs, and what only a single one has.
void add_moment_flags(CLI::App& cmd, submit_fields& j);
/// The built-in types as subcommands. `f` outlives the parsing.
void add_builtin_types(CLI::App& cmd, job_flags& f);

/// Takes the built-in type that was chosen, and what stands behind `--`: its name is a subcommand to the parser, and a
/// type to everybody else. Throws command_failure (exit_usage).
/// @param command  for messages: `submit`.
void choose_type(job_flags& f, const std::optional<std::vector<std::string>>& words, const std::string& command);
/// Reads the payload from where the flags say. Throws command_failure (exit_usage).
void complete_payload(program_context& context, job_flags& f);

/// All of a file; `-` is standard input. Throws command_failure (exit_usage).
std::string read_all(program_context& context, const std::string& path);

} // namespace callboard
