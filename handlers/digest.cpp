#include "handlers/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>
#include <stdexcept>

namespace callboard {

void sha256::free_context::operator()(evp_md_ctx_st* c) const {
  EVP_MD_CTX_free(c);
}

sha256::sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_)
    throw std::bad_alloc{};
  start();
}

sha256::~sha256() = default;
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;

void sha256::start() {
  if (EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
}

void sha256::add(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
    throw std::runtime_error("SHA-256 failed");
}

std::string sha256::finish() {
  std::string out(32, '\0');
  if (EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  start();
  return out;
}

std::string sha256_of(std::string_view bytes) {
  sha256 h;
  h.add(bytes);
  return h.finish();
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::string out(32, '\0');
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
            text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr))
    throw std::runtime_error("HMAC-SHA-256 failed");
  return out;
}

} // namespace callboard
