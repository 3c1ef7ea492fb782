#pragma once

#include "core/base/error.hpp"
#include "core/base/time.hpp"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace callboard {

template <auto Free>
struct openssl_deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_deleter<EVP_PKEY_free>>;
using cert_ptr = std::unique_ptr<X509, openssl_deleter<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, openssl_deleter<X509_CRL_free>>;

/// What a certificate is good for.
enum class certificate_use {
  authority, ///< signs certificates and revocation lists, and speaks no TLS itself
  scheduler, ///< accepts nodes; its local workers join with it as well
  worker,    ///< joins a scheduler; a stolen one cannot pose as the scheduler of others
};

struct certificate_request {
  std::string name; ///< the common name, and for workers a DNS name as well
  certificate_use use = certificate_use::worker;
  time_point now;
  std::chrono::days valid{0}; ///< from `now`
};

/// An authority at work; both live elsewhere.
struct certificate_signer {
  X509* cert = nullptr;
  EVP_PKEY* key = nullptr;
};

/// An EC key on P-256. Error: internal_error.
result<key_ptr> make_key();

/// A certificate with a random serial number. @param by  empty: signed by its own key, an authority.
/// Errors: internal_error with OpenSSL's reason.
result<cert_ptr> make_certificate(EVP_PKEY* key, const certificate_request& wanted, certificate_signer by = {});

/// A list of revoked certificates, good for ten years from `now`: what `before` has (null: nothing), and these serials,
/// each once. Errors: invalid_value for a serial that is none, internal_error with OpenSSL's reason.
result<crl_ptr> make_crl(certificate_signer by, X509_CRL* before, const std::vector<std::string>& serials,
                         time_point now);

/// The serial number in upper-case hexadecimal digits.
std::string serial_of(const X509* cert);
/// The common name; empty where there is none.
std::string name_of(const X509* cert);
time_point valid_from(const X509* cert);
time_point valid_until(const X509* cert);
/// The certificate was signed with the authority's key.
bool is_signed_by(X509* cert, X509* authority);
bool is_signed_by(X509_CRL* crl, X509* authority);
/// When the list runs out.
time_point valid_until(const X509_CRL* crl);

struct revocation {
  std::string serial;
  time_point at;
};
std::vector<revocation> revocations_of(X509_CRL* crl);

std::string to_pem(EVP_PKEY* key);
std::string to_pem(X509* cert);
std::string to_pem(X509_CRL* crl);

/// The first object of its kind in a PEM file; null: there is none that can be read.
key_ptr read_key(const std::filesystem::path& file);
cert_ptr read_certificate(const std::filesystem::path& file);
crl_ptr read_crl(const std::filesystem::path& file);
/// All certificates of a PEM file, in order.
std::vector<cert_ptr> read_certificates(const std::filesystem::path& file);

} // namespace callboard
