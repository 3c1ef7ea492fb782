#include "handlers/exec/reservation_guard.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>

#include "process/process_memory.hpp"

namespace callboard {

namespace {

/// Counting shared memory once costs the kernel a walk through all pages: at most this share of the time is spent so.
constexpr int exact_count_pause_factor = 20;

int64_t microseconds(const timeval& t) {
  return int64_t{t.tv_sec} * 1'000'000 + t.tv_usec;
}

uint64_t own_peak_resident_bytes() {
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  return static_cast<uint64_t>(own.ru_maxrss) * 1024;
}

/// What the processes use, whatever they share counted once.
uint64_t sum_of_address_spaces(std::vector<pid_t> processes) {
  // Compared before they are read: one that becomes its program in between is then small, or not there.
  auto end = processes.begin();
  for (const auto pid : processes)
    if (std::none_of(processes.begin(), end, [pid](pid_t other) { return share_address_space(pid, other); }))
      *end++ = pid;
  processes.erase(end, processes.end());
  uint64_t out = 0;
  for (const auto pid : processes)
    out += proportional_used_bytes(pid).value_or(used_bytes(pid));
  return out;
}

} // namespace

reservation_guard::reservation_guard(const attempt& a, const std::shared_ptr<job_cgroups>& groups,
                                     process_sessions& sessions, handler_context& ctx)
  : memory_bytes_(a.memory_bytes), sessions_(sessions) {
  if (!groups || (a.memory_bytes == 0 && a.cpu_milli == 0))
    return;
  try {
    group_ = groups->make(to_string(a.id) + "." + std::to_string(a.fence.value), a.memory_bytes, a.cpu_milli);
    is_counted_ = groups->holds_memory();
  } catch (const std::system_error& why) {
    ctx.log(std::string{"runs without a cgroup: "} + why.what());
  }
}

bool reservation_guard::is_within(const child_process& child) {
  if (is_counted_) {
    usage_.peak_memory_bytes = std::max(usage_.peak_memory_bytes, group_->memory_now());
    return true;
  }
  if (memory_bytes_ == 0) {
    usage_.peak_memory_bytes = std::max(usage_.peak_memory_bytes, child.peak_memory_now());
    return true;
  }
  const auto used = sum(child.pid());
  usage_.peak_memory_bytes = std::max(usage_.peak_memory_bytes, used);
  out_of_memory_ = used > memory_bytes_;
  return !out_of_memory_;
}

uint64_t reservation_guard::sum(pid_t leader) {
  std::vector<pid_t> processes;
  if (group_) {
    processes = group_->processes();
  } else {
    other_groups_.clear();
    for (const auto& m : sessions_.members(leader)) {
      processes.push_back(m.pid);
      if (m.group != leader && m.group > 1)
        other_groups_.push_back(m.group);
    }
  }
  uint64_t out = 0;
  for (const auto pid : processes)
    out += used_bytes(pid);
  if (out <= memory_bytes_ || processes.size() < 2)
    return out;
  // Perhaps it is the same memory that several have.
  const auto begin = clock::now();
  if (begin < count_exactly_at_)
    return memory_bytes_;
  out = sum_of_address_spaces(processes);
  count_exactly_at_ = clock::now() + exact_count_pause_factor * (clock::now() - begin);
  return out;
}

void reservation_guard::kill() {
  if (group_)
    group_->kill();
  // As long as the leader is not reaped its session's number belongs to nobody else; the groups were in it just now.
  for (const auto group : other_groups_)
    ::kill(-group, SIGKILL);
}

void reservation_guard::ended(const child_end& end) {
  if (group_) {
    group_->end_all();
    const auto counted = group_->usage();
    usage_.cpu_us = counted.cpu_us;
    usage_.peak_memory_bytes = std::max(usage_.peak_memory_bytes, counted.peak_memory_bytes);
    out_of_memory_ = out_of_memory_ || group_->ran_out_of_memory();
    if (is_counted_)
      return;
  } else {
    usage_.cpu_us = microseconds(end.usage.ru_utime) + microseconds(end.usage.ru_stime);
  }
  // Linux counts the memory of this process as the child's, which it was until the child became the program.
  const auto most = static_cast<uint64_t>(end.usage.ru_maxrss) * 1024;
  if (most > own_peak_resident_bytes())
    usage_.peak_memory_bytes = std::max(usage_.peak_memory_bytes, most);
}

} // namespace callboard
