#include "cli/command_templates.hpp"

#include "cli/client_command.hpp"
#include "cli/job_flags.hpp"
#include "cli/job_print.hpp"
#include "cli/member_lines.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

const json& list_of(const json& answer, const char* name) {
  const auto list = answer.find(name);
  if (list == answer.end() || !list->is_array())
    throw command_failure{exit_server, std::string{"the answer has no list \""} + name + "\""};
  return *list;
}

int run_list(program_context& context, const client_flags& f) {
  scheduler_client client{context, f};
  table t{{"NAME", "VERSION", "MAKES", "CHANGED", "DESCRIPTION"}};
  auto all = json::array();
  std::string cursor;
  do {
    const auto page = client.json("GET", query_builder{"/api/templates"}.add("cursor", cursor).target());
    for (const auto& x : list_of(page, "templates"))
      if (f.json)
        all.push_back(x);
      else
        t.add({member_text(x, "name"), member_text(x, "version"), member_text(x, "makes"),
               relative_time(member_text(x, "changedAt"), context.now()), member_text(x, "description")});
    if (!f.json)
      t.flush(context.out, palette{context});
    cursor = member_text(page, "next");
  } while (!cursor.empty());
  if (f.json)
    context.out << json{{"templates", all}, {"count", all.size()}, {"next", nullptr}}.dump() << '\n';
  return exit_ok;
}

struct version_wish {
  std::string name;
  std::optional<uint32_t> version;
};

void print_template(std::ostream& out, const json& x, time_point now) {
  member_lines m{out};
  m.line("name", printable(member_text(x, "name")));
  m.line("version", member_text(x, "version"));
  m.line("changed", time_text(x, "changedAt", now));
  m.line("description", printable(member_text(x, "description")));
  m.line("parameters", value_lines(x, "parameters"));
  m.line("job", value_lines(x, "job"));
  m.line("workflow", value_lines(x, "workflow"));
}

int run_show(program_context& context, const client_flags& f, const version_wish& w) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", query_builder{template_target(w.name)}.add("version", w.version).target());
  if (f.json)
    context.out << body << '\n';
  else
    print_template(context.out, parse_answer(body), context.now());
  return exit_ok;
}

/// The file goes as it is, unless a version is expected.
int run_put(program_context& context, const client_flags& f, const version_wish& w, const std::string& file) {
  scheduler_client client{context, f};
  auto text = read_all(context, file);
  if (w.version) {
    auto body = json::parse(text, nullptr, false);
    if (!body.is_object())
      throw command_failure{exit_usage, file + " is no JSON object"};
    body["version"] = *w.version;
    text = body.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  const auto answer = client.text("PUT", template_target(w.name), text);
  if (f.json)
    context.out << answer << '\n';
  else
    context.out << printable(w.name) << "  version " << printable(member_text(parse_answer(answer), "version")) << '\n';
  return exit_ok;
}

int run_versions(program_context& context, const client_flags& f, const std::string& name) {
  scheduler_client client{context, f};
  const auto body = client.text("GET", template_target(name, "/versions"));
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  table t{{"VERSION", "CHANGED", "MAKES", "DESCRIPTION"}};
  const auto answer = parse_answer(body);
  for (const auto& v : list_of(answer, "versions"))
    t.add({member_text(v, "version"), member_text(v, "changedAt"), v.contains("workflow") ? "workflow" : "job",
           member_text(v, "description")});
  t.flush(context.out, palette{context});
  return exit_ok;
}

struct diff_wish {
  std::string name;
  std::optional<uint32_t> from, to;
};

int run_diff(program_context& context, const client_flags& f, const diff_wish& w) {
  scheduler_client client{context, f};
  query_builder query{template_target(w.name, "/diff")};
  const auto body = client.text("GET", query.add("from", w.from).add("to", w.to).target());
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  for (const auto& op : list_of(answer, "patch")) {
    context.out << printable(member_text(op, "op")) << "  " << printable(member_text(op, "path"));
    if (const auto v = op.find("value"); v != op.end())
      context.out << "  " << printable(v->dump(-1, ' ', false, json::error_handler_t::replace));
    context.out << '\n';
  }
  return exit_ok;
}

int run_rollback(program_context& context, const client_flags& f, const version_wish& w) {
  scheduler_client client{context, f};
  const auto body =
    client.text("POST", template_target(w.name, "/rollback"), json{{"version", w.version.value_or(0)}}.dump());
  if (f.json)
    context.out << body << '\n';
  else
    context.out << printable(w.name) << "  version " << printable(member_text(parse_answer(body), "version")) << '\n';
  return exit_ok;
}

int run_delete(program_context& context, const client_flags& f, const std::vector<std::string>& names) {
  scheduler_client client{context, f};
  return for_each_id(context, names, [&](const std::string& name) {
    const auto body = client.text("DELETE", template_target(name));
    if (f.json)
      context.out << body << '\n';
    else
      context.out << printable(name) << "  deleted\n";
  });
}

/// The subcommands, which share the flags of a client.
class templates_command {
public:
  explicit templates_command(command_host& host)
    : host_(host), cmd_(*host.app.add_subcommand("templates", "Define jobs and workflows by name, and submit by it")),
      client_(std::make_shared<client_flags>()) {
    cmd_.require_subcommand(0, 1);
    add_client_flags(cmd_, *client_);
    cmd_.callback([this_host = &host_, cmd = &cmd_, client = client_] {
      if (cmd->get_subcommands().empty())
        this_host->action = [this_host, client] { return run_list(this_host->context, *client); };
    });
  }

  void add_all() {
    add("list", "List all templates (also without a subcommand)",
        [](auto& context, auto& f) { return run_list(context, f); });
    add_put();
    auto shown = std::make_shared<version_wish>();
    auto* show =
      add("show", "Show a template", [shown](auto& context, auto& f) { return run_show(context, f, *shown); });
    add_name(show, shown->name);
    show->add_option("--version", shown->version, "This one (the present one)");
    auto listed = std::make_shared<std::string>();
    add_name(add("versions", "Show the versions of a template, the latest first",
                 [listed](auto& context, auto& f) { return run_versions(context, f, *listed); }),
             *listed);
    add_diff();
    auto back = std::make_shared<version_wish>();
    auto* rollback = add("rollback", "Make a new version with the content of an earlier one",
                         [back](auto& context, auto& f) { return run_rollback(context, f, *back); });
    add_name(rollback, back->name);
    rollback->add_option("VERSION", back->version, "The earlier one")->required();
    auto gone = std::make_shared<std::vector<std::string>>();
    add("delete", "Delete templates; their jobs stay",
        [gone](auto& context, auto& f) { return run_delete(context, f, *gone); })
      ->add_option("NAME", *gone, "Templates")
      ->required();
    add_templates_submit(host_, cmd_, client_);
  }

private:
  /// @param work  called with the program's context and the client's flags.
  template <class Work>
  CLI::App* add(const char* name, const std::string& help, Work work) {
    return add_client_command(host_, cmd_, client_, name, help, std::move(work));
  }
  static void add_name(CLI::App* sub, std::string& name) {
    sub->add_option("NAME", name, "The template")->required();
  }
  void add_put() {
    struct put_wish : version_wish {
      std::string file;
    };
    auto w = std::make_shared<put_wish>();
    auto* sub = add("put", "Define a template, or give it a new version",
                    [w](auto& context, auto& f) { return run_put(context, f, *w, w->file); });
    add_name(sub, w->name);
    sub->add_option("FILE", w->file, "The definition as REST takes it; - is standard input")->required();
    sub->add_option("--version", w->version, "Only if this is the present version; 0: only if there is none");
  }
  void add_diff() {
    auto w = std::make_shared<diff_wish>();
    auto* sub = add("diff", "Show what changed from one version to another",
                    [w](auto& context, auto& f) { return run_diff(context, f, *w); });
    add_name(sub, w->name);
    sub->add_option("FROM", w->from, "The earlier one (the one before TO)");
    sub->add_option("TO", w->to, "The later one (the present one)");
  }

  command_host& host_;
  CLI::App& cmd_;
  std::shared_ptr<client_flags> client_;
};

} // namespace

std::string template_target(const std::string& name, std::string_view rest) {
  if (name.empty())
    throw command_failure{exit_usage, "NAME must not be empty"};
  return "/api/templates/" + url_escaped(name) + std::string{rest};
}

void add_templates(command_host& host) {
  templates_command{host}.add_all();
}

} // namespace callboard
