#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace callboard {

/// The last bytes of a stream, up to a bound.
class captured_output {
public:
  explicit captured_output(uint64_t bytes_max) : bytes_max_(bytes_max) {
  }

  void add(std::string_view bytes) {
    total_ += bytes.size();
    text_ += bytes;
    // Cut at twice the bound, so that a long stream is moved once per bound and not once per read.
    if (text_.size() > 2 * bytes_max_)
      cut();
  }

  /// The bytes that are kept, from the start of a UTF-8 character.
  std::string take() {
    cut();
    size_t first = 0;
    while (truncated() && first < text_.size() && first < 3 && (text_[first] & 0xC0) == 0x80)
      ++first;
    text_.erase(0, first);
    return std::move(text_);
  }

  bool truncated() const {
    return total_ > bytes_max_;
  }
  uint64_t total_bytes() const {
    return total_;
  }

private:
  void cut() {
    if (text_.size() > bytes_max_)
      text_.erase(0, text_.size() - static_cast<size_t>(bytes_max_));
  }

  uint64_t bytes_max_;
  uint64_t total_ = 0;
  std::string text_;
};

} // namespace callboard
