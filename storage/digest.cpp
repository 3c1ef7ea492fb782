#include "storage/digest.hpp"

#include "core/base/hex.hpp"

#include <openssl/evp.h>

#include <array>

namespace callboard {

result<std::string> sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    return error{ec::internal_error, "SHA-256 is not to be had of OpenSSL"};
  return to_hex(digest.data(), size);
}

} // namespace callboard
