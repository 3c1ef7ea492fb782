#include "config/setting_docs.hpp"

#include "config/setting_text.hpp"

#include <algorithm>

namespace callboard {

namespace {

std::string name_of(const setting_row& row) {
  return std::string{row.key.substr(section_of(row.key).size() + 1)};
}

/// Calls `section(name)` and `setting(row)` in the order of the table.
template <class Section, class Setting>
void walk(Section&& section, Setting&& setting) {
  std::string_view last;
  for (const auto& row : setting_table()) {
    if (section_of(row.key) != last) {
      last = section_of(row.key);
      section(last);
    }
    setting(row);
  }
}

/// A cell of a table must not hold a bar of its own.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

} // namespace

std::string settings_toml() {
  const settings defaults;
  std::string out =
    R"(# The settings of Callboard, each with its default. You may remove those that you do not change.
#
# An environment variable (CALLBOARD_HTTP_LISTEN for http.listen) overrides this file, and a flag
# (--set http.listen=HOST:PORT) overrides both. Times are "15s", "100ms", "10min", "1h", "7d" or a number of seconds; sizes
# are "64MiB", "1GB" or a number of bytes.
)";
  walk(
    [&](std::string_view section) {
      out += "\n# " + std::string{section_sentence(section)} + "\n[" + std::string{section} + "]\n";
    },
    [&](const setting_row& row) {
      out += "# " + std::string{row.sentence} + "\n# " + std::string{row.secret ? "Secret. " : ""} +
             "Allowed: " + allowed_text(row) + ".\n" + name_of(row) + " = " + value_toml(row, defaults) + "\n";
    });
  return out;
}

std::string settings_markdown() {
  const settings defaults;
  std::string out = R"(# Settings

Every setting can be given in a TOML file (`--config FILE`, or `CALLBOARD_CONFIG`), as a variable of the environment, and
as a flag (`--set KEY=VALUE`, as often as needed). A flag wins over the environment, the environment over the file, and
the file over the default. `config/callboard.toml` is a file with all defaults to start from.

- The environment variable of a setting is `CALLBOARD_` and its key in capitals, with `_` for the dots:
  `CALLBOARD_HTTP_LISTEN` for `http.listen`.
- A time is `15s`, `100ms`, `10min`, `1h30min`, `7d`, or a number of seconds. A size is `64MiB`, `1GB`, or a number of
  bytes. A list is an array in the file, and has commas between its items elsewhere.
- Mistakes are refused at the start, all of them at once, each with its file and line: an unknown key (with the nearest
  known one), a value out of its range, values that contradict each other.
- Secrets are never printed. They are refused as flags, because everybody on a machine can see command lines.
- `callboard config` prints the settings in effect and where each comes from.

The program generates this page: `callboard config --markdown > docs/settings.md`.
)";
  walk(
    [&](std::string_view section) {
      out += "\n## " + std::string{section} + "\n\n" + std::string{section_sentence(section)} +
             "\n\n| setting | default | allowed | meaning |\n|---|---|---|---|\n";
    },
    [&](const setting_row& row) {
      out += "| `" + std::string{row.key} + "` | `" + cell(value_toml(row, defaults)) + "` | " +
             cell(allowed_text(row)) + " | " + cell(std::string{row.sentence}) +
             (row.secret ? " Secret: `" + environment_name(row) + "` or the file." : "") + " |\n";
    });
  out += R"(
## Values that must go together

- `cluster.heartbeat` < `cluster.suspect_after` < `cluster.lease`
- `scheduler.shutdown_grace` < `scheduler.shutdown_limit`
- `workers.count` <= `workers.count_max`
- `autoscale.workers_min` <= `autoscale.workers_max`
- `breaker.open_for` <= `breaker.open_max`
- `jobs.timeout_default` <= `jobs.timeout_max`
- `jobs.payload_bytes_max` <= `http.body_bytes_max`
- `http.body_bytes_max` and `http.batch_bytes_max` <= `http.bodies_bytes_max`
- `http.listen` and `cluster.listen` are different addresses, unless their port is 0
- `handlers.smtp.username` and `handlers.smtp.password`: both or none; so are the two keys of `handlers.s3`
- `handlers.sftp.known_hosts_file` is needed with `handlers.sftp.username`
- `handlers.exec.allowed_programs` are absolute paths, and so is `handlers.exec.cgroup` unless it is `auto` or `off`
)";
  return out;
}

std::string effective_toml(const loaded_settings& s) {
  std::string out;
  std::vector<std::pair<std::string, std::string>> lines; // of one section
  const auto flush = [&] {
    size_t width = 0;
    for (const auto& [text, origin] : lines)
      width = std::max(width, text.size());
    // One long value must not push all remarks off the screen.
    width = std::min<size_t>(width, 60);
    for (const auto& [text, origin] : lines)
      out.append(text)
        .append(width > text.size() ? width - text.size() : 0, ' ')
        .append("  # ")
        .append(origin)
        .append("\n");
    lines.clear();
  };
  walk(
    [&](std::string_view section) {
      flush();
      out += (out.empty() ? "[" : "\n[") + std::string{section} + "]\n";
    },
    [&](const setting_row& row) {
      const auto origin = s.origins.find(row.key);
      lines.emplace_back(name_of(row) + " = " +
                           (is_hidden(row, s.values) ? quoted(secret_mask) : value_toml(row, s.values)),
                         origin == s.origins.end() ? "default" : origin->second);
    });
  flush();
  return out;
}

setting_origin origin_of(const setting_row& row, const loaded_settings& s) {
  const auto found = s.origins.find(row.key);
  if (found == s.origins.end())
    return {"default", {}};
  const auto& place = found->second;
  return {place.starts_with("--") ? "flag" : place == environment_name(row) ? "environment" : "file", place};
}

} // namespace callboard
