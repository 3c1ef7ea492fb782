#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/format.hpp"
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
  client_flags client; ///< its `server`: whose settings are shown in place of those that are read here
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
    else if (const auto* items = value_items(row, s.values))
      value = *items;
    else
      value = text;
    const auto origin = s.origins.find(row.key);
    all[std::string{row.key}] = {{"value", value}, {"origin", origin == s.origins.end() ? "default" : origin->second}};
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The value as it would be given to `--set`, and of a secret whether there is one.
std::string value_of(const nlohmann::ordered_json& setting) {
  if (setting.contains("secret"))
    return setting.value("set", false) ? secret_mask : "";
  const auto value = setting.value("value", nlohmann::ordered_json{});
  if (value.is_string())
    return value.get<std::string>();
  if (!value.is_array())
    return value.dump();
  std::string list;
  for (const auto& item : value)
    list += (list.empty() ? "" : ",") + (item.is_string() ? item.get<std::string>() : item.dump());
  return list;
}

int print_running(program_context& context, const config_flags& f) {
  const auto body = scheduler_client{context, f.client}.text("GET", "/api/settings");
  if (f.json) {
    context.out << body << '\n';
    return exit_ok;
  }
  const auto answer = parse_answer(body);
  const auto all = answer.find("settings");
  if (all == answer.end() || !all->is_array())
    throw command_failure{exit_server, "the answer has no list of settings"};
  table t{{"SETTING", "VALUE", "FROM"}};
  for (const auto& s : *all) {
    const auto origin = s.value("origin", nlohmann::ordered_json::object());
    t.add({printable(s.value("name", "")), printable(value_of(s)),
           printable(origin.value("place", origin.value("kind", "")))});
  }
  t.flush(context.out, palette{context});
  return exit_ok;
}

int run_config(program_context& context, const config_flags& f) {
  if (f.markdown || f.defaults) {
    context.out << (f.markdown ? settings_markdown() : settings_toml());
    return exit_ok;
  }
  if (!f.client.server.empty())
    return print_running(context, f);
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
  auto* check = cmd->add_flag("--check", f->check, "Only tell whether they are good");
  cmd->add_flag("--json", f->json, "Print JSON");
  cmd->add_flag("--template", f->defaults, "Print a documented file with all defaults");
  cmd->add_flag("--markdown", f->markdown, "Print the reference of settings")->group("");
  add_load_flags(*cmd, f->load);
  cmd->add_option("--server", f->client.server, "Those that the scheduler at this URL runs with")
    ->type_name("URL")
    ->excludes(check)
    ->excludes("--config")
    ->excludes("--set");
  cmd->callback([&host, f] { host.action = [&host, f] { return run_config(host.context, *f); }; });
}

} // namespace callboard
