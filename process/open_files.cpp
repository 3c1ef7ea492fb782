#include "process/open_files.hpp"

#include <sys/resource.h>

#include <atomic>

namespace callboard {

namespace {

/// A limit belongs to the process, and so does the one from before.
std::atomic<uint64_t> of_programs{0};

} // namespace

uint64_t raise_open_files(std::optional<uint64_t> before) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  of_programs = before.value_or(files.rlim_cur);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_cur;
}

uint64_t open_files_of_programs() {
  return of_programs;
}

} // namespace callboard
