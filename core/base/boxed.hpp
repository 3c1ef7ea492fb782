#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace callboard {

/// `std::optional` for what is rarely there: the value lies on the heap, so that a class which may have it is larger by
/// one pointer only. A copy has a value of its own; equal when both are empty or the values are.
template <class T>
class boxed {
public:
  boxed() noexcept = default;
  boxed(std::nullopt_t) noexcept {
  }
  boxed(T value) : value_(std::make_unique<T>(std::move(value))) {
  }
  boxed(std::optional<T> value) {
    if (value)
      value_ = std::make_unique<T>(*std::move(value));
  }
  boxed(boxed&&) noexcept = default;
  boxed& operator=(boxed&&) noexcept = default;
  boxed(const boxed& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {
  }
  boxed& operator=(const boxed& other) {
    return *this = boxed{other};
  }
  ~boxed() = default;

  explicit operator bool() const noexcept {
    return has_value();
  }
  bool has_value() const noexcept {
    return value_ != nullptr;
  }
  /// @pre there is a value, also of the two operators below
  const T& operator*() const noexcept {
    return *value_;
  }
  T& operator*() noexcept {
    return *value_;
  }
  const T* operator->() const noexcept {
    return value_.get();
  }
  T* operator->() noexcept {
    return value_.get();
  }
  void reset() noexcept {
    value_.reset();
  }
  template <class... Args>
  T& emplace(Args&&... args) {
    value_ = std::make_unique<T>(std::forward<Args>(args)...);
    return *value_;
  }

  friend bool operator==(const boxed& a, const boxed& b) {
    return a && b ? *a == *b : a.has_value() == b.has_value();
  }

private:
  std::unique_ptr<T> value_;
};

} // namespace callboard
