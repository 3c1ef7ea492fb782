#include "config/loader.hpp"

#include "config/setting_text.hpp"
#include "config/toml_file.hpp"
#include "config/validate.hpp"

#include <algorithm>

namespace callboard {

namespace {

constexpr std::string_view variable_prefix = "CALLBOARD_";

std::string unknown_key(std::string_view key) {
  std::string text = std::string{key} + " is not a setting";
  const auto sections = setting_sections();
  if (std::find(sections.begin(), sections.end(), key) != sections.end())
    return text + " but a section: write [" + std::string{key} + "] and the settings below it";
  if (const auto* near = nearest_setting(key))
    return text + "; did you mean " + std::string{near->key} + "?";
  return text + "; `callboard config` lists them all";
}

/// A variable that looks like ours and is none: a typo, which must not go unnoticed. Variables of other sections are
/// not ours, and Kubernetes makes variables of its own for a service named after us.
bool is_misspelt(std::string_view name) {
  if (!name.starts_with(variable_prefix) || name.find("_SERVICE_") != std::string_view::npos ||
      name.find("_PORT") != std::string_view::npos)
    return false;
  name.remove_prefix(variable_prefix.size());
  for (const auto section : setting_sections()) {
    std::string word{section.substr(0, section.find('.'))};
    for (auto& c : word)
      c = static_cast<char>(c - 'a' + 'A');
    if (name.starts_with(word + "_"))
      return true;
  }
  return false;
}

class loader {
public:
  result<loaded_settings> run(const load_request& r) {
    if (r.file)
      from_file(*r.file);
    from_environment(r.environment);
    for (const auto& o : r.overrides)
      from_override(o);
    out_.values.handlers.kill_grace = out_.values.workers.kill_grace;
    if (problems_.empty())
      for (const auto& c : find_conflicts(out_.values))
        conflict(c);
    if (problems_.empty())
      return std::move(out_);
    return problems_.take();
  }

private:
  /// One line per problem; the error as a whole names the first key.
  class problem_list {
  public:
    bool empty() const {
      return text_.empty();
    }
    void add(const std::string& line, std::string_view key) {
      if (text_.empty())
        first_key_ = key;
      else
        text_ += '\n';
      text_ += line;
    }
    error take() {
      return {ec::invalid_value, std::move(text_), std::move(first_key_)};
    }

  private:
    std::string text_, first_key_;
  };

  void from_file(const std::string& path) {
    const auto file = read_settings_file(path);
    if (!file)
      return problems_.add(file.err().message, "");
    for (const auto& e : file->entries) {
      const auto where = path + ":" + std::to_string(e.line);
      const auto* row = find_setting(e.key);
      if (row == nullptr)
        problems_.add(where + ": " + unknown_key(e.key), e.key);
      else if (!e.unusable.empty())
        problems_.add(where + ": " + e.key + " must be " + allowed_text(*row) + ", not " + e.unusable, e.key);
      else
        set(*row, e.value, where);
    }
  }

  void from_environment(const std::map<std::string, std::string>& environment) {
    std::map<std::string, const setting_row*> names;
    for (const auto& row : setting_table())
      names.emplace(environment_name(row), &row);
    for (const auto& [name, value] : environment) {
      if (const auto known = names.find(name); known != names.end())
        set(*known->second, plain_text{value}, name);
      else if (is_misspelt(name))
        problems_.add(name + " is not a setting" + nearest_variable(name), name);
    }
  }

  static std::string nearest_variable(const std::string& name) {
    const setting_row* best = nullptr;
    size_t least = name.size() / 3;
    for (const auto& row : setting_table())
      if (const auto d = edit_distance(name, environment_name(row)); d < least) {
        least = d;
        best = &row;
      }
    return best == nullptr ? "; `callboard config` lists them all" : "; did you mean " + environment_name(*best) + "?";
  }

  void from_override(const setting_override& o) {
    const auto* row = find_setting(o.key);
    if (row == nullptr)
      return problems_.add(o.given_as + ": " + unknown_key(o.key), o.key);
    if (row->secret)
      return problems_.add(o.given_as + ": " + o.key +
                             " is a secret, and a command line is seen by everybody on this " +
                             "machine; set it in the file, or as " + environment_name(*row) + " in the environment",
                           o.key);
    set(*row, plain_text{o.value}, o.given_as);
  }

  void set(const setting_row& row, const given_value& v, const std::string& where) {
    if (auto why = assign(row, out_.values, v))
      problems_.add(where + ": " + std::string{row.key} + " " + *why, row.key);
    else
      out_.origins.insert_or_assign(std::string{row.key}, where);
  }

  void conflict(const setting_conflict& c) {
    std::string text = c.message;
    for (const auto key : c.keys)
      if (const auto o = out_.origins.find(key); o != out_.origins.end())
        text += "; " + std::string{key} + " was set by " + o->second;
    problems_.add(text, c.keys.front());
  }

  loaded_settings out_;
  problem_list problems_;
};

} // namespace

result<setting_override> parse_override(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return error{ec::invalid_value,
                 "--set takes KEY=VALUE, such as http.threads=2, not " +
                   // What comes without an equals sign may be the value of a secret.
                   (equals == 0 ? std::string{"a value without a key"} : std::string{"a text without an equals sign"})};
  return setting_override{std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

result<loaded_settings> load_settings_with_origins(const load_request& r) {
  return loader{}.run(r);
}

} // namespace callboard
