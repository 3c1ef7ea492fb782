#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "files/read_file.hpp"

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr uint64_t secret_file_bytes_max = 4096;
/// Widest address in a list; `show` has all of it.
constexpr size_t url_columns_max = 60;

struct add_flags {
  std::string name, url, queue, type, workflow, worker, secret_file;
  std::vector<std::string> kinds, headers;
  std::optional<uint32_t> retries;
  bool paused = false, replace = false, unsigned_from_now = false;
};

struct delivery_flags {
  std::string name, cursor;
  std::optional<uint32_t> limit;
};

std::string target_of(const std::string& name, std::string_view rest = {}) {
  return "/api/webhooks/" + url_escaped(name) + std::string{rest};
}

const json& list_of(const json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *found;
}

json filter_of(const json& webhook) {
  const auto found = webhook.find("filter");
  return found != webhook.end() && found->is_object() ? *found : json::object();
}

/// `job.failed alert, queue mail`
std::string filter_text(const json& webhook) {
  const auto filter = filter_of(webhook);
  std::string out = items_text(filter, "kinds");
  for (const auto* name : {"queue", "type", "workflow", "worker"})
    if (const auto text = member_text(filter, name); !text.empty())
      out.append(", ").append(name).append(" ").append(text);
  return printable(out);
}

const char* state_of(const json& webhook) {
  return webhook.value("enabled", true) ? "enabled" : "paused";
}

int run_list(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", "/api/webhooks");
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  table t{{"NAME", "STATE", "SIGNED", "EVENTS", "URL"}};
  const auto& all = list_of(answer, "webhooks");
  for (const auto& w : all)
    t.add({member_text(w, "name"), state_of(w), w.value("signed", false) ? "yes" : "no", filter_text(w),
           shortened(printable(member_text(w, "url")), url_columns_max)});
  if (all.empty())
    context.out << "no webhooks\n";
  else
    t.flush(context.out, palette{context});
  return exit_ok;
}

void print_webhook(std::ostream& out, const json& w, time_point now) {
  member_lines m{out};
  m.line("name", printable(member_text(w, "name")));
  m.line("state", state_of(w));
  m.line("url", printable(member_text(w, "url")));
  m.line("events", filter_text(w));
  if (const auto headers = w.find("headers"); headers != w.end() && headers->is_object() && !headers->empty())
    m.line("headers", value_lines(w, "headers"));
  m.line("retries", member_text(w, "retryCount"));
  m.line("signed", w.value("signed", false) ? "yes" : "no");
  m.line("secret changed", time_text(w, "secretChangedAt", now));
  m.line("created", time_text(w, "createdAt", now));
  m.line("changed", time_text(w, "changedAt", now));
}

int print_one(program_context& context, const client_flags& f, const std::string& body) {
  if (f.json)
    context.out << body << '\n';
  else
    print_webhook(context.out, parse_answer(body), context.now());
  return exit_ok;
}

/// Of `NAME: VALUE`.
std::pair<std::string, std::string> header_flag(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    throw command_failure{exit_usage, "--header must be NAME: VALUE, not " + printable(text)};
  const auto value = text.find_first_not_of(' ', colon + 1);
  return {text.substr(0, colon), value == std::string::npos ? "" : text.substr(value)};
}

/// From a file, so that it is in no list of processes and no history of a shell.
std::string secret_in(const std::string& file) {
  auto text = read_file(file, secret_file_bytes_max);
  if (!text)
    throw command_failure{exit_usage, "--secret-file: " + text.err().message};
  constexpr std::string_view white = " \t\r\n";
  const auto first = text->find_first_not_of(white);
  if (first == std::string::npos)
    throw command_failure{exit_usage, "--secret-file: " + file + " is empty"};
  return text->substr(first, text->find_last_not_of(white) - first + 1);
}

int run_add(program_context& context, const client_flags& f, const add_flags& flags) {
  json filter{{"kinds", flags.kinds}};
  for (const auto& [name, value] : {std::pair{"queue", &flags.queue},
                                    {"type", &flags.type},
                                    {"workflow", &flags.workflow},
                                    {"worker", &flags.worker}})
    if (!value->empty())
      filter[name] = *value;
  json request{{"name", flags.name}, {"url", flags.url}, {"filter", filter}};
  for (const auto& text : flags.headers) {
    const auto [name, value] = header_flag(text);
    request["headers"][name] = value;
  }
  if (!flags.secret_file.empty())
    request["secret"] = secret_in(flags.secret_file);
  if (flags.unsigned_from_now)
    request["secret"] = nullptr;
  if (flags.retries)
    request["retryCount"] = *flags.retries;
  if (flags.paused)
    request["enabled"] = false;
  scheduler_client client{context, f};
  const auto text = request.dump(-1, ' ', false, json::error_handler_t::replace);
  return print_one(context, f,
                   flags.replace ? client.text("PUT", target_of(flags.name), text)
                                 : client.text("POST", "/api/webhooks", text));
}

int run_show(program_context& context, const client_flags& f, const std::string& name) {
  scheduler_client client{context, f};
  return print_one(context, f, client.text("GET", target_of(name)));
}

/// Asks for each name, and says what is done.
int run_each(program_context& context, const client_flags& f, const std::vector<std::string>& names,
             std::string_view method, std::string_view rest, std::string_view done) {
  scheduler_client client{context, f};
  return for_each_id(context, names, [&](const std::string& name) {
    const auto body = client.text(method, target_of(name, rest));
    if (f.json)
      context.out << body << '\n';
    else
      context.out << printable(name) << "  " << done << '\n';
  });
}

int run_test(program_context& context, const client_flags& f, const std::string& name) {
  scheduler_client client{context, f};
  const auto body = client.text("POST", target_of(name, "/test"));
  context.out << (f.json ? body : printable(member_text(parse_answer(body), "jobID"))) << '\n';
  return exit_ok;
}

int run_deliveries(program_context& context, const client_flags& f, const delivery_flags& flags) {
  scheduler_client client{context, f};
  query_builder query{target_of(flags.name, "/deliveries")};
  query.add("cursor", flags.cursor);
  if (flags.limit)
    query.add("limit", std::to_string(*flags.limit));
  const auto body = client.text("GET", query.target());
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  table t{{"JOB", "STATUS", "EVENT", "ABOUT", "ATTEMPTS", "CODE", "CREATED"}};
  const auto& all = list_of(answer, "deliveries");
  for (const auto& d : all) {
    const auto job = member_text(d, "eventJobID");
    t.add({member_text(d, "jobID"), member_text(d, "status"), printable(member_text(d, "kind")),
           printable(job.empty() ? member_text(d, "eventID") : job), member_text(d, "attempts"),
           printable(member_text(d, "code")), relative_time(member_text(d, "createdAt"), context.now())});
  }
  if (all.empty())
    context.out << "no deliveries\n";
  else
    t.flush(context.out, palette{context});
  if (const auto next = member_text(answer, "next"); !next.empty())
    context.err << "more: --cursor " << next << '\n';
  return exit_ok;
}

void add_add(command_host& host, CLI::App& cmd) {
  auto add = std::make_shared<add_flags>();
  auto* sub =
    add_client_command(host, cmd, std::make_shared<client_flags>(), "add", "Send events to an address from now on",
                       [add](auto& context, const auto& f) { return run_add(context, f, *add); });
  sub->add_option("NAME", add->name, "Its name")->required();
  sub->add_option("--url", add->url, "Where events are sent: http:// or https://")->type_name("URL")->required();
  sub->add_option("--kind", add->kinds, "Kinds or families of events, such as job.failed,alert")
    ->type_name("KIND,...")
    ->delimiter(',')
    ->required();
  sub->add_option("--queue", add->queue, "Of jobs in this queue, and of the queue");
  sub->add_option("--type", add->type, "Of jobs of this type, and of the type");
  sub->add_option("--workflow", add->workflow, "Of jobs of this workflow")->type_name("ID");
  sub->add_option("--worker", add->worker, "Of this worker, and of attempts on it");
  auto* secret =
    sub->add_option("--secret-file", add->secret_file, "What is sent is signed with its content (HMAC-SHA256)")
      ->type_name("FILE");
  sub->add_option("--header", add->headers, "A field to send along, as 'NAME: VALUE'; once for each")
    ->type_name("FIELD")
    ->allow_extra_args(false);
  sub->add_option("--retries", add->retries, "Retries of a delivery (webhooks.retries)")->type_name("N");
  sub->add_flag("--paused", add->paused, "Begin with none; `resume` lets it begin");
  auto* replace = sub->add_flag("--replace", add->replace, "In place of the one of that name; its secret stays");
  sub->add_flag("--no-secret", add->unsigned_from_now, "Sign no more")->needs(replace)->excludes(secret);
}

} // namespace

void add_webhooks(command_host& host) {
  auto* cmd = host.app.add_subcommand("webhooks", "Have events sent to an address");
  cmd->require_subcommand(1);
  const auto client = [] { return std::make_shared<client_flags>(); };

  add_client_command(host, *cmd, client(), "list", "List all webhooks",
                     [](auto& context, const auto& f) { return run_list(context, f); });
  add_add(host, *cmd);
  auto name = std::make_shared<std::string>();
  auto* sub = add_client_command(host, *cmd, client(), "show", "Show a webhook",
                                 [name](auto& context, const auto& f) { return run_show(context, f, *name); });
  sub->add_option("NAME", *name, "The webhook")->required();

  struct change {
    const char *name, *help, *method, *rest, *done;
  };
  for (const auto& c : {change{"remove", "Send no more events, and forget the address", "DELETE", "", "removed"},
                        change{"pause", "Send nothing that happens from now on", "POST", "/pause", "paused"},
                        change{"resume", "Send again what happens from now on", "POST", "/resume", "resumed"}}) {
    auto names = std::make_shared<std::vector<std::string>>();
    sub = add_client_command(host, *cmd, client(), c.name, c.help, [names, c](auto& context, const auto& f) {
      return run_each(context, f, *names, c.method, c.rest, c.done);
    });
    sub->add_option("NAME", *names, "Webhooks")->required();
  }

  auto tested = std::make_shared<std::string>();
  sub = add_client_command(host, *cmd, client(), "test", "Send an event webhook.test now, and print the id of its job",
                           [tested](auto& context, const auto& f) { return run_test(context, f, *tested); });
  sub->add_option("NAME", *tested, "The webhook")->required();

  auto which = std::make_shared<delivery_flags>();
  sub = add_client_command(host, *cmd, client(), "deliveries", "List what was sent, or is to be sent, newest first",
                           [which](auto& context, const auto& f) { return run_deliveries(context, f, *which); });
  sub->add_option("NAME", which->name, "The webhook")->required();
  sub->add_option("--limit", which->limit, "So many")->type_name("N");
  sub->add_option("--cursor", which->cursor, "Those behind a page")->type_name("CURSOR");
}

} // namespace callboard
