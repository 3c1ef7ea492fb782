#include "handlers/mail/mail_mime.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace callboard {

namespace {

/// RFC 5322: a line has at most 998 characters besides its end.
constexpr size_t line_bytes_max = 998;
/// Bytes of an encoded name in one piece of RFC 2231, which is one line with the name of its parameter.
constexpr size_t name_piece_bytes = 900;
constexpr size_t fallback_bytes_max = 200;

void check(CURLcode code) {
  if (code == CURLE_OUT_OF_MEMORY)
    throw std::bad_alloc{};
  if (code != CURLE_OK)
    throw std::runtime_error(std::string{"libcurl cannot make the mail: "} + curl_easy_strerror(code));
}

curl_mimepart* add_part(curl_mime* to) {
  auto* part = curl_mime_addpart(to);
  if (!part)
    throw std::bad_alloc{};
  return part;
}

bool is_ascii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// Every line end as CRLF, which is what curl's encoders take for one.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' && text[i] != '\n') {
      out += text[i];
      continue;
    }
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n')
      ++i;
    out += "\r\n";
  }
  return out;
}

/// Of a text with CRLF line ends.
bool goes_as_it_is(std::string_view text) {
  size_t longest = 0;
  for (size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find("\r\n", begin), text.size());
    longest = std::max(longest, end - begin);
    begin = end + 2;
  }
  return longest <= line_bytes_max && is_ascii(text) && text.find('\0') == std::string_view::npos;
}

void add_text(curl_mime* to, const char* type, std::string_view text) {
  const auto lines = with_crlf(text);
  auto* part = add_part(to);
  check(curl_mime_data(part, lines.data(), lines.size()));
  check(curl_mime_type(part, type));
  check(curl_mime_encoder(part, goes_as_it_is(lines) ? "7bit" : "quoted-printable"));
}

void add_texts(curl_mime* to, const mail_message& m) {
  add_text(to, "text/plain; charset=utf-8", m.text);
  if (!m.html.empty())
    add_text(to, "text/html; charset=utf-8", m.html);
}

void add_attachment(curl_mime* to, const mail_attachment& a) {
  auto* part = add_part(to);
  check(curl_mime_data(part, a.content.data(), a.content.size()));
  check(curl_mime_type(part, a.content_type.c_str()));
  check(curl_mime_encoder(part, "base64"));
  // curl would write the bytes of the name as they are.
  curl_list fields;
  fields.add(attachment_disposition(a.name));
  check(curl_mime_headers(part, fields.release(), 1));
}

/// RFC 2231 and 5987: these stand for themselves.
bool is_plain(char c) {
  constexpr std::string_view others = "!#$&+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

/// A byte as RFC 2231 writes it.
std::string encoded(char c) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto b = static_cast<unsigned char>(c);
  return is_plain(c) ? std::string{c} : std::string{'%', digits[b >> 4u], digits[b & 15u]};
}

std::string ascii_fallback(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool begins_character = (c & 0xC0) != 0x80;
    if (!begins_character)
      continue;
    const bool is_said = static_cast<unsigned char>(c) < 0x80 && c != '"' && c != '\\';
    out += is_said ? c : '_';
  }
  // Its end says what kind of file it is.
  return out.size() <= fallback_bytes_max ? out : out.substr(out.size() - fallback_bytes_max);
}

} // namespace

std::string attachment_disposition(std::string_view name) {
  const std::string begin = "Content-Disposition: attachment;\r\n ";
  if (is_ascii(name)) {
    std::string quoted;
    for (const char c : name)
      (quoted += c == '"' || c == '\\' ? "\\" : "") += c;
    return begin + "filename=\"" + quoted + '"';
  }
  std::vector<std::string> pieces{""};
  for (const char c : name) {
    const auto text = encoded(c);
    if (pieces.back().size() + text.size() > name_piece_bytes)
      pieces.emplace_back();
    pieces.back() += text;
  }
  auto out = begin;
  for (size_t i = 0; i < pieces.size(); ++i)
    out += "filename*" + (pieces.size() > 1 ? std::to_string(i) + "*=" : std::string{"="}) + (i == 0 ? "UTF-8''" : "") +
           pieces[i] + ";\r\n ";
  // Behind the other: readers that know both and take the first one get the whole name.
  return out + "filename=\"" + ascii_fallback(name) + '"';
}

mail_mime::mime mail_mime::make(curl_transfer& t) const {
  mime out{curl_mime_init(t.handle())};
  if (!out)
    throw std::bad_alloc{};
  return out;
}

mail_mime::mail_mime(curl_transfer& t, const mail_message& m) : parts_(make(t)) {
  for (const auto& line : header_lines(m))
    headers_.add(line);
  if (m.attachments.empty()) {
    if (!m.html.empty())
      headers_.add("Content-Type: multipart/alternative");
    add_texts(parts_.get(), m);
  } else if (m.html.empty()) {
    add_texts(parts_.get(), m);
  } else {
    auto both = make(t);
    add_texts(both.get(), m);
    auto* part = add_part(parts_.get());
    // From here on it belongs to its part.
    check(curl_mime_subparts(part, both.get()));
    static_cast<void>(both.release());
    check(curl_mime_type(part, "multipart/alternative"));
  }
  for (const auto& a : m.attachments)
    add_attachment(parts_.get(), a);
  t.set(CURLOPT_HTTPHEADER, headers_.get());
  t.set(CURLOPT_MIMEPOST, parts_.get());
}

} // namespace callboard
