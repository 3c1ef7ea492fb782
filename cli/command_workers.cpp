#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

/// Its status, or why it gets no new jobs.
std::string state_of(const nlohmann::json& w) {
  if (member_text(w, "suspect") == "true")
    return "suspect"; // late, but not given up
  const auto breaker = w.find("breaker");
  if (breaker != w.end() && member_text(*breaker, "state") == "open")
    return "kept back";
  return member_text(w, "draining") == "true" ? "draining" : member_text(w, "status");
}

int run_workers(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", "/api/workers");
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto workers = answer.find("workers");
  if (workers == answer.end() || !workers->is_array())
    throw command_failure{exit_server, "the answer has no list of workers"};
  table t{{"ID", "STATUS", "JOBS", "COMPLETED", "FAILED", "LOST", "HEARTBEAT", "HOST", "PID"}, 1};
  for (const auto& w : *workers)
    t.add({member_text(w, "id"), state_of(w), member_text(w, "currentJobs") + "/" + member_text(w, "capacity"),
           member_text(w, "completed"), member_text(w, "failed"), member_text(w, "lost"),
           relative_time(member_text(w, "lastHeartbeat"), context.now()), member_text(w, "host"),
           member_text(w, "pid")});
  t.flush(context.out, palette{context});
  return exit_ok;
}

} // namespace

void add_workers(command_host& host) {
  auto f = std::make_shared<client_flags>();
  auto* cmd = host.app.add_subcommand("workers", "List the workers");
  add_client_flags(*cmd, *f);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_workers(host.context, *f); }; });
}

} // namespace callboard
