#include "cli/reference/man_page.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>
#include <utility>

namespace callboard {

namespace {

/// A line of text as man(7) takes it: nothing in it is a macro or an escape.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '\'')
      out += "\\(aq";
    else if (c == '`')
      out += "\\(ga";
    else
      out += c;
  if (out.starts_with('.'))
    out.insert(0, "\\&");
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

std::string upper(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

class page {
public:
  page(const std::string& title, const man_frame& frame) {
    out_ << ".TH " << upper(title) << " 1 " << frame.date << " \"callboard " << frame.version << "\" Callboard\n"
         << ".nh\n.ad l\n";
  }
  void section(const char* name) {
    out_ << ".SH " << name << '\n';
  }
  void part(const std::string& name) {
    out_ << ".SS " << escaped(name) << '\n';
  }
  void term(const std::string& tag, const std::string& text) {
    out_ << ".TP\n" << tag << '\n' << escaped(text.empty() ? "(no description)" : text) << '\n';
  }
  void line(const std::string& markup) {
    out_ << markup << '\n';
  }
  /// Its lines stay lines; those that are indented stand as they are.
  void lines(const std::string& text) {
    std::istringstream in{text};
    bool literal = false;
    for (std::string one; std::getline(in, one);) {
      const bool indented = one.starts_with("  ");
      if (indented != std::exchange(literal, indented))
        out_ << (indented ? ".PP\n.nf\n.RS\n" : ".RE\n.fi\n.PP\n");
      if (!one.empty())
        out_ << escaped(indented ? one.substr(2) : one) << '\n';
    }
    if (literal)
      out_ << ".RE\n.fi\n";
  }
  std::string text() const {
    return out_.str();
  }

private:
  std::ostringstream out_;
};

std::string tag_of(const described_option& o) {
  std::string out;
  for (const auto& name : o.names)
    out += (out.empty() ? "" : ", ") + (name.starts_with('-') ? bold(name) : italic(name));
  if (!o.value.empty() && o.names.front().starts_with('-'))
    out += " " + italic(o.value);
  return out;
}

std::string text_of(const described_option& o) {
  auto text = o.text;
  if (!o.choices.empty()) {
    text += text.empty() ? "One of" : " One of";
    for (size_t i = 0; i < o.choices.size(); ++i)
      text += (i == 0 ? " " : i + 1 == o.choices.size() ? " or " : ", ") + o.choices[i];
    text += ".";
  }
  if (!o.fallback.empty())
    text += " Default: " + o.fallback + ".";
  return text;
}

bool has_option(const described_command& c, std::string_view name) {
  const auto is_it = [&](const described_option& o) { return o.name() == name; };
  return std::any_of(c.options.begin(), c.options.end(), is_it) ||
         std::any_of(c.commands.begin(), c.commands.end(), [&](const auto& sub) { return has_option(sub, name); });
}

void synopsis(page& p, const described_command& c) {
  auto line = bold(c.path.empty() ? "callboard" : "callboard " + c.path);
  if (!c.options.empty())
    line += " [" + italic("OPTION") + "]...";
  for (const auto& a : c.arguments)
    line += a.required ? " " + italic(a.name()) + (a.repeats ? "..." : "")
                       : " [" + italic(a.name()) + "]" + (a.repeats ? "..." : "");
  p.line(line);
}

void entries(page& p, const described_command& c) {
  for (const auto& a : c.arguments)
    p.term(tag_of(a), text_of(a));
  for (const auto& o : c.options)
    p.term(tag_of(o), text_of(o));
}

/// Options of a parent that a command has as well are told once.
described_command without_those_of(described_command c, const described_command& above) {
  std::erase_if(c.options, [&](const described_option& o) {
    return std::any_of(above.options.begin(), above.options.end(),
                       [&](const auto& other) { return other.name() == o.name() && other.text == o.text; });
  });
  return c;
}

void subcommands(page& p, const described_command& above) {
  for (const auto& sub : above.commands) {
    const auto own = without_those_of(sub, above);
    p.part("callboard " + sub.path);
    p.line(escaped(sub.text) + (sub.text.ends_with('.') ? "" : "."));
    entries(p, own);
    if (!sub.footer.empty()) {
      p.line(".PP");
      p.lines(sub.footer);
    }
    subcommands(p, sub);
  }
}

void exit_status(page& p, const described_command& c) {
  p.section("\"EXIT STATUS\"");
  p.term(bold("0"), "Done.");
  p.term(bold("1"), "Wrong input: a flag, a setting, or a request that the scheduler refused for good.");
  if (c.path.empty() || has_option(c, "--wait") || c.path == "watch" || c.path == "bulk")
    p.term(bold("2"), "A job that was waited for failed or was cancelled.");
  if (c.path.empty() || has_option(c, "--server")) {
    p.term(bold("3"), "The scheduler cannot be reached, or its answer broke off.");
    p.term(bold("4"),
           c.path == "doctor" ? "A check has failed." : "The scheduler cannot do it now; the same may work later.");
  }
  if (c.path.empty() || c.path == "serve") {
    p.term(bold("70"), "serve: a part of the scheduler ended too often.");
    p.term(bold("76"), "serve: another scheduler has taken over its store.");
  }
}

void environment(page& p, const described_command& c) {
  const bool client = c.path.empty() || has_option(c, "--server"), settings = c.path.empty() || has_option(c, "--set");
  p.section("ENVIRONMENT");
  if (client)
    p.term(bold("CALLBOARD_SERVER"), "URL of the scheduler, where --server does not name it.");
  if (settings) {
    p.term(bold("CALLBOARD_CONFIG"), "The settings file, where --config does not name it.");
    p.term("\\fBCALLBOARD_\\fR" + italic("SETTING"),
           "A setting: CALLBOARD_HTTP_LISTEN is http.listen. Flags go before it.");
  }
  p.term(bold("NO_COLOR"), "When set to something: no colours on terminals.");
}

void files(page& p) {
  p.section("FILES");
  p.term(italic("callboard-data"), "The data directory of serve (store.directory).");
  p.term(italic("callboard-data/tls"), "Certificates of the cluster (cluster.tls_directory).");
}

void see_also(page& p, const described_command& program) {
  p.section("\"SEE ALSO\"");
  if (!program.path.empty()) {
    p.line(".BR callboard (1)");
    return;
  }
  for (size_t i = 0; i < program.commands.size(); ++i)
    p.line(".BR " + escaped("callboard-" + program.commands[i].name()) + " (1)" +
           (i + 1 < program.commands.size() ? "," : ""));
}

void name_and_synopsis(page& p, const std::string& name, const described_command& c) {
  p.section("NAME");
  p.line(escaped(name) + " \\- " + escaped(c.text));
  p.section("SYNOPSIS");
  synopsis(p, c);
  for_each_command(c, [&](const described_command& sub) {
    if (&sub == &c || c.path.empty())
      return;
    p.line(".br");
    synopsis(p, sub);
  });
}

} // namespace

std::string program_page(const described_command& program, const man_frame& frame) {
  page p{"callboard", frame};
  auto shown = program;
  // Its text begins with the name.
  if (const auto colon = shown.text.find(": "); colon != std::string::npos)
    shown.text.erase(0, colon + 2);
  name_and_synopsis(p, "callboard", shown);
  p.line(".br");
  p.line(bold("callboard") + " " + italic("COMMAND") + " [" + italic("OPTION") + "]... [" + italic("ARGUMENT") +
         "]...");
  p.section("DESCRIPTION");
  p.line(
    "Runs background and batch jobs: a scheduler that clients submit jobs to, workers that run them, and commands");
  p.line("that ask the scheduler. Each command has a page of its own.");
  p.section("COMMANDS");
  for (const auto& c : program.commands)
    p.term(bold(c.name()), c.text);
  p.section("OPTIONS");
  entries(p, program);
  exit_status(p, program);
  environment(p, program);
  files(p);
  see_also(p, program);
  return p.text();
}

std::string command_page(const described_command& c, const man_frame& frame) {
  page p{"callboard-" + c.name(), frame};
  name_and_synopsis(p, "callboard-" + c.name(), c);
  p.section("DESCRIPTION");
  p.line(escaped(c.text) + ".");
  if (!c.footer.empty()) {
    p.line(".PP");
    p.lines(c.footer);
  }
  p.section("OPTIONS");
  entries(p, c);
  if (!c.commands.empty()) {
    p.section("COMMANDS");
    subcommands(p, c);
  }
  exit_status(p, c);
  environment(p, c);
  if (has_option(c, "--set"))
    files(p);
  see_also(p, c);
  return p.text();
}

} // namespace callboard
