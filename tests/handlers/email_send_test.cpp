#include "tests/handlers/handler_run.hpp"
#include "tests/handlers/server_process.hpp"

#include <thread>

#include "job_types/text_codec.hpp"

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;
using kind = outcome_kind;

namespace {

smtp_settings settings_for(const server_process& server) {
  smtp_settings s;
  s.port = static_cast<uint16_t>(server.port());
  s.from = "Callboard <jobs@example.com>";
  return s;
}

server_process& server() {
  static server_process s{"smtp_server.py"};
  return s;
}

finished send(json payload) {
  if (!payload.contains("subject"))
    payload["subject"] = "Welcome";
  return run(*make_email_send(settings_for(server())), payload);
}

std::string content(const json& seen) {
  return from_base64(seen.at("content").get<std::string>()).value();
}

/// A certificate for 127.0.0.1 that is its own authority.
struct certificate {
  temporary_directory directory;
  std::string file = directory.path("cert.pem"), key = directory.path("key.pem");

  certificate() {
    const auto command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
                         "-subj /CN=callboard-test -addext subjectAltName=IP:127.0.0.1 -keyout " +
                         key + " -out " + file + " 2>/dev/null";
    if (std::system(command.c_str()) != 0)
      throw std::runtime_error("openssl cannot make a certificate");
  }
};

} // namespace

TEST_CASE("email_send delivers a mail") {
  const auto f = send({{"to", "user@example.com"}, {"body", "Welcome to our service"}});
  require_kind(f, kind::succeeded);
  const auto seen = server().next_event();
  CHECK(seen["mailFrom"] == "jobs@example.com");
  CHECK(seen["to"] == json::array({"user@example.com"}));
  const auto text = content(seen);
  CHECK_THAT(text, Catch::Contains("Subject: Welcome\r\n") && Catch::Contains("\r\n\r\nWelcome to our service\r\n") &&
                     Catch::Contains("\r\nMime-Version: 1.0\r\n") && Catch::Contains("To: user@example.com\r\n") &&
                     Catch::Contains("From: \"Callboard\" <jobs@example.com>\r\n") &&
                     Catch::Contains("X-Callboard-Job: " + to_string(test_job)));
  const auto id = "<" + to_string(test_job) + "@example.com>";
  CHECK_THAT(text, Catch::Contains("Message-ID: " + id + "\r\n"));
  CHECK(f.result["messageId"] == id);
  CHECK(f.result["recipients"] == json::array({"user@example.com"}));
  CHECK(f.result["response"] == "250 taken as test-1");
}

TEST_CASE("email_send writes all parts of a mail, and hides who is in bcc") {
  const auto f =
    send({{"to", {"A <a@example.com>", "b@example.com"}},
          {"cc", "c@example.com"},
          {"bcc", {"hidden@example.com", "a@example.com"}},
          {"from", "other@example.org"},
          {"replyTo", "answers@example.org"},
          {"subject", "Gr\u00FC\u00DFe"},
          {"body", ".\n..dots"},
          {"html", "<p>hi</p>"},
          {"headers", {{"X-Mine", "yes"}}},
          {"attachments", json::array({{{"name", "a.bin"}, {"contentBase64", "AAEC"}, {"contentType", "x/y"}}})}});
  require_kind(f, kind::succeeded);
  const auto seen = server().next_event();
  CHECK(seen["mailFrom"] == "other@example.org");
  CHECK(seen["to"] == json{"a@example.com", "b@example.com", "c@example.com", "hidden@example.com"});
  const auto text = content(seen);
  CHECK_THAT(text, Catch::Contains("Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n") && Catch::Contains("Cc: c@example.com") &&
                     Catch::Contains("Reply-To: answers@example.org") && Catch::Contains("X-Mine: yes") &&
                     Catch::Contains("\r\n.\r\n..dots\r\n") && Catch::Contains("text/html") &&
                     Catch::Contains("Content-Type: x/y\r\n") && Catch::Contains("\r\nAAEC\r\n") &&
                     !Catch::Contains("hidden@example.com"));
}

TEST_CASE("another program reads a mail as it was meant") {
  const std::string text = "Gr\u00FC\u00DFe\n.\n..dots = signs\r\n" + std::string(2000, 'x') + "\rend";
  const std::string lines = "Gr\u00FC\u00DFe\r\n.\r\n..dots = signs\r\n" + std::string(2000, 'x') + "\r\nend";
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += static_cast<char>(i);
  const std::vector<std::string> names{"\u00DCbersicht \"2026\".pdf", "plain.bin", "a \"b\" \\c.txt",
                                       "100% \u20AC; a=b'c.txt", [] {
                                         std::string long_name;
                                         for (int i = 0; i < 250; ++i)
                                           long_name += "\u20AC";
                                         return long_name + ".pdf";
                                       }()};
  auto attachments = json::array();
  for (const auto& name : names)
    attachments.push_back({{"name", name}, {"contentBase64", to_base64(bytes + name)}, {"contentType", "x/y"}});
  std::string subject;
  for (int i = 0; i < 100; ++i)
    subject += "\u00C4rger ";
  require_kind(send({{"to", "J\u00FCrgen <user@example.com>"},
                     {"subject", subject + "!"},
                     {"body", text},
                     {"html", "<p>\u20AC</p>"},
                     {"attachments", attachments}}),
               kind::succeeded);
  const auto seen = server().next_event();
  // Python forgives an encoded word in quotes, which RFC 2047 forbids; Outlook does not.
  CHECK_THAT(content(seen), Catch::Contains("filename*=UTF-8''%C3%9Cbersicht%20%222026%22.pdf;\r\n") &&
                              Catch::Contains("filename=\"_bersicht _2026_.pdf\"\r\n") &&
                              !Catch::Contains("\"=?UTF-8"));
  const auto& mail = seen.at("mail");
  CHECK(mail["defects"] == json::array());
  CHECK(mail["ascii"] == true);
  CHECK(mail["longestLine"] <= 998);
  CHECK(mail["bareLineEnds"] == 0);
  CHECK(mail["headers"]["subject"] == subject + "!");
  CHECK(mail["headers"]["to"] == "J\u00FCrgen <user@example.com>");
  const auto& parts = mail["parts"];
  REQUIRE(parts.size() == 4 + names.size());
  CHECK(parts[0] == json{{"type", "multipart/mixed"}, {"parts", 1 + names.size()}});
  CHECK(parts[1] == json{{"type", "multipart/alternative"}, {"parts", 2}});
  CHECK(parts[2]["type"] == "text/plain");
  CHECK(parts[2]["charset"] == "utf-8");
  CHECK(from_base64(parts[2]["content"].get<std::string>()) == lines);
  CHECK(parts[2]["disposition"] == nullptr);
  CHECK(parts[3]["type"] == "text/html");
  CHECK(from_base64(parts[3]["content"].get<std::string>()) == "<p>\u20AC</p>");
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& part = parts[4 + i];
    CHECK(part["name"] == names[i]);
    CHECK(part["type"] == "x/y");
    CHECK(part["disposition"] == "attachment");
    CHECK(from_base64(part["content"].get<std::string>()) == bytes + names[i]);
  }
}

TEST_CASE("a mail has no more parts than it needs") {
  const auto types = [](const json& more) {
    json payload{{"to", "user@example.com"}, {"body", "hello"}};
    payload.update(more);
    require_kind(send(payload), kind::succeeded);
    const auto seen = server().next_event();
    std::string out;
    for (const auto& part : seen.at("mail").at("parts"))
      out += part.at("type").get<std::string>() + " ";
    return out;
  };
  const json file = json::array({{{"name", "a"}, {"contentBase64", ""}}});
  CHECK(types(json::object()) == "multipart/mixed text/plain ");
  CHECK(types(json::object({{"html", "<p>"}})) == "multipart/alternative text/plain text/html ");
  CHECK(types(json::object({{"attachments", file}})) == "multipart/mixed text/plain application/octet-stream ");
}

TEST_CASE("email_send without a recipient fails, and may be tried again") {
  const auto to = GENERATE(json(""), json("  "), json::array(), json::array({""}));
  require_kind(send({{"to", to}}), kind::failed_retryable, "SMTP_NO_RECIPIENT");
  REQUIRE_FALSE(server().has_event());
}

TEST_CASE("email_send refuses what could add header fields or recipients") {
  const auto [more, code] = GENERATE(table<json, const char*>({
    {{{"subject", "x\r\nBcc: victim@example.com"}}, "EMAIL_HEADER"},
    {{{"subject", "x\nBcc: victim@example.com"}}, "EMAIL_HEADER"},
    {{{"to", "a@example.com\r\nRCPT TO:<b@example.com>"}}, "EMAIL_HEADER"},
    {{{"from", "a@example.com>\r\nX: <b"}}, "EMAIL_HEADER"},
    {{{"from", "nobody"}}, "EMAIL_ADDRESS"},
    {{{"cc", "a@b, c@d"}}, "EMAIL_ADDRESS"},
    {{{"headers", {{"X-A", "b\r\nX-C: d"}}}}, "EMAIL_HEADER"},
    {{{"headers", {{"X A", "b"}}}}, "EMAIL_HEADER"},
    {{{"headers", {{"bcc", "x@y"}}}}, "EMAIL_HEADER"},
    {{{"attachments", json::array({{{"name", "a\r\nb"}, {"contentBase64", ""}}})}}, "EMAIL_HEADER"},
    {{{"attachments", json::array({{{"name", "a"}, {"contentBase64", "!"}}})}}, "EMAIL_ATTACHMENT"},
  }));
  json payload{{"to", "user@example.com"}};
  payload.update(more);
  CAPTURE(payload);
  require_kind(send(payload), kind::failed_final, code);
  REQUIRE_FALSE(server().has_event());
}

TEST_CASE("email_send tells a permanent refusal from a temporary one") {
  const auto refused = send({{"to", "refused@example.com"}});
  require_kind(refused, kind::failed_final, "SMTP_REFUSED");
  CHECK_THAT(refused.outcome.message, Catch::Contains("550 no such mailbox"));
  const auto later = send({{"to", "later@example.com"}});
  require_kind(later, kind::failed_retryable, "SMTP_TEMPORARY");
  CHECK_THAT(later.outcome.message, Catch::Contains("451 come back later"));
  require_kind(send({{"to", {"user@example.com", "refused@example.com"}}}), kind::failed_final, "SMTP_REFUSED");
  REQUIRE_FALSE(server().has_event());
  const auto spam = send({{"to", "spam@example.com"}});
  require_kind(spam, kind::failed_final, "SMTP_REFUSED");
  CHECK_THAT(spam.outcome.message, Catch::Contains("554 that is spam"));
  server().next_event();
  auto nowhere = settings_for(server());
  nowhere.port = 1;
  require_kind(run(*make_email_send(nowhere), {{"to", "a@b"}, {"subject", "x"}}), kind::failed_retryable,
               "SMTP_CONNECTION");
}

TEST_CASE("email_send stops when cancelled while the server thinks, and after its own timeout") {
  const json payload{{"to", "held@example.com"}, {"subject", "x"}};
  recording_context ctx;
  auto& holding = server();
  std::jthread canceller{[&] {
    holding.next_event();
    ctx.token().cancel(cancel_token::reason::cancelled);
  }};
  require_kind(run(*make_email_send(settings_for(server())), payload, ctx), kind::cancelled, "CANCELLED");
  canceller.join();
  auto hasty = settings_for(server());
  hasty.timeout = 300ms;
  require_kind(run(*make_email_send(hasty), payload), kind::failed_retryable, "SMTP_TIMEOUT");
  server().next_event();
}

TEST_CASE("email_send speaks TLS and logs in") {
  const certificate c;
  const auto security = GENERATE(as<std::string>{}, "starttls", "tls");
  CAPTURE(security);
  std::vector<std::string> arguments{"--certificate", c.file, "--key", c.key, "--user", "me", "--password", "secret"};
  if (security == "tls")
    arguments.push_back("--implicit");
  server_process tls{"smtp_server.py", arguments};
  auto s = settings_for(tls);
  s.security = security;
  s.username = "me";
  s.password = "secret";
  s.ca_file = c.file;
  const json payload{{"to", "user@example.com"}, {"subject", "x"}};
  require_kind(run(*make_email_send(s), payload), kind::succeeded);
  const auto seen = tls.next_event();
  CHECK(seen["login"] == "me");
  if (security == "starttls")
    CHECK(seen["tls"] == true);

  auto wrong = s;
  wrong.password = "other";
  require_kind(run(*make_email_send(wrong), payload), kind::failed_final, "SMTP_LOGIN");
  auto stranger = s;
  stranger.ca_file.clear();
  require_kind(run(*make_email_send(stranger), payload), kind::failed_retryable, "SMTP_CONNECTION");
  REQUIRE_FALSE(tls.has_event());
  stranger.verify = false;
  require_kind(run(*make_email_send(stranger), payload), kind::succeeded);
}

TEST_CASE("email_send does not fall back to a plain connection") {
  auto s = settings_for(server());
  s.security = "starttls";
  require_kind(run(*make_email_send(s), {{"to", "user@example.com"}, {"subject", "x"}}), kind::failed_retryable,
               "SMTP_CONNECTION");
  REQUIRE_FALSE(server().has_event());
}
