#include "process/cgroup/cgroup_text.hpp"

#include <algorithm>
#include <charconv>

namespace callboard {

namespace {

/// The kernel takes no quota below a millisecond and no period above a second.
constexpr uint64_t cpu_period_us = 100'000;
constexpr uint64_t cpu_period_us_max = 1'000'000;
constexpr uint64_t cpu_quota_us_min = 1'000;

/// Takes the part up to the separator, and the separator, away from the front.
std::string_view take_until(std::string_view& text, char separator) {
  const auto part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// In mountinfo a blank, a tab, a line feed and a backslash are written as \ and three octal digits.
std::string without_escapes(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '\\' && i + 3 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr == text.data() + i + 4) {
      out += static_cast<char>(code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool is_below(std::string_view path, std::string_view root) {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

bool has_option(std::string_view list, std::string_view option) {
  while (!list.empty())
    if (take_until(list, ',') == option)
      return true;
  return false;
}

} // namespace

std::optional<std::string> cgroup_path(std::string_view proc_cgroup) {
  while (!proc_cgroup.empty()) {
    auto line = take_until(proc_cgroup, '\n');
    if (line.starts_with("0::/"))
      return std::string{line.substr(3)};
  }
  return std::nullopt;
}

std::optional<cgroup_mount> writable_cgroup_mount(std::string_view mountinfo) {
  while (!mountinfo.empty()) {
    // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS
    auto line = take_until(mountinfo, '\n');
    for (int skipped = 0; skipped < 3; ++skipped)
      take_until(line, ' ');
    const auto root = take_until(line, ' '), point = take_until(line, ' '), options = take_until(line, ' ');
    while (!line.empty() && take_until(line, ' ') != "-") {}
    if (take_until(line, ' ') == "cgroup2" && has_option(options, "rw"))
      return cgroup_mount{without_escapes(root), without_escapes(point)};
  }
  return std::nullopt;
}

std::optional<std::string> cgroup_directory(const cgroup_mount& mount, std::string_view path) {
  const std::string_view root = mount.root == "/" ? "" : std::string_view{mount.root};
  // A path such as "/../other" is outside of this process's cgroup namespace.
  if (!is_below(path, root) || is_below(path, "/.."))
    return std::nullopt;
  path.remove_prefix(root.size());
  return path == "/" ? mount.point : mount.point + std::string{path};
}

std::string cpu_max_text(uint32_t cpu_milli) {
  const uint64_t milli = std::max(cpu_milli, 1u);
  const bool is_little = milli * cpu_period_us / 1000 < cpu_quota_us_min;
  const auto period = is_little ? cpu_period_us_max : cpu_period_us;
  return std::to_string(milli * period / 1000) + " " + std::to_string(period);
}

std::optional<uint64_t> number_of_key(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    auto line = take_until(text, '\n');
    if (take_until(line, ' ') == key)
      return whole_number(line);
  }
  return std::nullopt;
}

std::optional<uint64_t> whole_number(std::string_view text) {
  text = take_until(text, '\n');
  uint64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || code != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

bool has_word(std::string_view list, std::string_view word) {
  list = take_until(list, '\n');
  while (!list.empty())
    if (take_until(list, ' ') == word)
      return true;
  return false;
}

std::vector<int> numbers_of_lines(std::string_view text) {
  std::vector<int> out;
  // The number in a line that does not end is not all there.
  text = text.substr(0, text.rfind('\n') + 1);
  while (!text.empty())
    if (const auto n = whole_number(take_until(text, '\n')))
      out.push_back(static_cast<int>(*n));
  return out;
}

std::string cgroup_base(std::string_view path) {
  for (size_t begin = 1; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin).ends_with(cgroup_suffix))
      return std::string{path.substr(0, std::max<size_t>(begin - 1, 1))};
    begin = end + 1;
  }
  return std::string{path};
}

} // namespace callboard
