#include "cli/command.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/watch.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>

namespace callboard {

namespace {

struct submit_flags {
  client_flags client;
  job_flags described;
  std::string body_file, batch_file;
  std::string reconnect = "30s";
  bool atomic = false;
  bool wait = false;
};

int wait_for(program_context& context, scheduler_client& client, const submit_flags& f, std::vector<std::string> ids) {
  if (ids.empty())
    return exit_ok;
  return watch_jobs(
    context, client,
    {.ids = std::move(ids), .json = f.client.json, .reconnect = duration_flag("--reconnect", f.reconnect)});
}

int submit_one(program_context& context, submit_flags& f) {
  if (f.described.job.type.empty() && f.body_file.empty())
    throw command_failure{exit_usage, "submit needs the TYPE of the job, --file FILE or --batch FILE"};
  complete_payload(context, f.described);
  scheduler_client client{context, f.client};
  const auto job = f.body_file.empty() ? submit_body(f.described.job, context.now()) : read_all(context, f.body_file);
  const auto body = client.text("POST", "/api/jobs/submit", job);
  const auto answer = parse_answer(body);
  const auto id = member_text(answer, "jobID");
  if (id.empty())
    throw command_failure{exit_server, "the answer names no job"};
  if (f.client.json)
    context.out << body << '\n';
  else
    // The id alone on standard output, for `id=$(callboard submit …)`; the rest is for people.
    context.out << printable(id) << '\n';
  if (!f.client.json && member_text(answer, "duplicate") == "true")
    context.err << "callboard: its idempotency key or unique key named a job that existed already: it is that one\n";
  context.out.flush();
  return f.wait ? wait_for(context, client, f, {id}) : exit_ok;
}

int submit_batch(program_context& context, const submit_flags& f) {
  scheduler_client client{context, f.client};
  const auto text = read_all(context, f.batch_file);
  const auto begin = text.find_first_not_of(" \t\r\n");
  // An array is a batch as well; lines of objects are NDJSON.
  const bool array = begin != std::string::npos && text[begin] == '[';
  const auto body = client.text("POST", f.atomic ? "/api/jobs/batch?atomic=true" : "/api/jobs/batch", text,
                                array ? "application/json" : "application/x-ndjson");
  const auto answer = parse_answer(body);
  if (f.client.json)
    context.out << body << '\n';
  const auto items = answer.find("items");
  if (items == answer.end() || !items->is_array())
    throw command_failure{exit_server, "the answer has no list of items"};
  std::vector<std::string> ids;
  size_t refused = 0;
  for (size_t i = 0; i < items->size(); ++i) {
    const auto& item = (*items)[i];
    const auto e = item.find("error");
    if (e == item.end()) {
      ids.push_back(member_text(item, "jobID"));
      if (!f.client.json)
        context.out << printable(ids.back()) << '\n';
    } else {
      ++refused;
      context.err << "callboard: job " << i
                  << " was refused: " << printable(member_text(*e, "message") + " (" + member_text(*e, "code") + ")")
                  << '\n';
    }
  }
  context.out.flush();
  const int waited = f.wait ? wait_for(context, client, f, std::move(ids)) : exit_ok;
  return refused > 0 ? exit_usage : waited;
}

} // namespace

void add_submit(command_host& host) {
  auto f = std::make_shared<submit_flags>();
  auto* cmd = host.app.add_subcommand("submit", "Submit a job, or a batch of them");
  cmd->footer("`callboard submit TYPE --help` shows the flags of a type's payload. For example:\n"
              "  callboard submit exec -- tar czf out.tgz .\n"
              "  callboard submit http_request --url https://example.com/hook --body '{\"event\":\"done\"}'");
  const auto payload = add_payload_flags(*cmd, f->described);
  add_field_flags(*cmd, f->described.job);
  add_moment_flags(*cmd, f->described.job);
  const auto parts = cmd->get_options([cmd](const CLI::Option* o) { return o != cmd->get_help_ptr(); });
  auto* whole = cmd->add_option("--file", f->body_file, "File with the whole job as REST takes it; - is standard input")
                  ->type_name("FILE");
  for (auto* part : parts)
    whole->excludes(part);
  auto* batch = cmd
                  ->add_option("--batch", f->batch_file,
                               "File with a job per line (NDJSON), or an array of jobs; - is standard input")
                  ->type_name("FILE");
  batch->excludes(payload.type)->excludes(payload.text)->excludes(payload.file)->excludes(whole);
  cmd->add_flag("--atomic", f->atomic, "Accept all jobs of a batch or none")->needs(batch);
  cmd->add_flag("--wait", f->wait, "Follow the job until it has ended; ends like `watch`");
  cmd->add_option("--reconnect", f->reconnect, "With --wait: how long the scheduler may be away")
    ->capture_default_str();
  add_client_flags(*cmd, f->client);
  add_builtin_types(*cmd, f->described);
  cmd->callback([&host, f] {
    host.action = [&host, f] {
      if (f->described.chosen && !(f->body_file.empty() && f->batch_file.empty()))
        throw command_failure{exit_usage, "TYPE excludes " + std::string{f->body_file.empty() ? "--batch" : "--file"}};
      choose_type(f->described, host.words, "submit");
      return f->batch_file.empty() ? submit_one(host.context, *f) : submit_batch(host.context, *f);
    };
  });
}

} // namespace callboard
