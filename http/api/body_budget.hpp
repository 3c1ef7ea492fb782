#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace callboard {

/// The bytes of request bodies that a server holds, over all connections. Any thread.
class body_budget {
public:
  /// @param max  bytes (http.bodies_bytes_max).
  explicit body_budget(uint64_t max) : max_(max) {
  }
  /// False, and counted as a refusal, when there would be more than `max`.
  bool take(uint64_t bytes) noexcept {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= max_)
      return true;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void give(uint64_t bytes) noexcept {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
  }
  uint64_t used() const noexcept {
    return used_.load(std::memory_order_relaxed);
  }
  uint64_t refused() const noexcept {
    return refused_.load(std::memory_order_relaxed);
  }
  uint64_t max() const noexcept {
    return max_;
  }

private:
  const uint64_t max_;
  std::atomic<uint64_t> used_{0}, refused_{0};
};

/// One body's part of the budget, given back when this goes.
class body_share {
public:
  body_share() = default;
  explicit body_share(std::shared_ptr<body_budget> of) : of_(std::move(of)) {
  }
  body_share(body_share&& other) noexcept : of_(std::move(other.of_)), bytes_(std::exchange(other.bytes_, 0)) {
  }
  body_share& operator=(body_share&& other) noexcept {
    if (this != &other) {
      give_back();
      of_ = std::move(other.of_);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~body_share() {
    give_back();
  }
  /// The body has, or will have, this many bytes. False: there is no room for them, and nothing changes.
  bool grow_to(uint64_t bytes) {
    if (bytes <= bytes_)
      return true;
    if (!of_->take(bytes - bytes_))
      return false;
    bytes_ = bytes;
    return true;
  }

private:
  void give_back() noexcept {
    if (bytes_ != 0)
      of_->give(std::exchange(bytes_, 0));
  }
  std::shared_ptr<body_budget> of_;
  uint64_t bytes_ = 0;
};

} // namespace callboard
