#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "config/units.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <ostream>

#include "files/read_file.hpp"
#include "simulate/read_scenario.hpp"
#include "simulate/trace_text.hpp"

namespace callboard {

namespace {

constexpr uint64_t scenario_bytes_max = 16u << 20;

struct simulate_flags {
  std::vector<std::string> files;
  bool json = false, quiet = false;
  std::string until;
};

result<simulate::scenario> read(const std::string& file) {
  const auto text = read_file(file, scenario_bytes_max);
  if (!text)
    return text.err();
  auto plan = simulate::read_scenario(*text);
  if (!plan)
    return error{plan.err().code, file + ": " + plan.err().message, plan.err().field};
  return plan;
}

/// True when everything was as expected.
bool run_one(std::ostream& out, const simulate::scenario& plan, const simulate_flags& f,
             std::optional<duration> until) {
  const auto begun = std::chrono::steady_clock::now();
  const auto r = simulate::run_scenario(plan, until);
  const auto took = std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begun);
  if (!f.quiet)
    for (const auto& e : r.trace)
      out << (f.json ? simulate::trace_json(e) : simulate::trace_line(e)) << '\n';
  if (f.json)
    out << simulate::summary_json(plan, r, took) << '\n';
  else
    out << simulate::summary_text(plan, r, took);
  return r.good();
}

int run_simulate(program_context& context, const simulate_flags& f) {
  std::optional<duration> until;
  if (!f.until.empty() && !(until = parse_duration(f.until)))
    throw command_failure{exit_usage, "--until must be a time such as 90s or 1h30m, not " + f.until};
  int code = exit_ok;
  for (const auto& file : f.files) {
    const auto plan = read(file);
    if (!plan) {
      context.err << "callboard: " << plan.err().message << '\n';
      code = exit_usage;
    } else if (!run_one(context.out, *plan, f, until) && code == exit_ok) {
      code = exit_job_failed;
    }
  }
  return code;
}

} // namespace

void add_simulate(command_host& host) {
  auto f = std::make_shared<simulate_flags>();
  auto* cmd = host.app.add_subcommand("simulate", "Run scripted scenarios against the scheduler's core");
  cmd->add_option("FILE", f->files, "Scenarios (docs/simulate.md)")->required();
  cmd->add_flag("--json", f->json, "Print JSON: an object per event, then the summary");
  cmd->add_flag("--quiet", f->quiet, "Print no trace");
  cmd->add_option("--until", f->until, "Run until this time since the beginning, instead of the scenario's own")
    ->type_name("TIME");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_simulate(host.context, *f); }; });
}

} // namespace callboard
