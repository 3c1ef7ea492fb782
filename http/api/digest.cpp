#include "http/api/digest.hpp"

#include "core/base/hex.hpp"

#include <openssl/evp.h>

#include <array>

namespace callboard {

result<std::string> digest_of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1)
    return error{ec::internal_error, "SHA-256 is not to be had of OpenSSL"};
  return "sha256:" + to_hex(bytes.data(), size);
}

} // namespace callboard
