#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

/// Jobs on a page when there are several pages; a scheduler may allow less (http.list_limit_max), and then says so.
constexpr uint64_t page_jobs = 100;
/// Widest error in a list; `get` shows all of it.
constexpr size_t error_columns_max = 60;

struct list_flags {
  client_flags client;
  std::vector<std::string> status;
  std::string type, queue, tag, key, workflow, job_template, priority, from, to;
  bool held = false;
  uint64_t limit = 50;
  bool all = false;
};

query_builder query_of(const list_flags& f) {
  std::string states;
  for (const auto& s : f.status)
    states += (states.empty() ? "" : ",") + s;
  query_builder query{"/api/jobs"};
  query.add("status", states).add("type", f.type).add("queue", f.queue).add("tag", f.tag).add("key", f.key);
  query.add("workflow", f.workflow).add("template", f.job_template).add("priority", f.priority);
  query.add("held", f.held ? "true" : "").add("from", f.from).add("to", f.to);
  return query;
}

class list_printer {
public:
  list_printer(program_context& context, bool json) : context_(context), colours_(context), json_(json) {
    if (json_)
      context_.out << "{\"jobs\":[";
  }
  void add(const nlohmann::ordered_json& job) {
    if (json_) {
      context_.out << (count_ == 0 ? "" : ",") << job.dump();
    } else {
      const auto error = job.find("error");
      table_.add(
        {member_text(job, "id"), member_text(job, "type"), member_text(job, "status"), member_text(job, "priority"),
         member_text(job, "queue"), member_text(job, "attempt"),
         relative_time(member_text(job, "createdAt"), context_.now()), member_text(job, "workerID"),
         error == job.end() || !error->is_object()
           ? std::string{}
           : shortened(member_text(*error, "code") + ": " + member_text(*error, "message"), error_columns_max)});
    }
    ++count_;
  }
  void end_page() {
    if (!json_)
      table_.flush(context_.out, colours_);
  }
  /// @param next  where the list goes on, or empty.
  void end(const std::string& next) {
    if (json_)
      context_.out << "],\"count\":" << count_ << ",\"next\":" << (next.empty() ? "null" : nlohmann::json(next).dump())
                   << "}\n";
    else if (!next.empty())
      context_.out << "(more; --limit N or --all shows them)\n";
  }
  uint64_t count() const {
    return count_;
  }

private:
  program_context& context_;
  palette colours_;
  table table_{{"ID", "TYPE", "STATUS", "PRI", "QUEUE", "ATTEMPT", "CREATED", "WORKER", "ERROR"}, 2};
  bool json_;
  uint64_t count_ = 0;
};

int run_list(program_context& context, const list_flags& f) {
  scheduler_client client{context, f.client};
  const auto filter = query_of(f);
  const auto page_at = [&](const std::string& cursor, uint64_t limit) {
    return client.json("GET", query_builder{filter}.add("limit", limit).add("cursor", cursor).target());
  };
  // The first page is asked for before anything is printed, so that a refused filter prints nothing.
  const auto left = [&](uint64_t shown) { return f.all ? page_jobs : std::min(page_jobs, f.limit - shown); };
  auto page = page_at("", left(0));
  list_printer printer{context, f.client.json};
  std::string next;
  while (true) {
    const auto jobs = page.find("jobs");
    if (jobs == page.end() || !jobs->is_array())
      throw command_failure{exit_server, "the answer has no list of jobs"};
    for (const auto& job : *jobs)
      printer.add(job);
    printer.end_page();
    next = member_text(page, "next");
    if (next.empty() || (!f.all && printer.count() >= f.limit))
      break;
    page = page_at(next, left(printer.count()));
  }
  printer.end(next);
  return exit_ok;
}

} // namespace

void add_list(command_host& host) {
  auto f = std::make_shared<list_flags>();
  auto* cmd = host.app.add_subcommand("list", "List jobs, the newest first");
  cmd->add_option("--status", f->status, "Only these (several with commas or flags)")
    ->type_name("{queued,scheduled,running,retrying,completed,failed,cancelled}")
    ->delimiter(',')
    ->allow_extra_args(false);
  cmd->add_option("--type", f->type, "Only of this type");
  cmd->add_option("--queue", f->queue, "Only of this queue");
  cmd->add_option("--tag", f->tag, "Only with this tag");
  cmd->add_option("--key", f->key, "Only that with this idempotency key");
  cmd->add_option("--workflow", f->workflow, "Only of the workflow with this id");
  cmd->add_option("--template", f->job_template, "Only of the template with this name, or NAME@VERSION");
  cmd->add_flag("--held", f->held, "Only those that are held");
  cmd->add_option("--priority", f->priority, "Only of this priority");
  cmd->add_option("--from", f->from, "Only created at or after this time (RFC 3339)");
  cmd->add_option("--to", f->to, "Only created before this time (RFC 3339)");
  auto* limit = cmd->add_option("--limit", f->limit, "Most jobs that are shown")
                  ->capture_default_str()
                  ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
  cmd->add_flag("--all", f->all, "Show all of them")->excludes(limit);
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_list(host.context, *f); }; });
}

} // namespace callboard
