#include "actors/worker/lease_guard.hpp"

#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace callboard {

boot_clock::time_point boot_clock::now() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return time_point{std::chrono::duration_cast<duration>(std::chrono::seconds{t.tv_sec}) +
                    std::chrono::duration_cast<duration>(std::chrono::nanoseconds{t.tv_nsec})};
}

lease_page::lease_page() {
  void* memory = ::mmap(nullptr, sizeof(content), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap");
  page_ = new (memory) content;
  static_assert(std::atomic<int64_t>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
                "atomics of two processes must not use a lock of one");
}

lease_page::~lease_page() {
  ::munmap(page_, sizeof(content));
}

void lease_page::set_deadline(boot_clock::time_point t) noexcept {
  page_->deadline_us.store(t.time_since_epoch().count(), std::memory_order_release);
}

void lease_page::set_holding(bool yes) noexcept {
  page_->holding.store(yes, std::memory_order_release);
}

void lease_page::reset() noexcept {
  page_->deadline_us.store(0, std::memory_order_release);
  page_->holding.store(false, std::memory_order_release);
}

boot_clock::time_point lease_page::deadline() const noexcept {
  const auto us = page_->deadline_us.load(std::memory_order_acquire);
  return us == 0 ? boot_clock::time_point::max() : boot_clock::time_point{duration{us}};
}

bool lease_page::holding() const noexcept {
  return page_->holding.load(std::memory_order_acquire);
}

} // namespace callboard
