#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>
#include <string>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Widest sentence in a list; `--json` has all of it.
constexpr size_t summary_columns_max = 90;

struct ack_flags {
  std::string id, comment;
};

struct silence_flags {
  std::string rule, lasts, comment;
  std::optional<std::string> target;
};

const json& list_of(const json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *found;
}

/// What keeps it from being told, for the last column.
std::string note_of(const json& a) {
  if (const auto ack = a.find("ack"); ack != a.end() && ack->is_object())
    return "acknowledged by " + printable(member_text(*ack, "by"));
  return printable(member_text(a, "silence"));
}

int run_list(program_context& context, const client_flags& f, const std::string& state) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", query_builder{"/api/alerts"}.add("state", state).target());
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  table t{{"ID", "STATE", "SEVERITY", "RULE", "SINCE", "SUMMARY", "NOTE"}};
  size_t shown = 0;
  for (const auto& a : list_of(answer, "alerts")) {
    ++shown;
    t.add({member_text(a, "id"), member_text(a, "state"), member_text(a, "severity"), member_text(a, "rule"),
           relative_time(member_text(a, "since"), context.now()),
           shortened(printable(member_text(a, "summary")), summary_columns_max), note_of(a)});
  }
  if (shown > 0)
    t.flush(context.out, palette{context});
  else if (answer.value("enabled", true))
    context.out << "no alerts\n";
  else
    context.out << "nobody looks: alerts.enabled is false\n";
  return exit_ok;
}

int run_ack(program_context& context, const client_flags& f, const ack_flags& flags) {
  scheduler_client client{context, f};
  json request = json::object();
  if (!flags.comment.empty())
    request["comment"] = flags.comment;
  const auto body = client.text("POST", "/api/alerts/" + url_escaped(flags.id) + "/ack",
                                request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (f.json)
    context.out << body << '\n';
  else
    context.out << printable(flags.id) << "  acknowledged\n";
  return exit_ok;
}

void add_row(table& t, const json& s, const program_context& context) {
  const auto any = [&](const char* name) {
    const auto v = s.find(name);
    if (v == s.end() || v->is_null())
      return std::string{"any"};
    const auto text = printable(member_text(s, name));
    return text.empty() ? std::string{"(scheduler)"} : text;
  };
  t.add({member_text(s, "id"), any("rule"), any("target"), relative_time(member_text(s, "until"), context.now()),
         printable(member_text(s, "by")), printable(member_text(s, "comment"))});
}

table silence_table() {
  return table{{"ID", "RULE", "TARGET", "ENDS", "BY", "COMMENT"}};
}

int print_silence(program_context& context, const client_flags& f, const std::string& body) {
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  auto t = silence_table();
  add_row(t, parse_answer(body), context);
  t.flush(context.out, palette{context});
  return exit_ok;
}

int run_silence(program_context& context, const client_flags& f, const silence_flags& flags) {
  if (flags.rule.empty() && !flags.target)
    throw command_failure{exit_usage, "--rule or --target is required: what is to be silent"};
  json request{{"for", static_cast<double>(duration_flag("--for", flags.lasts).count()) / 1e6}};
  if (!flags.rule.empty())
    request["rule"] = flags.rule;
  if (flags.target)
    request["target"] = *flags.target;
  if (!flags.comment.empty())
    request["comment"] = flags.comment;
  scheduler_client client{context, f};
  return print_silence(context, f,
                       client.text("POST", "/api/alerts/silences",
                                   request.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
}

int run_silences(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", "/api/alerts/silences");
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  auto t = silence_table();
  size_t shown = 0;
  for (const auto& s : list_of(answer, "silences")) {
    add_row(t, s, context);
    ++shown;
  }
  if (shown > 0)
    t.flush(context.out, palette{context});
  else
    context.out << "no silences\n";
  return exit_ok;
}

int run_unsilence(program_context& context, const client_flags& f, const std::string& id) {
  scheduler_client client{context, f};
  return print_silence(context, f, client.text("DELETE", "/api/alerts/silences/" + url_escaped(id)));
}

} // namespace

void add_alerts(command_host& host) {
  auto* cmd = host.app.add_subcommand("alerts", "What is wrong, and who knows of it");
  cmd->require_subcommand(1);
  const auto client = [] { return std::make_shared<client_flags>(); };

  auto state = std::make_shared<std::string>();
  auto* sub = add_client_command(host, *cmd, client(), "list", "List alerts: firing, pending and lately resolved ones",
                                 [state](auto& context, const auto& f) { return run_list(context, f, *state); });
  sub->add_option("--state", *state, "Only these")->type_name("{pending,firing,resolved}");

  auto ack = std::make_shared<ack_flags>();
  sub = add_client_command(host, *cmd, client(), "ack", "Say that you look after an alert; nobody is notified again",
                           [ack](auto& context, const auto& f) { return run_ack(context, f, *ack); });
  sub->add_option("ID", ack->id, "The alert")->required();
  sub->add_option("--comment", ack->comment, "For others");

  auto silence = std::make_shared<silence_flags>();
  sub = add_client_command(host, *cmd, client(), "silence", "Keep alerts from being told for a time",
                           [silence](auto& context, const auto& f) { return run_silence(context, f, *silence); });
  sub->add_option("--rule", silence->rule, "Of this rule only")->type_name("RULE");
  sub->add_option("--target", silence->target, "About this only: queue/NAME, type/NAME, certificate/NAME")
    ->type_name("TARGET");
  sub->add_option("--for", silence->lasts, "For how long, such as 2h")->type_name("TIME")->required();
  sub->add_option("--comment", silence->comment, "For others");

  add_client_command(host, *cmd, client(), "silences", "List the silences that hold",
                     [](auto& context, const auto& f) { return run_silences(context, f); });

  auto id = std::make_shared<std::string>();
  sub = add_client_command(host, *cmd, client(), "unsilence", "End a silence before its time",
                           [id](auto& context, const auto& f) { return run_unsilence(context, f, *id); });
  sub->add_option("ID", *id, "The silence")->required();
}

} // namespace callboard
