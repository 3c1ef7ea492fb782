#include "handlers/exec/output_lines.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace callboard;

namespace {

using lines = std::vector<std::string>;

/// What becomes of pieces that come one after the other.
lines cut(const lines& pieces, size_t line_bytes_max = 8) {
  lines out;
  output_lines o{line_bytes_max, [&](std::string_view line) { out.emplace_back(line); }};
  for (const auto& p : pieces)
    o.add(p);
  o.end();
  return out;
}

} // namespace

TEST_CASE("output: lines are whole, however they come") {
  const std::string text = "one\n\ntwo\r\nthree";
  const lines expected{"one", "", "two", "three"};
  CHECK(cut({text}) == expected);
  lines bytes;
  for (const char c : text)
    bytes.emplace_back(1, c);
  CHECK(cut(bytes) == expected);
  for (size_t at = 0; at <= text.size(); ++at)
    CHECK(cut({text.substr(0, at), text.substr(at)}) == expected);
}

TEST_CASE("output: an end of line at the end begins no other one") {
  CHECK(cut({"a\n"}) == lines{"a"});
  CHECK(cut({}) == lines{});
  CHECK(cut({"", "\n"}) == lines{""});
}

TEST_CASE("output: a long line goes on as another one, between two characters") {
  CHECK(cut({"12345678\n"}) == lines{"12345678"});
  CHECK(cut({"123456789\n"}) == lines{"12345678", "9"});
  CHECK(cut({"1234567\xC3", "\xA9\n"}) == lines{"1234567", "\xC3\xA9"});
  CHECK(cut({std::string(20, 'x')}) == lines{std::string(8, 'x'), std::string(8, 'x'), "xxxx"});
  CHECK(cut({std::string(12, '\x80')}) == lines{std::string(8, '\x80'), std::string(4, '\x80')}); // no UTF-8 at all
}
