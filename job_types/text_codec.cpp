#include "job_types/text_codec.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>

namespace callboard {

namespace {

/// Length of the well-formed sequence at the front of `s`; 0 for none (RFC 3629, section 4).
size_t sequence_length(std::string_view s) noexcept {
  const auto at = [s](size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [at](size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const unsigned a = at(0), b = at(1);
  if (a < 0x80)
    return 1;
  if (a >= 0xC2 && a <= 0xDF)
    return tail(1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    const bool second = a == 0xE0 ? b >= 0xA0 && b <= 0xBF : a == 0xED ? b >= 0x80 && b <= 0x9F : tail(1);
    return second && tail(2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    const bool second = a == 0xF0 ? b >= 0x90 && b <= 0xBF : a == 0xF4 ? b >= 0x80 && b <= 0x8F : tail(1);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

} // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const size_t n = sequence_length(bytes);
    if (n == 0)
      return false;
    bytes.remove_prefix(n);
  }
  return true;
}

std::string to_base64(std::string_view bytes) {
  // EVP_EncodeBlock writes four characters per three bytes and a final zero.
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(n));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string packed;
  packed.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(packed),
               [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
  if (packed.size() % 4 != 0)
    return std::nullopt;
  const size_t padding = packed.ends_with("==") ? 2 : packed.ends_with("=") ? 1 : 0;
  // EVP_DecodeBlock takes padding anywhere as zero bits, so it is checked here.
  if (packed.find('=') < packed.size() - padding)
    return std::nullopt;
  std::string out(packed.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size()));
  if (n < 0)
    return std::nullopt;
  out.resize(static_cast<size_t>(n) - padding);
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += digits[b >> 4u];
    out += digits[b & 15u];
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string to_json_text(const nlohmann::json& j) {
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string to_json_text(const nlohmann::ordered_json& j) {
  return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace callboard
