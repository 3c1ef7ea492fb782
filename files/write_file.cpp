#include "files/write_file.hpp"

#include <fcntl.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "files/file_error.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

error not_written(const fs::path& file, int code) {
  return file_error(file, "written", code);
}

/// 0, or errno.
int write_all(int open, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(open, bytes.data(), bytes.size());
    if (n >= 0)
      bytes.remove_prefix(static_cast<size_t>(n));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

/// 0, or errno: what was written is on disk, or will not be.
int flush_and_close(descriptor& open) {
  const int code = ::fsync(open.get()) == 0 ? 0 : errno;
  const int closed = open.close();
  return code != 0 ? code : closed;
}

/// A name is on disk once its directory is. 0, or errno.
int flush_directory(const descriptor& directory) {
  // EINVAL: there is nothing to flush, as POSIX says; of directories on some file systems in user space.
  return ::fsync(directory.get()) == 0 || errno == EINVAL ? 0 : errno;
}

descriptor open_directory_of(const fs::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  return descriptor{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

/// Unique in this process. Across processes O_EXCL decides: pids repeat, in containers with every start.
std::string next_temporary_name() {
  static std::atomic<uint64_t> count{0};
  return ".callboard-" + std::to_string(::getpid()) + "-" + std::to_string(++count) + ".part";
}

} // namespace

atomic_file::atomic_file(descriptor directory, descriptor open, fs::path file, std::string temporary_name)
  : directory_(std::move(directory)), open_(std::move(open)), file_(std::move(file)),
    temporary_name_(std::move(temporary_name)) {
}

atomic_file::~atomic_file() {
  if (directory_ && !temporary_name_.empty())
    ::unlinkat(directory_.get(), temporary_name_.c_str(), 0);
}

result<atomic_file> atomic_file::create(const fs::path& file, mode_t mode) {
  auto directory = open_directory_of(file);
  if (!directory)
    return not_written(file, errno);
  return create_in(std::move(directory), file, mode);
}

result<atomic_file> atomic_file::create_in(descriptor directory, fs::path file, mode_t mode) {
  for (;;) {
    auto name = next_temporary_name();
    descriptor open{
      ::openat(directory.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (open)
      return atomic_file{std::move(directory), std::move(open), std::move(file), std::move(name)};
    if (errno != EEXIST) // left behind by a process that had our pid
      return not_written(file, errno);
  }
}

result<done> atomic_file::write(std::string_view bytes) {
  if (const int code = write_all(open_.get(), bytes); code != 0)
    return not_written(file_, code);
  return done{};
}

result<done> atomic_file::commit() {
  if (const int code = flush_and_close(open_); code != 0)
    return not_written(file_, code);
  if (::renameat(directory_.get(), temporary_name_.c_str(), directory_.get(), file_.filename().c_str()) != 0)
    return not_written(file_, errno);
  temporary_name_.clear();
  if (const int code = flush_directory(directory_); code != 0)
    return not_written(file_, code);
  return done{};
}

result<done> replace_file(const fs::path& file, std::string_view content, mode_t mode) {
  auto fresh = atomic_file::create(file, mode);
  if (!fresh)
    return std::move(fresh).err();
  if (auto ok = fresh->write(content); !ok)
    return ok;
  return fresh->commit();
}

result<done> write_new_file(const fs::path& file, std::string_view content, mode_t mode) {
  const auto directory = open_directory_of(file);
  if (!directory)
    return not_written(file, errno);
  descriptor open{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!open && errno == EEXIST)
    return error{ec::invalid_state, file.string() + " is there already"};
  if (!open)
    return not_written(file, errno);
  int code = write_all(open.get(), content);
  if (code == 0)
    code = flush_and_close(open);
  if (code == 0)
    code = flush_directory(directory);
  if (code == 0)
    return done{};
  ::unlink(file.c_str());
  return not_written(file, code);
}

} // namespace callboard
