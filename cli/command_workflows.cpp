#include "cli/client_command.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/workflow_print.hpp"
#include "cli/workflow_watch.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Workflows on a page; each is read job by job.
constexpr uint64_t page_workflows = 20;

struct list_flags {
  std::string state;
  uint64_t limit = 20;
  bool all = false;
};

int run_list(program_context& context, const client_flags& client_of, const list_flags& f) {
  scheduler_client client{context, client_of};
  table t{{"ID", "NAME", "CREATED", "STATE", "PROGRESS"}, 3};
  auto all = json::array();
  uint64_t count = 0;
  std::string cursor;
  do {
    const auto limit = f.all ? page_workflows : std::min(page_workflows, f.limit - count);
    query_builder query{"/api/workflows"};
    query.add("limit", limit).add("state", f.state).add("cursor", cursor);
    const auto page = client.json("GET", query.target());
    const auto list = page.find("workflows");
    if (list == page.end() || !list->is_array())
      throw command_failure{exit_server, "the answer has no list of workflows"};
    for (const auto& w : *list) {
      ++count;
      if (client_of.json)
        all.push_back(w);
      else
        t.add({member_text(w, "id"), member_text(w, "name"), relative_time(member_text(w, "createdAt"), context.now()),
               member_text(w, "state"), workflow_progress_text(w)});
    }
    if (!client_of.json)
      t.flush(context.out, palette{context});
    cursor = member_text(page, "next");
  } while (!cursor.empty() && (f.all || count < f.limit));
  if (client_of.json)
    context.out << json{{"workflows", all}, {"count", count}, {"next", cursor.empty() ? json{} : json(cursor)}}.dump()
                << '\n';
  else if (!cursor.empty())
    context.out << "(more; --limit N or --all shows them)\n";
  return exit_ok;
}

int run_show(program_context& context, const client_flags& f, const std::vector<std::string>& ids) {
  scheduler_client client{context, f};
  bool first = true;
  return for_each_id(context, ids, [&](const std::string& id) {
    const auto body = client.text("GET", workflow_target(id));
    if (f.json) {
      context.out << body << '\n';
      return;
    }
    if (!std::exchange(first, false))
      context.out << '\n';
    print_workflow(context.out, parse_answer(body), context.now(), palette{context});
  });
}

int run_graph(program_context& context, const client_flags& f, const std::string& id, bool dot) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", workflow_target(id, "/graph"));
  if (f.json)
    context.out << body << '\n';
  else if (dot)
    print_workflow_dot(context.out, parse_answer(body));
  else
    print_workflow_graph(context.out, parse_answer(body), palette{context});
  return exit_ok;
}

/// Asks for each, and says how many jobs it was about.
int run_each(program_context& context, const client_flags& f, const std::vector<std::string>& ids,
             const std::string& rest, const std::string& body, const char* count) {
  scheduler_client client{context, f};
  const palette colours{context};
  return for_each_id(context, ids, [&](const std::string& id) {
    const auto text = client.text("POST", workflow_target(id, rest), body);
    if (f.json) {
      context.out << text << '\n';
      return;
    }
    const auto w = parse_answer(text);
    const auto jobs = member_text(w, count);
    context.out << printable(id) << "  " << printable(jobs) << (jobs == "1" ? " job " : " jobs ") << count << ", "
                << colours.status(printable(member_text(w, "state"))) << '\n';
  });
}

struct submit_flags {
  std::string file, reconnect = "30s";
  bool wait = false;
};

int run_submit(program_context& context, const client_flags& f, const submit_flags& s) {
  const auto reconnect = duration_flag("--reconnect", s.reconnect);
  scheduler_client client{context, f};
  const auto body = client.text("POST", "/api/workflows", read_all(context, s.file));
  const auto answer = parse_answer(body);
  const auto id = member_text(answer, "id");
  if (!f.json && member_text(answer, "duplicate") == "true")
    context.err << "callboard: its idempotency key named a workflow that existed already: it is that one\n";
  context.out << (f.json ? body : printable(id)) << '\n' << std::flush;
  return s.wait ? watch_workflow(context, client, id, {f.json, reconnect}) : exit_ok;
}

/// The subcommands, which share the flags of a client.
class workflows_command {
public:
  explicit workflows_command(command_host& host)
    : host_(host), cmd_(*host.app.add_subcommand("workflows", "Submit and follow jobs that belong together")),
      client_(std::make_shared<client_flags>()) {
    cmd_.require_subcommand(0, 1);
    add_client_flags(cmd_, *client_);
    auto flags = std::make_shared<list_flags>();
    add_list_flags(cmd_, *flags);
    cmd_.callback([this_host = &host_, cmd = &cmd_, client = client_, flags] {
      if (cmd->get_subcommands().empty())
        this_host->action = [this_host, client, flags] { return run_list(this_host->context, *client, *flags); };
    });
  }

  void add_all() {
    add_list();
    auto shown = std::make_shared<std::vector<std::string>>();
    add_ids(add("show", "Show workflows with their jobs",
                [shown](auto& context, auto& f) { return run_show(context, f, *shown); }),
            *shown);
    add_graph();
    add_submit();
    add_change("cancel", "Cancel all jobs of workflows that have not ended", "cancelled");
    add_change("pause", "Keep all jobs of workflows from starting; those that run go on", "held");
    add_change("resume", "Let the jobs of workflows start that are held", "released");
    auto retried = std::make_shared<std::vector<std::string>>();
    add_ids(add("retry", "Submit the jobs of workflows that did not complete once more",
                [retried](auto& context, auto& f) { return run_each(context, f, *retried, "/retry", {}, "retried"); }),
            *retried);
  }

private:
  /// @param work  called with the program's context and the client's flags.
  template <class Work>
  CLI::App* add(const char* name, const std::string& help, Work work) {
    return add_client_command(host_, cmd_, client_, name, help, std::move(work));
  }
  /// @param count  the member that tells how many jobs were changed.
  void add_change(const char* name, const char* help, const char* count) {
    struct wish {
      std::vector<std::string> ids;
      std::string reason;
    };
    auto w = std::make_shared<wish>();
    auto* sub = add(name, help, [w, rest = "/" + std::string{name}, count](auto& context, auto& f) {
      const auto body = w->reason.empty()
                          ? std::string{}
                          : json{{"reason", w->reason}}.dump(-1, ' ', false, json::error_handler_t::replace);
      return run_each(context, f, w->ids, rest, body, count);
    });
    add_ids(sub, w->ids);
    sub->add_option("--reason", w->reason, "Why; kept in the history of the jobs");
  }
  static void add_ids(CLI::App* sub, std::vector<std::string>& ids) {
    sub->add_option("ID", ids, "Workflows")->required();
  }
  void add_list() {
    auto f = std::make_shared<list_flags>();
    auto* sub = add("list", "List workflows, the newest first (also without a subcommand)",
                    [f](auto& context, auto& client) { return run_list(context, client, *f); });
    add_list_flags(*sub, *f);
  }
  static void add_list_flags(CLI::App& cmd, list_flags& f) {
    cmd.add_option("--state", f.state, "Only those in this state")
      ->type_name("{waiting,running,paused,completed,failed,cancelled}");
    auto* limit = cmd.add_option("--limit", f.limit, "Most workflows that are shown")
                    ->capture_default_str()
                    ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
    cmd.add_flag("--all", f.all, "Show all of them")->excludes(limit);
  }
  void add_graph() {
    struct wish {
      std::string id;
      bool dot = false;
    };
    auto w = std::make_shared<wish>();
    auto* sub = add("graph", "Draw which job of a workflow waits for which",
                    [w](auto& context, auto& f) { return run_graph(context, f, w->id, w->dot); });
    sub->add_option("ID", w->id, "The workflow")->required();
    sub->add_flag("--dot", w->dot, "As Graphviz reads it");
  }
  void add_submit() {
    auto s = std::make_shared<submit_flags>();
    auto* sub = add("submit", "Submit a workflow", [s](auto& context, auto& f) { return run_submit(context, f, *s); });
    sub->add_option("FILE", s->file, "The workflow as REST takes it; - is standard input")->required();
    sub->add_flag("--wait", s->wait, "Follow it until it has ended; 2 when it failed or was cancelled");
    sub->add_option("--reconnect", s->reconnect, "With --wait: how long the scheduler may be away")
      ->capture_default_str();
  }

  command_host& host_;
  CLI::App& cmd_;
  std::shared_ptr<client_flags> client_;
};

} // namespace

void add_workflows(command_host& host) {
  workflows_command{host}.add_all();
}

} // namespace callboard
