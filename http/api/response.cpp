#include "http/api/response.hpp"

#include "http/json/job_text.hpp"
#include "http/json/json_writer.hpp"
#include "http/limits.hpp"

#include <charconv>

namespace callboard {

namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 421:
    return "Misdirected Request";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 415:
    return "Unsupported Media Type";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  default:
    return "Other";
  }
}

void append_number(std::string& out, uint64_t v) {
  char buf[24];
  out.append(buf, std::to_chars(buf, buf + sizeof buf, v).ptr);
}

} // namespace

std::string_view to_string(http_method m) {
  switch (m) {
  case http_method::get:
    return "GET";
  case http_method::head:
    return "HEAD";
  case http_method::post:
    return "POST";
  case http_method::put:
    return "PUT";
  case http_method::patch:
    return "PATCH";
  case http_method::delete_:
    return "DELETE";
  case http_method::other:
    break;
  }
  return "other";
}

http_response failed(error e) {
  http_response r;
  r.status = http_status(e.code);
  r.failure = std::move(e);
  return r;
}

http_response made(const responder::maker& make) {
  try {
    return make();
  } catch (const std::exception& e) {
    return failed({ec::internal_error, std::string{"the answer could not be written: "} + e.what()});
  }
}

std::string error_body(const error& e, std::string_view request_id) {
  std::string out;
  json_writer w{out};
  w.open('{').key("error").open('{');
  write_error(w, e);
  w.key("requestId").text(request_id);
  w.close('}').close('}');
  return out;
}

void append_response(std::string& out, const http_response& r, const response_frame& f) {
  std::string made;
  if (r.failure)
    made = error_body(*r.failure, f.request_id);
  const auto& body = r.failure ? made : r.body;
  out += "HTTP/1.1 ";
  append_number(out, static_cast<uint64_t>(r.status));
  out += ' ';
  out += reason_phrase(r.status);
  out += "\r\nContent-Type: ";
  out += r.content_type;
  if (!r.stream) {
    out += "\r\nContent-Length: ";
    append_number(out, body.size());
  } else if (!f.old) {
    out += "\r\nTransfer-Encoding: chunked";
  }
  out += "\r\nDate: ";
  out += f.date;
  out += "\r\nX-Request-Id: ";
  out += f.request_id;
  // Answers change from one moment to the next, and a browser must not guess that JSON is a page.
  out += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff"
         "\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
  if (!f.allowed_origin.empty()) {
    out += "Access-Control-Allow-Origin: ";
    out += f.allowed_origin;
    out += "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: X-Request-Id, Retry-After, Allow, Callboard-Next, "
           "Callboard-Complete\r\n";
    if (f.preflight)
      out += "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"
             "Access-Control-Allow-Headers: Content-Type, Idempotency-Key, Last-Event-ID, X-Request-Id\r\n"
             "Access-Control-Max-Age: 600\r\n";
  }
  if (r.stream)
    out += "X-Accel-Buffering: no\r\n"; // a proxy in between (nginx) is to pass on what comes
  if (!r.allow.empty()) {
    out += "Allow: ";
    out += r.allow;
    out += "\r\n";
  }
  for (const auto& [name, value] : r.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (r.status == 429 || r.status == 503) {
    out += "Retry-After: ";
    append_number(out, http_limits::retry_after_seconds);
    out += "\r\n";
  }
  if (f.close)
    out += "Connection: close\r\n";
  else if (f.old)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (!f.head && !r.stream)
    out += body;
}

} // namespace callboard
