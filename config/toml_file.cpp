#include "config/toml_file.hpp"

#include <toml.hpp>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

namespace callboard {

namespace {

std::string located(const std::string& name, size_t line) {
  return name + ":" + std::to_string(line);
}

/// toml11 tells an error as one line of text and an excerpt of the file, whose last line number is where it is. Only
/// the first line is passed on: an excerpt may hold a secret.
error syntax_error(const std::string& name, std::string_view what, size_t line) {
  std::string reason{what.substr(0, what.find('\n'))};
  if (const std::string_view tag = "[error] "; reason.starts_with(tag))
    reason.erase(0, tag.size());
  // The name of the parser's function.
  if (const auto colon = reason.find(": "); colon != std::string::npos && reason.find(' ') == colon + 1)
    reason.erase(0, colon + 2);
  std::istringstream lines{std::string{what}};
  for (std::string text; std::getline(lines, text);) {
    const auto bar = text.find(" |");
    if (bar == std::string::npos)
      continue;
    const auto digits = text.find_first_not_of(' ');
    if (digits < bar &&
        std::all_of(text.begin() + static_cast<std::ptrdiff_t>(digits), text.begin() + static_cast<std::ptrdiff_t>(bar),
                    [](char c) { return c >= '0' && c <= '9'; }))
      line = std::stoul(text.substr(digits, bar - digits));
  }
  return {ec::invalid_value, located(name, line) + ": not TOML: " + reason};
}

class walker {
public:
  explicit walker(settings_file& out) : out_(out) {
  }

  void table(const toml::value& t, const std::string& prefix) {
    for (const auto& [name, v] : t.as_table()) {
      auto key = prefix;
      if (!key.empty())
        key.append(".");
      key.append(name);
      if (v.is_table() && !v.as_table().empty())
        table(v, key);
      else if (!v.is_table())
        value(v, key);
      else if (!is_section(key))
        out_.entries.push_back({key, v.location().line(), false, "an empty table"});
    }
  }

private:
  static bool is_section(const std::string& key) {
    for (const auto s : setting_sections())
      if (s == key || s.starts_with(key + "."))
        return true;
    return false;
  }

  void value(const toml::value& v, const std::string& key) {
    file_entry e{key, v.location().line(), false, {}};
    if (v.is_boolean())
      e.value = v.as_boolean();
    else if (v.is_integer())
      e.value = int64_t{v.as_integer()};
    else if (v.is_floating())
      e.value = v.as_floating();
    else if (v.is_string())
      e.value = v.as_string().str;
    else if (v.is_array())
      array(v, e);
    else
      e.unusable = "a date or time";
    out_.entries.push_back(std::move(e));
  }

  static void array(const toml::value& v, file_entry& e) {
    std::vector<std::string> items;
    for (const auto& i : v.as_array()) {
      if (!i.is_string()) {
        e.unusable = "an array of something else than strings";
        return;
      }
      items.push_back(i.as_string().str);
    }
    e.value = std::move(items);
  }

  settings_file& out_;
};

} // namespace

result<settings_file> parse_settings_text(const std::string& text, const std::string& name) {
  settings_file file;
  try {
    std::istringstream in{text};
    const auto root = toml::parse(in, name);
    walker{file}.table(root, "");
  } catch (const toml::exception& e) {
    return syntax_error(name, e.what(), e.location().line());
  } catch (const std::exception& e) {
    return syntax_error(name, e.what(), 1);
  }
  // The parser keeps tables as hash tables.
  std::sort(file.entries.begin(), file.entries.end(), [](const file_entry& a, const file_entry& b) {
    return a.line != b.line ? a.line < b.line : a.key < b.key;
  });
  return file;
}

result<settings_file> read_settings_file(const std::string& path) {
  const auto unreadable = [&](const std::string& why) {
    return error{ec::invalid_value, path + ": cannot be read: " + why};
  };
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return unreadable(std::generic_category().message(errno));
  std::string text(settings_file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad())
    return unreadable(std::generic_category().message(errno));
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > settings_file_bytes_max)
    return unreadable("it is larger than " + std::to_string(settings_file_bytes_max) + " bytes");
  return parse_settings_text(text, path);
}

} // namespace callboard
