#include "bench/child.hpp"
#include "bench/measures.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <thread>

namespace callboard::bench {

namespace {

using steady = std::chrono::steady_clock;

/// What a group commit of a few small jobs writes.
constexpr size_t record_bytes = 2048;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

template <class F>
void time_each(latencies& taken, uint64_t times, const F& once) {
  for (uint64_t i = 0; i < times; ++i) {
    const auto begin = steady::now();
    once();
    taken.add(steady::now() - begin);
  }
}

latencies appended_and_synced(const std::filesystem::path& file, uint64_t times) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    fail(file.c_str());
  const std::string record(record_bytes, 'r');
  latencies taken;
  time_each(taken, times, [&] {
    if (::write(fd, record.data(), record.size()) != static_cast<ssize_t>(record.size()) || ::fdatasync(fd) != 0)
      fail("fdatasync");
  });
  ::close(fd);
  return taken;
}

/// From one thread to another that sleeps, and back.
latencies woken_and_back(uint64_t times) {
  const std::array<int, 2> signals{::eventfd(0, EFD_CLOEXEC), ::eventfd(0, EFD_CLOEXEC)};
  if (signals[0] < 0 || signals[1] < 0)
    fail("eventfd");
  // An eventfd that could not be read or written would leave the other side waiting for ever.
  const auto give = [](int fd) {
    const uint64_t one = 1;
    if (::write(fd, &one, sizeof one) != sizeof one)
      std::terminate();
  };
  const auto take = [](int fd) {
    uint64_t n = 0;
    if (::read(fd, &n, sizeof n) != sizeof n)
      std::terminate();
  };
  std::thread other{[&] {
    for (uint64_t i = 0; i < times; ++i) {
      take(signals[0]);
      give(signals[1]);
    }
  }};
  latencies taken;
  time_each(taken, times, [&] {
    give(signals[0]);
    take(signals[1]);
  });
  other.join();
  for (const int fd : signals)
    ::close(fd);
  return taken;
}

/// The first touch of a page, in nanoseconds, the mean of many.
double page_touched(uint64_t pages) {
  const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  void* const at = ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED)
    fail("mmap");
  ::madvise(at, pages * page, MADV_NOHUGEPAGE);
  const auto begin = steady::now();
  for (uint64_t i = 0; i < pages; ++i)
    static_cast<volatile char*>(at)[i * page] = 1;
  const std::chrono::duration<double, std::nano> taken = steady::now() - begin;
  ::munmap(at, pages * page);
  return taken.count() / static_cast<double>(pages);
}

} // namespace

void measure_machine(const options& o, journal& out) {
  const scratch_directory scratch(o.directory);
  auto synced = appended_and_synced(scratch.path() / "appended", o.probes);
  auto woken = woken_and_back(o.probes);
  const auto processes = std::max<uint64_t>(o.probes / 10, 1);
  out.add("machine", {{"processors", std::thread::hardware_concurrency()}},
          {{"fdatasync_p50_us", synced.percentile(0.5)},
           {"fdatasync_p99_us", synced.percentile(0.99)},
           {"wakeup_round_trip_p50_us", woken.percentile(0.5)},
           {"wakeup_round_trip_p99_us", woken.percentile(0.99)},
           {"page_fault_ns", rounded(page_touched(o.probes))},
           {"process_us", rounded(1e6 / bare_process_rate(processes, 1))}});
}

} // namespace callboard::bench
