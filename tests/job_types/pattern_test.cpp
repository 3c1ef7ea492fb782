#include <catch2/catch.hpp>

#include <string>

#include "job_types/pattern.hpp"

using namespace callboard;

TEST_CASE("a pattern is searched for, not anchored") {
  CHECK(pattern{"b+"}.is_found_in("abc"));
  CHECK_FALSE(pattern{"^b+$"}.is_found_in("abc"));
  CHECK(pattern{""}.is_found_in(""));
  // The end of the text, not of a line.
  CHECK_FALSE(pattern{"^a$"}.is_found_in("a\nb"));
  CHECK_FALSE(pattern{"^a$"}.is_found_in("a\n"));
}

TEST_CASE("a character of a pattern is a character, not a byte") {
  CHECK(pattern{"^.$"}.is_found_in("\u00E4"));
  CHECK(pattern{"^[\u00E0-\u00FF]$"}.is_found_in("\u00E4"));
  CHECK(pattern{R"(^[\u00e0-\u00FF]\\u$)"}.is_found_in("\u00E4\\u"));
  CHECK(pattern{R"(^\u20ac$)"}.is_found_in("\u20AC"));
  CHECK_THROWS_AS(pattern{R"(\u12)"}, pattern_fault);
  // Half a character of UTF-16 is none.
  CHECK(pattern{R"(^\ud83d\ude00$)"}.is_found_in("\U0001F600"));
  CHECK_THROWS_AS(pattern{R"(\ud83d)"}, pattern_fault);
  CHECK_THROWS_AS(pattern{R"(\ude00\ud83d)"}, pattern_fault);
  CHECK_THROWS_AS(pattern{"a\\"}, pattern_fault);
}

TEST_CASE("no pattern takes more than linear time or a stack that grows") {
  // Exponential with back-tracking, and a call per character with a recursive matcher.
  const std::string many(1u << 20, 'a');
  for (const auto* text : {"^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$"}) {
    CAPTURE(text);
    const pattern p{text};
    CHECK(p.is_found_in(many));
    CHECK_FALSE(p.is_found_in(many + "!"));
  }
}
