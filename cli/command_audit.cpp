#include "cli/audit_place.hpp"
#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/load_flags.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <ostream>
#include <utility>

#include "audit/audit_verify.hpp"

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

struct list_flags {
  std::string act, target, actor, from, to;
  uint64_t limit = 100;
};

std::string query_of(const list_flags& f) {
  std::string out = "/api/audit";
  char separator = '?';
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const std::string&>>{
         {"act", f.act}, {"target", f.target}, {"actor", f.actor}, {"from", f.from}, {"to", f.to}})
    if (!value.empty())
      out.append(1, std::exchange(separator, '&')).append(name).append("=").append(url_escaped(value));
  return out + separator;
}

/// Who, as far as somebody said so, and from where.
std::string actor_text(const json& record) {
  const auto actor = record.find("actor");
  if (actor == record.end() || !actor->is_object())
    return {};
  const auto name = member_text(*actor, "claimedBy");
  return (name.empty() ? "" : name + " ") + "(" + member_text(*actor, "address") + ")";
}

std::string outcome_text(const json& record) {
  const auto outcome = record.find("outcome");
  if (outcome == record.end() || !outcome->is_object())
    return {};
  const auto code = member_text(*outcome, "code");
  return code.empty() ? member_text(*outcome, "status") : code;
}

int run_list(program_context& context, const client_flags& f, const list_flags& l) {
  scheduler_client client{context, f};
  table t{{"SEQUENCE", "AT", "ACT", "TARGET", "WHO", "OUTCOME"}};
  auto all = json::array();
  std::string cursor;
  uint64_t left = l.limit;
  do {
    const auto page = client.json("GET", query_of(l) + "limit=" + std::to_string(std::min<uint64_t>(left, 1000)) +
                                           (cursor.empty() ? "" : "&cursor=" + url_escaped(cursor)));
    const auto records = page.find("records");
    if (records == page.end() || !records->is_array())
      throw command_failure{exit_server, "the answer has no list \"records\""};
    for (const auto& r : *records) {
      --left;
      if (f.json)
        all.push_back(r);
      else
        t.add({member_text(r, "sequence"), printable(member_text(r, "at")), printable(member_text(r, "act")),
               printable(member_text(r, "target")), printable(actor_text(r)), printable(outcome_text(r))});
    }
    cursor = member_text(page, "next");
  } while (!cursor.empty() && left > 0);
  if (f.json)
    context.out << json{{"records", all}, {"count", all.size()}}.dump() << '\n';
  else
    t.flush(context.out, palette{context});
  return exit_ok;
}

struct verify_flags {
  load_flags load;
  std::string expect;
  bool json = false;
};

void print(std::ostream& out, const audit_verdict& v) {
  out << v.records << " records in " << v.files << " files";
  if (v.records > 0)
    out << ", " << v.first << " to " << v.last << "\nlast hash " << v.hash;
  out << '\n';
  if (v.unfinished_bytes > 0)
    out << "a crash left " << v.unfinished_bytes << " bytes of a record that was never answered for\n";
}

json to_json(const audit_verdict& v) {
  auto faults = json::array();
  for (const auto& x : v.faults)
    faults.push_back({{"file", x.file.string()}, {"line", x.line}, {"why", x.why}});
  return {{"ok", v.faults_count == 0},
          {"files", v.files},
          {"records", v.records},
          {"first", v.first},
          {"last", v.last},
          {"hash", v.hash},
          {"unfinishedBytes", v.unfinished_bytes},
          {"faultsCount", v.faults_count},
          {"faults", std::move(faults)}};
}

int run_verify(program_context& context, const verify_flags& f) {
  const auto place = audit_place_of(load(context.environment, f.load).values);
  const auto v = verify_audit(place.directory, f.expect);
  if (!v)
    throw command_failure{v.err().code == ec::not_found ? exit_usage : exit_server, v.err().message};
  if (f.json)
    context.out << to_json(*v).dump() << '\n';
  else
    print(context.out, *v);
  if (v->faults_count == 0)
    return exit_ok;
  for (const auto& x : v->faults)
    context.err << "callboard: " << x.file.string() << (x.line == 0 ? "" : " line " + std::to_string(x.line)) << ": "
                << x.why << '\n';
  if (v->faults_count > v->faults.size())
    context.err << "callboard: and " << v->faults_count - v->faults.size() << " more\n";
  return exit_server;
}

} // namespace

void add_audit(command_host& host) {
  auto* audit = host.app.add_subcommand("audit", "The record of administrative acts");
  audit->require_subcommand(1);
  auto l = std::make_shared<list_flags>();
  auto* list = add_client_command(host, *audit, std::make_shared<client_flags>(), "list", "List acts, newest first",
                                  [l](auto& context, const auto& client) { return run_list(context, client, *l); });
  list->add_option("--act", l->act, "Only these: queue.set, or queue for all that begin with queue.")->type_name("ACT");
  list->add_option("--target", l->target, "Only acts on this name or id")->type_name("NAME");
  list->add_option("--actor", l->actor, "Only of this claimed name or address")->type_name("WHO");
  list->add_option("--from", l->from, "Not before this time (RFC 3339)")->type_name("TIME");
  list->add_option("--to", l->to, "Not after this time (RFC 3339)")->type_name("TIME");
  list->add_option("--limit", l->limit, "Most records")->capture_default_str()->check(CLI::PositiveNumber);

  auto f = std::make_shared<verify_flags>();
  f->load.shortcuts.reserve(1);
  auto* verify = audit->add_subcommand("verify", "Check the chain of the log's files, without a scheduler");
  add_shortcut(*verify, f->load, "--data", "store.directory", "DIR");
  verify->add_option("--expect", f->expect, "A hash that one of the records must have")->type_name("HASH");
  verify->add_flag("--json", f->json, "JSON on standard output");
  add_load_flags(*verify, f->load);
  verify->callback([&host, f] { host.action = [&host, f] { return run_verify(host.context, *f); }; });
}

} // namespace callboard
