#include "handlers/curl_transfer.hpp"

#include "handlers/failure.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>

namespace callboard {

namespace {

/// The token's descriptor wakes the wait; this bounds it where there is no descriptor.
constexpr std::chrono::milliseconds wait_max{1000};

void init_once() {
  static std::once_flag flag;
  std::call_once(flag, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw std::runtime_error("libcurl cannot be initialised");
  });
}

} // namespace

void curl_list::add(const std::string& line) {
  auto* longer = curl_slist_append(list_.get(), line.c_str());
  if (!longer)
    throw std::bad_alloc{};
  // The same list with one more at its end.
  static_cast<void>(list_.release());
  list_.reset(longer);
}

curl_transfer::curl_transfer() : error_(new char[CURL_ERROR_SIZE]{}) {
  init_once();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  if (!multi_ || !easy_)
    throw std::bad_alloc{};
  set(CURLOPT_ERRORBUFFER, error_.get());
  set(CURLOPT_NOSIGNAL, true);
  // A kept connection would be closed when nobody looks at the token any more; SMTP's leave may take its time.
  set(CURLOPT_FORBID_REUSE, true);
  // Name resolution cannot be interrupted; a stopped transfer leaves it behind instead of waiting for it.
  set(CURLOPT_QUICK_EXIT, true);
}

curl_transfer::~curl_transfer() {
  // An easy handle leaves its multi handle before either is freed.
  curl_multi_remove_handle(multi_.get(), easy_.get());
}

void curl_transfer::check(CURLoption option, CURLcode code) const {
  if (code != CURLE_OK)
    throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " + curl_easy_strerror(code));
}

void curl_transfer::set_time(CURLoption option, duration d) {
  set(option, static_cast<long>(std::max<int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(d).count())));
}

int curl_transfer::on_info(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& t = *static_cast<curl_transfer*>(self);
  // curl 7.88 waits for the answer to a mail's text within curl_multi_perform, where the token's descriptor cannot wake
  // it; but it comes by here once a second.
  if (must_stop(*t.ctx_))
    return 1;
  if (t.upload_bytes_ <= 0)
    return 0;
  const int percent = static_cast<int>(std::min<int64_t>(sent, t.upload_bytes_) * 100 / t.upload_bytes_);
  if (percent != std::exchange(t.percent_, percent))
    t.ctx_->progress(percent, std::to_string(sent) + " of " + std::to_string(t.upload_bytes_) + " bytes");
  return 0;
}

transfer_end curl_transfer::perform(handler_context& ctx, int64_t upload_bytes) {
  ctx_ = &ctx;
  upload_bytes_ = upload_bytes;
  set(CURLOPT_XFERINFOFUNCTION, &curl_transfer::on_info);
  set(CURLOPT_XFERINFODATA, this);
  set(CURLOPT_NOPROGRESS, false);
  curl_multi_add_handle(multi_.get(), easy_.get());
  curl_waitfd stop{ctx.token().descriptor(), CURL_WAIT_POLLIN, 0};
  const unsigned extra = stop.fd >= 0 ? 1 : 0;
  int running = 1;
  while (running != 0) {
    if (must_stop(ctx))
      throw attempt_stopped{};
    if (const auto m = curl_multi_perform(multi_.get(), &running); m != CURLM_OK)
      throw std::runtime_error(std::string{"libcurl: "} + curl_multi_strerror(m));
    if (running == 0)
      break;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(ctx.deadline() - std::chrono::steady_clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds{0}, wait_max);
    curl_multi_poll(multi_.get(), &stop, extra, static_cast<int>(wait.count()), nullptr);
  }
  transfer_end end;
  int left = 0;
  while (const auto* m = curl_multi_info_read(multi_.get(), &left))
    if (m->msg == CURLMSG_DONE)
      end.code = m->data.result;
  if (end.code == CURLE_ABORTED_BY_CALLBACK)
    throw attempt_stopped{};
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &end.response_code);
  if (end.code != CURLE_OK)
    end.message = error_[0] != '\0' ? error_.get() : curl_easy_strerror(end.code);
  return end;
}

bool is_connection_fault(CURLcode code) noexcept {
  switch (code) {
  case CURLE_COULDNT_RESOLVE_PROXY:
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_AGAIN:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_SSH:
    return true;
  default:
    return false;
  }
}

} // namespace callboard
