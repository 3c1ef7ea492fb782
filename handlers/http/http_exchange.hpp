#pragma once

#include "config/settings.hpp"
#include "handlers/curl_transfer.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// Bytes of an answer's header that are kept; more are dropped.
inline constexpr size_t response_header_bytes_max = 64u << 10;

/// Header fields in the order given.
using header_fields = std::vector<std::pair<std::string, std::string>>;

/// The fields of a payload's `headers` object. Names that are no RFC 9110 tokens and values with a line break or other
/// control character are a final failure (`HEADER_INVALID`): they could smuggle in further fields.
header_fields read_headers(const nlohmann::json& payload);

/// Adds a field unless there is one of that name already (in any case).
void add_unless_given(header_fields& fields, std::string_view name, const std::string& value);

/// X-Callboard-Job, X-Callboard-Fence and Idempotency-Key, unless given. The key is the job's id, the same for every
/// attempt, so that the receiver can drop the second of two deliveries; the fence tells a late one from the current.
void add_attempt_fields(header_fields& fields, const attempt& a);

/// Collects what a server answers: the header and the first `body_bytes_max` bytes of the body of the last answer (not
/// of redirects before it). A longer body ends the transfer.
class http_answer {
public:
  /// Outlives the transfer.
  http_answer(curl_transfer& t, uint64_t body_bytes_max);
  http_answer(const http_answer&) = delete;
  http_answer& operator=(const http_answer&) = delete;

  const std::string& body() const {
    return body_;
  }
  bool truncated() const {
    return truncated_;
  }
  /// The value, or empty; `name` in lower case.
  std::string header(std::string_view name) const;
  /// Names in lower case; fields that came several times are joined with a comma.
  nlohmann::json headers() const;

private:
  static size_t on_header(char* data, size_t size, size_t n, void* self);
  static size_t on_body(char* data, size_t size, size_t n, void* self);

  uint64_t body_bytes_max_;
  std::string body_;
  header_fields fields_;
  size_t header_bytes_ = 0;
  bool truncated_ = false;
};

/// True for statuses that a later attempt may not see again: 408, 425, 429 and 5xx.
constexpr bool is_passing_status(long status) noexcept {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// What an answer's Retry-After asks for.
struct retry_wish {
  /// From now; 0 where nothing usable is asked for. At most the settings' `retry_after_max`.
  duration wait{0};
  /// For the message of the failure, with its separator; empty where nothing is asked for.
  std::string words;
};

/// Reads Retry-After (RFC 9110, section 10.2.3): seconds, or a date. A date is compared with the answer's own Date
/// where it has one, because the server's clock may differ from ours.
/// @param now  the wall clock
retry_wish read_retry_after(const http_answer& answer, const http_client_settings& s, time_point now);

/// Scheme http or https and a host, or a final failure (`URL_INVALID`).
void check_http_url(const std::string& url, std::string_view field);

/// What every HTTP transfer of ours wants: the two schemes only, bounded redirects, trust, time to connect.
void set_http_options(curl_transfer& t, const http_client_settings& s);

/// Ends the attempt for a transfer that did not get an answer; `refused` from the address guard.
[[noreturn]] void throw_http_fault(const transfer_end& end, const std::string& refused, const std::string& url);

} // namespace callboard
