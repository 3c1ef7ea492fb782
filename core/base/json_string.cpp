#include "core/base/json_string.hpp"

namespace callboard {

namespace {

/// Length of the UTF-8 sequence at the start of `s`, or 0 when it is none (RFC 3629: no overlong forms, no surrogates).
size_t utf8_length(std::string_view s) {
  const auto at = [&](size_t i) -> unsigned { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u; };
  const auto tail = [&](size_t i) { return (at(i) & 0xC0u) == 0x80u; };
  const auto lead = at(0);
  if (lead < 0x80)
    return 1;
  if (lead >= 0xC2 && lead <= 0xDF)
    return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F))
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

void append_escape(std::string& out, unsigned char c) {
  static constexpr char hex[] = "0123456789abcdef";
  switch (c) {
  case '"':
    out += "\\\"";
    break;
  case '\\':
    out += "\\\\";
    break;
  case '\n':
    out += "\\n";
    break;
  case '\r':
    out += "\\r";
    break;
  case '\t':
    out += "\\t";
    break;
  default:
    out += "\\u00";
    out += hex[c >> 4];
    out += hex[c & 15];
  }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  size_t plain = 0; // start of what can be copied as it is
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    const auto length = c < 0x80 ? 0 : utf8_length(text.substr(i, 4));
    if (length > 0) {
      i += length;
      continue;
    }
    out.append(text, plain, i - plain);
    if (c < 0x80)
      append_escape(out, c);
    else
      out += "\xEF\xBF\xBD";
    plain = ++i;
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

} // namespace callboard
