#pragma once

#include "handlers/http/http_exchange.hpp"

#include <string>
#include <string_view>

namespace callboard {

struct aws_credentials {
  std::string access_key;
  std::string secret_key;
  std::string region;
};

/// A request to sign. `path` is encoded already; there is no query.
struct aws_request {
  std::string method;
  std::string host; ///< with the port, where it is not the scheme's own
  std::string path;
  /// Signed along, all of them; must be exactly what is sent.
  header_fields headers;
  std::string payload_sha256; ///< hexadecimal
  std::string time;           ///< as 20130524T000000Z
};

/// The value of the Authorization field by AWS Signature Version 4 for S3
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html). `host`, `x-amz-date` and
/// `x-amz-content-sha256` are added to the signed fields.
std::string aws_authorization(const aws_request& r, const aws_credentials& c);

/// An object's key as part of a URL: everything but letters, digits, `-._~/` becomes %XX.
std::string aws_encode_path(std::string_view key);

} // namespace callboard
