#include "bench/process_stats.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <iterator>
#include <sstream>

#include "files/read_file.hpp"

namespace callboard::bench {

namespace {

namespace fs = std::filesystem;
using std::chrono::microseconds;

std::string text_of(const fs::path& file) {
  return read_kernel_file(AT_FDCWD, file.c_str());
}

/// The number after `name:` in a file like /proc/PID/status.
uint64_t field_of(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + ":");
  if (at == std::string::npos)
    return 0;
  return std::strtoull(text.c_str() + at + name.size() + 2, nullptr, 10);
}

/// The fields of /proc/PID/stat from the third (state) on: the name in parentheses before it may contain blanks.
std::vector<std::string> stat_of(pid_t pid) {
  const auto text = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos)
    return {};
  std::istringstream fields(text.substr(name_end + 1));
  return {std::istream_iterator<std::string>(fields), {}};
}

/// Sum of fields of /proc/PID/stat that are numbered as in proc(5) and count clock ticks.
microseconds ticks_of(pid_t pid, std::initializer_list<size_t> numbers) {
  const auto fields = stat_of(pid);
  int64_t ticks = 0;
  for (auto n : numbers)
    if (n - 3 < fields.size())
      ticks += std::strtoll(fields[n - 3].c_str(), nullptr, 10);
  return microseconds{ticks * 1'000'000 / ::sysconf(_SC_CLK_TCK)};
}

void each_number_in(const fs::path& directory, const std::function<void(pid_t, const fs::path&)>& take) {
  std::error_code gone; // processes and threads end while they are listed
  for (fs::directory_iterator at(directory, gone), end; !gone && at != end; at.increment(gone)) {
    const auto name = at->path().filename().string();
    pid_t number = 0;
    const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc{} && stop == name.data() + name.size())
      take(number, at->path());
  }
}

std::string thread_name(const fs::path& thread) {
  auto name = text_of(thread / "comm");
  while (!name.empty() && (name.back() == '\n' || name.back() == ' '))
    name.pop_back();
  return name;
}

fs::path threads_of(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/task";
}

/// Calls `take(name, directory)` for each thread in the order of their start. Several of one name are numbered.
void each_thread(pid_t pid, const std::function<void(const std::string&, const fs::path&)>& take) {
  std::map<pid_t, fs::path> in_order;
  each_number_in(threads_of(pid), [&](pid_t thread, const fs::path& path) { in_order[thread] = path; });
  std::map<std::string, unsigned> seen;
  for (const auto& [thread, path] : in_order) {
    auto name = thread_name(path);
    if (const auto n = ++seen[name]; n > 1)
      name += "#" + std::to_string(n);
    take(name, path);
  }
}

} // namespace

memory_use memory_of(pid_t pid) {
  const auto text = text_of("/proc/" + std::to_string(pid) + "/status");
  return {field_of(text, "VmRSS") * 1024, field_of(text, "RssAnon") * 1024};
}

microseconds cpu_time_of(pid_t pid) {
  return ticks_of(pid, {14, 15});
}

microseconds cpu_time_with_children_of(pid_t pid) {
  return ticks_of(pid, {14, 15, 16, 17});
}

std::map<std::string, std::chrono::nanoseconds> cpu_time_by_thread(pid_t pid) {
  std::map<std::string, std::chrono::nanoseconds> out;
  each_thread(pid, [&](const std::string& name, const fs::path& thread) {
    const auto on_cpu = text_of(thread / "schedstat"); // its first number
    out[name] = std::chrono::nanoseconds{std::strtoll(on_cpu.c_str(), nullptr, 10)};
  });
  return out;
}

context_switches context_switches_of(pid_t pid) {
  context_switches sum;
  each_number_in(threads_of(pid), [&](pid_t, const fs::path& thread) {
    const auto text = text_of(thread / "status");
    sum.voluntary += field_of(text, "voluntary_ctxt_switches");
    sum.involuntary += field_of(text, "nonvoluntary_ctxt_switches");
  });
  return sum;
}

std::map<std::string, uint64_t> voluntary_switches_by_thread(pid_t pid) {
  std::map<std::string, uint64_t> out;
  each_thread(pid, [&](const std::string& name, const fs::path& thread) {
    out[name] = field_of(text_of(thread / "status"), "voluntary_ctxt_switches");
  });
  return out;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  each_number_in("/proc", [&](pid_t process, const fs::path&) {
    if (const auto fields = stat_of(process); fields.size() > 1)
      children.emplace(static_cast<pid_t>(std::strtol(fields[1].c_str(), nullptr, 10)), process);
  });
  std::vector<pid_t> out{pid};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto [begin, end] = children.equal_range(out[i]);
    std::transform(begin, end, std::back_inserter(out), [](const auto& c) { return c.second; });
  }
  out.erase(out.begin());
  return out;
}

cpu_meter::cpu_meter(pid_t server) : server_(server), begin_(take()) {
}

cpu_meter::sample cpu_meter::take() const {
  sample s;
  s.server = cpu_time_of(server_);
  for (auto pid : descendants_of(server_))
    s.workers += cpu_time_with_children_of(pid);
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  const auto of = [](const timeval& t) { return std::chrono::seconds{t.tv_sec} + microseconds{t.tv_usec}; };
  s.client = of(own.ru_utime) + of(own.ru_stime);
  s.threads = cpu_time_by_thread(server_);
  return s;
}

void cpu_meter::put(json_line& figures, uint64_t jobs) const {
  const auto now = take();
  const auto each = [&](std::chrono::nanoseconds d) {
    return jobs ? rounded(static_cast<double>(d.count()) / 1000 / static_cast<double>(jobs)) : 0.0;
  };
  figures["server_cpu_us"] = each(now.server - begin_.server);
  figures["workers_cpu_us"] = each(now.workers - begin_.workers);
  figures["client_cpu_us"] = each(now.client - begin_.client);
  auto& threads = figures["server_threads"] = json_line::object();
  for (const auto& [name, spent] : now.threads) {
    const auto before = begin_.threads.find(name);
    const auto us = each(before == begin_.threads.end() ? spent : spent - before->second);
    if (us >= 0.1) // the many that do next to nothing are left out
      threads[name] = us;
  }
}

} // namespace callboard::bench
