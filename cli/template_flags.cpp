#include "cli/template_flags.hpp"

#include "cli/command_templates.hpp"
#include "cli/job_flags.hpp"
#include "cli/query_builder.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <utility>

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

/// What the template says of a parameter's type; null: nothing.
json type_of(const json& definition, const std::string& name) {
  try {
    return definition.at("parameters").at("properties").at(name).at("type");
  } catch (const json::exception&) {
    return nullptr;
  }
}

json parameters_of(program_context& context, scheduler_client& client, const std::string& name,
                   const template_flags& f) {
  auto out = json::object();
  if (!f.parameters_file.empty()) {
    out = json::parse(read_all(context, f.parameters_file), nullptr, false);
    if (!out.is_object())
      throw command_failure{exit_usage, "--params-file: " + f.parameters_file + " is no JSON object"};
  }
  if (f.parameters.empty())
    return out;
  const auto definition = client.json("GET", query_builder{template_target(name)}.add("version", f.version).target());
  for (const auto& text : f.parameters) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw command_failure{exit_usage, "--param must be NAME=VALUE, not \"" + text + "\""};
    const auto parameter = text.substr(0, equals), value = text.substr(equals + 1);
    auto parsed = json::parse(value, nullptr, false);
    const bool as_text = parsed.is_discarded() || type_of(definition, parameter) == "string";
    out[parameter] = as_text ? json(value) : std::move(parsed);
  }
  return out;
}

} // namespace

void add_template_flags(CLI::App& cmd, template_flags& f) {
  cmd
    .add_option("--param", f.parameters,
                "NAME=VALUE: a parameter; VALUE is JSON if it is that and the template does not want a string there "
                "(several: repeat)")
    ->allow_extra_args(false);
  cmd
    .add_option("--params-file", f.parameters_file,
                "File with an object of parameters; - is standard input; --param comes on top")
    ->type_name("FILE");
}

json template_members(program_context& context, scheduler_client& client, const std::string& name,
                      const template_flags& f) {
  json out{{"parameters", parameters_of(context, client, name, f)}};
  if (f.version)
    out["version"] = *f.version;
  return out;
}

} // namespace callboard
