#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace callboard {

/// Immutable bytes that are shared, not copied, on their way between socket, store and worker.
class blob {
public:
  blob() = default;
  explicit blob(std::string bytes)
    : bytes_(bytes.empty() ? nullptr : std::make_shared<const std::string>(std::move(bytes))) {
  }

  std::string_view view() const noexcept {
    return bytes_ ? std::string_view{*bytes_} : std::string_view{};
  }
  size_t size() const noexcept {
    return bytes_ ? bytes_->size() : 0;
  }
  bool empty() const noexcept {
    return size() == 0;
  }
  friend bool operator==(const blob& a, const blob& b) noexcept {
    return a.view() == b.view();
  }

private:
  std::shared_ptr<const std::string> bytes_;
};

} // namespace callboard
