#include "process/process_memory.hpp"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "files/read_file.hpp"

namespace callboard {

namespace {

std::string of_process(pid_t pid, const char* file) {
  return read_kernel_file(AT_FDCWD, ("/proc/" + std::to_string(pid) + "/" + file).c_str());
}

} // namespace

uint64_t sum_of_lines(std::string_view text, std::initializer_list<std::string_view> labels) {
  uint64_t kib = 0;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos ||
        std::find(labels.begin(), labels.end(), line.substr(0, colon)) == labels.end())
      continue;
    const auto number = line.substr(std::min(line.find_first_of("0123456789", colon), line.size()));
    uint64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    kib += value;
  }
  return kib * 1024;
}

uint64_t peak_resident_bytes(pid_t pid) {
  return sum_of_lines(of_process(pid, "status"), {"VmHWM"});
}

uint64_t used_bytes(pid_t pid) {
  return sum_of_lines(of_process(pid, "status"), {"RssAnon", "RssShmem", "VmSwap"});
}

std::optional<uint64_t> proportional_used_bytes(pid_t pid) {
  const auto text = of_process(pid, "smaps_rollup");
  if (text.find("Pss_Anon:") == std::string::npos)
    return std::nullopt;
  return sum_of_lines(text, {"Pss_Anon", "Pss_Shmem", "SwapPss"});
}

bool share_address_space(pid_t a, pid_t b) {
  return ::syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0) == 0;
}

} // namespace callboard
