#include "cli/crontab.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace callboard {

namespace {

constexpr std::string_view blanks = " \t";
constexpr size_t time_fields = 5;
constexpr size_t slug_bytes_max = 40;
/// What cron itself looks at, and has no meaning here.
constexpr std::array<std::string_view, 5> of_cron{"MAILTO", "MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING",
                                                  "RANDOM_DELAY"};

void skip_blanks(std::string_view& s) {
  s.remove_prefix(std::min(s.find_first_not_of(blanks), s.size()));
}

/// Takes the first word off `s`, and the blanks behind it.
std::string_view take_word(std::string_view& s) {
  const auto word = s.substr(0, s.find_first_of(blanks));
  s.remove_prefix(word.size());
  skip_blanks(s);
  return word;
}

std::string_view without_end_blanks(std::string_view s) {
  return s.substr(0, s.find_last_not_of(blanks) + 1);
}

bool is_quote(char c) {
  return c == '"' || c == '\'';
}

struct setting {
  std::string name, value;
};

/// `NAME = VALUE`, each of which may be in quotes. Nothing: it is no setting.
std::optional<setting> read_setting(std::string_view s) {
  std::string_view name;
  if (is_quote(s.front())) {
    const auto end = s.find(s.front(), 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    name = s.substr(1, end - 1);
    s.remove_prefix(end + 1);
  } else {
    name = s.substr(0, s.find_first_of(" \t="));
    s.remove_prefix(name.size());
  }
  skip_blanks(s);
  if (name.empty() || !s.starts_with('='))
    return std::nullopt;
  s.remove_prefix(1);
  skip_blanks(s);
  s = without_end_blanks(s);
  if (s.size() > 1 && is_quote(s.front()) && s.find(s.front(), 1) == s.size() - 1)
    s = s.substr(1, s.size() - 2);
  return setting{std::string{name}, std::string{s}};
}

/// Up to the first `%` that has no backslash before it, which is taken off `s`; `\%` is a percent sign, and every other
/// backslash stays.
std::string take_until_percent(std::string_view& s) {
  std::string out;
  size_t i = 0;
  for (; i < s.size() && s[i] != '%'; ++i) {
    if (s[i] == '\\' && i + 1 < s.size() && s[i + 1] == '%')
      ++i;
    out += s[i];
  }
  s.remove_prefix(std::min(i + 1, s.size()));
  return out;
}

class crontab_reader {
public:
  explicit crontab_reader(bool with_user) : with_user_(with_user) {
  }

  void read(std::string_view line) {
    ++line_;
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.front() == '#')
      return;
    if (auto s = read_setting(line))
      return set(std::move(*s));
    if (auto why = add(line))
      out.refused.push_back({line_, std::move(*why)});
  }

  crontab out;

private:
  void set(setting s) {
    if (s.name == "CRON_TZ") {
      cron_zone_ = s.value;
      return;
    }
    if (std::find(of_cron.begin(), of_cron.end(), s.name) != of_cron.end()) {
      if (!s.value.empty())
        out.notes.push_back({line_, s.name + " is not supported" +
                                      (s.name.starts_with("MAIL") ? ": what a job writes is in its result" : "")});
      return;
    }
    if (s.name == "SHELL")
      shell_ = s.value;
    environment_[s.name] = std::move(s.value);
  }

  /// Why the line is refused; nothing when it is not.
  std::optional<std::string> add(std::string_view line) {
    crontab_entry e;
    e.line = line_;
    if (line.front() == '@') {
      e.when = take_word(line);
      if (e.when == "@reboot")
        return "@reboot is no time: a scheduler does not know when a machine starts; allowed are @hourly, @daily and "
               "their like, or five fields";
    } else {
      for (size_t i = 0; i < time_fields; ++i) {
        if (line.empty())
          return "a line has five fields (minute, hour, day of month, month, day of week) or @daily and its like, and "
                 "a command; this one has " +
                 std::to_string(i) + " fields";
        e.when += (i == 0 ? "" : " ") + std::string{take_word(line)};
      }
    }
    if (with_user_)
      e.user = take_word(line);
    e.command = take_until_percent(line);
    while (!line.empty())
      e.input += take_until_percent(line) + "\n";
    if (without_end_blanks(e.command).empty())
      return with_user_ ? "there is no command behind the time and the user" : "there is no command behind the time";
    e.shell = shell_.empty() ? e.shell : shell_;
    e.environment.assign(environment_.begin(), environment_.end());
    const auto tz = environment_.find("TZ");
    e.zone = !cron_zone_.empty() ? cron_zone_ : tz != environment_.end() ? tz->second : "";
    out.entries.push_back(std::move(e));
    return std::nullopt;
  }

  bool with_user_;
  size_t line_ = 0;
  std::string cron_zone_, shell_;
  std::map<std::string, std::string> environment_;
};

} // namespace

crontab parse_crontab(std::string_view text, bool with_user) {
  crontab_reader reader{with_user};
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    reader.read(line);
  }
  return std::move(reader.out);
}

std::string command_slug(std::string_view command) {
  // Where the output goes says little, and looks like much.
  if (const auto redirection = command.find('>'); redirection != std::string_view::npos) {
    command = command.substr(0, redirection);
    if (command.ends_with(" 1") || command.ends_with(" 2"))
      command.remove_suffix(1);
  }
  std::string out;
  const auto add = [&out](char c) {
    const bool good =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (good)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  };
  skip_blanks(command);
  while (!command.empty() && out.size() < slug_bytes_max) {
    auto word = take_word(command);
    if (word.front() == '/') // of a path the last part
      word.remove_prefix(word.find_last_of('/', word.size() - 2) + 1);
    add(' ');
    std::for_each(word.begin(), word.end(), add);
  }
  out.resize(std::min(out.size(), slug_bytes_max));
  while (!out.empty() && (out.back() == '-' || out.back() == '.'))
    out.pop_back();
  return out.empty() ? "job" : out;
}

} // namespace callboard
