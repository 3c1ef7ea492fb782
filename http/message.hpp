#pragma once

#include "core/base/error.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

enum class http_method : uint8_t { get, head, post, put, patch, delete_, other };

std::string_view to_string(http_method m);

/// What a handler gets to see of a request.
struct http_request {
  http_method method = http_method::get;
  std::string target;
  std::string content_type;
  /// The client's X-Request-Id, or one of our own.
  std::string request_id;
  std::string idempotency_key;
  std::string traceparent, tracestate; ///< as they came; W3C Trace Context
  std::string last_event_id;           ///< Last-Event-ID
  // Who asks, for the audit log; only of what changes something.
  std::string user_agent; ///< User-Agent
  std::string claimed_by; ///< X-Callboard-Actor: nobody has checked it
  std::string address;    ///< HOST:PORT of the other end; only of acts
  std::string body;
  std::string accept; ///< Accept; several of them as one, with commas
};

inline constexpr std::string_view content_json = "application/json";
inline constexpr std::string_view content_events = "text/event-stream";
inline constexpr std::string_view content_json_lines = "application/x-ndjson";
inline constexpr std::string_view content_csv = "text/csv; charset=utf-8";
inline constexpr std::string_view content_prometheus = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr std::string_view content_openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";

class body_source;

/// An answer. With a `failure`, the body is written from it when the request's id is at hand.
struct http_response {
  int status = 200;
  /// Refers to a constant.
  std::string_view content_type = content_json;
  std::string body;
  /// The Allow header of a 405.
  std::string allow;
  /// Headers of its own; names refer to constants, values have no control characters.
  std::vector<std::pair<std::string_view, std::string>> headers = {};
  std::optional<error> failure;
  /// A body without an end: it is asked for more whenever the client has taken what it gave (http/body_source.hpp). It
  /// is the last answer of its connection. Null: the body is `body`.
  std::shared_ptr<body_source> stream;
};

/// The answer for an error: its status by `error_table`.
http_response failed(error e);

/// Where the answer to one request goes. Copyable, may be called on any thread; the first answer counts, later ones
/// (also those after the connection is gone) are dropped.
class responder {
public:
  /// Makes the answer; runs on the thread of the connection, so that a backend's thread formats nothing.
  using maker = std::function<http_response()>;

  explicit responder(std::function<void(maker)> sink) : sink_(std::move(sink)) {
  }
  void operator()(maker m) const {
    sink_(std::move(m));
  }

private:
  std::function<void(maker)> sink_;
};

/// The answer that it makes; internal_error when it throws.
http_response made(const responder::maker& make);

} // namespace callboard
