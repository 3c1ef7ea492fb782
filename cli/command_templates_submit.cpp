#include "cli/client_command.hpp"
#include "cli/command_templates.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/template_flags.hpp"
#include "cli/watch.hpp"
#include "cli/workflow_watch.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

struct submit_flags {
  std::string name, reconnect = "30s";
  template_flags values;
  submit_fields overrides;
  bool wait = false, dry_run = false;
};

/// A part of a submit that is a duplicate names the one that was there.
void print_answer(program_context& context, const client_flags& f, const std::string& body, const json& answer,
                  const std::string& id) {
  context.out << (f.json ? body : printable(id)) << '\n';
  if (!f.json && member_text(answer, "duplicate") == "true")
    context.err << "callboard: its idempotency key or unique key named what existed already: it is that one\n";
  context.out.flush();
}

int run_submit(program_context& context, const client_flags& f, const submit_flags& s) {
  const auto reconnect = duration_flag("--reconnect", s.reconnect);
  scheduler_client client{context, f};
  auto wish = template_members(context, client, s.name, s.values);
  auto overrides = submit_members(s.overrides, context.now());
  if (const auto key = overrides.find("idempotencyKey"); key != overrides.end()) {
    wish["idempotencyKey"] = *key;
    overrides.erase(key);
  }
  if (!overrides.empty())
    wish["overrides"] = std::move(overrides);
  const auto body = client.text("POST", template_target(s.name, s.dry_run ? "/submit?dryRun=true" : "/submit"),
                                wish.dump(-1, ' ', false, json::error_handler_t::replace));
  const auto answer = parse_answer(body);
  if (s.dry_run) {
    context.out << (f.json ? body : answer.value(answer.contains("job") ? "job" : "workflow", json{}).dump(2)) << '\n';
    return exit_ok;
  }
  const bool is_job = answer.contains("jobID");
  const auto id = member_text(answer, is_job ? "jobID" : "id");
  if (id.empty())
    throw command_failure{exit_server, "the answer names no job and no workflow"};
  print_answer(context, f, body, answer, id);
  if (!s.wait)
    return exit_ok;
  if (is_job)
    return watch_jobs(context, client, {.ids = {id}, .json = f.json, .reconnect = reconnect});
  return watch_workflow(context, client, id, {f.json, reconnect});
}

} // namespace

void add_templates_submit(command_host& host, CLI::App& templates, std::shared_ptr<client_flags> client) {
  auto s = std::make_shared<submit_flags>();
  auto* sub = add_client_command(host, templates, std::move(client), "submit", "Submit what a template makes",
                                 [s](auto& context, auto& f) { return run_submit(context, f, *s); });
  sub->add_option("NAME", s->name, "The template")->required();
  add_template_flags(*sub, s->values);
  sub->add_option("--version", s->values.version, "Of the template (the present one)");
  add_field_flags(*sub, s->overrides);
  add_moment_flags(*sub, s->overrides);
  sub->add_flag("--dry-run", s->dry_run, "Print what would be submitted, checked; changes nothing");
  sub->add_flag("--wait", s->wait, "Follow it until it has ended; 2 when it failed or was cancelled");
  sub->add_option("--reconnect", s->reconnect, "With --wait: how long the scheduler may be away")
    ->capture_default_str();
}

} // namespace callboard
