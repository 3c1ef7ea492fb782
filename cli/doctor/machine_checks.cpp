#include "cli/doctor/checks.hpp"
#include "cli/format.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "files/read_file.hpp"
#include "files/time_zone.hpp"
#include "process/cgroup/cgroup_base.hpp"
#include "process/cgroup/cgroup_text.hpp"
#include "process/open_files.hpp"

namespace callboard {

namespace {

/// A scheduler's threads beside its workers, and room for the programs that jobs run beside their slots.
constexpr uint64_t processes_besides = 100;
/// What a worker process has in threads beside its slots.
constexpr uint64_t threads_per_worker = 16;
/// Further apart than this, people wonder about times; the server tells whole seconds.
constexpr duration clock_apart_wanted = std::chrono::seconds{2};
/// Certificates and leases are judged by clocks; so far apart something is wrong for sure.
constexpr duration clock_apart_max = std::chrono::minutes{5};
/// A scheduler with nothing to do, without its caches and buffers.
constexpr uint64_t memory_besides = uint64_t{256} << 20;

constexpr std::array<std::string_view, 3> zones_to_try{"UTC", "Europe/Berlin", "America/New_York"};

std::string mebibytes(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

std::string limit_text(uint64_t n) {
  return n == UINT64_MAX ? std::string{"any number of"} : std::to_string(n);
}

/// Bytes that new programs can have, of /proc/meminfo; 0 when it does not say so.
uint64_t available_memory() {
  const auto text = read_kernel_file(AT_FDCWD, "/proc/meminfo");
  constexpr std::string_view name = "MemAvailable:";
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + name.size(), nullptr, 10) << 10;
}

} // namespace

finding judge_open_files(uint64_t allowed, uint64_t needed) {
  const auto text = limit_text(allowed) + " files may be open, " + std::to_string(needed) + " can be needed";
  if (allowed >= needed)
    return {check_result::ok, text};
  return {check_result::warning, text + " (http.connections_max)",
          "allow more (LimitNOFILE= of systemd, `ulimit -Hn`), or fewer connections"};
}

finding check_open_files(const examined& x) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files); // serve raises the soft limit to the hard one
  return judge_open_files(files.rlim_max == RLIM_INFINITY ? UINT64_MAX : files.rlim_max,
                          x.config.http.connections_max + open_files_besides_connections);
}

finding judge_processes(uint64_t allowed, uint64_t needed) {
  const auto text =
    limit_text(allowed) + " processes and threads of this user, " + std::to_string(needed) + " can be needed";
  if (allowed >= needed)
    return {check_result::ok, text};
  return {check_result::warning, text + " (workers.count, workers.slots)",
          "allow more (TasksMax= and LimitNPROC= of systemd, `ulimit -u`), or fewer workers and slots"};
}

finding check_processes(const examined& x) {
  rlimit processes{};
  ::getrlimit(RLIMIT_NPROC, &processes);
  const auto& w = x.config.workers;
  return judge_processes(processes.rlim_cur == RLIM_INFINITY ? UINT64_MAX : processes.rlim_cur,
                         processes_besides + uint64_t{w.count} * (threads_per_worker + 2 * uint64_t{w.slots}));
}

finding judge_memory(uint64_t available, uint64_t needed) {
  const auto text = mebibytes(available) + " available, " + mebibytes(needed) + " can be needed by the scheduler";
  if (available >= needed)
    return {check_result::ok, text};
  return {check_result::warning, text + " (store.block_cache_bytes, store.write_buffer_bytes, http.bodies_bytes_max)",
          "give it more memory, or less to those settings"};
}

finding check_memory(const examined& x) {
  const auto available = available_memory();
  if (available == 0)
    return {check_result::skipped, "/proc/meminfo does not say what is available"};
  const auto& c = x.config;
  // Two write buffers: one is filled while the other goes to a file.
  return judge_memory(available, memory_besides + c.store.block_cache_bytes + 2 * c.store.write_buffer_bytes +
                                   c.http.bodies_bytes_max);
}

finding check_cgroups(const examined& x) {
  const auto& setting = x.config.handlers.exec.cgroup;
  if (setting == "off")
    return {check_result::skipped, "handlers.exec.cgroup is \"off\": exec jobs are held to their memory by sampling"};
  const auto found = find_cgroup_base(setting);
  const std::string advice =
    "exec jobs are held to their memory by sampling, and not to their CPU; Delegate=memory cpu of systemd changes that";
  if (!found.group)
    return {check_result::warning, found.why_not, advice};
  const auto controllers = found.group->read("cgroup.controllers");
  for (const auto* wanted : {"memory", "cpu"})
    if (!has_word(controllers, wanted))
      return {check_result::warning, found.directory + " has no controller for " + wanted, advice};
  return {check_result::ok, found.directory + " is ours, with controllers for memory and CPU"};
}

finding judge_clock(std::optional<duration> ahead, std::optional<bool> steered) {
  const auto apart = ahead ? std::max(*ahead, -*ahead) : duration{0};
  auto text = !ahead ? std::string{"no scheduler to compare with"}
              : apart <= clock_apart_wanted
                ? std::string{"as the scheduler's"}
                : short_duration(apart) + (ahead->count() > 0 ? " ahead of" : " behind") + " the scheduler's clock";
  if (steered)
    text += *steered ? "; synchronised" : "; not synchronised (NTP)";
  const std::string advice = "run an NTP client (chrony, systemd-timesyncd) here and on the scheduler's machine";
  if (apart > clock_apart_max)
    return {check_result::failed, text, advice};
  if (apart > clock_apart_wanted || (steered && !*steered))
    return {check_result::warning, text, advice};
  return {check_result::ok, text};
}

finding check_clock(const examined& x) {
  std::optional<bool> steered;
  timex look{}; // no modes: it only reads
  if (const int state = ::adjtimex(&look); state >= 0)
    steered = state != TIME_ERROR && (look.status & STA_UNSYNC) == 0;
  std::optional<duration> ahead;
  if (x.server.date) {
    // The scheduler wrote a whole second at some time between asking and its answer.
    const auto late = x.server.asked - (*x.server.date + std::chrono::seconds{1});
    const auto early = x.server.answered - *x.server.date;
    ahead = late.count() > 0 ? late : early.count() < 0 ? early : duration{0};
  }
  return judge_clock(ahead, steered);
}

finding judge_time_zones(std::span<const std::string_view> names) {
  for (const auto name : names)
    if (const auto zone = find_time_zone(name); !zone)
      return {check_result::failed, zone.err().message,
              "install the machine's time zones (tzdata): schedules need them"};
  return {check_result::ok, "the machine's time zones can be read"};
}

finding check_time_zones(const examined&) {
  return judge_time_zones(zones_to_try);
}

} // namespace callboard
