#include "handlers/files/file_access.hpp"

#include "handlers/failure.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

namespace callboard {

namespace {

constexpr auto write_error = "FILE_WRITE_ERROR";

std::string in_words(int code) {
  return std::generic_category().message(code);
}

void check_form(const std::string& path, std::string_view field) {
  const std::string where{field};
  if (path.empty() || path.front() != '/')
    give_up("FILE_NOT_ALLOWED", where + " \"" + path + "\" is not an absolute path");
  if (path.find('\0') != std::string::npos)
    give_up("FILE_NOT_ALLOWED", where + " has a zero byte");
  for (const auto& part : std::filesystem::path{path})
    if (part == "..")
      give_up("FILE_NOT_ALLOWED", where + " \"" + path + "\" has a \"..\" in it");
}

/// Where an open descriptor really is.
std::string path_of(int fd) {
  char text[PATH_MAX];
  const auto n = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), text, sizeof text);
  return n < 0 ? std::string{} : std::string(text, static_cast<size_t>(n));
}

bool lies_below(const std::string& real, const std::vector<std::string>& roots, bool or_is_root) {
  for (const auto& root : roots) {
    const std::unique_ptr<char, decltype(&std::free)> resolved{::realpath(root.c_str(), nullptr), &std::free};
    if (!resolved)
      continue;
    const std::string_view r{resolved.get()};
    if (or_is_root && real == r)
      return true;
    if (r == "/" ? real.starts_with('/') : real.starts_with(std::string{r} + '/'))
      return true;
  }
  return false;
}

[[noreturn]] void not_allowed(const std::string& path, std::string_view field, const char* setting,
                              const std::vector<std::string>& roots) {
  std::string listed;
  for (const auto& r : roots)
    listed += (listed.empty() ? "" : ", ") + r;
  give_up("FILE_NOT_ALLOWED", std::string{field} + " \"" + path + "\" does not lie below one of " + setting + " (" +
                                (listed.empty() ? "none is set" : listed) + ")");
}

/// Opens with the failures of this header.
descriptor open_checked(const std::string& path, int flags, std::string_view field) {
  descriptor fd{::open(path.c_str(), flags | O_CLOEXEC)};
  if (fd)
    return fd;
  const auto text = std::string{field} + " \"" + path + "\" cannot be opened: " + in_words(errno);
  switch (errno) {
  case ENOENT:
  case ENOTDIR:
    give_up("FILE_NOT_FOUND", text);
  case EACCES:
  case ELOOP:
  case ENAMETOOLONG:
    give_up("FILE_INVALID", text);
  default:
    try_again("FILE_READ_ERROR", text);
  }
}

} // namespace

readable_file open_readable(const std::string& path, const std::vector<std::string>& roots, std::string_view field) {
  check_form(path, field);
  // Which files exist elsewhere is nobody's business: a path that is not below a root is refused as such first.
  const std::unique_ptr<char, decltype(&std::free)> real{::realpath(path.c_str(), nullptr), &std::free};
  if (real ? !lies_below(real.get(), roots, false) : !lies_below(path, roots, false))
    not_allowed(path, field, "handlers.files.read_directories", roots);
  readable_file f;
  // A pipe without a writer would block the slot; it is refused below.
  f.fd = open_checked(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, field);
  f.path = path_of(f.fd.get());
  if (!lies_below(f.path, roots, false))
    not_allowed(path, field, "handlers.files.read_directories", roots);
  struct stat st {};
  if (::fstat(f.fd.get(), &st) != 0)
    try_again("FILE_READ_ERROR", path + ": " + in_words(errno));
  if (!S_ISREG(st.st_mode))
    give_up("FILE_INVALID", std::string{field} + " \"" + path + "\" is not a regular file");
  f.bytes = static_cast<uint64_t>(st.st_size);
  return f;
}

std::string_view read_some(const readable_file& file, std::vector<char>& buffer) {
  buffer.resize(file_chunk_bytes);
  for (;;) {
    const auto n = ::read(file.fd.get(), buffer.data(), buffer.size());
    if (n >= 0)
      return {buffer.data(), static_cast<size_t>(n)};
    if (errno != EINTR)
      try_again("FILE_READ_ERROR", file.path + ": " + in_words(errno));
  }
}

output_file::output_file(const std::string& path, const std::vector<std::string>& roots, std::string_view field)
  : path_(path) {
  check_form(path, field);
  const auto slash = path.rfind('/');
  const auto name = path.substr(slash + 1);
  const auto directory = slash == 0 ? std::string{"/"} : path.substr(0, slash);
  if (name.empty() || name == ".")
    give_up("FILE_INVALID", std::string{field} + " \"" + path + "\" names a directory, not a file");
  const std::unique_ptr<char, decltype(&std::free)> real{::realpath(directory.c_str(), nullptr), &std::free};
  if (real ? !lies_below(real.get(), roots, true) : !lies_below(directory, roots, true))
    not_allowed(path, field, "handlers.files.write_directories", roots);
  auto in = open_checked(directory, O_RDONLY | O_DIRECTORY, field);
  if (!lies_below(path_of(in.get()), roots, true))
    not_allowed(path, field, "handlers.files.write_directories", roots);
  struct stat st {};
  if (::fstatat(in.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
    give_up("FILE_INVALID", std::string{field} + " \"" + path + "\" is a directory");
  auto file = atomic_file::create_in(std::move(in), path, 0644);
  if (!file)
    try_again(write_error, file.err().message);
  file_.emplace(std::move(*file));
}

void output_file::write(std::string_view bytes) {
  buffer_ += bytes;
  bytes_ += bytes.size();
  if (buffer_.size() >= file_chunk_bytes)
    flush();
}

void output_file::flush() {
  if (auto ok = file_->write(buffer_); !ok)
    try_again(write_error, ok.err().message);
  buffer_.clear();
}

void output_file::commit() {
  flush();
  if (auto ok = file_->commit(); !ok)
    try_again(write_error, ok.err().message);
}

} // namespace callboard
