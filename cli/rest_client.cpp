#include "cli/rest_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>

namespace callboard {

namespace {

/// No answer of a scheduler is larger; a body beyond it is not ours.
constexpr size_t answer_bytes_max = size_t{1} << 30;
/// libcurl wakes up for its own times by itself.
constexpr int poll_ms_max = 60'000;

size_t take_body(char* data, size_t, size_t n, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + n > answer_bytes_max)
    return 0; // makes libcurl end the transfer
  body.append(data, n);
  return n;
}

/// A body that is taken as it comes.
struct followed_stream {
  CURL* handle;
  const std::function<bool(std::string_view)>& take;
  std::string body; ///< of an answer that is no stream
  std::exception_ptr thrown;
  bool stopped;

  bool is_stream() const {
    long status = 0;
    const char* type = nullptr;
    ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    ::curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
    return status == 200 && type != nullptr && std::string_view{type}.starts_with("text/event-stream");
  }
};

size_t take_part(char* data, size_t, size_t n, void* into) {
  auto& f = *static_cast<followed_stream*>(into);
  if (!f.is_stream())
    return take_body(data, 1, n, &f.body);
  try { // nothing may be thrown through libcurl
    f.stopped = !f.take({data, n});
  } catch (...) {
    f.thrown = std::current_exception();
    f.stopped = true;
  }
  return f.stopped ? 0 : n;
}

struct header_list {
  curl_slist* first = nullptr;
  void add(const std::string& line) {
    first = ::curl_slist_append(first, line.c_str());
  }
  ~header_list() {
    ::curl_slist_free_all(first);
  }
};

/// The trace that the caller of this program is in, by the environment variables that OpenTelemetry has for it.
void add_trace(header_list& headers) {
  for (const auto& [variable, name] : {std::pair{"TRACEPARENT", "traceparent: "}, {"TRACESTATE", "tracestate: "}})
    if (const char* value = std::getenv(variable); value != nullptr && std::strpbrk(value, "\r\n") == nullptr)
      headers.add(std::string{name} + value);
}

} // namespace

struct rest_client::easy {
  easy() {
    static const auto once = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    if (once != CURLE_OK || (handle = ::curl_easy_init()) == nullptr || (all = ::curl_multi_init()) == nullptr)
      throw std::runtime_error{"libcurl does not start"};
  }
  ~easy() {
    ::curl_easy_cleanup(handle);
    ::curl_multi_cleanup(all);
  }
  CURL* handle = nullptr;
  CURLM* all = nullptr; ///< of this one handle: it keeps the connection, and another thread can wake it up
  std::atomic<bool> stopped{false};
};

rest_client::rest_client(std::string server, duration timeout, std::string actor)
  : server_(std::move(server)), timeout_(timeout), actor_(std::move(actor)), easy_(std::make_unique<easy>()) {
  if (server_.find("://") == std::string::npos)
    server_.insert(0, "http://");
  while (server_.ends_with('/'))
    server_.pop_back();
}

rest_client::~rest_client() = default;

/// What is the same for all requests.
void rest_client::prepare(const std::string& url, char* reason) {
  auto* h = easy_->handle;
  ::curl_easy_reset(h); // keeps the connection
  ::curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L); // a queue may be called ".."
  ::curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(h, CURLOPT_ERRORBUFFER, reason);
  ::curl_easy_setopt(h, CURLOPT_USERAGENT, "callboard");
}

int rest_client::perform() {
  auto& e = *easy_;
  ::curl_multi_add_handle(e.all, e.handle);
  int code = CURLE_ABORTED_BY_CALLBACK, running = 1;
  while (running != 0 && !e.stopped) {
    if (::curl_multi_perform(e.all, &running) != CURLM_OK)
      break;
    if (running != 0)
      ::curl_multi_poll(e.all, nullptr, 0, poll_ms_max, nullptr);
  }
  int left = 0;
  while (const auto* message = ::curl_multi_info_read(e.all, &left))
    if (message->msg == CURLMSG_DONE)
      code = message->data.result;
  ::curl_multi_remove_handle(e.all, e.handle);
  return code;
}

void rest_client::stop() noexcept {
  easy_->stopped = true;
  ::curl_multi_wakeup(easy_->all);
}

error rest_client::no_answer(int code, const char* reason) const {
  return {ec::bad_request,
          "no answer from " + server_ + ": " +
            (reason[0] != '\0' ? std::string{reason} : ::curl_easy_strerror(static_cast<CURLcode>(code)))};
}

result<rest_answer> rest_client::call(std::string_view method, const std::string& target, std::string_view body,
                                      std::string_view content_type) {
  auto* h = easy_->handle;
  rest_answer answer;
  char reason[CURL_ERROR_SIZE] = "";
  const std::string verb{method}, url = server_ + target;
  prepare(url, reason);
  header_list headers;
  // Without this libcurl waits for a "100 Continue" before it sends a large body.
  headers.add("Expect:");
  ::curl_easy_setopt(h, CURLOPT_TIMEOUT_MS,
                     long{std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count()});
  ::curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &take_body);
  ::curl_easy_setopt(h, CURLOPT_WRITEDATA, &answer.body);
  if (verb != "GET") {
    add_trace(headers);
    if (!actor_.empty())
      headers.add("X-Callboard-Actor: " + actor_);
    if (!body.empty())
      headers.add("Content-Type: " + std::string{content_type});
    else
      headers.add("Content-Type:"); // libcurl would name a form
    ::curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    ::curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());
    ::curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, verb.c_str());
  }
  ::curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers.first);
  const auto code = perform();
  if (code != CURLE_OK)
    return no_answer(code, reason);
  long status = 0;
  ::curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  const auto header = [&](const char* name) {
    curl_header* found = nullptr;
    return ::curl_easy_header(h, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? std::string{found->value}
                                                                                 : std::string{};
  };
  answer.date = header("Date");
  answer.next = header("Callboard-Next");
  answer.complete = header("Callboard-Complete") == "true";
  return answer;
}

result<rest_answer> rest_client::follow(const std::string& target, const std::string& last_id, duration silence,
                                        const std::function<bool(std::string_view)>& take) {
  followed_stream f{easy_->handle, take, {}, nullptr, false};
  char reason[CURL_ERROR_SIZE] = "";
  const auto url = server_ + target;
  prepare(url, reason);
  header_list headers;
  headers.add("Accept: text/event-stream");
  if (!last_id.empty())
    headers.add("Last-Event-ID: " + last_id);
  const auto seconds = long{std::chrono::duration_cast<std::chrono::seconds>(silence).count()};
  ::curl_easy_setopt(f.handle, CURLOPT_CONNECTTIMEOUT_MS,
                     long{std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count()});
  ::curl_easy_setopt(f.handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  ::curl_easy_setopt(f.handle, CURLOPT_LOW_SPEED_TIME, std::max(seconds, 1L));
  ::curl_easy_setopt(f.handle, CURLOPT_WRITEFUNCTION, &take_part);
  ::curl_easy_setopt(f.handle, CURLOPT_WRITEDATA, &f);
  ::curl_easy_setopt(f.handle, CURLOPT_HTTPHEADER, headers.first);
  const auto code = perform();
  if (f.thrown)
    std::rethrow_exception(f.thrown);
  if (code != CURLE_OK && !f.stopped)
    return no_answer(code, reason);
  long status = 0;
  ::curl_easy_getinfo(f.handle, CURLINFO_RESPONSE_CODE, &status);
  return rest_answer{static_cast<int>(status), std::move(f.body)};
}

std::string url_escaped(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
        c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  return out;
}

} // namespace callboard
