#include "cli/load_flags.hpp"

#include "cli/exit_code.hpp"
#include "config/setting_table.hpp"

#include <CLI/CLI.hpp>

namespace callboard {

void add_load_flags(CLI::App& cmd, load_flags& flags) {
  cmd.add_option("--config", flags.file, "Settings file (default: $CALLBOARD_CONFIG, else none)")->type_name("FILE");
  cmd.add_option("--set", flags.set, "A setting as KEY=VALUE (several: repeat); `callboard config` lists them")
    ->type_name("KEY=VALUE")
    ->allow_extra_args(false);
}

void add_shortcut(CLI::App& cmd, load_flags& flags, const std::string& flag, const std::string& key,
                  const std::string& placeholder) {
  const auto i = flags.shortcuts.size();
  flags.shortcuts.push_back({key, flag, {}});
  const auto* row = find_setting(key);
  std::string choices;
  for (const auto choice : row->choices)
    choices.append(choices.empty() ? "{" : ",").append(choice);
  cmd
    .add_option_function<std::string>(
      flag, [&flags, i](const std::string& text) { flags.shortcuts[i].value = text; },
      std::string{row->sentence} + " (" + key + ")")
    ->type_name(choices.empty() ? placeholder : choices + "}");
}

std::optional<std::string> settings_file_of(const std::map<std::string, std::string>& environment,
                                            const load_flags& flags) {
  if (!flags.file.empty())
    return flags.file;
  const auto set = environment.find("CALLBOARD_CONFIG");
  return set != environment.end() && !set->second.empty() ? std::optional{set->second} : std::nullopt;
}

std::vector<std::string> override_texts(const load_flags& flags) {
  auto texts = flags.set;
  for (const auto& s : flags.shortcuts)
    if (s.value)
      texts.push_back(s.key + "=" + *s.value);
  return texts;
}

loaded_settings load(const std::map<std::string, std::string>& environment, const load_flags& flags) {
  load_request request{.file = settings_file_of(environment, flags), .environment = environment};
  for (const auto& text : flags.set) {
    auto o = parse_override(text);
    if (!o)
      throw command_failure{exit_usage, o.err().message};
    request.overrides.push_back(std::move(*o));
  }
  for (const auto& s : flags.shortcuts)
    if (s.value)
      request.overrides.push_back({s.key, *s.value, s.flag});
  auto loaded = load_settings_with_origins(request);
  if (!loaded)
    throw command_failure{exit_usage, "the settings are not good:\n" + loaded.err().message};
  return std::move(*loaded);
}

std::filesystem::path tls_directory_of(const settings& s) {
  return s.cluster.tls_directory.empty() ? std::filesystem::path{s.store.directory} / "tls"
                                         : std::filesystem::path{s.cluster.tls_directory};
}

} // namespace callboard
