#include "webhooks/signature.hpp"

#include "core/base/hex.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace callboard {

std::string webhook_time(time_point now) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
}

std::string webhook_signature(std::string_view secret, std::string_view time, std::string_view body) {
  const auto text = std::string{time} + "." + std::string{body};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr)
    throw std::runtime_error{"HMAC-SHA256 is not to be had of OpenSSL"};
  return "sha256=" + to_hex(digest.data(), size);
}

} // namespace callboard
