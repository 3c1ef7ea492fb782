#pragma once

#include <string>
#include <string_view>

namespace callboard {

/// Two lower-case hexadecimal digits for each byte.
inline std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const auto c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4u];
    out += digits[byte & 15u];
  }
  return out;
}
/// The same of what cryptographic libraries return.
inline std::string to_hex(const unsigned char* bytes, size_t size) {
  return to_hex({reinterpret_cast<const char*>(bytes), size});
}

} // namespace callboard
