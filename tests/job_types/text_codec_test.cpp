#include "handlers/digest.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "job_types/text_codec.hpp"

using namespace callboard;

TEST_CASE("UTF-8 is told from other bytes") {
  for (const auto* good : {"", "plain", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"})
    CHECK(is_utf8(good));
  // Overlong, surrogate, above U+10FFFF, cut, lone continuation.
  for (const auto* bad : {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC3", "\x80", "\xFF"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("base64 is that of RFC 4648") {
  const auto [text, encoded] = GENERATE(table<std::string, std::string>(
    {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xFF\xFE", "//4="}}));
  CHECK(to_base64(text) == encoded);
  CHECK(from_base64(encoded) == text);
}

TEST_CASE("what is no base64 is refused") {
  for (const auto* bad : {"Zg=", "Zg", "Zg==Zg==", "Z=g=", "Z!==", "===="})
    CHECK_FALSE(from_base64(bad));
  CHECK(from_base64("Zm9v\r\n YmFy") == "foobar");
}

TEST_CASE("the digests are those of FIPS 180 and RFC 4231") {
  CHECK(to_hex(sha256_of("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sha256 h;
  h.add("a");
  h.add("bc");
  CHECK(h.finish() == sha256_of("abc"));
  CHECK(h.finish() == sha256_of(""));
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("bytes that are not UTF-8 do not break JSON text") {
  CHECK(to_json_text(nlohmann::json("a\xFFz")) == "\"a\xEF\xBF\xBDz\"");
}
