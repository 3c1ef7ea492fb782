#include "handlers/http/http_exchange.hpp"

#include "handlers/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <memory>

#include "job_types/text_codec.hpp"

namespace callboard {

namespace {

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; });
}

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos)
    return {};
  return s.substr(first, s.find_last_not_of(" \t\r\n") - first + 1);
}

} // namespace

header_fields read_headers(const nlohmann::json& payload) {
  header_fields out;
  const auto h = payload.find("headers");
  if (h == payload.end())
    return out;
  for (const auto& [name, value] : h->items()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!is_token(name))
      give_up("HEADER_INVALID", "payload.headers: the name of a field has letters, digits and !#$%&'*+-.^_`|~ only");
    if (!is_field_value(text))
      give_up("HEADER_INVALID", "payload.headers." + name + " has a line break or another control character");
    out.emplace_back(name, text);
  }
  return out;
}

void add_unless_given(header_fields& fields, std::string_view name, const std::string& value) {
  const auto wanted = lower_case(name);
  if (std::none_of(fields.begin(), fields.end(), [&](const auto& f) { return lower_case(f.first) == wanted; }))
    fields.emplace_back(name, value);
}

void add_attempt_fields(header_fields& fields, const attempt& a) {
  add_unless_given(fields, "X-Callboard-Job", to_string(a.id));
  add_unless_given(fields, "X-Callboard-Fence", std::to_string(a.fence.value));
  add_unless_given(fields, "Idempotency-Key", to_string(a.id));
  if (!a.traceparent.empty())
    add_unless_given(fields, "traceparent", std::string{a.traceparent});
  if (!a.tracestate.empty())
    add_unless_given(fields, "tracestate", std::string{a.tracestate});
}

http_answer::http_answer(curl_transfer& t, uint64_t body_bytes_max) : body_bytes_max_(body_bytes_max) {
  t.set(CURLOPT_HEADERFUNCTION, &http_answer::on_header);
  t.set(CURLOPT_HEADERDATA, this);
  t.set(CURLOPT_WRITEFUNCTION, &http_answer::on_body);
  t.set(CURLOPT_WRITEDATA, this);
}

size_t http_answer::on_header(char* data, size_t size, size_t n, void* self) {
  auto& a = *static_cast<http_answer*>(self);
  const std::string_view line{data, size * n};
  if (line.starts_with("HTTP/")) {
    // Another answer begins: the one before was a redirect or an interim one.
    a.fields_.clear();
    a.body_.clear();
    a.header_bytes_ = 0;
  } else if (const auto colon = line.find(':');
             colon != std::string_view::npos && a.header_bytes_ + line.size() <= response_header_bytes_max) {
    a.header_bytes_ += line.size();
    a.fields_.emplace_back(lower_case(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  return line.size();
}

size_t http_answer::on_body(char* data, size_t size, size_t n, void* self) {
  auto& a = *static_cast<http_answer*>(self);
  const size_t bytes = size * n;
  const auto room = a.body_bytes_max_ - a.body_.size();
  a.body_.append(data, static_cast<size_t>(std::min<uint64_t>(bytes, room)));
  if (bytes <= room)
    return bytes;
  // Taking less than was given ends the transfer: nobody wants the rest.
  a.truncated_ = true;
  return bytes == 0 ? 1 : 0;
}

std::string http_answer::header(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (field == name)
      return value;
  return {};
}

nlohmann::json http_answer::headers() const {
  auto out = nlohmann::json::object();
  for (const auto& [field, value] : fields_) {
    auto& all = out[field];
    all = all.is_null() ? value : all.get<std::string>() + ", " + value;
  }
  return out;
}

retry_wish read_retry_after(const http_answer& answer, const http_client_settings& s, time_point now) {
  const auto text = answer.header("retry-after");
  if (text.empty() || s.retry_after_max <= duration{0})
    return {};
  const bool is_number = text.find_first_not_of("0123456789") == std::string::npos;
  std::chrono::seconds asked{0};
  if (is_number) {
    int64_t n = 0;
    // A number that int64_t does not hold is more than every bound.
    if (std::from_chars(text.data(), text.data() + text.size(), n).ec != std::errc{})
      n = INT64_MAX;
    asked = std::chrono::seconds{n};
  } else {
    const auto until = curl_getdate(text.c_str(), nullptr);
    const auto date = curl_getdate(answer.header("date").c_str(), nullptr);
    const auto from = date >= 0 ? date : std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    // What is neither is ignored, as the RFC has it for fields that do not parse.
    if (until < 0)
      return {};
    asked = std::chrono::seconds{until - from};
  }
  if (asked.count() <= 0)
    return {};
  const auto bound = std::chrono::ceil<std::chrono::seconds>(s.retry_after_max);
  const auto words = "; it asks to be left alone for " + std::to_string(asked.count()) + " s (Retry-After)";
  if (asked > bound)
    return {s.retry_after_max,
            words + ", of which handlers.http.retry_after_max allows " + std::to_string(bound.count()) + " s"};
  return {std::min<duration>(asked, s.retry_after_max), words};
}

void check_http_url(const std::string& url, std::string_view field) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> u{curl_url(), &curl_url_cleanup};
  const std::string where{field};
  if (const auto e = curl_url_set(u.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME); e != CURLUE_OK)
    give_up("URL_INVALID", where + " is not a URL: " + curl_url_strerror(e));
  char* scheme = nullptr;
  curl_url_get(u.get(), CURLUPART_SCHEME, &scheme, 0);
  const std::string found = scheme ? lower_case(scheme) : "";
  curl_free(scheme);
  if (found != "http" && found != "https")
    give_up("URL_INVALID", where + " has the scheme \"" + found + "\"; allowed are http and https");
}

void set_http_options(curl_transfer& t, const http_client_settings& s) {
  t.set(CURLOPT_PROTOCOLS_STR, "http,https");
  t.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  t.set(CURLOPT_FOLLOWLOCATION, s.redirects_max > 0);
  t.set(CURLOPT_MAXREDIRS, static_cast<long>(s.redirects_max));
  t.set_time(CURLOPT_CONNECTTIMEOUT_MS, s.connect_timeout);
  t.set(CURLOPT_USERAGENT, "callboard");
  if (!s.ca_file.empty())
    t.set(CURLOPT_CAINFO, s.ca_file);
}

void throw_http_fault(const transfer_end& end, const std::string& refused, const std::string& url) {
  if (!refused.empty())
    give_up("ADDRESS_REFUSED",
            url + " leads to " + refused + ", a private address; handlers.http.allow_private does not allow them");
  const auto what = url + ": " + end.message;
  if (end.code == CURLE_TOO_MANY_REDIRECTS)
    give_up("HTTP_REDIRECTS", what + " (handlers.http.redirects_max)");
  if (is_connection_fault(end.code))
    try_again(end.code == CURLE_OPERATION_TIMEDOUT ? "HTTP_TIMEOUT" : "HTTP_CONNECTION", what);
  give_up(end.code == CURLE_PEER_FAILED_VERIFICATION ? "HTTP_CERTIFICATE" : "HTTP_FAILED", what);
}

} // namespace callboard
