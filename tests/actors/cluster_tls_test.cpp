#include "actors/runtime/cluster_tls.hpp"

#include <catch2/catch.hpp>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>

using namespace callboard;
namespace fs = std::filesystem;

namespace {

struct directory {
  fs::path path = fs::temp_directory_path() / ("callboard-tls-" + std::to_string(::getpid()));
  directory() {
    fs::remove_all(path);
  }
  ~directory() {
    fs::remove_all(path);
  }
};

std::unique_ptr<X509, decltype(&X509_free)> certificate(const std::string& file) {
  auto* f = std::fopen(file.c_str(), "r");
  REQUIRE(f);
  std::unique_ptr<X509, decltype(&X509_free)> out{PEM_read_X509(f, nullptr, nullptr, nullptr), &X509_free};
  std::fclose(f);
  return out;
}

} // namespace

TEST_CASE("the first start makes an authority and a node certificate that it signed, for nobody else to read") {
  const directory d;
  const auto where = (d.path / "tls").string();
  REQUIRE(ensure_cluster_tls(where));
  const auto files = tls_files_in(where);
  REQUIRE(check_tls_files(files));
  const auto ca = certificate(files.ca), node = certificate(files.certificate);
  CHECK(X509_verify(node.get(), X509_get0_pubkey(ca.get())) == 1);
  CHECK(X509_check_ca(ca.get()) == 1);
  CHECK(X509_check_ca(node.get()) == 0);
  for (const auto& e : fs::directory_iterator{where})
    CHECK((e.status().permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  CHECK((fs::status(where).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
}

TEST_CASE("a second start keeps what is there, and a lost node certificate comes from the same authority") {
  const directory d;
  const auto where = (d.path / "tls").string();
  REQUIRE(ensure_cluster_tls(where));
  const auto files = tls_files_in(where);
  const auto before = fs::last_write_time(files.ca);
  REQUIRE(ensure_cluster_tls(where));
  CHECK(fs::last_write_time(files.ca) == before);
  fs::remove(files.key);
  CHECK_FALSE(check_tls_files(files));
  REQUIRE(ensure_cluster_tls(where));
  CHECK(fs::last_write_time(files.ca) == before);
  CHECK(X509_verify(certificate(files.certificate).get(), X509_get0_pubkey(certificate(files.ca).get())) == 1);
}
