#include "actors/cluster_tls.hpp"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace callboard {

namespace {

namespace fs = std::filesystem;

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using cert_ptr = std::unique_ptr<X509, deleter<X509_free>>;
using bio_ptr = std::unique_ptr<BIO, deleter<BIO_free_all>>;
using bignum_ptr = std::unique_ptr<BIGNUM, deleter<BN_free>>;

constexpr long ten_years = 10L * 365 * 24 * 3600;
constexpr int serial_bits = 127;

error failed(const std::string& what) {
  const auto code = ERR_get_error();
  return {ec::internal_error, what + ": " + (code != 0 ? ERR_reason_error_string(code) : std::strerror(errno))};
}

/// Written beside its place with the final mode, flushed, then moved: no reader ever sees half a key.
result<done> write_file(const fs::path& path, BIO* content) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(content, &bytes);
  const auto fresh = path.string() + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0)
    return failed(fresh);
  const bool ok = ::write(fd, bytes, static_cast<size_t>(size)) == size && ::fsync(fd) == 0;
  ::close(fd);
  if (!ok || ::rename(fresh.c_str(), path.c_str()) != 0)
    return failed(path.string());
  return done{};
}

result<done> write_key(const fs::path& path, EVP_PKEY* key) {
  bio_ptr bio{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failed("the key for " + path.string());
  return write_file(path, bio.get());
}

result<done> write_certificate(const fs::path& path, X509* cert) {
  bio_ptr bio{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_X509(bio.get(), cert) != 1)
    return failed("the certificate for " + path.string());
  return write_file(path, bio.get());
}

bool add_extension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX ctx;
  X509V3_set_ctx_nodb(&ctx);
  X509V3_set_ctx(&ctx, issuer, cert, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, deleter<X509_EXTENSION_free>> e{X509V3_EXT_conf_nid(nullptr, &ctx, nid, value)};
  return e && X509_add_ext(cert, e.get(), -1) == 1;
}

/// @param issuer  null: self-signed, an authority.
result<cert_ptr> make_certificate(EVP_PKEY* key, const char* name, X509* issuer, EVP_PKEY* issuer_key) {
  cert_ptr cert{X509_new()};
  bignum_ptr serial{BN_new()};
  X509_set_version(cert.get(), X509_VERSION_3);
  if (BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      !BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(cert.get())))
    return failed("a serial number");
  // An hour back: clocks of a fleet differ a little.
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), ten_years);
  auto* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(cert.get(), issuer ? X509_get_subject_name(issuer) : subject);
  X509_set_pubkey(cert.get(), key);
  auto* parent = issuer ? issuer : cert.get();
  const bool extended =
    issuer ? add_extension(cert.get(), parent, NID_basic_constraints, "critical,CA:FALSE") &&
               add_extension(cert.get(), parent, NID_key_usage, "critical,digitalSignature,keyAgreement") &&
               add_extension(cert.get(), parent, NID_ext_key_usage, "serverAuth,clientAuth")
           : add_extension(cert.get(), parent, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
               add_extension(cert.get(), parent, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (!extended || X509_sign(cert.get(), issuer ? issuer_key : key, EVP_sha256()) == 0)
    return failed("signing a certificate");
  return cert;
}

key_ptr read_key(const fs::path& path) {
  bio_ptr bio{BIO_new_file(path.c_str(), "r")};
  return key_ptr{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr};
}

cert_ptr read_certificate(const fs::path& path) {
  bio_ptr bio{BIO_new_file(path.c_str(), "r")};
  return cert_ptr{bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr};
}

} // namespace

tls_files tls_files_in(const std::string& directory) {
  const fs::path d{directory};
  return {(d / "ca.pem").string(), (d / "node.pem").string(), (d / "node.key").string()};
}

result<done> ensure_cluster_tls(const std::string& directory) {
  const fs::path d{directory};
  std::error_code code;
  fs::create_directories(d, code);
  if (code)
    return error{ec::internal_error, directory + ": " + code.message()};
  fs::permissions(d, fs::perms::owner_all, code);
  const auto files = tls_files_in(directory);
  if (fs::exists(files.ca) && fs::exists(files.certificate) && fs::exists(files.key))
    return done{};

  auto ca_key = read_key(d / "ca.key");
  auto ca = read_certificate(files.ca);
  if (!ca_key || !ca) {
    ERR_clear_error();
    ca_key.reset(EVP_EC_gen("P-256"));
    if (!ca_key)
      return failed("a key for the cluster's authority");
    auto made = make_certificate(ca_key.get(), "Callboard cluster authority", nullptr, nullptr);
    if (!made)
      return std::move(made).err();
    ca = std::move(*made);
    if (auto ok = write_key(d / "ca.key", ca_key.get()); !ok)
      return ok;
    if (auto ok = write_certificate(files.ca, ca.get()); !ok)
      return ok;
  }
  key_ptr key{EVP_EC_gen("P-256")};
  if (!key)
    return failed("a key for this node");
  auto cert = make_certificate(key.get(), "Callboard node", ca.get(), ca_key.get());
  if (!cert)
    return std::move(cert).err();
  if (auto ok = write_key(files.key, key.get()); !ok)
    return ok;
  return write_certificate(files.certificate, cert->get());
}

result<done> check_tls_files(const tls_files& files) {
  for (const auto& f : {files.ca, files.certificate, files.key})
    if (::access(f.c_str(), R_OK) != 0)
      return error{ec::invalid_value, f + " cannot be read: " + std::strerror(errno), "cluster.tls_directory"};
  return done{};
}

} // namespace callboard
