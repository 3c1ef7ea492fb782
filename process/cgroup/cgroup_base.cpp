#include "process/cgroup/cgroup_base.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "files/read_file.hpp"
#include "process/cgroup/cgroup_text.hpp"

namespace callboard {

namespace {

const std::string main_group = "main" + std::string{cgroup_suffix};
/// Processes that start others while they are moved are met in the next round.
constexpr int move_rounds_max = 10;

std::string text_of(int code) {
  return std::generic_category().message(code);
}

/// systemd marks the groups that it leaves to a service (Delegate=). An ordinary user has no access to others; root
/// has.
bool is_delegated(const std::string& directory) {
  struct stat ignored {};
  if (::geteuid() != 0 || ::stat("/run/systemd/system", &ignored) != 0)
    return true;
  char mark = 0;
  return (::getxattr(directory.c_str(), "trusted.delegate", &mark, 1) == 1 && mark == '1') ||
         (::getxattr(directory.c_str(), "user.delegate", &mark, 1) == 1 && mark == '1');
}

bool is_this_program(int pid) {
  struct stat mine {
  }, other{};
  return pid > 0 && ::stat("/proc/self/exe", &mine) == 0 &&
         ::stat(("/proc/" + std::to_string(pid) + "/exe").c_str(), &other) == 0 && mine.st_dev == other.st_dev &&
         mine.st_ino == other.st_ino;
}

std::string name_of(int pid) {
  auto name = read_kernel_file(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/comm").c_str());
  return std::to_string(pid) + " (" + name.substr(0, name.find('\n')) + ")";
}

/// Moves the processes in the group to `main_group`; why it cannot be, empty on success.
std::string vacate(const cgroup& base) {
  for (int round = 0; round < move_rounds_max; ++round) {
    const auto processes = base.processes();
    if (processes.empty())
      return {};
    for (const auto pid : processes)
      if (!is_this_program(pid))
        return "other programs are in the group, such as " + name_of(pid);
    if (const int code = base.make_child(main_group); code != 0 && code != EEXIST)
      return main_group + ": " + text_of(code);
    const auto home = base.child(main_group);
    if (!home)
      return main_group + ": " + text_of(errno);
    for (const auto pid : processes)
      if (const int code = home->write("cgroup.procs", std::to_string(pid)); code != 0 && code != ESRCH)
        return "moving process " + std::to_string(pid) + ": " + text_of(code);
  }
  return "there are always new processes in the group";
}

} // namespace

found_cgroup_base find_cgroup_base(const std::string& setting) {
  found_cgroup_base out;
  if (setting == "off") {
    out.why_not = "handlers.exec.cgroup is \"off\"";
    return out;
  }
  const auto mount = writable_cgroup_mount(read_kernel_file(AT_FDCWD, "/proc/self/mountinfo"));
  const auto path = cgroup_path(read_kernel_file(AT_FDCWD, "/proc/self/cgroup"));
  if (mount && path)
    out.origin = cgroup_directory(*mount, *path).value_or("");
  if (setting != "auto") {
    out.directory = setting;
  } else if (!mount) {
    out.why_not = "no cgroup version 2 hierarchy is mounted to be written";
  } else if (out.origin.empty()) {
    out.why_not = "the group of this process is not in " + mount->point;
  } else {
    out.directory = *cgroup_directory(*mount, cgroup_base(*path));
    if (!is_delegated(out.directory))
      out.why_not = "systemd has not delegated " + out.directory + " (Delegate=yes)";
  }
  if (!out.why_not.empty())
    return out;
  struct statfs kind {};
  if (::statfs(out.directory.c_str(), &kind) != 0)
    out.why_not = out.directory + ": " + text_of(errno);
  else if (kind.f_type != CGROUP2_SUPER_MAGIC)
    out.why_not = out.directory + " is not in a cgroup version 2 hierarchy";
  else if (::access(out.directory.c_str(), W_OK) != 0)
    out.why_not = out.directory + " must not be written: " + text_of(errno);
  else if (out.group = cgroup::open(out.directory); !out.group)
    out.why_not = out.directory + ": " + text_of(errno);
  return out;
}

std::string enable_controller(const cgroup& base, std::string_view controller) {
  if (has_word(base.read("cgroup.subtree_control"), controller))
    return {};
  if (!has_word(base.read("cgroup.controllers"), controller))
    return "there is no controller for it in this hierarchy";
  const auto wish = "+" + std::string{controller};
  auto code = base.write("cgroup.subtree_control", wish);
  if (code == EBUSY) {
    if (auto why = vacate(base); !why.empty())
      return why;
    code = base.write("cgroup.subtree_control", wish);
  }
  return code == 0 ? std::string{} : text_of(code);
}

} // namespace callboard
