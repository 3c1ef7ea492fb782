#include "http/web/page_answer.hpp"

#include "http/openapi/document.hpp"

#include <algorithm>
#include <cctype>

namespace callboard {

namespace {

std::string_view trimmed(std::string_view v) {
  const auto from = v.find_first_not_of(" \t");
  return from == v.npos ? std::string_view{} : v.substr(from, v.find_last_not_of(" \t") - from + 1);
}

/// Calls `found(item)` for each item of a list with commas until it answers true; whether it did.
template <class F>
bool any_item(std::string_view list, F found) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (found(trimmed(list.substr(0, comma))))
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// `;q=0`, `;q=0.000`: not this one.
bool is_refused(std::string_view parameters) {
  const auto equals = parameters.find('=');
  if (equals == parameters.npos || !same_word(trimmed(parameters.substr(0, equals)), "q"))
    return false;
  const auto weight = trimmed(parameters.substr(equals + 1));
  return !weight.empty() && weight.find_first_not_of("0.") == weight.npos;
}

std::string_view without_weakness(std::string_view tag) {
  return tag.starts_with("W/") ? tag.substr(2) : tag;
}

std::string path_of(const std::vector<std::string>& segments) {
  std::string path;
  for (const auto& s : segments)
    path += (path.empty() ? "" : "/") + s;
  return path;
}

} // namespace

bool takes_gzip(std::string_view accept_encoding) {
  return any_item(accept_encoding, [](std::string_view item) {
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = trimmed(item.substr(0, semicolon));
    const auto parameters = semicolon < item.size() ? item.substr(semicolon + 1) : std::string_view{};
    return (same_word(name, "gzip") || same_word(name, "x-gzip")) && !is_refused(parameters);
  });
}

bool names_tag(std::string_view if_none_match, std::string_view etag) {
  return any_item(if_none_match, [&](std::string_view item) {
    return item == "*" || without_weakness(item) == without_weakness(etag);
  });
}

std::optional<page_answer> find_page(std::span<const page_file> files, http_method method,
                                     const std::vector<std::string>& segments, std::string_view accept_encoding,
                                     std::string_view if_none_match) {
  if (method != http_method::get && method != http_method::head)
    return std::nullopt;
  const auto path = path_of(segments);
  const auto file = std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.path == path; });
  if (file == files.end())
    return std::nullopt;
  return page_answer{&*file, takes_gzip(accept_encoding), names_tag(if_none_match, file->etag)};
}

std::span<const page_file> description_files() {
  const auto& d = openapi_document();
  static const page_file files[] = {{"api/openapi.json", content_json, d.etag, false, d.gzip, d.plain}};
  return files;
}

void append_page(std::string& out, const page_answer& a, const response_frame& f) {
  const auto& file = *a.file;
  const auto body = a.gzip ? file.gzip : file.plain;
  out += a.not_modified ? "HTTP/1.1 304 Not Modified\r\n" : "HTTP/1.1 200 OK\r\n";
  if (!a.not_modified) {
    out += "Content-Type: ";
    out += file.content_type;
    out += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    if (a.gzip)
      out += "Content-Encoding: gzip\r\n";
  }
  out += "Date: ";
  out += f.date;
  out += "\r\nX-Request-Id: ";
  out += f.request_id;
  out += "\r\nETag: ";
  out += file.etag;
  out += "\r\nVary: Accept-Encoding";
  if (!f.allowed_origin.empty()) {
    out += ", Origin\r\nAccess-Control-Allow-Origin: ";
    out += f.allowed_origin;
    out += "\r\nAccess-Control-Expose-Headers: ETag, X-Request-Id";
  }
  out += "\r\nCache-Control: ";
  out += file.immutable ? "public, max-age=31536000, immutable" : "no-cache";
  out += "\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer"
         "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";
  if (f.close)
    out += "Connection: close\r\n";
  else if (f.old)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (!f.head && !a.not_modified)
    out += body;
}

} // namespace callboard
