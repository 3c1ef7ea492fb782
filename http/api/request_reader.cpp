#include "http/api/request_reader.hpp"

#include "http/limits.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace callboard {

namespace http = boost::beast::http;

namespace {

http_method method_of(http::verb v) {
  switch (v) {
  case http::verb::get:
    return http_method::get;
  case http::verb::head:
    return http_method::head;
  case http::verb::post:
    return http_method::post;
  case http::verb::put:
    return http_method::put;
  case http::verb::patch:
    return http_method::patch;
  case http::verb::delete_:
    return http_method::delete_;
  default:
    return http_method::other;
  }
}

/// An id is repeated in our header and in logs, so only what cannot do harm there is taken.
bool sane_request_id(std::string_view v) {
  return !v.empty() && v.size() <= http_limits::request_id_bytes_max &&
         std::all_of(v.begin(), v.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

void assign(std::string& to, boost::beast::string_view from) {
  to.assign(from.data(), from.size());
}

/// Of what is only written down.
void assign_some(std::string& to, boost::beast::string_view from) {
  to.assign(from.data(), std::min(from.size(), http_limits::actor_bytes_max));
}

} // namespace

request_reader::request_reader(uint64_t header_bytes_max) {
  header_limit(static_cast<uint32_t>(std::min<uint64_t>(header_bytes_max, UINT32_MAX)));
  // Which limit a body has is decided when the header is known.
  body_limit(boost::none);
}

void request_reader::on_request_impl(http::verb method, string_view, string_view target, int version, error_code&) {
  request.method = method_of(method);
  version_ = version;
  options_ = method == http::verb::options;
  assign(request.target, target);
}

void request_reader::on_response_impl(int, string_view, int, error_code&) {
}

void request_reader::on_field_impl(http::field name, string_view name_text, string_view value, error_code& ec) {
  // Fields behind a chunked body (trailers) change nothing any more.
  if (header_over_)
    return;
  switch (name) {
  case http::field::content_type:
    assign(request.content_type, value);
    break;
  case http::field::host:
    // Two hosts mean two opinions about where the request goes (RFC 9112, 3.2).
    if (host_)
      ec = http::error::bad_field;
    host_ = true;
    assign(host_name_, value);
    break;
  case http::field::origin:
    assign(origin_, value);
    break;
  case http::field::sec_fetch_site:
    assign(fetch_site_, value);
    break;
  case http::field::accept:
    if (!request.accept.empty())
      request.accept += ',';
    request.accept.append(value.data(), value.size());
    break;
  case http::field::accept_encoding:
    assign(accept_encoding_, value);
    break;
  case http::field::if_none_match:
    assign(if_none_match_, value);
    break;
  case http::field::user_agent:
    if (request.method != http_method::get && request.method != http_method::head)
      assign_some(request.user_agent, value);
    break;
  case http::field::access_control_request_method:
    preflight_ = options_;
    break;
  case http::field::expect:
    if (boost::beast::iequals(value, "100-continue"))
      expects_continue_ = true;
    else
      expects_other_ = true;
    break;
  case http::field::unknown:
    if (boost::beast::iequals(name_text, "X-Request-Id")) {
      if (sane_request_id({value.data(), value.size()}))
        assign(request.request_id, value);
    } else if (boost::beast::iequals(name_text, "Idempotency-Key")) {
      assign(request.idempotency_key, value);
    } else if (boost::beast::iequals(name_text, "traceparent")) {
      assign(request.traceparent, value);
    } else if (boost::beast::iequals(name_text, "tracestate")) {
      assign(request.tracestate, value);
    } else if (boost::beast::iequals(name_text, "Last-Event-ID")) {
      assign(request.last_event_id, value);
    } else if (boost::beast::iequals(name_text, "X-Callboard-Actor")) {
      assign_some(request.claimed_by, value);
    }
    break;
  default:
    break;
  }
}

void request_reader::on_header_impl(error_code&) {
  header_over_ = true;
}

void request_reader::on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) {
  if (length && !discard_)
    request.body.reserve(std::min<uint64_t>(*length, http_limits::body_reserve_bytes_max));
}

size_t request_reader::on_body_impl(string_view part, error_code&) {
  if (!discard_)
    request.body.append(part.data(), part.size());
  return part.size();
}

void request_reader::on_chunk_header_impl(uint64_t, string_view, error_code&) {
}

size_t request_reader::on_chunk_body_impl(uint64_t, string_view part, error_code&) {
  if (!discard_)
    request.body.append(part.data(), part.size());
  return part.size();
}

void request_reader::on_finish_impl(error_code&) {
}

} // namespace callboard
