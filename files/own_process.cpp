#include "files/own_process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "files/read_file.hpp"

namespace callboard {

namespace {

std::optional<uint64_t> number(std::string_view text) {
  uint64_t x = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), x);
  return error == std::errc{} ? std::optional{x} : std::nullopt;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos)
      return out;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<duration> cpu_time() {
  timespec t{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
    return std::nullopt;
  return std::chrono::duration_cast<duration>(std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec});
}

std::optional<uint64_t> open_descriptors() {
  std::error_code unknown;
  const std::filesystem::directory_iterator all{"/proc/self/fd", unknown};
  if (unknown)
    return std::nullopt;
  const auto n = static_cast<uint64_t>(std::distance(begin(all), end(all)));
  return n > 0 ? n - 1 : 0; // the one that reads the directory
}

std::optional<uint64_t> descriptors_max() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return std::nullopt;
  return limit.rlim_cur;
}

/// Fields of /proc/self/stat from the third on: the second, the program's name, may hold spaces and brackets.
std::vector<std::string_view> stat_fields(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  return name_end == std::string_view::npos ? std::vector<std::string_view>{} : words(stat.substr(name_end + 1));
}

std::optional<time_point> started_at(const std::vector<std::string_view>& stat) {
  constexpr size_t start_field = 22 - 3;
  const auto system = read_kernel_file(AT_FDCWD, "/proc/stat");
  const auto line = system.find("\nbtime ");
  const auto ticks = ::sysconf(_SC_CLK_TCK);
  if (line == std::string::npos || stat.size() <= start_field || ticks <= 0)
    return std::nullopt;
  const auto boot = number(std::string_view{system}.substr(line + 7));
  const auto since_boot = number(stat[start_field]);
  if (!boot || !since_boot)
    return std::nullopt;
  const auto us = *since_boot * 1'000'000 / static_cast<uint64_t>(ticks);
  return time_point{duration{static_cast<int64_t>(*boot * 1'000'000 + us)}};
}

} // namespace

process_figures own_process() {
  process_figures x;
  x.cpu_time = cpu_time();
  x.open_fds = open_descriptors();
  x.max_fds = descriptors_max();
  const auto statm = read_kernel_file(AT_FDCWD, "/proc/self/statm");
  const auto pages = words(statm);
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto bytes = [&](size_t field) {
    const auto n = field < pages.size() ? number(pages[field]) : std::nullopt;
    return n ? std::optional{*n * page} : std::nullopt;
  };
  x.virtual_bytes = bytes(0);
  x.resident_bytes = bytes(1);
  const auto stat = read_kernel_file(AT_FDCWD, "/proc/self/stat");
  const auto fields = stat_fields(stat);
  constexpr size_t threads_field = 20 - 3;
  if (fields.size() > threads_field)
    x.threads = number(fields[threads_field]);
  x.started_at = started_at(fields);
  return x;
}

} // namespace callboard
