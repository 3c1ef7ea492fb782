#pragma once

#include <cstddef>
#include <string_view>

namespace callboard {

/// The length of the longest beginning of the text that has at most `bytes_max` bytes and ends between two characters.
inline size_t utf8_prefix(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max)
    return text.size();
  // Bytes behind the first one of a character are 10xxxxxx.
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0u) == 0x80u)
    --bytes_max;
  return bytes_max;
}

} // namespace callboard
