#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <memory>
#include <ostream>
#include <string>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Widest name, and widest sentence; `--json` and `--csv` have all of it.
constexpr size_t name_columns_max = 40;
constexpr size_t reason_columns_max = 100;

struct report_flags {
  std::string by = "day", from, to, type, queue, tag, tenant;
  bool csv = false;
};

const json& list_of(const json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *found;
}

std::string name_text(const json& row, const char* name) {
  return shortened(printable(member_text(row, name)), name_columns_max);
}

/// A number of seconds within a part of a row, as people read it.
std::string time_text(const json& row, const char* part, const char* name) {
  constexpr double us_per_second = 1e6;
  const auto at = row.find(part);
  if (at == row.end() || !at->is_object() || member_count(*at, "count") == 0)
    return "-";
  return short_duration(duration{std::llround(member_number(*at, name) * us_per_second)});
}

std::string percent_text(const json& row) {
  const auto share = row.find("successShare");
  if (share == row.end() || !share->is_number())
    return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", share->get<double>() * 100);
  return text;
}

std::string number_text(const json& row, const char* part, const char* name, int digits) {
  const auto at = row.find(part);
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, at == row.end() ? 0 : member_number(*at, name));
  return text;
}

void print_left_out(program_context& context, const json& answer) {
  if (const auto n = member_count(answer, "leftOut"); n > 0)
    context.out << "(" << n << " more are left out)\n";
}

void print_enabled(program_context& context, const json& answer) {
  if (!answer.value("enabled", true))
    context.out << "nothing is counted: reports.enabled is false\n";
}

/// Prints what came as it is, when that is asked for.
bool printed_raw(program_context& context, const client_flags& f, bool csv, const std::string& body) {
  if (csv)
    context.out << body;
  else if (f.json)
    context.out << body << '\n';
  return csv || f.json;
}

int run_jobs(program_context& context, const client_flags& f, const report_flags& flags) {
  if (f.json && flags.csv)
    throw command_failure{exit_usage, "give --json or --csv, not both"};
  scheduler_client client{context, f};
  const auto body = client.text("GET", query_builder{"/api/reports/jobs"}
                                         .add("by", flags.by)
                                         .add("from", flags.from)
                                         .add("to", flags.to)
                                         .add("type", flags.type)
                                         .add("queue", flags.queue)
                                         .add("tag", flags.tag)
                                         .add("tenant", flags.tenant)
                                         .add("format", flags.csv ? "csv" : "")
                                         .target());
  if (printed_raw(context, f, flags.csv, body))
    return exit_ok;
  const auto answer = parse_answer(body);
  if (flags.by == "code") {
    table t{{"CODE", "COUNT"}};
    for (const auto& c : list_of(answer, "codes"))
      t.add({name_text(c, "code"), std::to_string(member_count(c, "count"))});
    t.flush(context.out, palette{context});
  } else {
    table t{{flags.by == "day" ? "DAY" : "NAME", "SUBMITTED", "COMPLETED", "FAILED", "CANCELLED", "OK %", "WAIT P50",
             "WAIT P95", "RUN P50", "RUN P95", "CPU S", "COST"}};
    for (const auto& r : list_of(answer, "rows"))
      t.add({name_text(r, "name"), std::to_string(member_count(r, "submitted")),
             std::to_string(member_count(r, "completed")), std::to_string(member_count(r, "failed")),
             std::to_string(member_count(r, "cancelled")), percent_text(r), time_text(r, "waitSeconds", "p50"),
             time_text(r, "waitSeconds", "p95"), time_text(r, "runSeconds", "p50"), time_text(r, "runSeconds", "p95"),
             number_text(r, "usage", "cpuSeconds", 1), number_text(r, "usage", "cost", 2)});
    t.flush(context.out, palette{context});
  }
  print_left_out(context, answer);
  print_enabled(context, answer);
  return exit_ok;
}

/// `2 / 0.7`: of cores, or MiB.
std::string use_text(const json& type, const char* resource, const char* member, double unit) {
  const auto at = type.find(resource);
  const auto value = at == type.end() ? json{} : at->value(member, json{});
  if (!value.is_number())
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%g", std::ceil(value.get<double>() / unit * 100) / 100);
  return text;
}

int run_reservations(program_context& context, const client_flags& f, const report_flags& flags) {
  if (f.json && flags.csv)
    throw command_failure{exit_usage, "give --json or --csv, not both"};
  scheduler_client client{context, f};
  const auto body = client.text("GET", query_builder{"/api/reports/reservations"}
                                         .add("from", flags.from)
                                         .add("to", flags.to)
                                         .add("format", flags.csv ? "csv" : "")
                                         .target());
  if (printed_raw(context, f, flags.csv, body))
    return exit_ok;
  const auto answer = parse_answer(body);
  table t{{"TYPE", "ATTEMPTS", "RESOURCE", "ASKED", "P95", "MAX", "SUGGESTED", "WHY"}};
  constexpr double cores = 1000, mib = 1024.0 * 1024;
  for (const auto& x : list_of(answer, "types"))
    for (const auto& [member, shown, unit] :
         {std::tuple{"cpuMilli", "cores", cores}, std::tuple{"memoryBytes", "memory MiB", mib}}) {
      const auto at = x.find(member);
      t.add({name_text(x, "type"), std::to_string(member_count(x, "attempts")), shown,
             use_text(x, member, "askedMax", unit), use_text(x, member, "usedP95", unit),
             use_text(x, member, "usedMax", unit), use_text(x, member, "suggested", unit),
             at == x.end() ? std::string{} : shortened(printable(member_text(*at, "reason")), reason_columns_max)});
    }
  t.flush(context.out, palette{context});
  print_left_out(context, answer);
  print_enabled(context, answer);
  return exit_ok;
}

void add_days(CLI::App& cmd, report_flags& f) {
  cmd.add_option("--from", f.from, "First day, in UTC (default: 29 days before the last one)")->type_name("DATE");
  cmd.add_option("--to", f.to, "Last day, in UTC (default: today)")->type_name("DATE");
  cmd.add_flag("--csv", f.csv, "Print comma-separated values");
}

} // namespace

void add_report(command_host& host) {
  auto* cmd = host.app.add_subcommand("report", "What jobs did and used, by day, type, queue, tag or tenant");
  cmd->require_subcommand(1);
  const auto client = [] { return std::make_shared<client_flags>(); };

  auto jobs = std::make_shared<report_flags>();
  auto* sub = add_client_command(host, *cmd, client(), "jobs", "Numbers, times, usage and cost of jobs",
                                 [jobs](auto& context, const auto& f) { return run_jobs(context, f, *jobs); });
  sub->add_option("--by", jobs->by, "What the lines are")
    ->type_name("{day,type,queue,tag,tenant,code}")
    ->capture_default_str();
  add_days(*sub, *jobs);
  sub->add_option("--type", jobs->type, "Only of this job type");
  sub->add_option("--queue", jobs->queue, "Only of this queue");
  sub->add_option("--tag", jobs->tag, "Only with this tag");
  sub->add_option("--tenant", jobs->tenant, "Only with this concurrency key");

  auto reservations = std::make_shared<report_flags>();
  sub = add_client_command(
    host, *cmd, client(), "reservations", "What job types reserve, what they use, and what they should reserve",
    [reservations](auto& context, const auto& f) { return run_reservations(context, f, *reservations); });
  add_days(*sub, *reservations);
}

} // namespace callboard
