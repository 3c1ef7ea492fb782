#include <catch2/catch.hpp>
#include <unistd.h>

#include "pki/cluster_authority.hpp"
#include "pki/node_proof.hpp"

using namespace callboard;
namespace fs = std::filesystem;
using std::chrono::days;

namespace {

struct proof_fixture {
  fs::path root = fs::temp_directory_path() / ("callboard-proof-" + std::to_string(::getpid()));
  fs::path tls = root / "tls";
  time_point now = std::chrono::floor<duration>(std::chrono::system_clock::now());
  proof_fixture() {
    fs::remove_all(root);
    REQUIRE(make_authority(tls, now));
  }
  ~proof_fixture() {
    fs::remove_all(root);
  }
  fs::path bundle(const std::string& name) const {
    return bundle(name, now, certificate_valid_default, tls);
  }
  fs::path bundle(const std::string& name, time_point at, days valid, const fs::path& authority) const {
    const auto file = root / (name + ".bundle");
    REQUIRE(issue_bundle(authority, name, valid, file, at));
    return file;
  }
  static signed_text sign(const fs::path& file, const std::string& text = "challenge") {
    auto s = sign_text(file, file, text);
    REQUIRE(s);
    return *s;
  }
  result<done> check(const std::string& name, const signed_text& proof, const std::string& text = "challenge") const {
    return check_signed_text(tls / authority_file::trust, tls / authority_file::node, name, text, proof);
  }
  void refuses(const result<done>& r, const std::string& word) const {
    REQUIRE_FALSE(r);
    CHECK(r.err().code == ec::registration_refused);
    CHECK_THAT(r.err().message, Catch::Contains(word));
  }
};

} // namespace

TEST_CASE_METHOD(proof_fixture, "a bundle proves its own name and no other") {
  const auto a = sign(bundle("a"));
  CHECK(check("a", a));
  refuses(check("b", a), "the bundle of a cannot join as b");
}

TEST_CASE_METHOD(proof_fixture, "a certificate without its key, or a signature of another challenge, proves nothing") {
  const auto a = sign(bundle("a"));
  auto stolen = sign(bundle("b"));
  stolen.certificates = a.certificates;
  refuses(check("a", stolen), "does not have the key");
  refuses(check("a", a, "another challenge"), "does not have the key");
  auto cut = a;
  cut.signature.pop_back();
  refuses(check("a", cut), "does not have the key");
  refuses(check("a", {}), "no certificate");
  refuses(check("a", {"-----BEGIN CERTIFICATE-----\nAAAA\n", a.signature}), "no certificate");
  refuses(check("a", {std::string(100'000, 'x'), a.signature}), "too large");
}

TEST_CASE_METHOD(proof_fixture, "a revoked, an expired and a foreign bundle are refused") {
  const auto a = sign(bundle("a")), b = sign(bundle("b"));
  REQUIRE(revoke_certificates(tls, "a", now));
  refuses(check("a", a), "revoked");
  CHECK(check("b", b));
  const auto renewed = root / "a-again.bundle";
  REQUIRE(issue_bundle(tls, "a", days{1}, renewed, now));
  CHECK(check("a", sign(renewed)));
  refuses(check("c", sign(bundle("c", now - days{10}, days{1}, tls))), "expired");
  const auto other = root / "other";
  REQUIRE(make_authority(other, now));
  refuses(check("d", sign(bundle("d", now, days{1}, other))), "the certificate of d");
}

TEST_CASE_METHOD(proof_fixture, "who has the scheduler's own key may take any name") {
  REQUIRE(complete_authority(tls, now));
  const auto s = sign_text(tls / authority_file::node, tls / authority_file::node_key, "challenge");
  REQUIRE(s);
  CHECK(check("fleet-1", *s));
}

TEST_CASE("a seal holds for its secret and its text") {
  const auto secret = make_secret(), other = make_secret();
  REQUIRE(secret);
  REQUIRE(other);
  CHECK(same_secret(seal_text(*secret, "x"), seal_text(*secret, "x")));
  CHECK_FALSE(same_secret(seal_text(*secret, "x"), seal_text(*other, "x")));
  CHECK_FALSE(same_secret(seal_text(*secret, "x"), seal_text(*secret, "y")));
  CHECK_FALSE(same_secret("", ""));
}
