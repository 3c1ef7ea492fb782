#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A mailbox: `user@example.com` or `Some Name <user@example.com>`.
struct mail_address {
  std::string name; ///< UTF-8; may be empty
  std::string address;
};

/// Reads one mailbox. Throws a final failure (`EMAIL_ADDRESS`) that names `field`.
mail_address parse_mail_address(std::string_view text, const std::string& field);

struct mail_attachment {
  std::string name; ///< UTF-8
  std::string content_type;
  std::string content; ///< the bytes
};

/// A mail before it is put into words (RFC 5322, MIME).
struct mail_message {
  mail_address from;
  std::vector<mail_address> to;
  std::vector<mail_address> cc;
  std::vector<mail_address> reply_to;
  std::string subject;
  std::string text;
  std::string html; ///< empty: none
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<mail_attachment> attachments;
  std::string message_id; ///< with its angle brackets
  std::chrono::sys_seconds date;
};

/// The header fields without what describes the body; a long one has several lines in it. Field texts have no line
/// breaks (see `check_mail_text`).
std::vector<std::string> header_lines(const mail_message& m);

/// Throws a final failure (`EMAIL_HEADER`) naming `field` for a text with a line break or other control character: it
/// could add header fields or recipients.
void check_mail_text(std::string_view text, const std::string& field);

/// A header field's text by RFC 2047: as it is when ASCII, else in encoded words of UTF-8.
std::string encode_mail_text(std::string_view text);

} // namespace callboard
