#include "cli/reference/described_command.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

/// Which names of the scheduler stand behind an option, or in an argument. The path is that of the command or of one
/// above it; empty: of any.
struct names_of {
  std::string_view path, option, names;
};
constexpr names_of known_names[] = {
  {"", "--queue", "queues"},          {"", "--type", "types"},
  {"", "--template", "templates"},    {"", "--worker", "workers"},
  {"", "--node", "workers"},          {"", "TYPE", "types"},
  {"", "WORKER", "workers"},          {"queues", "NAME", "queues"},
  {"types", "NAME", "types"},         {"schedules", "NAME", "schedules"},
  {"templates", "NAME", "templates"},
};

bool is_at_or_below(std::string_view path, std::string_view above) {
  return above.empty() || path == above || (path.starts_with(above) && path[above.size()] == ' ');
}

/// Takes `{a,b}` out of a type's name, where checks and long lists of words show themselves.
std::vector<std::string> take_choices(std::string& type) {
  std::vector<std::string> out;
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos)
    return out;
  for (auto at = open + 1; at <= close;) {
    const auto end = std::min(type.find(',', at), close);
    out.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  type.erase(open, close + 1 - open);
  if (type.ends_with(':'))
    type.pop_back();
  return out;
}

/// The first line of what stands behind a check such as `UINT:INT in [1 - 9]` names what is meant.
std::string without_checks(std::string type) {
  const auto colon = type.find(':');
  return colon == std::string::npos || type == "HOST:PORT" ? type : type.substr(0, colon);
}

described_option describe(const CLI::Option& o) {
  described_option out;
  for (const auto& name : o.get_snames())
    out.names.push_back("-" + name);
  for (const auto& name : o.get_lnames())
    out.names.push_back("--" + name);
  if (out.names.empty())
    out.names.push_back(o.get_name(true));
  if (o.get_items_expected_min() > 0 || o.get_positional()) {
    auto type = o.get_type_name();
    out.choices = take_choices(type);
    out.value = o.get_positional() ? o.get_name(true) : without_checks(std::move(type));
    if (out.value.empty())
      out.value = "VALUE";
  }
  out.text = o.get_description();
  out.fallback = o.get_default_str();
  out.required = o.get_required();
  out.repeats = o.get_items_expected_max() > 1;
  return out;
}

void add_options(described_command& to, const CLI::App& from) {
  for (const auto* o : from.get_options()) {
    if (o->get_group().empty())
      continue; // hidden
    auto described = describe(*o);
    const auto same = [&](const described_option& other) { return other.name() == described.name(); };
    auto& list = o->get_positional() ? to.arguments : to.options;
    if (std::none_of(list.begin(), list.end(), same))
      list.push_back(std::move(described));
  }
}

described_command describe(const CLI::App& app, const std::string& path) {
  described_command out{path, app.get_description(), app.get_footer(), {}, {}, {}};
  add_options(out, app);
  if (app.get_fallthrough() && app.get_parent() != nullptr) {
    described_command above;
    add_options(above, *app.get_parent());
    for (auto& o : above.options)
      if (std::none_of(out.options.begin(), out.options.end(), [&](const auto& own) { return own.name() == o.name(); }))
        out.options.push_back(std::move(o));
  }
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!sub->get_group().empty())
      out.commands.push_back(describe(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
  return out;
}

} // namespace

described_command describe(const CLI::App& app) {
  return describe(app, "");
}

completed_value completed_value_of(const std::string& path, const described_option& option) {
  using kind = completed_value::kind;
  if (!option.choices.empty())
    return {kind::choices, option.choices, {}};
  if (option.value == "FILE")
    return {kind::file, {}, {}};
  if (option.value == "DIR")
    return {kind::directory, {}, {}};
  for (const auto& known : known_names)
    if (option.name() == known.option && is_at_or_below(path, known.path))
      return {kind::names, {}, std::string{known.names}};
  return {};
}

} // namespace callboard
