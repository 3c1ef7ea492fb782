#include "cli/bulk_flags.hpp"

#include "cli/exit_code.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr uint32_t rate_max = 1'000'000;

} // namespace

void add_filter_flags(CLI::App& cmd, filter_flags& f, bool status) {
  if (status)
    cmd.add_option("--status", f.status, "Only these (several with commas or flags); default: all that it can act on")
      ->type_name("{queued,scheduled,running,retrying,completed,failed,cancelled}")
      ->delimiter(',')
      ->allow_extra_args(false);
  cmd.add_option("--type", f.type, "Only of this type");
  cmd.add_option("--queue", f.queue, "Only of this queue");
  cmd.add_option("--tag", f.tag, "Only with this tag");
  cmd.add_option("--key", f.key, "Only that with this idempotency key");
  cmd.add_option("--workflow", f.workflow, "Only of the workflow with this id");
  cmd.add_option("--priority", f.priority, "Only of this priority");
  cmd.add_option("--from", f.from, "Only created at or after this time (RFC 3339)");
  cmd.add_option("--to", f.to, "Only created before this time (RFC 3339)");
}

void add_bulk_flags(CLI::App& cmd, bulk_flags& f) {
  cmd.add_flag("--all", f.filter.all, "Without a filter: every job");
  cmd.add_flag("--dry-run", f.dry_run, "Count the jobs, and change nothing");
  cmd.add_flag("--yes", f.yes, "Do not ask");
  cmd.add_option("--rate", f.rate, "At most so many jobs per second")->check(CLI::Range(uint32_t{1}, rate_max));
}

void add_reason_flag(CLI::App& cmd, bulk_flags& f) {
  cmd.add_option("--reason", f.reason, "Why; kept in the history of each job");
}

void add_change_flags(CLI::App& cmd, bulk_flags& f) {
  cmd.add_option("--set-priority", f.set_priority, "New priority");
  cmd.add_option("--set-schedule-at", f.set_schedule_at, "New earliest start (RFC 3339)");
  cmd.add_option("--set-deadline", f.set_deadline, "New latest start (RFC 3339)");
}

json filter_body(const filter_flags& f) {
  auto out = json::object();
  if (!f.status.empty())
    out["status"] = f.status;
  const auto add = [&out](const char* name, const std::string& value) {
    if (!value.empty())
      out[name] = value;
  };
  add("type", f.type);
  add("queue", f.queue);
  add("tag", f.tag);
  add("key", f.key);
  add("workflow", f.workflow);
  if (f.priority)
    out["priority"] = *f.priority;
  add("from", f.from);
  add("to", f.to);
  if (out.empty() != f.all)
    throw command_failure{exit_usage, f.all ? "--all goes without filters: they say which jobs"
                                            : "say which jobs with a filter such as --tag, or --all for every job"};
  if (f.all)
    out["all"] = true;
  return out;
}

json change_body(const bulk_flags& f) {
  auto out = json::object();
  if (f.set_priority)
    out["priority"] = *f.set_priority;
  if (!f.set_schedule_at.empty())
    out["scheduleAt"] = f.set_schedule_at;
  if (!f.set_deadline.empty())
    out["deadline"] = f.set_deadline;
  if (out.empty())
    throw command_failure{exit_usage, "give at least one of --set-priority, --set-schedule-at and --set-deadline "
                                      "(--priority is a filter)"};
  return out;
}

void add_filter(query_builder& query, const filter_flags& f) {
  query.add("type", f.type).add("queue", f.queue).add("tag", f.tag).add("key", f.key).add("workflow", f.workflow);
  query.add("priority", f.priority).add("from", f.from).add("to", f.to);
}

} // namespace callboard
