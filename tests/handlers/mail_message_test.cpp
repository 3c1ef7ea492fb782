#include "handlers/failure.hpp"
#include "handlers/mail/mail_mime.hpp"

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

TEST_CASE("a mail's header reads as RFC 5322 wants it") {
  auto m = simple();
  CHECK(header_lines(m) == std::vector<std::string>{"Date: Fri, 9 Feb 2024 07:00:00 +0000", "From: me@example.com",
                                                    "To: \"Ada L.\" <ada@example.com>,\r\n b@example.com",
                                                    "Subject: Welcome", "Message-ID: <1@example.com>"});
  m.subject = "\xC3\xA4";
  m.cc = m.reply_to = {{"\xC3\xA4", "c@example.com"}};
  m.headers = {{"X-Mine", "\xC3\xA4"}};
  const auto lines = header_lines(m);
  CHECK(lines[3] == "Cc: =?UTF-8?B?w6Q=?= <c@example.com>");
  CHECK(lines[4] == "Reply-To: =?UTF-8?B?w6Q=?= <c@example.com>");
  CHECK(lines[5] == "Subject: =?UTF-8?B?w6Q=?=");
  CHECK(lines.back() == "X-Mine: =?UTF-8?B?w6Q=?=");
}

TEST_CASE("an attachment's name is written by RFC 2231 where ASCII does not do") {
  const std::string begin = "Content-Disposition: attachment;\r\n ";
  CHECK(attachment_disposition("a b.pdf") == begin + "filename=\"a b.pdf\"");
  CHECK(attachment_disposition(R"(a"\.pdf)") == begin + R"(filename="a\"\\.pdf")");
  CHECK(attachment_disposition("\u00DCbersicht \"2026\".pdf") ==
        begin + "filename*=UTF-8''%C3%9Cbersicht%20%222026%22.pdf;\r\n filename=\"_bersicht _2026_.pdf\"");
  std::string long_name;
  for (int i = 0; i < 255; ++i)
    long_name += "\u20AC";
  const auto pieces = attachment_disposition(long_name);
  CHECK_THAT(pieces, Catch::Contains("filename*0*=UTF-8''%E2%82%AC") && Catch::Contains(";\r\n filename*2*=%") &&
                       Catch::EndsWith("filename=\"" + std::string(200, '_') + "\""));
  for (size_t i = 0; i < pieces.size();) {
    const auto end = std::min(pieces.find("\r\n", i), pieces.size());
    CHECK(end - i <= 998);
    i = end + 2;
  }
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
