#include "handlers/mail/mail_message.hpp"

#include "handlers/failure.hpp"

#include <algorithm>
#include <array>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

/// RFC 5322: a line has at most 998 characters besides its end.
constexpr size_t line_bytes_max = 998;
/// Bytes of text in an encoded word: 45 make 60 characters, with its frame below the 75 that RFC 2047 allows.
constexpr size_t encoded_word_bytes = 45;
/// RFC 5321, section 4.5.3.1.3, without the angle brackets.
constexpr size_t address_bytes_max = 254;

bool is_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

/// In double quotes, with what needs it escaped.
std::string quoted(std::string_view s) {
  std::string out = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

std::string printed(const mail_address& a) {
  if (a.name.empty())
    return a.address;
  return (is_ascii(a.name) ? quoted(a.name) : encode_mail_text(a.name)) + " <" + a.address + ">";
}

/// One mailbox a line, because a line is bounded.
std::string printed(const std::vector<mail_address>& list) {
  std::string out;
  for (const auto& a : list)
    out += (out.empty() ? "" : ",\r\n ") + printed(a);
  return out;
}

std::string date_text(std::chrono::sys_seconds t) {
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{t - day};
  const auto two = [](auto n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  return std::string{days[std::chrono::weekday{day}.c_encoding()]} + ", " +
         std::to_string(static_cast<unsigned>(date.day())) + " " + months[static_cast<unsigned>(date.month()) - 1] +
         " " + std::to_string(static_cast<int>(date.year())) + " " + two(time.hours().count()) + ":" +
         two(time.minutes().count()) + ":" + two(time.seconds().count()) + " +0000";
}

} // namespace

void check_mail_text(std::string_view text, const std::string& field) {
  const bool clean = std::none_of(
    text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
  if (!clean)
    give_up("EMAIL_HEADER", field + " has a line break or another control character");
}

mail_address parse_mail_address(std::string_view text, const std::string& field) {
  check_mail_text(text, field);
  mail_address out;
  auto rest = trimmed(text);
  if (rest.ends_with('>')) {
    const auto open = rest.rfind('<');
    if (open == std::string_view::npos)
      give_up("EMAIL_ADDRESS", field + " \"" + std::string{text} + "\" has a > without a <");
    auto name = trimmed(rest.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
      name = name.substr(1, name.size() - 2);
    out.name = name;
    rest = rest.substr(open + 1, rest.size() - open - 2);
  }
  const auto at = rest.rfind('@');
  const bool good = at != std::string_view::npos && at > 0 && at + 1 < rest.size() &&
                    rest.size() <= address_bytes_max &&
                    rest.find_first_of(" \t<>,;:\"()[]\\") == std::string_view::npos && rest.find('@') == at;
  if (!good)
    give_up("EMAIL_ADDRESS", field + " \"" + std::string{text} + "\" is not an address like user@example.com or " +
                               "Some Name <user@example.com>");
  out.address = rest;
  return out;
}

std::string encode_mail_text(std::string_view text) {
  if (is_ascii(text) && text.size() <= line_bytes_max - 100)
    return std::string{text};
  std::string out;
  while (!text.empty()) {
    size_t n = std::min(encoded_word_bytes, text.size());
    // A word ends with a whole character.
    while (n > 1 && n < text.size() && (text[n] & 0xC0) == 0x80)
      --n;
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + to_base64(text.substr(0, n)) + "?=";
    text.remove_prefix(n);
  }
  return out;
}

std::vector<std::string> header_lines(const mail_message& m) {
  std::vector<std::string> out{"Date: " + date_text(m.date), "From: " + printed(m.from)};
  if (!m.to.empty())
    out.push_back("To: " + printed(m.to));
  if (!m.cc.empty())
    out.push_back("Cc: " + printed(m.cc));
  if (!m.reply_to.empty())
    out.push_back("Reply-To: " + printed(m.reply_to));
  out.push_back("Subject: " + encode_mail_text(m.subject));
  out.push_back("Message-ID: " + m.message_id);
  for (const auto& [name, value] : m.headers)
    out.push_back(name + ": " + encode_mail_text(value));
  return out;
}

} // namespace callboard
