#include "files/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "files/file_error.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

constexpr size_t chunk_bytes = 64u << 10;

/// A name is on disk once its directory is. 0, or errno.
int flush_directory_of(const fs::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  const descriptor open{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!open)
    return errno;
  return ::fsync(open.get()) == 0 || errno == EINVAL ? 0 : errno;
}

/// 0, or errno: the bytes are on disk, or some of them may be.
int write_and_flush(int open, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(open, bytes.data(), bytes.size());
    if (n >= 0)
      bytes.remove_prefix(static_cast<size_t>(n));
    else if (errno != EINTR)
      return errno;
  }
  return ::fdatasync(open) == 0 ? 0 : errno;
}

} // namespace

result<append_file> append_file::open(fs::path file, mode_t mode) {
  constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW;
  descriptor open{::open(file.c_str(), flags)};
  if (!open && errno == ENOENT) {
    open = descriptor{::open(file.c_str(), flags | O_CREAT, mode)};
    if (open)
      if (const int code = flush_directory_of(file); code != 0)
        return file_error(file, "made", code);
  }
  if (!open)
    return file_error(file, "opened", errno);
  return append_file{std::move(open), std::move(file)};
}

result<uint64_t> append_file::size() const {
  struct stat of {};
  if (::fstat(open_.get(), &of) != 0)
    return file_error(file_, "looked at", errno);
  return static_cast<uint64_t>(of.st_size);
}

result<done> append_file::append(std::string_view bytes) {
  const auto before = size();
  if (!before)
    return before.err();
  const int code = write_and_flush(open_.get(), bytes);
  if (code == 0)
    return done{};
  if (auto ok = cut(*before); !ok)
    return ok;
  return file_error(file_, "written", code);
}

result<done> append_file::cut(uint64_t size) {
  if (::ftruncate(open_.get(), static_cast<off_t>(size)) != 0 || ::fdatasync(open_.get()) != 0)
    return file_error(file_, "cut", errno);
  return done{};
}

result<std::string> append_file::read_from(uint64_t offset) const {
  std::string out;
  std::array<char, chunk_bytes> buffer;
  for (;;) {
    const auto n = ::pread(open_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset + out.size()));
    if (n == 0)
      return out;
    if (n > 0)
      out.append(buffer.data(), static_cast<size_t>(n));
    else if (errno != EINTR)
      return file_error(file_, "read", errno);
  }
}

} // namespace callboard
