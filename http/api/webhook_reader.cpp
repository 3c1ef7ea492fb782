#include "http/api/webhook_reader.hpp"

#include "core/base/name.hpp"
#include "http/api/event_filter_reader.hpp"
#include "http/json/fields.hpp"
#include "http/json/json_document.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "webhooks/webhook_delivery.hpp"

namespace callboard {

namespace {

using nlohmann::json;

result<done> check_members(const json& v, const std::string& path, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : v.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return error{ec::unknown_field,
                   "unknown field " + shown(std::string_view{path + name}) + "; known here are " +
                     joined({known.begin(), known.end()}),
                   path + name};
  return done{};
}

/// Null as well when it was given as null.
const json* member(const json& v, const char* name) {
  const auto i = v.find(name);
  return i == v.end() || i->is_null() ? nullptr : &*i;
}

error wrong(const std::string& field, const std::string& wanted, const json& came) {
  return {ec::invalid_value, field + " must be " + wanted + ", not " + shown_json(came), field};
}

result<std::string> read_string(const json& v, const std::string& field, size_t bytes_max) {
  if (!v.is_string())
    return wrong(field, "a text", v);
  return read_text(std::string_view{v.get_ref<const std::string&>()}, field, bytes_max);
}

result<done> read_name(const api&, const json& body, const std::string& name, webhook& w) {
  const auto* given = member(body, "name");
  if (given == nullptr && name.empty())
    return error{ec::missing_field, "name is required", "name"};
  if (given != nullptr && (!given->is_string() || !is_name(name_kind::webhook, given->get_ref<const std::string&>())))
    return error{ec::invalid_value, name_rule(name_kind::webhook) + ", not " + shown_json(*given), "name"};
  if (given != nullptr && !name.empty() && *given != name)
    return error{ec::invalid_value, "name must be left out, or that of the address, " + name, "name"};
  w.name = name.empty() ? given->get<std::string>() : name;
  return done{};
}

result<done> read_url(const json& body, webhook& w) {
  const auto* v = member(body, "url");
  if (v == nullptr)
    return error{ec::missing_field, "url is required: where events are sent", "url"};
  auto url = read_string(*v, "url", http_limits::webhook_url_bytes_max);
  if (!url)
    return std::move(url).err();
  if (auto ok = check_webhook_url(*url, "url"); !ok)
    return ok;
  w.url = std::move(*url);
  return done{};
}

result<done> read_kinds(const json& filter, webhook& w) {
  const auto* v = member(filter, "kinds");
  if (v == nullptr)
    return error{ec::missing_field, "filter.kinds is required: which events are wanted, such as [\"job.failed\"]",
                 "filter.kinds"};
  if (!v->is_array() || v->empty() || v->size() > http_limits::webhook_kinds_max)
    return error{ec::invalid_value,
                 "filter.kinds must be an array of 1 to " + std::to_string(http_limits::webhook_kinds_max) +
                   " kinds or families of events",
                 "filter.kinds"};
  w.filter.kinds.reset();
  for (const auto& x : *v) {
    const auto field = "filter.kinds[" + std::to_string(w.kinds.size()) + "]";
    if (!x.is_string())
      return wrong(field, "a kind or a family of events", x);
    const auto kinds = read_event_kinds(x.get_ref<const std::string&>(), field);
    if (!kinds)
      return kinds.err();
    w.filter.kinds |= *kinds;
    w.kinds.push_back(x.get<std::string>());
  }
  return done{};
}

result<done> read_filter(const api& a, const json& body, webhook& w) {
  const auto* v = member(body, "filter");
  if (v == nullptr)
    return error{ec::missing_field, "filter is required: which events are wanted", "filter"};
  if (!v->is_object())
    return wrong("filter", "an object", *v);
  const std::string path = "filter.";
  if (auto ok = check_members(*v, path, {"kinds", "queue", "type", "workflow", "worker"}); !ok)
    return ok;
  if (auto ok = read_kinds(*v, w); !ok)
    return ok;
  for (const auto* name : {"queue", "type", "workflow", "worker"})
    if (const auto* x = member(*v, name)) {
      if (!x->is_string())
        return wrong(path + name, "a text", *x);
      if (!x->get_ref<const std::string&>().empty())
        if (auto ok = read_string(*x, path + name, a.jobs.tag_bytes_max); !ok)
          return std::move(ok).err();
    }
  return read_event_names(
    w.filter,
    [v](const char* name) {
      const auto* x = member(*v, name);
      return x == nullptr ? nullptr : &x->get_ref<const std::string&>();
    },
    path);
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

/// Those that say how the request is sent, and those that are ours.
bool is_reserved(std::string_view name) {
  for (const std::string_view ours : {"Content-Length", "Transfer-Encoding", "Host", "Connection"})
    if (same_letters(name, ours))
      return true;
  return same_letters(name.substr(0, webhook_field_prefix.size()), webhook_field_prefix);
}

result<done> read_header(const std::string& name, const json& v, webhook& w) {
  const auto field = "headers." + name;
  if (!is_header_name(name))
    return error{ec::invalid_value,
                 "headers: the name of a field has letters, digits and !#$%&'*+-.^_`|~ only, not " +
                   shown(std::string_view{name}),
                 "headers"};
  if (is_reserved(name))
    return error{ec::invalid_value,
                 field + " must not be given: Content-Length, Transfer-Encoding, Host, Connection and what begins " +
                   "with X-Callboard- are set for each request",
                 field};
  for (const auto& [other, value] : w.headers)
    if (same_letters(other, name))
      return error{ec::invalid_value,
                   std::string{field}.append(" is given twice, as ").append(other).append(" as well"), field};
  auto text = read_string(v, field, http_limits::webhook_header_bytes_max);
  if (!text)
    return std::move(text).err();
  w.headers.emplace_back(name, std::move(*text));
  return done{};
}

result<done> read_headers(const json& body, webhook& w) {
  const auto* v = member(body, "headers");
  if (v == nullptr)
    return done{};
  if (!v->is_object())
    return wrong("headers", "an object of texts", *v);
  if (v->size() > http_limits::webhook_headers_max)
    return error{ec::out_of_range,
                 "headers must have at most " + std::to_string(http_limits::webhook_headers_max) + " fields, not " +
                   std::to_string(v->size()),
                 "headers"};
  for (const auto& [name, value] : v->items())
    if (auto ok = read_header(name, value, w); !ok)
      return ok;
  return done{};
}

/// Messages of `read_text` say what is wrong, and never the text.
result<done> read_secret(const json& body, webhook_put& x) {
  const auto given = body.find("secret");
  x.keep_secret = given == body.end();
  if (x.keep_secret || given->is_null())
    return done{};
  if (!given->is_string())
    return error{ec::invalid_value, "secret must be a text, or null for none", "secret"};
  const auto& text = given->get_ref<const std::string&>();
  if (text.empty() || text.size() > http_limits::webhook_secret_bytes_max || control_character_in(text))
    return error{ec::invalid_value,
                 "secret must have " + free_text_rule(http_limits::webhook_secret_bytes_max) + "; null: none",
                 "secret"};
  x.draft.secret = text;
  return done{};
}

result<done> read_rest(const api& a, const json& body, webhook& w) {
  if (const auto* v = member(body, "enabled")) {
    if (!v->is_boolean())
      return wrong("enabled", "true or false", *v);
    w.enabled = v->get<bool>();
  }
  if (const auto* v = member(body, "retryCount")) {
    const auto max = a.jobs.retries_max;
    if (!v->is_number_integer())
      return wrong("retryCount", "an integer", *v);
    if (*v < 0 || *v > max)
      return error{ec::out_of_range,
                   "retryCount must be 0 to " + std::to_string(max) + " (jobs.retries_max), not " + v->dump(),
                   "retryCount"};
    w.retries = v->get<uint32_t>();
  }
  return done{};
}

bool is_port(std::string_view text) {
  uint32_t port = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), port);
  return bad == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65'536;
}

} // namespace

result<done> check_webhook_url(std::string_view url, const std::string& field) {
  const auto bad = [&](const char* why) { return error{ec::invalid_value, field + " " + why, field}; };
  constexpr std::string_view plain = "http://", tls = "https://";
  const bool is_tls = same_letters(url.substr(0, tls.size()), tls);
  if (!is_tls && !same_letters(url.substr(0, plain.size()), plain))
    return bad("must begin with https:// or http://");
  if (std::any_of(url.begin(), url.end(), [](char c) { return c <= ' ' || static_cast<unsigned char>(c) >= 0x7F; }))
    return bad("must have no spaces and no characters beyond ASCII; write them as %20 and the like");
  auto rest = url.substr(is_tls ? tls.size() : plain.size());
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = rest.rfind('@'); at != std::string_view::npos)
    rest.remove_prefix(at + 1);
  const auto host_ends = rest.starts_with('[') ? rest.find(']') : rest.find(':');
  const auto host = rest.starts_with('[') ? rest.substr(1, host_ends == std::string_view::npos ? 0 : host_ends - 1)
                                          : rest.substr(0, host_ends);
  if (host.empty())
    return bad("must name a host, as https://hooks.example.com/callboard does");
  const auto after = rest.starts_with('[') ? rest.substr(host_ends + 1) : rest.substr(host.size());
  if (!after.empty() && (!after.starts_with(':') || !is_port(after.substr(1))))
    return bad("must have a port from 1 to 65535 behind the colon, or none");
  return done{};
}

result<webhook_put> read_webhook(const api& a, const std::string& text, const std::string& name) {
  const auto body = read_document(text, a.http.json_depth_max);
  if (!body)
    return body.err();
  if (!body->is_object())
    return error{ec::invalid_value, "a webhook must be a JSON object, not " + shown_json(*body)};
  if (auto ok = check_members(*body, "", {"name", "url", "filter", "secret", "headers", "enabled", "retryCount"}); !ok)
    return std::move(ok).err();
  webhook_put x;
  x.create_only = name.empty();
  for (auto ok : {read_name(a, *body, name, x.draft), read_url(*body, x.draft), read_filter(a, *body, x.draft),
                  read_headers(*body, x.draft), read_secret(*body, x), read_rest(a, *body, x.draft)})
    if (!ok)
      return std::move(ok).err();
  return x;
}

} // namespace callboard
