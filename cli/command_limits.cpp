#include "cli/client_command.hpp"
#include "cli/job_print.hpp"
#include "cli/limit_flags.hpp"
#include "cli/limit_print.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <ostream>
#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// Queues, or job types. They differ in little else than their names.
struct limit_words {
  const char* command; ///< also in addresses, and the list in an answer
  const char* what;    ///< many of them, for people
  bool queues;
};

/// Whose names on the command line they are: of queues or types, or of a key in each of the queues.
struct name_flags {
  std::vector<std::string> names;
  std::optional<std::string> key;
};

/// `/api/queues/NAME` or `/api/queues/NAME/keys/KEY`, and what follows. Throws command_failure (exit_usage) without a
/// name, which is another address.
std::string limit_address(const limit_words& of, const std::string& name, const std::optional<std::string>& key,
                          std::string_view rest = {}) {
  if (name.empty())
    throw command_failure{exit_usage, "NAME must not be empty"};
  if (key && key->empty())
    throw command_failure{exit_usage, "--key must not be empty"};
  return std::string{"/api/"} + of.command + "/" + url_escaped(name) + (key ? "/keys/" + url_escaped(*key) : "") +
         std::string{rest};
}

/// `mail`, or `mail key acme`, for people.
std::string name_text(const std::string& name, const std::optional<std::string>& key) {
  return printable(name) + (key ? " key " + printable(*key) : "");
}

table limit_table(const limit_words& of) {
  return of.queues ? table{{"NAME", "READY", "WAITING", "RUNNING", "RETRYING", "OLDEST", "LIMITS", "STATE"}, 7}
                   : table{{"NAME", "READY", "UNDER WAY", "LIMITS", "STATE"}, 4};
}

void add_row(table& t, const limit_words& of, const json& shown, time_point now) {
  if (of.queues)
    t.add({member_text(shown, "name"), member_text(shown, "ready"), member_text(shown, "waiting"),
           member_text(shown, "running"), member_text(shown, "retrying"),
           relative_time(member_text(shown, "oldestReady"), now), limits_text(shown), limit_state(shown)});
  else
    t.add({member_text(shown, "name"), member_text(shown, "ready"), member_text(shown, "underWay"), limits_text(shown),
           limit_state(shown)});
}

/// Prints all pages of a list. @param member  of the answer. @param what  is in it, for people. @param add  a row.
template <class Add>
int print_pages(program_context& context, const client_flags& f, const std::string& address, const char* member,
                const std::string& what, table t, Add add) {
  scheduler_client client{context, f};
  auto all = json::array();
  std::string cursor;
  do {
    const auto page = client.json("GET", query_builder{address}.add("cursor", cursor).target());
    const auto list = page.find(member);
    if (list == page.end() || !list->is_array())
      throw command_failure{exit_server, "the answer has no list of " + what};
    for (const auto& shown : *list)
      if (f.json)
        all.push_back(shown);
      else
        add(t, shown);
    if (!f.json)
      t.flush(context.out, palette{context});
    cursor = member_text(page, "next");
  } while (!cursor.empty());
  if (f.json)
    context.out << json{{member, all}, {"count", all.size()}, {"next", nullptr}}.dump() << '\n';
  return exit_ok;
}

int run_list(program_context& context, const client_flags& f, const limit_words& of) {
  return print_pages(context, f, std::string{"/api/"} + of.command, of.command, of.what, limit_table(of),
                     [&](table& t, const json& shown) { add_row(t, of, shown, context.now()); });
}

int run_keys(program_context& context, const client_flags& f, const limit_words& of, const std::string& queue) {
  return print_pages(
    context, f, limit_address(of, queue, {}, "/keys"), "keys", "keys",
    table{{"KEY", "READY", "UNDER WAY", "LIMITS", "STATE", "OLDEST"}, 4}, [&](table& t, const json& shown) {
      t.add({member_text(shown, "key"), member_text(shown, "ready"), member_text(shown, "underWay"), limits_text(shown),
             limit_state(shown), relative_time(member_text(shown, "oldestReady"), context.now())});
    });
}

int run_show(program_context& context, const client_flags& f, const limit_words& of, const name_flags& n) {
  scheduler_client client{context, f};
  bool first = true;
  return for_each_id(context, n.names, [&](const std::string& name) {
    const auto body = client.text("GET", limit_address(of, name, n.key));
    if (f.json) {
      context.out << body << '\n';
      return;
    }
    if (!std::exchange(first, false))
      context.out << '\n';
    print_limit(context.out, parse_answer(body), context.now(), palette{context});
  });
}

/// Asks for each name, and says what is done.
int run_each(program_context& context, const client_flags& f, const limit_words& of, const name_flags& n,
             std::string_view method, std::string_view rest, std::string_view done) {
  scheduler_client client{context, f};
  return for_each_id(context, n.names, [&](const std::string& name) {
    const auto body = client.text(method, limit_address(of, name, n.key, rest));
    if (f.json)
      context.out << body << '\n';
    else
      context.out << name_text(name, n.key) << "  " << done << '\n';
  });
}

int run_set(program_context& context, const client_flags& f, const limit_words& of, const std::string& name,
            const std::optional<std::string>& key, const limit_flags& wish) {
  check_limit_flags(wish, key.has_value());
  scheduler_client client{context, f};
  const auto address = limit_address(of, name, key);
  const auto body = client.text("PUT", address, changed_rule(client.json("GET", address), wish));
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto limits = limits_text(parse_answer(body));
  context.out << name_text(name, key) << "  " << (limits.empty() ? "no limits" : printable(limits)) << '\n';
  return exit_ok;
}

/// The subcommands, which share the flags of a client.
class limits_command {
public:
  limits_command(command_host& host, const limit_words& of, const char* help)
    : host_(host), of_(of), cmd_(*host.app.add_subcommand(of.command, help)),
      client_(std::make_shared<client_flags>()) {
    cmd_.require_subcommand(0, 1);
    add_client_flags(cmd_, *client_);
    cmd_.callback([this_host = &host_, cmd = &cmd_, client = client_, of] {
      if (cmd->get_subcommands().empty())
        this_host->action = [this_host, client, of] { return run_list(this_host->context, *client, of); };
    });
  }

  void add_all() {
    const std::string what = of_.what;
    add("list", "List all " + what + " with jobs or limits (also without a subcommand)",
        [of = of_](auto& context, auto& f) { return run_list(context, f, of); });
    add_for_names("show", "Show " + what,
                  [of = of_](auto& context, auto& f, auto& names) { return run_show(context, f, of, names); });
    if (of_.queues)
      add_keys();
    add_set();
    add_change("pause", "Let no job of " + what + " start; what runs goes on", "POST", "/pause", "paused");
    add_change("resume", "Let jobs of " + what + " start again", "POST", "/resume", "resumed");
    add_change("clear", "Take all limits of " + what + " away", "DELETE", "", "cleared");
  }

private:
  /// @param work  called with the program's context and the client's flags.
  template <class Work>
  CLI::App* add(const char* name, const std::string& help, Work work) {
    return add_client_command(host_, cmd_, client_, name, help, std::move(work));
  }
  template <class Work>
  void add_for_names(const char* name, const std::string& help, Work work) {
    auto names = std::make_shared<name_flags>();
    auto* sub = add(name, help, [names, work](auto& context, auto& f) { return work(context, f, *names); });
    sub->add_option("NAME", names->names, "Their names")->required();
    add_key(*sub, *names);
  }
  void add_key(CLI::App& sub, name_flags& names) const {
    if (of_.queues)
      sub.add_option("--key", names.key, "A concurrency key of the queue, instead of the queue as a whole");
  }
  void add_keys() {
    auto queue = std::make_shared<std::string>();
    add("keys", "List the concurrency keys of a queue with jobs or limits",
        [of = of_, queue](auto& context, auto& f) { return run_keys(context, f, of, *queue); })
      ->add_option("NAME", *queue, "Its name")
      ->required();
  }
  void add_change(const char* name, const std::string& help, const char* method, const char* rest, const char* done) {
    add_for_names(name, help, [of = of_, method, rest, done](auto& context, auto& f, auto& names) {
      return run_each(context, f, of, names, method, rest, done);
    });
  }
  void add_set() {
    struct wish {
      std::string name;
      name_flags of; ///< its key; one name is given
      limit_flags flags;
    };
    auto w = std::make_shared<wish>();
    auto* sub = add("set", "Set limits; those that are not named stay", [of = of_, w](auto& context, auto& f) {
      return run_set(context, f, of, w->name, w->of.key, w->flags);
    });
    sub->add_option("NAME", w->name, "Its name")->required();
    add_key(*sub, w->of);
    add_limit_flags(*sub, w->flags, of_.queues);
  }

  command_host& host_;
  limit_words of_;
  CLI::App& cmd_;
  std::shared_ptr<client_flags> client_;
};

} // namespace

void add_queues(command_host& host) {
  limits_command{host, {"queues", "queues", true}, "List queues, limit and pause them"}.add_all();
}

void add_types(command_host& host) {
  limits_command{host, {"types", "job types", false}, "List job types, limit and pause them"}.add_all();
}

} // namespace callboard
