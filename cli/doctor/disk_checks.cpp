#include "cli/doctor/checks.hpp"
#include "cli/format.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "files/descriptor.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// Below this a scheduler is about to refuse submits: the store writes logs and tables before it removes old ones.
constexpr uint64_t free_bytes_min = uint64_t{100} << 20;
constexpr uint64_t free_bytes_wanted = uint64_t{1} << 30;
constexpr uint64_t free_inodes_min = 100;
constexpr uint64_t free_inodes_wanted = 10'000;
/// Each submit that is answered after fsync waits for one such write.
constexpr duration fsync_wanted = std::chrono::milliseconds{20};
constexpr duration fsync_worst_wanted = std::chrono::milliseconds{500};
constexpr int fsync_writes = 40;
/// About what the record of a job takes.
constexpr size_t fsync_bytes = 1024;
/// A disk that hangs is not waited for longer.
constexpr duration fsync_patience = std::chrono::seconds{10};

std::string reason(int code) {
  return std::generic_category().message(code);
}

std::string mebibytes(uint64_t bytes) {
  const auto mib = bytes >> 20;
  return mib < 10'000 ? std::to_string(mib) + " MiB" : std::to_string(mib >> 10) + " GiB";
}

std::string user_name(uid_t id) {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(id, &entry, room.data(), room.size(), &found) == 0 && found != nullptr)
    return found->pw_name;
  return "the user with id " + std::to_string(id);
}

/// There is no directory yet, so `serve` will make it.
finding judge_place_for(const fs::path& data) {
  std::error_code code;
  auto parent = fs::absolute(data, code).parent_path();
  while (!fs::exists(parent, code) && parent.has_relative_path())
    parent = parent.parent_path();
  if (fs::is_directory(parent, code) && ::access(parent.c_str(), W_OK | X_OK) == 0)
    return {check_result::warning, data.string() + " does not exist; the first start of `callboard serve` makes it",
            "is it the right one? name another with --data, or with store.directory in the settings"};
  return {check_result::failed,
          data.string() + " does not exist, and " + parent.string() + " is no directory to write to",
          "make it, owned by the user who runs `callboard serve`"};
}

class scratch_file {
public:
  explicit scratch_file(const fs::path& directory) {
    auto name = (directory / ".callboard-doctor-XXXXXX").string();
    file_ = descriptor{::mkostemp(name.data(), O_CLOEXEC)};
    code_ = errno;
    // Nothing stays behind, however this ends.
    if (file_)
      ::unlink(name.c_str());
  }
  /// 0, or errno.
  int failure() const {
    return file_ ? 0 : code_;
  }
  int append_and_sync() const {
    const std::string bytes(fsync_bytes, 'x');
    const auto n = ::write(file_.get(), bytes.data(), bytes.size());
    if (n != static_cast<ssize_t>(bytes.size()))
      return n < 0 ? errno : ENOSPC;
    return ::fdatasync(file_.get()) == 0 ? 0 : errno;
  }

private:
  descriptor file_;
  int code_ = 0;
};

bool is_in_memory(const fs::path& directory) {
  struct statfs kind {};
  return ::statfs(directory.c_str(), &kind) == 0 && (kind.f_type == TMPFS_MAGIC || kind.f_type == RAMFS_MAGIC);
}

finding no_directory() {
  return {check_result::skipped, "there is no data directory yet"};
}

} // namespace

finding check_data_directory(const examined& x) {
  struct stat s {};
  if (::stat(x.data.c_str(), &s) != 0)
    return errno == ENOENT ? judge_place_for(x.data)
                           : finding{check_result::failed, x.data.string() + " cannot be looked at: " + reason(errno),
                                     "run `callboard doctor` as the user who runs `callboard serve`"};
  if (!S_ISDIR(s.st_mode))
    return {check_result::failed, x.data.string() + " is no directory", "name a directory with --data"};
  const auto owner = user_name(s.st_uid);
  if (::access(x.data.c_str(), R_OK | W_OK | X_OK) != 0)
    return {check_result::failed,
            x.data.string() + " of " + owner + " cannot be written by " + user_name(::geteuid()) + ": " + reason(errno),
            "run as " + owner + ", or give the directory to who runs `callboard serve`"};
  if (s.st_uid != ::geteuid())
    return {check_result::warning, x.data.string() + " belongs to " + owner + ", and this is " + user_name(::geteuid()),
            "run `callboard serve` as " + owner + ", or its files will have two owners"};
  if ((s.st_mode & S_IWOTH) != 0)
    return {check_result::warning, x.data.string() + " can be written by every user of this machine",
            "chmod o-w " + x.data.string()};
  return {check_result::ok, x.data.string() + ", of " + owner};
}

finding judge_disk_space(uint64_t bytes, uint64_t inodes, bool counts_inodes) {
  auto text = mebibytes(bytes) + " free";
  if (counts_inodes)
    text += ", room for " + std::to_string(inodes) + " files";
  const bool few_inodes = counts_inodes && inodes < free_inodes_wanted;
  if (bytes < free_bytes_min || (counts_inodes && inodes < free_inodes_min))
    return {check_result::failed, text, "make room: with a full disk every submit is answered 503"};
  if (bytes < free_bytes_wanted || few_inodes)
    return {check_result::warning, text, "make room soon, or keep finished jobs for less long (store.retain_for)"};
  return {check_result::ok, text};
}

finding check_disk_space(const examined& x) {
  struct statvfs s {};
  if (::statvfs(x.data.c_str(), &s) != 0)
    return errno == ENOENT || errno == ENOTDIR
             ? no_directory()
             : finding{check_result::failed, x.data.string() + " cannot be looked at: " + reason(errno)};
  return judge_disk_space(uint64_t{s.f_bavail} * s.f_frsize, s.f_favail, s.f_files != 0);
}

finding judge_fsync(std::vector<duration> times, bool volatile_disk) {
  std::sort(times.begin(), times.end());
  const auto median = times[times.size() / 2], worst = times.back();
  const auto text = std::to_string(times.size()) + " writes with fsync: median " + short_duration(median) + ", worst " +
                    short_duration(worst);
  if (volatile_disk)
    return {check_result::warning, text + "; the directory is in memory (tmpfs)",
            "put it on a disk: nothing in it outlives this machine's next start"};
  if (median > fsync_wanted || worst > fsync_worst_wanted)
    return {check_result::warning, text,
            "a faster disk makes submits faster; `--durability os` of a job does without fsync"};
  return {check_result::ok, text};
}

finding check_fsync(const examined& x) {
  const scratch_file file{x.data};
  if (const int code = file.failure(); code != 0)
    return code == ENOENT || code == ENOTDIR
             ? no_directory()
             : finding{check_result::failed, "no file can be made in " + x.data.string() + ": " + reason(code),
                       "the data directory must be writable for who runs `callboard serve`"};
  std::vector<duration> times;
  duration all{0};
  while (times.size() < fsync_writes && all < fsync_patience) {
    const auto begin = std::chrono::steady_clock::now();
    if (const int code = file.append_and_sync(); code != 0)
      return {check_result::failed, "a write with fsync failed: " + reason(code), "look at the disk: `dmesg`, `df`"};
    times.push_back(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now() - begin));
    all += times.back();
  }
  return judge_fsync(std::move(times), is_in_memory(x.data));
}

} // namespace callboard
