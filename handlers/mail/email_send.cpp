#include "handlers/builtin.hpp"
#include "handlers/builtin_handler.hpp"
#include "handlers/curl_transfer.hpp"
#include "handlers/failure.hpp"
#include "handlers/mail/mail_mime.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

using nlohmann::json;

/// Fields that the handler writes itself; a second one would make the mail malformed or say something else.
constexpr std::array own_fields{"date",         "from",    "to",           "cc",
                                "bcc",          "subject", "reply-to",     "message-id",
                                "mime-version", "sender",  "content-type", "content-transfer-encoding"};

/// `to`, `cc`: a string or an array of them. Empty strings are nobody.
std::vector<mail_address> addresses(const json& p, const std::string& name) {
  std::vector<mail_address> out;
  const auto v = p.find(name);
  if (v == p.end())
    return out;
  const auto add = [&](const std::string& text, const std::string& field) {
    if (text.find_first_not_of(" \t") != std::string::npos)
      out.push_back(parse_mail_address(text, field));
  };
  if (v->is_string())
    add(v->get<std::string>(), "payload." + name);
  else
    for (size_t i = 0; i < v->size(); ++i)
      add((*v)[i].get<std::string>(), "payload." + name + "[" + std::to_string(i) + "]");
  return out;
}

void read_fields(const json& p, mail_message& m) {
  const auto given = p.value("headers", json::object());
  for (const auto& [name, value] : given.items()) {
    const auto field = "payload.headers." + name;
    const bool is_name = !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (!is_name)
      give_up("EMAIL_HEADER", "payload.headers: the name of a field has letters, digits, - and _ only");
    if (std::find(own_fields.begin(), own_fields.end(), lower_case(name)) != own_fields.end())
      give_up("EMAIL_HEADER", field + " is written by email_send itself");
    check_mail_text(value.get<std::string>(), field);
    m.headers.emplace_back(name, value.get<std::string>());
  }
}

void read_attachments(const json& p, mail_message& m) {
  for (const auto& a : p.value("attachments", json::array())) {
    const auto field = "payload.attachments[" + std::to_string(m.attachments.size()) + "]";
    mail_attachment out{a.at("name"), a.value("contentType", "application/octet-stream"), {}};
    check_mail_text(out.name, field + ".name");
    auto bytes = from_base64(a.at("contentBase64").get_ref<const std::string&>());
    if (!bytes)
      give_up("EMAIL_ATTACHMENT", field + ".contentBase64 is not base64 (RFC 4648, with padding)");
    out.content = std::move(*bytes);
    m.attachments.push_back(std::move(out));
  }
}

/// What the server said last.
struct conversation {
  std::string reply;

  static size_t on_reply(char* data, size_t size, size_t n, void* self) {
    auto& c = *static_cast<conversation*>(self);
    std::string_view line{data, size * n};
    while (line.ends_with('\n') || line.ends_with('\r'))
      line.remove_suffix(1);
    // In the end the server takes its leave with a 221, whatever it said before.
    if (!line.starts_with("221"))
      c.reply = line;
    return size * n;
  }
};

class email_send final : public builtin_handler {
public:
  explicit email_send(smtp_settings s) : builtin_handler(email_send_type), settings_(std::move(s)) {
  }
  attempt_outcome run(const attempt& a, handler_context& ctx) override {
    return run_guarded(ctx, [&] { return send(a, ctx); });
  }

private:
  attempt_outcome send(const attempt& a, handler_context& ctx) const {
    const auto p = json::parse(a.payload);
    mail_message m;
    m.to = addresses(p, "to");
    if (m.to.empty())
      try_again("SMTP_NO_RECIPIENT", "payload.to is empty: the mail has no recipient");
    m.cc = addresses(p, "cc");
    m.reply_to = addresses(p, "replyTo");
    m.from = p.contains("from") ? parse_mail_address(p.at("from").get<std::string>(), "payload.from")
                                : parse_mail_address(settings_.from, "handlers.smtp.from");
    m.subject = p.at("subject").get<std::string>();
    check_mail_text(m.subject, "payload.subject");
    m.text = p.value("body", std::string{});
    m.html = p.value("html", std::string{});
    read_fields(p, m);
    read_attachments(p, m);
    m.headers.emplace_back("X-Callboard-Job", to_string(a.id));
    // The same for every attempt, so that whoever gets the mail twice can tell.
    m.message_id = "<" + to_string(a.id) + "@" + m.from.address.substr(m.from.address.rfind('@') + 1) + ">";
    m.date = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

    std::vector<std::string> recipients;
    for (const auto& list : {m.to, m.cc, addresses(p, "bcc")})
      for (const auto& r : list)
        if (std::find(recipients.begin(), recipients.end(), r.address) == recipients.end())
          recipients.push_back(r.address);
    return deliver(m, recipients, ctx);
  }

  attempt_outcome deliver(const mail_message& m, const std::vector<std::string>& recipients,
                          handler_context& ctx) const {
    conversation talk;
    curl_list envelope;
    for (const auto& r : recipients)
      envelope.add("<" + r + ">");
    curl_transfer t;
    const bool is_ipv6 = settings_.host.find(':') != std::string::npos && !settings_.host.starts_with('[');
    const auto host = is_ipv6 ? "[" + settings_.host + "]" : settings_.host;
    t.set(CURLOPT_URL,
          (settings_.security == "tls" ? "smtps://" : "smtp://") + host + ":" + std::to_string(settings_.port));
    t.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    if (settings_.security == "starttls")
      t.set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    t.set(CURLOPT_SSL_VERIFYPEER, settings_.verify ? 1L : 0L);
    t.set(CURLOPT_SSL_VERIFYHOST, settings_.verify ? 2L : 0L);
    if (!settings_.ca_file.empty())
      t.set(CURLOPT_CAINFO, settings_.ca_file);
    if (!settings_.username.empty()) {
      t.set(CURLOPT_USERNAME, settings_.username);
      t.set(CURLOPT_PASSWORD, settings_.password);
    }
    t.set_time(CURLOPT_TIMEOUT_MS, settings_.timeout);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings_.timeout);
    t.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, static_cast<long>(seconds.count()));
    t.set(CURLOPT_MAIL_FROM, "<" + m.from.address + ">");
    t.set(CURLOPT_MAIL_RCPT, envelope.get());
    const mail_mime mail{t, m};
    t.set(CURLOPT_HEADERFUNCTION, &conversation::on_reply);
    t.set(CURLOPT_HEADERDATA, &talk);
    const auto end = t.perform(ctx);
    if (end.code != CURLE_OK)
      explain(end, talk.reply);
    return succeed(
      to_json_text(json{{"messageId", m.message_id}, {"recipients", recipients}, {"response", talk.reply}}));
  }

  [[noreturn]] void explain(const transfer_end& end, const std::string& reply) const {
    const auto server = settings_.host + ":" + std::to_string(settings_.port);
    // curl keeps the last reply's code also when the connection broke after a good one.
    const bool refused = end.response_code >= 400;
    const auto text = server + ": " + end.message + (refused ? ": " + reply : "");
    if (refused && end.code == CURLE_LOGIN_DENIED && end.response_code >= 500)
      give_up("SMTP_LOGIN", text);
    if (end.response_code >= 500)
      give_up("SMTP_REFUSED", text);
    if (refused)
      try_again("SMTP_TEMPORARY", text);
    try_again(end.code == CURLE_OPERATION_TIMEDOUT ? "SMTP_TIMEOUT" : "SMTP_CONNECTION", text);
  }

  const smtp_settings settings_;
};

} // namespace

std::shared_ptr<handler> make_email_send(const smtp_settings& smtp) {
  return std::make_shared<email_send>(smtp);
}

} // namespace callboard
