#include "handlers/files/aws_signature.hpp"

#include "handlers/digest.hpp"

#include <map>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

/// Trims, and makes runs of spaces one, as the canonical form wants.
std::string canonical_value(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const char space_or_c = c == '\t' ? ' ' : c;
    if (space_or_c != ' ' || (!out.empty() && out.back() != ' '))
      out += space_or_c;
  }
  while (out.ends_with(' '))
    out.pop_back();
  return out;
}

} // namespace

std::string aws_authorization(const aws_request& r, const aws_credentials& c) {
  std::map<std::string, std::string> fields{
    {"host", r.host}, {"x-amz-content-sha256", r.payload_sha256}, {"x-amz-date", r.time}};
  for (const auto& [name, value] : r.headers)
    fields[lower_case(name)] = canonical_value(value);
  std::string canonical_fields, names;
  for (const auto& [name, value] : fields) {
    canonical_fields += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const auto canonical = r.method + "\n" + r.path + "\n\n" + canonical_fields + "\n" + names + "\n" + r.payload_sha256;
  const auto day = r.time.substr(0, 8);
  const auto scope = day + "/" + c.region + "/s3/aws4_request";
  const auto to_sign = "AWS4-HMAC-SHA256\n" + r.time + "\n" + scope + "\n" + to_hex(sha256_of(canonical));
  const auto key =
    hmac_sha256(hmac_sha256(hmac_sha256(hmac_sha256("AWS4" + c.secret_key, day), c.region), "s3"), "aws4_request");
  return "AWS4-HMAC-SHA256 Credential=" + c.access_key + "/" + scope + ",SignedHeaders=" + names +
         ",Signature=" + to_hex(hmac_sha256(key, to_sign));
}

std::string aws_encode_path(std::string_view key) {
  constexpr std::string_view plain = "-._~/";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : key) {
    const auto b = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        plain.find(c) != std::string_view::npos)
      out += c;
    else
      (out += '%') += {digits[b >> 4u], digits[b & 15u]};
  }
  return out;
}

} // namespace callboard
