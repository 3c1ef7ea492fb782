#include "handlers/data/text_decoder.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

std::string decode(const std::string& encoding, std::string_view bytes, size_t piece) {
  std::string out;
  text_decoder d{encoding, [&](std::string_view utf8) { out += utf8; }};
  for (size_t i = 0; i < bytes.size(); i += piece)
    d.add(bytes.substr(i, piece));
  d.finish();
  return out;
}

} // namespace

TEST_CASE("text is decoded in pieces of any size") {
  using namespace std::string_view_literals;
  const auto piece = GENERATE(size_t{1}, size_t{2}, size_t{3}, size_t{5}, size_t{1000});
  CAPTURE(piece);
  CHECK(decode("", "", piece).empty());
  CHECK(decode("", "a", piece) == "a");
  CHECK(decode("", "\xEF\xBB\xBF\xC3\xA4", piece) == "\u00E4");
  CHECK(decode("", "\xEF\xBB", piece) == "\xEF\xBB"); // passed on, not checked
  CHECK(decode("", "\xFF\xFE\x3D\xD8\x00\xDEx\0"sv, piece) == "\U0001F600x");
  CHECK(decode("", "\xFE\xFF\xD8\x3D\xDE\x00\0x"sv, piece) == "\U0001F600x");
  CHECK(decode("utf-16", "\xFE\xFF\0x"sv, piece) == "x");
  CHECK(decode("utf-16", "x\0"sv, piece) == "x");
  CHECK(decode("windows-1252", "\x80 100", piece) == "\u20AC 100");
  // Whoever names the encoding means it: these bytes are no mark there.
  CHECK(decode("iso-8859-1", "\xEF\xBB\xBF", piece) == "\u00EF\u00BB\u00BF");
}

TEST_CASE("what does not decode is refused with its line, after all that comes before it") {
  using namespace std::string_view_literals;
  std::string out;
  text_decoder d{"utf-16le", [&](std::string_view utf8) { out += utf8; }};
  try {
    d.add("a\0\n\0b\0\x00\xDC"
          "c\0"sv);
    FAIL("half a surrogate pair was taken");
  } catch (const encoding_fault& f) {
    CHECK(f.line == 2);
    CHECK_THAT(f.what(), Catch::Contains("utf-16le"));
  }
  CHECK(out == "a\nb");
  CHECK_THROWS_AS(decode("utf-16be", "\0"sv, 1), encoding_fault);
  CHECK_THROWS_AS(decode("windows-1252", "\x81", 1), encoding_fault);
}

TEST_CASE("the C library has a converter for every encoding") {
  for (const auto name : text_encodings()) {
    CAPTURE(name);
    CHECK_NOTHROW(decode(std::string{name}, "", 1));
  }
}
