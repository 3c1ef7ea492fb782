#include "config/toml_file.hpp"

#include <toml++/toml.h>

#include <algorithm>

#include "files/read_file.hpp"

namespace callboard {

namespace {

/// `http`, `threads` or `http.threads`: words that may be shown.
bool is_name(std::string_view text) {
  const auto sections = setting_sections();
  const auto& rows = setting_table();
  return std::find(sections.begin(), sections.end(), text) != sections.end() ||
         std::any_of(rows.begin(), rows.end(), [&](const setting_row& row) {
           return row.key == text || row.key.substr(section_of(row.key).size() + 1) == text;
         });
}

/// The parser quotes single characters (`x`, `\n`, `\u0007`), names, and texts that it could not read, such as a number
/// that is too large. Such a text may be a secret, so only characters and names of settings are kept.
std::string without_values(std::string_view words) {
  std::string out;
  for (;;) {
    const auto begin = words.find('\'');
    if (begin == std::string_view::npos)
      return out.append(words);
    const auto end = words.find('\'', begin + 1);
    const auto quoted = words.substr(begin + 1, end - begin - 1);
    const bool character = quoted.size() <= 1 || (quoted.front() == '\\' && quoted.size() <= 6);
    const bool shown = end != std::string_view::npos && (character || is_name(quoted));
    out.append(words.substr(0, begin + 1)).append(shown ? quoted : "…").append("'");
    if (end == std::string_view::npos)
      return out;
    words.remove_prefix(end + 1);
  }
}

error syntax_error(const std::string& name, const toml::parse_error& why) {
  const auto at = why.source().begin;
  return {ec::invalid_value, name + ":" + std::to_string(at.line) + ": not TOML: column " + std::to_string(at.column) +
                               ": " + without_values(why.description())};
}

class walker {
public:
  explicit walker(settings_file& out) : out_(out) {
  }

  void table(const toml::table& t, const std::string& prefix) {
    for (const auto& [name, v] : t) {
      auto key = prefix;
      if (!key.empty())
        key.append(".");
      key.append(name.str());
      const auto* below = v.as_table();
      if (below == nullptr)
        value(v, key);
      else if (!below->empty())
        table(*below, key);
      else if (!is_section(key))
        out_.entries.push_back({key, line_of(v), false, "an empty table"});
    }
  }

private:
  static bool is_section(const std::string& key) {
    for (const auto s : setting_sections())
      if (s == key || s.starts_with(key + "."))
        return true;
    return false;
  }

  static size_t line_of(const toml::node& v) {
    return v.source().begin.line;
  }

  void value(const toml::node& v, const std::string& key) {
    file_entry e{key, line_of(v), false, {}};
    if (const auto* truth = v.as_boolean())
      e.value = truth->get();
    else if (const auto* whole = v.as_integer())
      e.value = whole->get();
    else if (const auto* real = v.as_floating_point())
      e.value = real->get();
    else if (const auto* text = v.as_string())
      e.value = text->get();
    else if (const auto* several = v.as_array())
      array(*several, e);
    else
      e.unusable = "a date or time";
    out_.entries.push_back(std::move(e));
  }

  static void array(const toml::array& several, file_entry& e) {
    std::vector<std::string> items;
    for (const auto& i : several) {
      const auto* text = i.as_string();
      if (text == nullptr) {
        e.unusable = "an array of something else than strings";
        return;
      }
      items.push_back(text->get());
    }
    e.value = std::move(items);
  }

  settings_file& out_;
};

} // namespace

result<settings_file> parse_settings_text(const std::string& text, const std::string& name) {
  settings_file file;
  try {
    walker{file}.table(toml::parse(text, name), "");
  } catch (const toml::parse_error& e) {
    return syntax_error(name, e);
  }
  // The parser keeps tables in the order of their names.
  std::sort(file.entries.begin(), file.entries.end(), [](const file_entry& a, const file_entry& b) {
    return a.line != b.line ? a.line < b.line : a.key < b.key;
  });
  return file;
}

result<settings_file> read_settings_file(const std::string& path) {
  const auto text = read_file(path, settings_file_bytes_max);
  if (!text)
    return error{ec::invalid_value, text.err().message};
  return parse_settings_text(*text, path);
}

} // namespace callboard
