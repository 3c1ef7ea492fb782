#include "storage/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace callboard {

result<std::string> sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return error{ec::internal_error, "SHA-256 is not to be had of OpenSSL"};
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4u];
    out += hex[digest[i] & 15u];
  }
  return out;
}

} // namespace callboard
