#include "files/read_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>

#include "files/descriptor.hpp"
#include "files/file_error.hpp"

namespace callboard {

namespace {

/// Nearly all files of the kernel, in one read. Their size is not known before, nor that of a pipe.
constexpr size_t chunk_bytes = 16u << 10;

/// Appends what is left of the file, a byte above `bytes_max` at most. 0, or errno.
int append_rest(int open, uint64_t bytes_max, std::string& out) {
  std::array<char, chunk_bytes> buffer;
  while (out.size() <= bytes_max) {
    const auto n = ::read(open, buffer.data(), buffer.size());
    if (n == 0)
      return 0;
    if (n > 0)
      out.append(buffer.data(), static_cast<size_t>(n));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

} // namespace

result<std::string> read_file(const std::filesystem::path& file, uint64_t bytes_max) {
  const descriptor open{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!open) {
    const int code = errno;
    auto e = file_error(file, "read", code);
    if (code == ENOENT || code == ENOTDIR)
      e.code = ec::not_found;
    return e;
  }
  std::string out;
  if (const int code = append_rest(open.get(), bytes_max, out); code != 0)
    return file_error(file, "read", code);
  if (out.size() > bytes_max)
    return error{ec::out_of_range,
                 file.string() + " cannot be read: it is larger than " + std::to_string(bytes_max) + " bytes"};
  return out;
}

std::string read_kernel_file(int directory, const char* path) {
  std::string out;
  const descriptor open{::openat(directory, path, O_RDONLY | O_CLOEXEC)};
  if (open && append_rest(open.get(), UINT64_MAX, out) != 0)
    out.clear();
  return out;
}

} // namespace callboard
