#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/limit_reader.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/limit_text.hpp"

namespace callboard {

namespace {

/// Queues, or job types, on a page when the client does not say how many.
constexpr uint32_t page_limits = 100;

http_response whole_limit(limit_view& v) {
  return json_answer(200, [&](json_writer& w) { write_limit(w, v); });
}

template <limit_kind Kind>
http_response whole_page(limit_page& page) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key(Kind == limit_kind::queue ? "queues" : "types").open('[');
    for (const auto& v : page.limits)
      write_limit(w, v);
    w.close(']').key("count").number(page.limits.size()).key("next");
    if (page.next)
      w.text(*page.next);
    else
      w.raw("null");
    w.close('}');
  });
}

/// Of a queue any name that there is, also one that is too long by now.
bool is_cursor(limit_kind kind, std::string_view text) {
  return kind == limit_kind::type ? is_name(name_kind::job_type, text) : !text.empty();
}

template <limit_kind Kind>
std::optional<http_response> list_limits(const request_context& c, const responder& to) {
  const auto* cursor = c.target.find("cursor");
  if (cursor != nullptr && !is_cursor(Kind, *cursor))
    return failed({ec::invalid_value,
                   "cursor must be the `next` of a former page, not " + shown(std::string_view{*cursor}), "cursor"});
  const auto limit = read_limit(c.target, page_limits, c.a.http.list_limit_max);
  if (!limit)
    return failed(limit.err());
  c.a.back.limits(Kind, cursor != nullptr ? *cursor : "", *limit, reply_to<limit_page>(to, whole_page<Kind>));
  return std::nullopt;
}

template <limit_kind Kind>
std::optional<http_response> show(const request_context& c, const responder& to) {
  auto name = read_limit_name(c.a, Kind, c.param);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.limit(Kind, std::move(*name), reply_to<limit_view>(to, whole_limit));
  return std::nullopt;
}

template <limit_kind Kind>
std::optional<http_response> replace(const request_context& c, const responder& to) {
  auto name = read_limit_name(c.a, Kind, c.param);
  if (!name)
    return failed(std::move(name).err());
  const auto rule = read_limit_rule(c.a, Kind, c.request.body);
  if (!rule)
    return failed(rule.err());
  c.a.back.set_limit(Kind, std::move(*name), *rule, reply_to<limit_view>(to, whole_limit));
  return std::nullopt;
}

template <limit_kind Kind>
std::optional<http_response> clear(const request_context& c, const responder& to) {
  auto name = read_limit_name(c.a, Kind, c.param);
  if (!name)
    return failed(std::move(name).err());
  c.a.back.set_limit(Kind, std::move(*name), limit_rule{}, reply_to<limit_view>(to, whole_limit));
  return std::nullopt;
}

template <limit_kind Kind, bool Paused>
std::optional<http_response> pause(const request_context& c, const responder& to) {
  auto name = read_limit_name(c.a, Kind, c.param);
  if (!name)
    return failed(std::move(name).err());
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  c.a.back.pause_limit(Kind, std::move(*name), Paused, reply_to<limit_view>(to, whole_limit));
  return std::nullopt;
}

} // namespace

void add_limit_routes(std::vector<route>& table) {
  constexpr auto queue = limit_kind::queue, type = limit_kind::type;
  table.push_back({http_method::get, "/api/queues", body_kind::none, list_limits<queue>, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/queues/{}", body_kind::none, show<queue>});
  table.push_back({http_method::put, "/api/queues/{}", body_kind::json, replace<queue>});
  table.push_back({http_method::delete_, "/api/queues/{}", body_kind::none, clear<queue>});
  table.push_back({http_method::post, "/api/queues/{}/pause", body_kind::json_optional, pause<queue, true>});
  table.push_back({http_method::post, "/api/queues/{}/resume", body_kind::json_optional, pause<queue, false>});
  table.push_back({http_method::get, "/api/types", body_kind::none, list_limits<type>, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/types/{}", body_kind::none, show<type>});
  table.push_back({http_method::put, "/api/types/{}", body_kind::json, replace<type>});
  table.push_back({http_method::delete_, "/api/types/{}", body_kind::none, clear<type>});
  table.push_back({http_method::post, "/api/types/{}/pause", body_kind::json_optional, pause<type, true>});
  table.push_back({http_method::post, "/api/types/{}/resume", body_kind::json_optional, pause<type, false>});
}

} // namespace callboard
