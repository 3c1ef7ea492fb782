#include "handlers/exec/checkpoint_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

#include "files/descriptor.hpp"
#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

/// At most one byte more than `bytes_max`: then it is too long. Nothing when it cannot be read, as when the program is
/// about to replace it.
std::optional<std::string> read_bounded(const std::string& path, uint64_t bytes_max) {
  // Not through a link, and without waiting for what is no plain file: the program could put there what it likes.
  const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  struct stat s {};
  if (!file || ::fstat(file.get(), &s) != 0 || !S_ISREG(s.st_mode))
    return std::nullopt;
  std::string out(bytes_max + 1, '\0');
  size_t n = 0;
  while (n < out.size()) {
    const auto got = ::read(file.get(), out.data() + n, out.size() - n);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return std::nullopt;
    if (got == 0)
      break;
    n += static_cast<size_t>(got);
  }
  out.resize(n);
  return out;
}

} // namespace

checkpoint_directory::~checkpoint_directory() {
  if (made_by_ != ::getpid())
    return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path checkpoint_directory::path() {
  const std::lock_guard lock{mutex_};
  if (path_.empty()) {
    auto pattern = (std::filesystem::temp_directory_path() / "callboard-checkpoints-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      fail("a directory for checkpoints");
    path_ = pattern;
    made_by_ = ::getpid();
  }
  return path_;
}

checkpoint_file::checkpoint_file(std::filesystem::path path, std::string_view former, uint64_t bytes_max)
  : path_(std::move(path)), bytes_max_(bytes_max), saved_(former), looked_(std::chrono::steady_clock::now()) {
  if (former.empty())
    return;
  const descriptor file{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!file || ::write(file.get(), former.data(), former.size()) != static_cast<ssize_t>(former.size())) {
    const auto why = errno;
    ::unlink(path_.c_str());
    errno = why;
    fail("the checkpoint's file");
  }
  seen_ = present();
}

checkpoint_file::~checkpoint_file() {
  ::unlink(path_.c_str());
}

checkpoint_file::version checkpoint_file::present() const {
  struct stat s {};
  if (::lstat(path_.c_str(), &s) != 0)
    return {};
  return {s.st_ino, s.st_size, int64_t{s.st_mtim.tv_sec} * 1'000'000'000 + s.st_mtim.tv_nsec};
}

void checkpoint_file::look_sometimes(handler_context& ctx) {
  const auto now = std::chrono::steady_clock::now();
  if (now < looked_ + look_every)
    return;
  looked_ = now;
  look(ctx);
}

void checkpoint_file::look(handler_context& ctx) {
  const auto now_there = present();
  if (now_there == version{} || now_there == seen_)
    return;
  seen_ = now_there;
  auto text = read_bounded(path(), bytes_max_);
  if (!text || *text == saved_)
    return;
  if (text->size() > bytes_max_)
    return ctx.log("the checkpoint is not kept: it has more than the " + std::to_string(bytes_max_) +
                   " bytes that are allowed (jobs.checkpoint_bytes_max)");
  if (!is_utf8(*text))
    return ctx.log("the checkpoint is not kept: it is not UTF-8");
  saved_ = std::move(*text);
  ctx.save_checkpoint(saved_);
}

} // namespace callboard
