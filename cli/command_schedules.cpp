#include "cli/command_schedules.hpp"

#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/schedule_flags.hpp"
#include "cli/schedule_print.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

int run_list(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  table t{{"NAME", "WHEN", "ZONE", "NEXT", "LAST", "STATE", "FIRED"}, 5};
  auto all = json::array();
  std::string cursor;
  do {
    const auto page = client.json("GET", query_builder{"/api/schedules"}.add("cursor", cursor).target());
    const auto schedules = page.find("schedules");
    if (schedules == page.end() || !schedules->is_array())
      throw command_failure{exit_server, "the answer has no list of schedules"};
    for (const auto& s : *schedules) {
      if (f.json)
        all.push_back(s);
      else
        t.add({member_text(s, "name"), when_text(s), member_text(s, "timeZone"),
               relative_time(next_fire_text(s), context.now()),
               relative_time(member_text(s, "lastFire"), context.now()), schedule_state(s), member_text(s, "fired")});
    }
    if (!f.json)
      t.flush(context.out, palette{context});
    cursor = member_text(page, "next");
  } while (!cursor.empty());
  if (f.json)
    context.out << json{{"schedules", all}, {"count", all.size()}, {"next", nullptr}}.dump() << '\n';
  return exit_ok;
}

int run_show(program_context& context, const client_flags& f, const std::vector<std::string>& names) {
  scheduler_client client{context, f};
  bool first = true;
  return for_each_id(context, names, [&](const std::string& name) {
    const auto body = client.text("GET", schedule_target(name));
    if (f.json) {
      context.out << body << '\n';
      return;
    }
    if (!std::exchange(first, false))
      context.out << '\n';
    print_schedule(context.out, parse_answer(body), context.now(), palette{context});
  });
}

/// Asks for each name, and says what is done.
int run_each(program_context& context, const client_flags& f, const std::vector<std::string>& names,
             std::string_view method, std::string_view rest, std::string_view done) {
  scheduler_client client{context, f};
  return for_each_id(context, names, [&](const std::string& name) {
    const auto body = client.text(method, schedule_target(name, rest));
    if (f.json)
      context.out << body << '\n';
    else
      context.out << printable(name) << "  " << done << '\n';
  });
}

int run_now(program_context& context, const client_flags& f, const std::vector<std::string>& names) {
  scheduler_client client{context, f};
  return for_each_id(context, names, [&](const std::string& name) {
    const auto body = client.text("POST", schedule_target(name, "/run"));
    context.out << (f.json ? body : printable(member_text(parse_answer(body), "jobID"))) << '\n';
  });
}

int run_history(program_context& context, const client_flags& f, const std::string& name) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", schedule_target(name, "/history"));
  if (f.json)
    context.out << body << '\n';
  else
    print_versions(context.out, parse_answer(body), palette{context});
  return exit_ok;
}

struct next_flags {
  std::string expression, zone;
  std::optional<uint32_t> count;
};

int run_next(program_context& context, const client_flags& f, const next_flags& n) {
  scheduler_client client{context, f};
  json wish{{"cron", n.expression}};
  if (!n.zone.empty())
    wish["timeZone"] = n.zone;
  if (n.count)
    wish["count"] = *n.count;
  const auto body =
    client.text("POST", "/api/schedules/preview", wish.dump(-1, ' ', false, json::error_handler_t::replace));
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto next = answer.find("next"), local = answer.find("local");
  if (next == answer.end() || !next->is_array())
    throw command_failure{exit_server, "the answer has no list of fire times"};
  table t{{"UTC", "LOCAL", "IN"}};
  for (size_t i = 0; i < next->size(); ++i) {
    const auto text = (*next)[i].is_string() ? (*next)[i].get<std::string>() : std::string{};
    const bool has_local = local != answer.end() && local->is_array() && i < local->size() && (*local)[i].is_string();
    t.add({text, has_local ? (*local)[i].get<std::string>() : "", relative_time(text, context.now())});
  }
  t.flush(context.out, palette{context});
  return exit_ok;
}

/// The subcommands, which share the flags of a client.
class schedules_command {
public:
  explicit schedules_command(command_host& host)
    : host_(host), cmd_(*host.app.add_subcommand("schedules", "List, define and run schedules: jobs by the clock")),
      client_(std::make_shared<client_flags>()) {
    cmd_.require_subcommand(0, 1);
    add_client_flags(cmd_, *client_);
    cmd_.callback([this_host = &host_, cmd = &cmd_, client = client_] {
      if (cmd->get_subcommands().empty())
        this_host->action = [this_host, client] {
          refuse_words(*this_host);
          return run_list(this_host->context, *client);
        };
    });
  }

  void add_all() {
    add("list", "List all schedules (also without a subcommand)",
        [](auto& context, auto& f) { return run_list(context, f); });
    add_for_names("show", "Show schedules", run_show);
    add_schedules_add(host_, cmd_, client_);
    add_change("remove", "Remove schedules; their jobs stay", "DELETE", "", "removed");
    add_change("pause", "Let schedules fire no more", "POST", "/pause", "paused");
    add_change("resume", "Let schedules fire again", "POST", "/resume", "resumed");
    add_for_names("run", "Submit the jobs of schedules now, and print their ids", run_now);
    add_history();
    add_next();
    add_schedules_import(host_, cmd_, client_);
  }

private:
  /// @param work  called with the program's context and the client's flags.
  template <class Work>
  CLI::App* add(const char* name, const std::string& help, Work work) {
    return add_client_command(host_, cmd_, client_, name, help, [host = &host_, work](auto& context, auto& f) {
      refuse_words(*host);
      return work(context, f);
    });
  }
  template <class Work>
  void add_for_names(const char* name, const char* help, Work work) {
    auto names = std::make_shared<std::vector<std::string>>();
    add(name, help, [names, work](auto& context, auto& f) { return work(context, f, *names); })
      ->add_option("NAME", *names, "Schedules")
      ->required();
  }
  void add_change(const char* name, const char* help, const char* method, const char* rest, const char* done) {
    add_for_names(name, help,
                  [=](auto& context, auto& f, auto& names) { return run_each(context, f, names, method, rest, done); });
  }
  void add_history() {
    auto name = std::make_shared<std::string>();
    add("history", "Show the versions of a schedule, the latest first",
        [name](auto& context, auto& f) { return run_history(context, f, *name); })
      ->add_option("NAME", *name, "The schedule")
      ->required();
  }
  void add_next() {
    auto n = std::make_shared<next_flags>();
    auto* sub = add("next", "Show when a cron expression fires; changes nothing",
                    [n](auto& context, auto& f) { return run_next(context, f, *n); });
    sub->add_option("EXPR", n->expression, "The expression, in quotes: '30 2 * * *'")->required();
    sub->add_option("--zone", n->zone, "Its time zone: Europe/Berlin (UTC)");
    sub->add_option("--count", n->count, "How many fire times");
  }

  command_host& host_;
  CLI::App& cmd_;
  std::shared_ptr<client_flags> client_;
};

} // namespace

void refuse_words(const command_host& host) {
  if (host.words)
    throw command_failure{exit_usage, "words behind -- are for `schedules add NAME exec`"};
}

void add_schedules(command_host& host) {
  schedules_command{host}.add_all();
}

} // namespace callboard
