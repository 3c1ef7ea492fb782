#include "process/process_sessions.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>

#include "files/directory_stream.hpp"
#include "files/read_file.hpp"

namespace callboard {

std::vector<session_member> process_sessions::members(pid_t session) {
  std::lock_guard lock{mutex_};
  if (clock::now() >= read_at_ + age_max_)
    refresh();
  std::vector<session_member> out;
  auto i = std::lower_bound(entries_.begin(), entries_.end(), session,
                            [](const entry& e, pid_t wanted) { return e.session < wanted; });
  for (; i != entries_.end() && i->session == session; ++i)
    out.push_back(i->member);
  return out;
}

void process_sessions::refresh() {
  entries_.clear();
  const directory_stream processes{::opendir("/proc")};
  while (const auto* found = processes ? ::readdir(processes.get()) : nullptr) {
    const std::string name = found->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size())
      continue;
    // "PID (NAME) STATE PARENT GROUP SESSION ...", where the name may have anything in it.
    const auto text = read_kernel_file(::dirfd(processes.get()), (name + "/stat").c_str());
    const auto end_of_name = text.rfind(')');
    entry e{0, {pid, 0}};
    if (end_of_name != std::string::npos &&
        std::sscanf(text.c_str() + end_of_name + 1, " %*c %*d %d %d", &e.member.group, &e.session) == 2)
      entries_.push_back(e);
  }
  std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) { return a.session < b.session; });
  read_at_ = clock::now();
}

} // namespace callboard
