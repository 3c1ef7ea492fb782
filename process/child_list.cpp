#include "process/child_list.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>

#include "files/directory_stream.hpp"
#include "files/read_file.hpp"

namespace callboard {

namespace {

std::optional<std::vector<pid_t>> by_parent(pid_t parent, const std::string& proc) {
  const directory_stream processes{::opendir(proc.c_str())};
  if (!processes)
    return std::nullopt;
  std::vector<pid_t> out;
  bool any = false;
  while (const auto* found = ::readdir(processes.get())) {
    const std::string name = found->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size())
      continue;
    const auto text = read_kernel_file(::dirfd(processes.get()), (name + "/stat").c_str());
    // "PID (NAME) STATE PARENT ...", where the name may have anything in it.
    const auto end_of_name = text.rfind(')');
    pid_t its_parent = 0;
    if (end_of_name == std::string::npos || std::sscanf(text.c_str() + end_of_name + 1, " %*c %d", &its_parent) != 1)
      continue; // it has ended meanwhile
    any = true;
    if (its_parent == parent)
      out.push_back(pid);
  }
  // This process at least is there, wherever procfs is.
  return any ? std::optional{std::move(out)} : std::nullopt;
}

} // namespace

std::optional<std::vector<pid_t>> children_of(pid_t parent, const std::string& proc) {
  const auto id = std::to_string(parent);
  std::ifstream list{proc + "/" + id + "/task/" + id + "/children"};
  if (!list)
    return by_parent(parent, proc);
  std::vector<pid_t> out;
  for (pid_t child; list >> child;)
    out.push_back(child);
  return out;
}

} // namespace callboard
