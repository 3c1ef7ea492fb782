#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/rest_client.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <ostream>

namespace callboard {

namespace {

struct actors_flags {
  client_flags client;
  bool watch = false;
  std::string restart;
  std::string dump;
  std::string node;
};

constexpr std::chrono::seconds watch_pause{1};

/// With one digit after the point.
std::string tenths_of(const nlohmann::json& actor, const char* member) {
  const auto number = actor.find(member);
  if (number == actor.end() || !number->is_number())
    return {};
  const auto tenths = static_cast<int64_t>(number->get<double>() * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

/// The rows come parents first; a name stands two blanks right of its parent's.
void print_tree(program_context& context, const nlohmann::json& answer) {
  const auto actors = answer.find("actors");
  if (actors == answer.end() || !actors->is_array())
    throw command_failure{exit_server, "the answer has no list of actors"};
  table t{{"ACTOR", "NODE", "PER SECOND", "MAILBOX", "HANDLED", "LONGEST TURN MS", "RESTARTS", "LAST REASON"}, 0};
  std::map<std::string, size_t> depth; // by node and name
  for (const auto& a : *actors) {
    const auto name = member_text(a, "name"), node = member_text(a, "node"), parent = member_text(a, "parent");
    auto above = depth.find(node + "/" + parent);
    if (above == depth.end())
      above = depth.find("/" + parent);
    const auto mine = above != depth.end() ? above->second + 1 : 0;
    depth[node + "/" + name] = mine;
    t.add({std::string(2 * mine, ' ') + name, node, tenths_of(a, "perSecond"), member_text(a, "mailbox"),
           member_text(a, "handled"), tenths_of(a, "longestTurnMs"), member_text(a, "restarts"),
           member_text(a, "lastReason")});
  }
  t.flush(context.out, palette{context});
}

void print_dump(program_context& context, const nlohmann::json& answer) {
  const auto state = answer.find("state");
  if (state == answer.end() || !state->is_object())
    throw command_failure{exit_server, "the answer has no state of an actor"};
  table t{{"NAME", "VALUE"}, 0};
  for (const auto& [name, value] : state->items())
    t.add({name, value.is_string() ? value.get<std::string>() : value.dump()});
  t.flush(context.out, palette{context});
}

int run_actors(program_context& context, const actors_flags& f) {
  scheduler_client client{context, f.client};
  if (!f.dump.empty()) {
    const auto body =
      client.text("GET", query_builder{"/api/actors/" + url_escaped(f.dump)}.add("node", f.node).target());
    if (f.client.json)
      context.out << body << '\n';
    else
      print_dump(context, parse_answer(body));
    return exit_ok;
  }
  if (!f.restart.empty()) {
    const auto body = client.text("POST", "/api/actors/" + url_escaped(f.restart) + "/restart");
    if (f.client.json)
      context.out << body << '\n';
    else
      context.out << printable(f.restart) << " is ended; its supervisor starts it again\n";
    return exit_ok;
  }
  for (;;) {
    const auto body = client.text("GET", "/api/actors");
    if (f.client.json) {
      context.out << body << '\n';
    } else {
      if (f.watch)
        context.out << "\033[H\033[2J";
      print_tree(context, parse_answer(body));
    }
    if (!f.watch)
      return exit_ok;
    context.out.flush();
    context.pause(watch_pause);
  }
}

} // namespace

void add_actors(command_host& host) {
  auto f = std::make_shared<actors_flags>();
  auto* cmd =
    host.app.add_subcommand("actors", "Show the tree of actors: what they do, what waits, what was restarted");
  cmd->add_flag("--watch", f->watch, "Again every second, until interrupted");
  cmd->add_option("--restart", f->restart, "End an actor, which its supervisor then starts again")->type_name("NAME");
  auto* dump = cmd->add_option("--dump", f->dump, "Show what one actor holds")->type_name("NAME");
  cmd->add_option("--node", f->node, "Of a worker instead of the scheduler: its name (with --dump)")->needs(dump);
  add_client_flags(*cmd, f->client);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_actors(host.context, *f); }; });
}

} // namespace callboard
