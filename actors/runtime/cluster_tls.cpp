#include "actors/runtime/cluster_tls.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "pki/certificate.hpp"
#include "pki/cluster_authority.hpp"

namespace callboard {

namespace {

namespace fs = std::filesystem;

time_point time_of_day() {
  return std::chrono::floor<duration>(std::chrono::system_clock::now());
}

/// CAF makes an SSL_CTX for each connection and gives nobody a hand on it, so the wish to look at revocation lists has
/// to come from elsewhere: a TLS server verifies its clients with the parameters that OpenSSL knows by the name
/// "ssl_client" (see X509_STORE_CTX_set_default(3)), and this replaces them by the same and a flag. The list itself is
/// in the file of trusted certificates, from where SSL_CTX_load_verify_locations(3) takes revocation lists as well.
result<done> check_revocation_of_clients() {
  static const bool good = [] {
    X509_VERIFY_PARAM* p = X509_VERIFY_PARAM_new();
    if (p && X509_VERIFY_PARAM_set1_name(p, "ssl_client") == 1 &&
        X509_VERIFY_PARAM_set_purpose(p, X509_PURPOSE_SSL_CLIENT) == 1 &&
        X509_VERIFY_PARAM_set_trust(p, X509_TRUST_SSL_CLIENT) == 1 &&
        X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_CRL_CHECK) == 1 && X509_VERIFY_PARAM_add0_table(p) == 1)
      return true; // the table owns it
    X509_VERIFY_PARAM_free(p);
    return false;
  }();
  if (!good)
    return error{ec::internal_error, "OpenSSL cannot be told to look at revoked certificates"};
  return done{};
}

error bad_bundle(const std::string& path, const std::string& why) {
  return {ec::invalid_value, path + " " + why, "bundle"};
}

} // namespace

tls_files tls_files_in(const std::string& directory) {
  const fs::path d{directory};
  return {(d / authority_file::ca).string(), (d / authority_file::node).string(),
          (d / authority_file::node_key).string()};
}

result<done> ensure_cluster_tls(const std::string& directory) {
  return complete_authority(directory, time_of_day());
}

result<done> check_tls_files(const tls_files& files) {
  for (const auto& f : {files.ca, files.certificate, files.key})
    if (::access(f.c_str(), R_OK) != 0)
      return error{ec::invalid_value, f + " cannot be read: " + std::strerror(errno), "cluster.tls_directory"};
  return done{};
}

result<tls_files> open_scheduler_tls(const std::string& directory, bool create) {
  const fs::path d{directory};
  if (create || fs::exists(d / authority_file::ca_key))
    if (auto ok = ensure_cluster_tls(directory); !ok)
      return std::move(ok).err();
  auto files = tls_files_in(directory);
  if (auto ok = check_tls_files(files); !ok)
    return std::move(ok).err();
  // Certificates of somebody else's authority may come without a list.
  if (!fs::exists(d / authority_file::crl))
    return files;
  if (auto ok = refresh_trust(d, time_of_day()); !ok)
    return std::move(ok).err();
  if (auto ok = check_revocation_of_clients(); !ok)
    return std::move(ok).err();
  files.ca = (d / authority_file::trust).string();
  return files;
}

result<tls_files> open_bundle(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0)
    return bad_bundle(path, std::string{"cannot be read: "} + std::strerror(errno));
  const auto certificates = read_certificates(path);
  const auto key = read_key(path);
  if (certificates.size() < 2 || !key)
    return bad_bundle(path, "is no bundle: it must hold the node's certificate, the authority's, and the key");
  auto* node = certificates[0].get();
  if (X509_check_private_key(node, key.get()) != 1)
    return bad_bundle(path, "has a key that does not belong to its first certificate");
  if (!is_signed_by(node, certificates[1].get()) || X509_check_ca(certificates[1].get()) == 0)
    return bad_bundle(path, "has a certificate that its authority did not sign");
  if (valid_until(node) <= time_of_day())
    return bad_bundle(path, "has run out");
  // One file for all three. The authority goes along in the handshake. Read as the file of trusted certificates it has
  // the node's own one as well, which does not sign others and so makes nobody else trusted.
  const auto whole = fs::absolute(path).string();
  return tls_files{whole, whole, whole};
}

result<std::string> name_of_bundle(const std::string& path) {
  const auto cert = read_certificate(path);
  if (!cert)
    return bad_bundle(path, "has no certificate that can be read");
  return name_of(cert.get());
}

} // namespace callboard
