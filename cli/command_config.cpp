#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/load_flags.hpp"
#include "config/setting_docs.hpp"
#include "config/setting_text.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <ostream>

namespace callboard {

namespace {

struct config_flags {
  load_flags load;
  bool check = false, json = false, defaults = false, markdown = false;
};

/// `{"http.listen":{"value":…,"origin":…}}`; values are of their own kind, times and sizes as texts with units.
std::string as_json(const loaded_settings& s) {
  nlohmann::ordered_json all;
  for (const auto& row : setting_table()) {
    nlohmann::ordered_json value;
    const auto text = value_text(row, s.values);
    if (is_hidden(row, s.values))
      value = secret_mask;
    else if (row.form == setting_form::flag)
      value = text == "true";
    else if (row.form == setting_form::count)
      value = std::stoull(text);
    else if (const auto* list = std::get_if<setting_ref<std::vector<std::string>>>(&row.access)) {
      auto copy = s.values;
      value = nlohmann::ordered_json::array();
      for (const auto& item : (*list)(copy))
        value.push_back(item);
    } else
      value = text;
    const auto origin = s.origins.find(row.key);
    all[std::string{row.key}] = {{"value", value}, {"origin", origin == s.origins.end() ? "default" : origin->second}};
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

int run_config(program_context& context, const config_flags& f) {
  if (f.markdown || f.defaults) {
    context.out << (f.markdown ? settings_markdown() : settings_toml());
    return exit_ok;
  }
  const auto s = load(context.environment, f.load);
  if (f.check)
    context.out << "the settings are good\n";
  else if (f.json)
    context.out << as_json(s) << '\n';
  else
    context.out << effective_toml(s);
  return exit_ok;
}

} // namespace

void add_config(command_host& host) {
  auto f = std::make_shared<config_flags>();
  auto* cmd = host.app.add_subcommand("config", "Print the settings in effect, and where each comes from");
  cmd->add_flag("--check", f->check, "Only tell whether they are good");
  cmd->add_flag("--json", f->json, "Print JSON");
  cmd->add_flag("--template", f->defaults, "Print a documented file with all defaults");
  cmd->add_flag("--markdown", f->markdown, "Print the reference of settings")->group("");
  add_load_flags(*cmd, f->load);
  cmd->callback([&host, f] { host.action = [&host, f] { return run_config(host.context, *f); }; });
}

} // namespace callboard
