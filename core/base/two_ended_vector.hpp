#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace callboard {

/// A vector in which erasing and inserting move the elements of the shorter side: both ends are cheap.
///
/// Why not std::deque: one without elements takes 576 bytes, and there are dozens of these per queue, mostly empty.
/// Up to half of what it holds is free room at the front. Every change invalidates pointers to elements.
template <class T>
class two_ended_vector {
public:
  size_t size() const noexcept {
    return items_.size() - head_;
  }
  bool empty() const noexcept {
    return size() == 0;
  }
  /// Elements that there is room for, those that were erased at the front included.
  size_t capacity() const noexcept {
    return items_.capacity();
  }

  T* begin() noexcept {
    return items_.data() + head_;
  }
  T* end() noexcept {
    return items_.data() + items_.size();
  }
  const T* begin() const noexcept {
    return items_.data() + head_;
  }
  const T* end() const noexcept {
    return items_.data() + items_.size();
  }

  T& operator[](size_t i) noexcept {
    return items_[head_ + i];
  }
  const T& operator[](size_t i) const noexcept {
    return items_[head_ + i];
  }
  /// Precondition of both: not empty.
  T& front() noexcept {
    return items_[head_];
  }
  const T& front() const noexcept {
    return items_[head_];
  }
  T& back() noexcept {
    return items_.back();
  }
  const T& back() const noexcept {
    return items_.back();
  }

  T& emplace_back() {
    return items_.emplace_back();
  }

  /// `value` becomes element number `i`. Precondition: i <= size().
  void insert(size_t i, T value) {
    if (head_ > 0 && i < size() / 2) {
      std::move(begin(), begin() + i, begin() - 1);
      items_[--head_ + i] = std::move(value);
    } else {
      items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(head_ + i), std::move(value));
    }
  }

  /// Precondition: i < size().
  void erase(size_t i) {
    if (i >= size() / 2) {
      items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(head_ + i));
    } else {
      std::move_backward(begin(), begin() + i, begin() + i + 1);
      items_[head_++] = T{};
    }
    if (head_ > items_.size() / 2) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  void clear() noexcept {
    items_.clear();
    head_ = 0;
  }

private:
  std::vector<T> items_;
  size_t head_ = 0; ///< elements before it were erased
};

} // namespace callboard
