#include "cli/otlp_sender.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "files/read_file.hpp"

namespace callboard {

namespace {

constexpr size_t headers_bytes_max = 64u << 10;
/// Of an answer, for the log.
constexpr size_t answer_bytes_max = 500;

size_t take_answer(char* data, size_t, size_t bytes, void* into) noexcept {
  auto& text = *static_cast<std::string*>(into);
  text.append(data, std::min(bytes, answer_bytes_max - std::min(answer_bytes_max, text.size())));
  return bytes;
}

/// `Name: value`
bool is_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0)
    return false;
  const auto name = line.substr(0, colon);
  const bool good_name = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return good_name && std::all_of(line.begin(), line.end(),
                                  [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

export_answer::fate fate_of(long status) {
  if (status >= 200 && status < 300)
    return export_answer::fate::taken;
  // As the protocol has it: https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
  for (const auto again : {429L, 502L, 503L, 504L})
    if (status == again)
      return export_answer::fate::later;
  return export_answer::fate::refused;
}

} // namespace

result<std::vector<std::string>> read_export_headers(const tracing_settings& s) {
  std::vector<std::string> out;
  if (s.headers_file.empty())
    return out;
  const auto text = read_file(s.headers_file, headers_bytes_max);
  if (!text)
    return error{text.err().code, "tracing.headers_file: " + text.err().message};
  size_t number = 0;
  for (size_t at = 0; at < text->size();) {
    const auto end = std::min(text->find('\n', at), text->size());
    auto line = text->substr(at, end - at);
    at = end + 1;
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.pop_back();
    if (line.empty())
      continue;
    if (!is_header(line))
      return error{ec::invalid_value,
                   "tracing.headers_file: line " + std::to_string(number) + " of " + s.headers_file +
                     " must be Name: value",
                   "tracing.headers_file"};
    out.push_back(std::move(line));
  }
  return out;
}

struct otlp_sender::transfer {
  transfer() : handle(::curl_easy_init()) {
    if (handle == nullptr)
      throw std::runtime_error{"libcurl does not start"};
  }
  ~transfer() {
    ::curl_slist_free_all(headers);
    ::curl_easy_cleanup(handle);
  }
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  void add(const char* line) {
    headers = ::curl_slist_append(headers, line);
  }
  CURL* handle;
  curl_slist* headers = nullptr;
};

otlp_sender::otlp_sender(const tracing_settings& s, std::vector<std::string> headers)
  : endpoint_(s.endpoint), timeout_(s.timeout), transfer_(std::make_unique<transfer>()) {
  transfer_->add("Content-Type: application/json");
  // Without it libcurl waits for a "100 Continue" before it sends a large body.
  transfer_->add("Expect:");
  for (const auto& line : headers)
    transfer_->add(line.c_str());
}

otlp_sender::~otlp_sender() = default;

export_answer otlp_sender::send(const std::string& body) {
  auto* h = transfer_->handle;
  std::string text;
  char reason[CURL_ERROR_SIZE] = "";
  ::curl_easy_reset(h); // keeps the connection
  ::curl_easy_setopt(h, CURLOPT_URL, endpoint_.c_str());
  ::curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(h, CURLOPT_USERAGENT, "callboard");
  ::curl_easy_setopt(h, CURLOPT_ERRORBUFFER, reason);
  ::curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
                     long{std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count()});
  ::curl_easy_setopt(h, CURLOPT_HTTPHEADER, transfer_->headers);
  ::curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  ::curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.c_str());
  ::curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &take_answer);
  ::curl_easy_setopt(h, CURLOPT_WRITEDATA, &text);
  const auto code = ::curl_easy_perform(h);
  if (code != CURLE_OK)
    return {export_answer::fate::later, reason[0] != '\0' ? reason : ::curl_easy_strerror(code), std::nullopt};
  long status = 0;
  ::curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  export_answer out{fate_of(status), {}, std::nullopt};
  if (out.what == export_answer::fate::taken)
    return out;
  out.reason = "status " + std::to_string(status) + (text.empty() ? "" : ": " + text);
  curl_off_t wait = 0;
  if (::curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
    out.not_before = std::chrono::seconds{wait};
  return out;
}

result<std::function<export_answer(const std::string&)>> make_otlp_sender(const tracing_settings& s) {
  auto headers = read_export_headers(s);
  if (!headers)
    return std::move(headers).err();
  auto sender = std::make_shared<otlp_sender>(s, std::move(*headers));
  return std::function<export_answer(const std::string&)>{
    [sender](const std::string& body) { return sender->send(body); }};
}

} // namespace callboard
