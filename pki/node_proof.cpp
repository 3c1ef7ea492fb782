#include "pki/node_proof.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "pki/certificate.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

/// A chain with more certificates than this is nobody's.
constexpr size_t chain_max = 8;
/// More bytes than any such chain or signature has; what a stranger sends is not parsed beyond.
constexpr size_t proof_bytes_max = size_t{64} << 10;

using store_ptr = std::unique_ptr<X509_STORE, openssl_deleter<X509_STORE_free>>;
using store_ctx_ptr = std::unique_ptr<X509_STORE_CTX, openssl_deleter<X509_STORE_CTX_free>>;
using digest_ptr = std::unique_ptr<EVP_MD_CTX, openssl_deleter<EVP_MD_CTX_free>>;
using bio_ptr = std::unique_ptr<BIO, openssl_deleter<BIO_free_all>>;

struct stack_deleter {
  void operator()(STACK_OF(X509) * s) const {
    sk_X509_free(s); // the certificates have other owners
  }
};
using stack_ptr = std::unique_ptr<STACK_OF(X509), stack_deleter>;

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

error refused(std::string why) {
  ERR_clear_error();
  return {ec::registration_refused, std::move(why), "name"};
}

/// Keys of the Edwards curves have their hash within.
const EVP_MD* digest_of(const EVP_PKEY* key) {
  const int id = EVP_PKEY_get_base_id(key);
  return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
}

std::vector<cert_ptr> parse_chain(const std::string& pem) {
  std::vector<cert_ptr> out;
  const bio_ptr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  while (bio && out.size() < chain_max) {
    cert_ptr next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!next)
      break;
    out.push_back(std::move(next));
  }
  ERR_clear_error();
  return out;
}

/// As a TLS server verifies its clients. Null: good; otherwise OpenSSL's words.
const char* what_is_wrong_with(const fs::path& trust, const std::vector<cert_ptr>& chain) {
  const store_ptr store{X509_STORE_new()};
  if (!store || X509_STORE_load_locations(store.get(), trust.c_str(), nullptr) != 1)
    return "the scheduler's trusted certificates cannot be read";
  const stack_ptr others{sk_X509_new_null()};
  for (size_t i = 1; i < chain.size(); ++i)
    sk_X509_push(others.get(), chain[i].get());
  const store_ctx_ptr ctx{X509_STORE_CTX_new()};
  if (!ctx || X509_STORE_CTX_init(ctx.get(), store.get(), chain[0].get(), others.get()) != 1 ||
      X509_STORE_CTX_set_purpose(ctx.get(), X509_PURPOSE_SSL_CLIENT) != 1)
    return "OpenSSL cannot verify it";
  if (read_crl(trust))
    X509_STORE_CTX_set_flags(ctx.get(), X509_V_FLAG_CRL_CHECK);
  return X509_verify_cert(ctx.get()) == 1 ? nullptr
                                          : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx.get()));
}

bool has_signed(X509* cert, std::string_view text, const std::string& signature) {
  auto* key = X509_get0_pubkey(cert);
  const digest_ptr ctx{EVP_MD_CTX_new()};
  return key && ctx && EVP_DigestVerifyInit(ctx.get(), nullptr, digest_of(key), nullptr, key) == 1 &&
         EVP_DigestVerify(ctx.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

} // namespace

result<std::string> make_secret() {
  std::string out(secret_bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1)
    return error{ec::internal_error, "OpenSSL has no random bytes"};
  return out;
}

result<signed_text> sign_text(const fs::path& certificate, const fs::path& key_file, std::string_view text) {
  const auto chain = read_certificates(certificate);
  if (chain.empty())
    return error{ec::invalid_value, certificate.string() + " has no certificate that can be read"};
  const auto key = read_key(key_file);
  if (!key)
    return error{ec::invalid_value, key_file.string() + " has no key that can be read"};
  signed_text out;
  for (const auto& c : chain)
    out.certificates += to_pem(c.get());
  const digest_ptr ctx{EVP_MD_CTX_new()};
  size_t size = 0;
  if (!ctx || EVP_DigestSignInit(ctx.get(), nullptr, digest_of(key.get()), nullptr, key.get()) != 1 ||
      EVP_DigestSign(ctx.get(), nullptr, &size, bytes(text), text.size()) != 1)
    return error{ec::internal_error, key_file.string() + ": its key signs nothing"};
  out.signature.resize(size);
  if (EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.signature.data()), &size, bytes(text),
                     text.size()) != 1)
    return error{ec::internal_error, key_file.string() + ": its key signs nothing"};
  out.signature.resize(size);
  return out;
}

result<done> check_signed_text(const fs::path& trust, const fs::path& own, std::string_view name, std::string_view text,
                               const signed_text& proof) {
  if (proof.certificates.size() > proof_bytes_max || proof.signature.size() > proof_bytes_max)
    return refused("the certificate of the node is too large");
  const auto chain = parse_chain(proof.certificates);
  if (chain.empty())
    return refused("the node has shown no certificate");
  const auto holder = name_of(chain[0].get());
  if (const auto* wrong = what_is_wrong_with(trust, chain))
    return refused("the certificate of " + holder + " (serial " + serial_of(chain[0].get()) + ") is refused: " + wrong);
  if (!has_signed(chain[0].get(), text, proof.signature))
    return refused("the node does not have the key of the certificate of " + holder);
  const auto ours = read_certificate(own);
  if (holder != name && !(ours && X509_cmp(ours.get(), chain[0].get()) == 0))
    return refused("the bundle of " + holder + " cannot join as " + std::string{name} +
                   "; leave out --name, or `callboard cert issue " + std::string{name} + "`");
  ERR_clear_error();
  return done{};
}

std::string seal_text(std::string_view secret, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(text), text.size(), out, &size))
    return {};
  return {reinterpret_cast<char*>(out), size};
}

bool same_secret(std::string_view a, std::string_view b) {
  return !a.empty() && a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace callboard
