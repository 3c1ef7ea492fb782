#pragma once

#include "handlers/curl_transfer.hpp"
#include "handlers/mail/mail_message.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

/// A mail as libcurl sends it (CURLOPT_HTTPHEADER and CURLOPT_MIMEPOST): our header fields, curl's parts, encodings and
/// boundaries. A mail is always a multipart one, because curl has no other: text and HTML are alternatives, and
/// attachments stand beside them.
class mail_mime {
public:
  /// Gives the whole mail to a transfer over SMTP. Outlives the transfer's `perform`; `m` need not.
  mail_mime(curl_transfer& t, const mail_message& m);

private:
  struct free_mime {
    void operator()(curl_mime* m) const {
      curl_mime_free(m);
    }
  };
  using mime = std::unique_ptr<curl_mime, free_mime>;

  mime make(curl_transfer& t) const;

  curl_list headers_;
  mime parts_;
};

/// The field of an attachment's part: the name in quotes where it is ASCII; else by RFC 2231 in UTF-8 (`filename*`, in
/// several pieces where it is long) and, for those who do not know that, in ASCII with `_` for what cannot be said.
std::string attachment_disposition(std::string_view name);

} // namespace callboard
