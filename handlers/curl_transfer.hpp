#pragma once

#include "handlers/handler.hpp"

#include <curl/curl.h>

#include <memory>
#include <string>

namespace callboard {

/// A list of header lines or recipients, as curl wants it.
class curl_list {
public:
  void add(const std::string& line);
  curl_slist* get() const {
    return list_.get();
  }
  /// For what frees it itself.
  curl_slist* release() {
    return list_.release();
  }

private:
  struct free_list {
    void operator()(curl_slist* l) const {
      curl_slist_free_all(l);
    }
  };
  std::unique_ptr<curl_slist, free_list> list_;
};

/// How a transfer ended.
struct transfer_end {
  CURLcode code = CURLE_OK;
  /// In words; empty when it went well.
  std::string message;
  /// Of the last answer (HTTP status, SMTP reply code); 0 without one.
  long response_code = 0;
};

/// One transfer with libcurl, over in any case soon after the attempt's token is set or its deadline has passed.
///
/// Set options on `handle()`, then `perform` once. Everything that was given to it outlives the object.
class curl_transfer {
public:
  /// Sets what every transfer wants: no signals, no 100-continue delay, a quick end.
  curl_transfer();
  ~curl_transfer();
  curl_transfer(const curl_transfer&) = delete;
  curl_transfer& operator=(const curl_transfer&) = delete;

  CURL* handle() const {
    return easy_.get();
  }

  /// An option that this libcurl does not take is a bug or an unsupported build: throws std::runtime_error.
  template <class T>
  void set(CURLoption option, T value) {
    check(option, curl_easy_setopt(easy_.get(), option, value));
  }
  void set(CURLoption option, const std::string& value) {
    set(option, value.c_str());
  }
  void set(CURLoption option, bool value) {
    set(option, value ? 1L : 0L);
  }
  /// In milliseconds, at least one: zero would mean curl's own default.
  void set_time(CURLoption option, duration d);

  /// Reports progress in bytes as it goes when `upload_bytes` is not zero. Throws attempt_stopped. `ctx` outlives the
  /// object.
  transfer_end perform(handler_context& ctx, int64_t upload_bytes = 0);

private:
  struct free_easy {
    void operator()(CURL* c) const {
      curl_easy_cleanup(c);
    }
  };
  struct free_multi {
    void operator()(CURLM* m) const {
      curl_multi_cleanup(m);
    }
  };
  static int on_info(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
  void check(CURLoption option, CURLcode code) const;

  std::unique_ptr<CURLM, free_multi> multi_;
  std::unique_ptr<CURL, free_easy> easy_;
  std::unique_ptr<char[]> error_;
  handler_context* ctx_ = nullptr;
  int64_t upload_bytes_ = 0;
  int percent_ = -1;
};

/// True where trying again may help: the other side could not be reached, or the connection broke.
bool is_connection_fault(CURLcode code) noexcept;

} // namespace callboard
