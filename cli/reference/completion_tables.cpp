#include "cli/reference/completion_tables.hpp"

#include <map>

namespace callboard {

namespace {

std::string token_of(const std::string& path, const described_option& o) {
  using kind = completed_value::kind;
  const auto v = completed_value_of(path, o);
  switch (v.what) {
  case kind::anything:
    break;
  case kind::file:
    return "file";
  case kind::directory:
    return "directory";
  case kind::names:
    return "names:" + v.names;
  case kind::choices: {
    std::string out = "choice:";
    for (const auto& c : v.choices)
      out += (out.ends_with(':') ? "" : ",") + c;
    return out;
  }
  }
  return "any";
}

/// Words of a variable: one text for bash, an array for zsh.
class word_list {
public:
  explicit word_list(bool described) : described_(described) {
  }
  void add(const std::string& word, const std::string& text) {
    text_ += (text_.empty() ? "" : " ") + (described_ ? quoted(word + ":" + text) : word);
  }
  std::string assigned(const char* name) const {
    return std::string{name} + "=" + (described_ ? "(" + text_ + ")" : quoted(text_));
  }

private:
  bool described_;
  std::string text_;
};

std::string command_case(const described_command& c, bool described) {
  word_list commands{described}, options{described}, valued{false}, arguments{false};
  for (const auto& sub : c.commands)
    commands.add(sub.name(), sub.text);
  for (const auto& o : c.options)
    for (const auto& name : o.names) {
      options.add(name, o.text);
      if (!o.value.empty())
        valued.add(name, {});
    }
  for (const auto& a : c.arguments)
    arguments.add(token_of(c.path, a) + (a.repeats ? "+" : ""), {});
  return "    " + quoted(c.path) + ")\n      " + commands.assigned("commands") + "\n      " +
         options.assigned("options") + "\n      " + valued.assigned("valued") + " " + arguments.assigned("arguments") +
         " ;;\n";
}

} // namespace

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

std::string completion_tables(const described_command& program, bool described) {
  std::string commands;
  std::map<std::string, std::string> places_by_value;
  for_each_command(program, [&](const described_command& c) {
    commands += command_case(c, described);
    for (const auto& o : c.options) {
      const auto value = token_of(c.path, o);
      if (!o.value.empty() && value != "any")
        for (const auto& name : o.names)
          places_by_value[value] += (places_by_value[value].empty() ? "" : " | ") + quoted(c.path + " " + name);
    }
  });
  auto out = "_callboard_command() {\n  case $1 in\n" + commands + "    *) return 1 ;;\n  esac\n}\n\n" +
             "_callboard_value() {\n  case \"$1 $2\" in\n";
  for (const auto& [value, places] : places_by_value)
    out += "    " + places + ") value=" + quoted(value) + " ;;\n";
  return out + "    *) value=any ;;\n  esac\n}\n\n";
}

} // namespace callboard
