#include "handlers/failure.hpp"
#include "handlers/mail/mail_message.hpp"

#include <catch2/catch.hpp>

#include "job_types/text_codec.hpp"

using namespace callboard;

namespace {

mail_message simple() {
  mail_message m;
  m.from = {"", "me@example.com"};
  m.to = {{"Ada L.", "ada@example.com"}, {"", "b@example.com"}};
  m.subject = "Welcome";
  m.text = "hello\nworld";
  m.message_id = "<1@example.com>";
  m.date = std::chrono::sys_days{std::chrono::year{2024} / 2 / 9} + std::chrono::hours{7};
  return m;
}

} // namespace

TEST_CASE("a simple mail reads as RFC 5322 wants it") {
  CHECK(to_mime(simple()) == "Date: Fri, 9 Feb 2024 07:00:00 +0000\r\n"
                             "From: me@example.com\r\n"
                             "To: \"Ada L.\" <ada@example.com>,\r\n b@example.com\r\n"
                             "Subject: Welcome\r\n"
                             "Message-ID: <1@example.com>\r\n"
                             "MIME-Version: 1.0\r\n"
                             "Content-Type: text/plain; charset=utf-8\r\n"
                             "Content-Transfer-Encoding: 7bit\r\n"
                             "\r\n"
                             "hello\r\nworld\r\n");
}

TEST_CASE("text beyond ASCII and long lines are encoded") {
  auto m = simple();
  m.text = "\xC3\xA4";
  CHECK_THAT(to_mime(m), Catch::Contains("base64\r\n\r\n" + to_base64("\xC3\xA4\r\n")));
  m.text = std::string(999, 'x');
  CHECK_THAT(to_mime(m), Catch::Contains("Encoding: base64"));
  m.text = std::string(998, 'x') + "\n" + std::string(998, 'y');
  CHECK_THAT(to_mime(m), Catch::Contains("Encoding: 7bit"));
}

TEST_CASE("header texts are encoded in words of whole characters") {
  CHECK(encode_mail_text("plain") == "plain");
  CHECK(encode_mail_text("\xC3\xA4") == "=?UTF-8?B?w6Q=?=");
  std::string long_text = "x";
  for (int i = 0; i < 40; ++i)
    long_text += "\xE2\x82\xAC";
  auto rest = encode_mail_text(long_text);
  std::string decoded;
  while (!rest.empty()) {
    const auto end = rest.find("?=");
    REQUIRE(rest.starts_with("=?UTF-8?B?"));
    REQUIRE(end + 2 <= 75);
    const auto word = from_base64(rest.substr(10, end - 10));
    REQUIRE(word);
    CHECK(is_utf8(*word));
    decoded += *word;
    rest.erase(0, end + 2);
    if (!rest.empty()) {
      REQUIRE(rest.starts_with("\r\n "));
      rest.erase(0, 3);
    }
  }
  CHECK(decoded == long_text);
}

TEST_CASE("addresses are read, others refused") {
  const auto a = parse_mail_address("  \"Ada L.\" <ada@example.com> ", "f");
  CHECK(a.name == "Ada L.");
  CHECK(a.address == "ada@example.com");
  CHECK(parse_mail_address("a+b@c", "f").address == "a+b@c");
  for (const auto* bad :
       {"", "a", "@b", "a@", "a b@c", "a@b@c", "<a@b", "a@b>", "a@b\r\nBcc: x@y", "a@b,c@d", "x <>"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(parse_mail_address(bad, "f"), handler_failure);
  }
}
