#include "cli/command_schedules.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/schedule_flags.hpp"
#include "cli/schedule_print.hpp"
#include "cli/template_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>
#include <utility>

namespace callboard {

namespace {

struct add_flags {
  std::string name;
  schedule_flags schedule;
  job_flags described;
  std::string template_name;
  template_flags values;
  bool replace = false;
  std::optional<uint32_t> version;
};

/// The body that names a template, with the job's flags in place of what the template says.
std::string body_by_template(program_context& context, scheduler_client& client, const add_flags& f) {
  if (!f.described.job.type.empty() || f.described.job.payload != submit_fields{}.payload ||
      !f.described.payload_file.empty())
    throw command_failure{exit_usage, "--template brings type and payload of the job: give neither beside it"};
  auto members = template_members(context, client, f.template_name, f.values);
  members["name"] = f.template_name;
  if (auto overrides = submit_members(f.described.job, context.now()); !overrides.empty())
    members["overrides"] = std::move(overrides);
  return schedule_body(f.name, f.schedule, "template",
                       members.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

std::string body_by_job(program_context& context, add_flags& f) {
  if (f.described.job.type.empty())
    throw command_failure{exit_usage, "schedules add needs the NAME of the schedule and the TYPE of its job, or "
                                      "--template"};
  if (!f.values.parameters.empty() || !f.values.parameters_file.empty() || f.values.version)
    throw command_failure{exit_usage, "--param, --params-file and --template-version go with --template"};
  complete_payload(context, f.described);
  return schedule_body(f.name, f.schedule, "job", submit_body(f.described.job, context.now()));
}

int run_add(program_context& context, const client_flags& client_set, add_flags& f) {
  scheduler_client client{context, client_set};
  const auto wish = f.template_name.empty() ? body_by_job(context, f) : body_by_template(context, client, f);
  query_builder query{f.replace ? schedule_target(f.name) : "/api/schedules"};
  const auto body = client.text(f.replace ? "PUT" : "POST", query.add("ifVersion", f.version).target(), wish);
  if (client_set.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto next = next_fire_text(answer);
  context.out << printable(member_text(answer, "name")) << "  version " << printable(member_text(answer, "version"))
              << (next.empty() ? "" : ", next " + printable(next) + " (" + relative_time(next, context.now()) + ")")
              << '\n';
  return exit_ok;
}

} // namespace

void add_schedules_add(command_host& host, CLI::App& schedules, std::shared_ptr<client_flags> client) {
  auto f = std::make_shared<add_flags>();
  auto* cmd = schedules.add_subcommand("add", "Define a schedule");
  cmd->footer("For example:\n"
              "  callboard schedules add nightly --cron '30 2 * * *' --zone Europe/Berlin exec -- tar czf out.tgz .\n"
              "  callboard schedules add poll --every 5min http_request --url https://example.com/hook\n"
              "  callboard schedules add orders --cron '0 2 * * *' --template nightly --param what=orders");
  cmd->add_option("NAME", f->name, "Name of the schedule")->required();
  add_payload_flags(*cmd, f->described);
  add_when_flags(*cmd, f->schedule);
  add_rule_flags(*cmd, f->schedule);
  add_field_flags(*cmd, f->described.job);
  cmd->add_option("--template", f->template_name, "The template that makes its job, instead of TYPE");
  cmd->add_option("--template-version", f->values.version, "With --template: its version (the present one)");
  add_template_flags(*cmd, f->values);
  auto* replace = cmd->add_flag("--replace", f->replace, "Give it a new version if there is one of this name");
  cmd->add_option("--if-version", f->version, "With --replace: only if this is the present version")->needs(replace);
  add_client_flags(*cmd, *client);
  add_builtin_types(*cmd, f->described);
  cmd->callback([&host, f, client] {
    host.action = [&host, f, client] {
      choose_type(f->described, host.words, "schedules add NAME");
      return run_add(host.context, *client, *f);
    };
  });
}

} // namespace callboard
