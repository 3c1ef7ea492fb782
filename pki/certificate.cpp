#include "pki/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

namespace callboard {

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

using bio_ptr = std::unique_ptr<BIO, openssl_deleter<BIO_free_all>>;
using bignum_ptr = std::unique_ptr<BIGNUM, openssl_deleter<BN_free>>;
using integer_ptr = std::unique_ptr<ASN1_INTEGER, openssl_deleter<ASN1_INTEGER_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, openssl_deleter<ASN1_TIME_free>>;
using revoked_ptr = std::unique_ptr<X509_REVOKED, openssl_deleter<X509_REVOKED_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, openssl_deleter<X509_EXTENSION_free>>;

constexpr int serial_bits = 127;
/// A list that runs out would shut every node out.
constexpr std::chrono::days crl_valid{3650};
/// Clocks of a fleet differ a little.
constexpr std::chrono::hours back_dated{1};

error failed(const std::string& what) {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* why = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return {ec::internal_error, what + ": " + (why ? why : "OpenSSL gives no reason")};
}

time_t unix_time(time_point t) {
  return static_cast<time_t>(std::chrono::floor<seconds>(t).time_since_epoch().count());
}

time_point to_time(const ASN1_TIME* t) {
  std::tm parts{};
  ASN1_TIME_to_tm(t, &parts);
  return time_point{seconds{::timegm(&parts)}};
}

std::string hex_of(const ASN1_INTEGER* serial) {
  bignum_ptr number{ASN1_INTEGER_to_BN(serial, nullptr)};
  char* text = BN_bn2hex(number.get());
  std::string out{text ? text : ""};
  OPENSSL_free(text);
  return out;
}

bool add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, cert, nullptr, nullptr, 0);
  extension_ptr e{X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str())};
  return e && X509_add_ext(cert, e.get(), -1) == 1;
}

bool add_extensions(X509* cert, X509* issuer, const certificate_request& wanted) {
  if (wanted.use == certificate_use::authority)
    return add_extension(cert, issuer, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(cert, issuer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           add_extension(cert, issuer, NID_subject_key_identifier, "hash");
  const bool worker = wanted.use == certificate_use::worker;
  return add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature,keyAgreement") &&
         add_extension(cert, issuer, NID_ext_key_usage, worker ? "clientAuth" : "serverAuth,clientAuth") &&
         add_extension(cert, issuer, NID_subject_alt_name, "DNS:" + wanted.name) &&
         // Authorities of the first releases have no key identifier.
         (!X509_get0_subject_key_id(issuer) || add_extension(cert, issuer, NID_authority_key_identifier, "keyid"));
}

bool add_revoked(X509_CRL* crl, const std::string& serial, time_point at) {
  BIGNUM* digits = nullptr;
  if (BN_hex2bn(&digits, serial.c_str()) != static_cast<int>(serial.size()))
    return BN_free(digits), false;
  const bignum_ptr number{digits};
  const integer_ptr value{BN_to_ASN1_INTEGER(number.get(), nullptr)};
  const time_ptr when{ASN1_TIME_set(nullptr, unix_time(at))};
  revoked_ptr entry{X509_REVOKED_new()};
  if (!value || !when || X509_REVOKED_set_serialNumber(entry.get(), value.get()) != 1 ||
      X509_REVOKED_set_revocationDate(entry.get(), when.get()) != 1 || X509_CRL_add0_revoked(crl, entry.get()) != 1)
    return false;
  (void)entry.release();
  return true;
}

/// One more than the number of the list before.
bool add_crl_number(X509_CRL* crl, X509_CRL* before) {
  const integer_ptr old{
    before ? static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(before, NID_crl_number, nullptr, nullptr)) : nullptr};
  const integer_ptr number{ASN1_INTEGER_new()};
  return ASN1_INTEGER_set_int64(number.get(), old ? ASN1_INTEGER_get(old.get()) + 1 : 1) == 1 &&
         X509_CRL_add1_ext_i2d(crl, NID_crl_number, number.get(), 0, 0) == 1;
}

template <class Write>
std::string pem_of(Write write) {
  const bio_ptr bio{BIO_new(BIO_s_mem())};
  if (!bio || write(bio.get()) != 1)
    return {};
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

/// Keys with a password are not ours, and nobody sits there to type one.
int no_password(char*, int, int, void*) {
  return -1;
}

/// The queue of errors must not remember that a file or the next object in it was missing.
template <class Pointer, class Read>
Pointer read_pem(const fs::path& file, Read read) {
  const bio_ptr bio{BIO_new_file(file.c_str(), "r")};
  Pointer out{bio ? read(bio.get(), nullptr, no_password, nullptr) : nullptr};
  ERR_clear_error();
  return out;
}

} // namespace

result<key_ptr> make_key() {
  key_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("a key");
  return key;
}

result<cert_ptr> make_certificate(EVP_PKEY* key, const certificate_request& wanted, certificate_signer by) {
  cert_ptr cert{X509_new()};
  const bignum_ptr serial{BN_new()};
  if (X509_set_version(cert.get(), X509_VERSION_3) != 1 ||
      BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      !BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(cert.get())))
    return failed("a serial number");
  if (!ASN1_TIME_set(X509_getm_notBefore(cert.get()), unix_time(wanted.now - back_dated)) ||
      !ASN1_TIME_set(X509_getm_notAfter(cert.get()), unix_time(wanted.now + wanted.valid)))
    return failed("the validity of a certificate");
  auto* subject = X509_get_subject_name(cert.get());
  auto* issuer = by.cert ? by.cert : cert.get();
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(wanted.name.data()),
                                 static_cast<int>(wanted.name.size()), -1, 0) != 1 ||
      X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer)) != 1 || X509_set_pubkey(cert.get(), key) != 1 ||
      !add_extensions(cert.get(), issuer, wanted) || X509_sign(cert.get(), by.key ? by.key : key, EVP_sha256()) == 0)
    return failed("signing a certificate");
  return cert;
}

result<crl_ptr> make_crl(certificate_signer by, X509_CRL* before, const std::vector<std::string>& serials,
                         time_point now) {
  crl_ptr crl{X509_CRL_new()};
  auto entries = before ? revocations_of(before) : std::vector<revocation>{};
  for (const auto& serial : serials)
    if (std::none_of(entries.begin(), entries.end(), [&](const revocation& r) { return r.serial == serial; }))
      entries.push_back({serial, now});
  for (const auto& r : entries)
    if (!add_revoked(crl.get(), r.serial, r.at))
      return error{ec::invalid_value, r.serial + " is no serial number", "serial"};
  const time_ptr from{ASN1_TIME_set(nullptr, unix_time(now - back_dated))};
  const time_ptr until{ASN1_TIME_set(nullptr, unix_time(now + crl_valid))};
  if (X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(by.cert)) != 1 ||
      X509_CRL_set1_lastUpdate(crl.get(), from.get()) != 1 || X509_CRL_set1_nextUpdate(crl.get(), until.get()) != 1 ||
      !add_crl_number(crl.get(), before) || X509_CRL_sort(crl.get()) != 1 ||
      X509_CRL_sign(crl.get(), by.key, EVP_sha256()) == 0)
    return failed("signing a revocation list");
  return crl;
}

std::string serial_of(const X509* cert) {
  return hex_of(X509_get0_serialNumber(cert));
}

std::string name_of(const X509* cert) {
  auto* subject = X509_get_subject_name(cert);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0)
    return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  std::string out = size > 0 ? std::string{reinterpret_cast<char*>(text), static_cast<size_t>(size)} : std::string{};
  OPENSSL_free(text);
  return out;
}

time_point valid_from(const X509* cert) {
  return to_time(X509_get0_notBefore(cert));
}

time_point valid_until(const X509* cert) {
  return to_time(X509_get0_notAfter(cert));
}

bool is_signed_by(X509* cert, X509* authority) {
  const bool good = X509_verify(cert, X509_get0_pubkey(authority)) == 1;
  ERR_clear_error();
  return good;
}

bool is_signed_by(X509_CRL* crl, X509* authority) {
  const bool good = X509_CRL_verify(crl, X509_get0_pubkey(authority)) == 1;
  ERR_clear_error();
  return good;
}

time_point valid_until(const X509_CRL* crl) {
  const auto* end = X509_CRL_get0_nextUpdate(crl);
  return end ? to_time(end) : time_point::max();
}

std::vector<revocation> revocations_of(X509_CRL* crl) {
  std::vector<revocation> out;
  auto* entries = X509_CRL_get_REVOKED(crl);
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    const auto* r = sk_X509_REVOKED_value(entries, i);
    out.push_back({hex_of(X509_REVOKED_get0_serialNumber(r)), to_time(X509_REVOKED_get0_revocationDate(r))});
  }
  return out;
}

std::string to_pem(EVP_PKEY* key) {
  return pem_of([key](BIO* b) { return PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string to_pem(X509* cert) {
  return pem_of([cert](BIO* b) { return PEM_write_bio_X509(b, cert); });
}

std::string to_pem(X509_CRL* crl) {
  return pem_of([crl](BIO* b) { return PEM_write_bio_X509_CRL(b, crl); });
}

key_ptr read_key(const fs::path& file) {
  return read_pem<key_ptr>(file, PEM_read_bio_PrivateKey);
}

cert_ptr read_certificate(const fs::path& file) {
  return read_pem<cert_ptr>(file, PEM_read_bio_X509);
}

crl_ptr read_crl(const fs::path& file) {
  return read_pem<crl_ptr>(file, PEM_read_bio_X509_CRL);
}

std::vector<cert_ptr> read_certificates(const fs::path& file) {
  std::vector<cert_ptr> out;
  const bio_ptr bio{BIO_new_file(file.c_str(), "r")};
  while (bio) {
    cert_ptr next{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!next)
      break;
    out.push_back(std::move(next));
  }
  ERR_clear_error();
  return out;
}

} // namespace callboard
