#include "cli/bulk_run.hpp"
#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Jobs on a page of a list.
constexpr uint64_t page_jobs = 100;
/// Widest message in a list; `get` shows all of it.
constexpr size_t message_columns_max = 60;

struct dead_list_flags {
  filter_flags filter;
  uint64_t limit = 50;
  bool all = false;
};

/// The member of an answer that is a list. Throws command_failure (exit_server) when it is not there.
const json& list_of(const json& answer, const char* name) {
  const auto found = answer.find(name);
  if (found == answer.end() || !found->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *found;
}

std::string error_member(const json& job, const char* name) {
  const auto e = job.find("error");
  return e == job.end() || !e->is_object() ? std::string{} : member_text(*e, name);
}

/// A page of failed jobs. @param name, value  what is asked of them.
std::string dead_target(std::string_view name, std::string_view value, const filter_flags& filter,
                        const std::string& cursor) {
  query_builder query{"/api/dead"};
  query.add(name, value);
  add_filter(query, filter);
  return query.add("cursor", cursor).target();
}

int run_list(program_context& context, const client_flags& client, const dead_list_flags& f) {
  scheduler_client to{context, client};
  table t{{"ID", "TYPE", "QUEUE", "ATTEMPT", "FAILED", "CODE", "MESSAGE"}};
  auto all = json::array();
  std::string cursor;
  uint64_t count = 0;
  do {
    const auto limit = f.all ? page_jobs : std::min(page_jobs, f.limit - count);
    const auto page = to.json("GET", dead_target("limit", std::to_string(limit), f.filter, cursor));
    for (const auto& job : list_of(page, "jobs")) {
      ++count;
      if (client.json)
        all.push_back(job);
      else
        t.add({member_text(job, "id"), member_text(job, "type"), member_text(job, "queue"), member_text(job, "attempt"),
               relative_time(member_text(job, "completedAt"), context.now()), error_member(job, "code"),
               shortened(error_member(job, "message"), message_columns_max)});
    }
    if (!client.json)
      t.flush(context.out, palette{context});
    cursor = member_text(page, "next");
  } while (!cursor.empty() && (f.all || count < f.limit));
  if (client.json)
    context.out << json{{"jobs", all}, {"count", count}, {"next", cursor.empty() ? json() : json(cursor)}}.dump()
                << '\n';
  else if (!cursor.empty())
    context.out << "(more; --limit N or --all shows them)\n";
  return exit_ok;
}

/// Failed jobs of one type with one code.
struct dead_count {
  std::string type, code, latest;
  uint64_t count = 0;
};

int run_summary(program_context& context, const client_flags& client, const filter_flags& f) {
  scheduler_client to{context, client};
  std::map<std::pair<std::string, std::string>, dead_count> found;
  uint64_t looked_at = 0;
  std::string cursor;
  do {
    const auto page = to.json("GET", dead_target("summary", "true", f, cursor));
    for (const auto& g : list_of(page, "groups")) {
      const auto type = member_text(g, "type"), code = member_text(g, "code"), latest = member_text(g, "latest");
      auto& sum = found[{type, code}];
      sum.type = type;
      sum.code = code;
      sum.count += g.value("count", uint64_t{0});
      sum.latest = std::max(sum.latest, latest); // all of one form, so their order is that of the texts
    }
    looked_at += page.value("lookedAt", uint64_t{0});
    cursor = member_text(page, "next");
  } while (!cursor.empty());
  std::vector<dead_count> rows;
  rows.reserve(found.size());
  for (auto& [of, sum] : found)
    rows.push_back(std::move(sum));
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
  if (client.json) {
    auto groups = json::array();
    for (const auto& r : rows)
      groups.push_back({{"type", r.type}, {"code", r.code}, {"count", r.count}, {"latest", r.latest}});
    context.out << json{{"groups", groups}, {"lookedAt", looked_at}}.dump() << '\n';
    return exit_ok;
  }
  table t{{"TYPE", "CODE", "JOBS", "LATEST"}};
  for (const auto& r : rows)
    t.add({r.type, r.code, std::to_string(r.count), relative_time(r.latest, context.now())});
  t.flush(context.out, palette{context});
  context.out << looked_at << (looked_at == 1 ? " failed job\n" : " failed jobs\n");
  return exit_ok;
}

int run_action(program_context& context, const client_flags& client, const bulk_flags& f, const char* verb,
               const char* past) {
  bulk_work work{std::string{"/api/dead/"} + verb, {{"filter", filter_body(f.filter)}}, verb, past};
  if (!f.reason.empty())
    work.body["reason"] = f.reason;
  return run_bulk_work(context, client, f, work);
}

void add_action(command_host& host, CLI::App& cmd, const char* verb, const char* past, const char* help, bool reason) {
  auto f = std::make_shared<bulk_flags>();
  auto* sub = add_client_command(
    host, cmd, std::make_shared<client_flags>(), verb, help,
    [f, verb, past](auto& context, auto& client) { return run_action(context, client, *f, verb, past); });
  add_filter_flags(*sub, f->filter, false);
  if (reason)
    add_reason_flag(*sub, *f);
  add_bulk_flags(*sub, *f);
}

} // namespace

void add_dead(command_host& host) {
  auto* cmd = host.app.add_subcommand("dead", "List, count, redrive or discard failed jobs");
  cmd->require_subcommand(1);
  auto list = std::make_shared<dead_list_flags>();
  auto* sub =
    add_client_command(host, *cmd, std::make_shared<client_flags>(), "list", "List failed jobs, the newest first",
                       [list](auto& context, auto& client) { return run_list(context, client, *list); });
  add_filter_flags(*sub, list->filter, false);
  auto* limit = sub->add_option("--limit", list->limit, "Most jobs that are shown")
                  ->capture_default_str()
                  ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
  sub->add_flag("--all", list->all, "Show all of them")->excludes(limit);
  auto counted = std::make_shared<filter_flags>();
  sub = add_client_command(host, *cmd, std::make_shared<client_flags>(), "summary",
                           "Count failed jobs by type and error code",
                           [counted](auto& context, auto& client) { return run_summary(context, client, *counted); });
  add_filter_flags(*sub, *counted, false);
  add_action(host, *cmd, "redrive", "redriven", "Try failed jobs again", false);
  add_action(host, *cmd, "discard", "discarded", "Give failed jobs up: they become cancelled", true);
}

} // namespace callboard
