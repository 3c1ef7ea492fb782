#include "actors/runtime/cluster_tls.hpp"

#include <catch2/catch.hpp>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <fstream>

#include "pki/certificate.hpp"
#include "pki/cluster_authority.hpp"

using namespace callboard;
namespace fs = std::filesystem;
using std::chrono::days;

namespace {

struct fleet_fixture {
  fs::path root = fs::temp_directory_path() / ("callboard-authority-" + std::to_string(::getpid()));
  fs::path tls = root / "tls";
  // OpenSSL verifies by the time of day.
  time_point now = std::chrono::floor<duration>(std::chrono::system_clock::now());
  fleet_fixture() {
    fs::remove_all(root);
  }
  ~fleet_fixture() {
    fs::remove_all(root);
  }
  fs::path bundle(const std::string& name, days valid = certificate_valid_default) {
    const auto file = root / (name + ".bundle");
    REQUIRE(issue_bundle(tls, name, valid, file, now));
    return file;
  }
  /// What OpenSSL says to a TLS server about a client with this certificate; X509_V_OK: it may come in.
  int verdict(const fs::path& bundle) const {
    const auto files = open_scheduler_tls(tls.string(), false);
    REQUIRE(files);
    std::unique_ptr<X509_STORE, openssl_deleter<X509_STORE_free>> store{X509_STORE_new()};
    REQUIRE(X509_STORE_load_locations(store.get(), files->ca.c_str(), nullptr) == 1);
    const auto cert = read_certificate(bundle);
    REQUIRE(cert);
    std::unique_ptr<X509_STORE_CTX, openssl_deleter<X509_STORE_CTX_free>> ctx{X509_STORE_CTX_new()};
    REQUIRE(X509_STORE_CTX_init(ctx.get(), store.get(), cert.get(), nullptr) == 1);
    REQUIRE(X509_STORE_CTX_set_default(ctx.get(), "ssl_client") == 1);
    (void)X509_verify_cert(ctx.get());
    return X509_STORE_CTX_get_error(ctx.get());
  }
};

} // namespace

TEST_CASE_METHOD(fleet_fixture, "a bundle lets in until it is revoked, and others still after that") {
  REQUIRE(make_authority(tls, now));
  const auto blue = bundle("blue"), green = bundle("green");
  REQUIRE(open_bundle(blue.string()));
  CHECK(*name_of_bundle(blue.string()) == "blue");
  CHECK(verdict(blue) == X509_V_OK);
  const auto gone = revoke_certificates(tls, "blue", now);
  REQUIRE(gone);
  REQUIRE(gone->size() == 1);
  CHECK(gone->front().name == "blue");
  CHECK(gone->front().revoked);
  CHECK(verdict(blue) == X509_V_ERR_CERT_REVOKED);
  CHECK(verdict(green) == X509_V_OK);
}

TEST_CASE_METHOD(fleet_fixture, "a name can get a new certificate after the revocation of the old one") {
  REQUIRE(make_authority(tls, now));
  const auto old = bundle("blue");
  fs::rename(old, root / "old");
  REQUIRE(revoke_certificates(tls, "blue", now));
  CHECK(verdict(bundle("blue")) == X509_V_OK);
  CHECK(verdict(root / "old") == X509_V_ERR_CERT_REVOKED);
}

TEST_CASE_METHOD(fleet_fixture, "another authority's bundle, and one that ran out, let nobody in") {
  REQUIRE(make_authority(tls, now));
  REQUIRE(make_authority(root / "other", now));
  const auto foreign = root / "foreign.bundle";
  REQUIRE(issue_bundle(root / "other", "blue", days{1}, foreign, now));
  CHECK(verdict(foreign) != X509_V_OK);
  const auto past = root / "past.bundle";
  REQUIRE(issue_bundle(tls, "late", days{1}, past, now - days{3}));
  CHECK(verdict(past) == X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK_FALSE(open_bundle(past.string()));
}

TEST_CASE_METHOD(fleet_fixture, "what was issued and revoked is listed, also by serial number") {
  REQUIRE(make_authority(tls, now));
  bundle("blue");
  auto all = issued_certificates(tls);
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  CHECK((*all)[0].name == scheduler_certificate_name);
  CHECK((*all)[1].name == "blue");
  CHECK_FALSE((*all)[1].revoked);
  REQUIRE(revoke_certificates(tls, (*all)[1].serial, now));
  all = issued_certificates(tls);
  REQUIRE(all);
  CHECK((*all)[1].revoked);
  const auto nobody = revoke_certificates(tls, "nobody", now);
  REQUIRE_FALSE(nobody);
  CHECK(nobody.err().code == ec::not_found);
}

TEST_CASE_METHOD(fleet_fixture, "nothing that is there is overwritten, and bad names are refused by name") {
  REQUIRE(make_authority(tls, now));
  CHECK(make_authority(tls, now).err().code == ec::invalid_state);
  const auto file = bundle("blue");
  CHECK(issue_bundle(tls, "blue", days{1}, file, now).err().code == ec::invalid_state);
  for (const auto* name : {"", "with space", "scheduler", "0123456789ABCDEF0123456789ABCDEF"}) {
    const auto r = issue_bundle(tls, name, days{1}, root / "x", now);
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::invalid_value);
    CHECK(r.err().field == "name");
  }
  CHECK(issue_bundle(tls, "blue", days{0}, root / "x", now).err().code == ec::out_of_range);
  CHECK_FALSE(fs::exists(root / "x"));
}

TEST_CASE_METHOD(fleet_fixture, "a damaged revocation list stops the start and is not replaced by an empty one") {
  REQUIRE(make_authority(tls, now));
  bundle("blue");
  std::ofstream{tls / authority_file::crl, std::ios::trunc} << "nonsense";
  CHECK_FALSE(open_scheduler_tls(tls.string(), false));
  CHECK_FALSE(revoke_certificates(tls, "blue", now));
}

TEST_CASE_METHOD(fleet_fixture, "a list of certificates that cannot be read stops a change, and is not begun anew") {
  REQUIRE(make_authority(tls, now));
  fs::remove(tls / authority_file::issued);
  fs::create_directory(tls / authority_file::issued);
  const auto r = issue_bundle(tls, "blue", days{1}, root / "x", now);
  REQUIRE_FALSE(r);
  CHECK(r.err().code == ec::internal_error);
  CHECK(r.err().message == (tls / authority_file::issued).string() + " cannot be read: Is a directory");
  CHECK_FALSE(fs::exists(root / "x"));
}

TEST_CASE_METHOD(fleet_fixture, "what is no bundle is refused with the reason") {
  REQUIRE(make_authority(tls, now));
  CHECK_FALSE(open_bundle((root / "missing").string()));
  CHECK_FALSE(open_bundle((tls / authority_file::ca).string()));
}
