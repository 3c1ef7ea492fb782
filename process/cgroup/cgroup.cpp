#include "process/cgroup/cgroup.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>

#include "files/directory_stream.hpp"
#include "files/read_file.hpp"
#include "process/cgroup/cgroup_text.hpp"

namespace callboard {

namespace {

/// Without cgroup.kill (before Linux 5.14) processes are killed one by one, again and again, because they may start
/// others meanwhile.
constexpr std::chrono::milliseconds kill_again_after{10};

} // namespace

std::optional<cgroup> cgroup::open_at(int directory, const char* path) {
  callboard::descriptor d{::openat(directory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!d)
    return std::nullopt;
  return cgroup{std::move(d)};
}

std::optional<cgroup> cgroup::open(const std::string& path) {
  return open_at(AT_FDCWD, path.c_str());
}

std::optional<cgroup> cgroup::child(const std::string& name) const {
  return open_at(directory_.get(), name.c_str());
}

std::vector<std::string> cgroup::children() const {
  std::vector<std::string> out;
  // It has a position of its own, which a duplicate of our descriptor would not have.
  const int fd = ::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const directory_stream entries{fd < 0 ? nullptr : ::fdopendir(fd)};
  while (const auto* e = entries ? ::readdir(entries.get()) : nullptr) {
    const std::string name = e->d_name;
    if (e->d_type == DT_DIR && name != "." && name != "..")
      out.push_back(name);
  }
  return out;
}

std::string cgroup::read(const char* file) const {
  return read_kernel_file(directory_.get(), file);
}

int cgroup::write(const char* file, std::string_view text) const {
  const callboard::descriptor d{::openat(directory_.get(), file, O_WRONLY | O_CLOEXEC)};
  if (!d)
    return errno;
  // All at once: the kernel takes each write for a whole value.
  return ::write(d.get(), text.data(), text.size()) < 0 ? errno : 0;
}

int cgroup::make_child(const std::string& name) const {
  return ::mkdirat(directory_.get(), name.c_str(), 0755) == 0 ? 0 : errno;
}

int cgroup::remove_child(const std::string& name) const {
  return ::unlinkat(directory_.get(), name.c_str(), AT_REMOVEDIR) == 0 ? 0 : errno;
}

std::vector<int> cgroup::processes() const {
  return numbers_of_lines(read("cgroup.procs"));
}

void cgroup::kill() const {
  if (write("cgroup.kill", "1") == 0)
    return;
  for (const auto pid : processes())
    if (pid > 0) // zero: of another pid namespace
      ::kill(pid, SIGKILL);
  for (const auto& name : children())
    if (const auto below = child(name))
      below->kill();
}

bool cgroup::end_all(std::chrono::milliseconds patience) const {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + patience;
  // Readable as an exception (POLLPRI) from a change on, until it is read.
  const callboard::descriptor changed{::openat(directory_.get(), "cgroup.events", O_RDONLY | O_CLOEXEC)};
  for (char text[256]; changed;) {
    const auto n = ::pread(changed.get(), text, sizeof text, 0);
    if (n > 0 && number_of_key({text, static_cast<size_t>(n)}, "populated") == 0u)
      return true;
    if (clock::now() >= until)
      return false;
    kill();
    pollfd p{changed.get(), POLLPRI, 0};
    ::poll(&p, 1, static_cast<int>(kill_again_after.count()));
  }
  return false;
}

bool cgroup::end_child(const std::string& name, std::chrono::milliseconds patience) const {
  const auto group = child(name);
  if (!group)
    return errno == ENOENT;
  if (!group->end_all(patience))
    return false;
  for (const auto& below : group->children())
    group->end_child(below, patience);
  const int code = remove_child(name);
  return code == 0 || code == ENOENT;
}

} // namespace callboard
