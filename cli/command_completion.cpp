#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/job_print.hpp"
#include "cli/query_builder.hpp"
#include "cli/reference/completion.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace callboard {

namespace {

/// Who presses a key does not wait for a scheduler that is slow.
constexpr const char* patience = "1s";
/// More names than this help nobody to choose one.
constexpr size_t pages_max = 10;

/// Where the names of a kind are listed.
struct name_list {
  std::string_view kind;
  const char *address, *list, *member;
};
constexpr name_list lists[] = {
  {"queues", "/api/queues", "queues", "name"},          {"types", "/api/schemas", "schemas", "type"},
  {"schedules", "/api/schedules", "schedules", "name"}, {"templates", "/api/templates", "templates", "name"},
  {"workers", "/api/workers", "workers", "id"},
};

/// One that a terminal shows as it is, and that fits into a line.
bool is_plain(const std::string& name) {
  return !name.empty() && printable(name) == name;
}

void print_names(program_context& context, const name_list& of, const std::string& prefix) {
  scheduler_client client{context, {.server = {}, .json = false, .timeout = patience}};
  std::string cursor;
  for (size_t page = 0; page < pages_max; ++page) {
    const auto answer = client.json("GET", query_builder{of.address}.add("cursor", cursor).target());
    const auto list = answer.find(of.list);
    if (list == answer.end() || !list->is_array())
      return;
    for (const auto& x : *list)
      if (x.is_object())
        if (const auto name = member_text(x, of.member); is_plain(name) && name.starts_with(prefix))
          context.out << name << '\n';
    cursor = member_text(answer, "next");
    if (cursor.empty())
      return;
  }
}

/// Silent when there is no scheduler, or anything else is wrong: a shell would print it into the line.
int run_names(program_context& context, const std::string& kind, const std::string& prefix) {
  const auto of = std::find_if(std::begin(lists), std::end(lists), [&](const name_list& l) { return l.kind == kind; });
  try {
    if (of != std::end(lists))
      print_names(context, *of, prefix);
  } catch (const command_failure&) {
    return exit_ok;
  }
  return exit_ok;
}

} // namespace

void add_completion(command_host& host) {
  auto shell = std::make_shared<std::string>();
  auto* cmd = host.app.add_subcommand("completion", "Print a script that completes callboard's words in a shell");
  cmd->add_option("SHELL", *shell, "The shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  cmd->footer("For one shell: `source <(callboard completion bash)`. `cmake --install` puts the scripts where the\n"
              "shells look for them.");
  cmd->callback([&host, shell] {
    host.action = [&host, shell] {
      const auto program = describe(host.app);
      host.context.out << (*shell == "bash"  ? bash_completion(program)
                           : *shell == "zsh" ? zsh_completion(program)
                                             : fish_completion(program));
      return int{exit_ok};
    };
  });
  struct wish {
    std::string kind, prefix;
  };
  auto w = std::make_shared<wish>();
  auto* names = host.app.add_subcommand("__complete", "Print names that begin with a prefix, for those scripts");
  names->group("");
  names->add_option("KIND", w->kind, "Such as queues")->required();
  names->add_option("PREFIX", w->prefix, "What is there already");
  names->callback([&host, w] { host.action = [&host, w] { return run_names(host.context, w->kind, w->prefix); }; });
}

} // namespace callboard
