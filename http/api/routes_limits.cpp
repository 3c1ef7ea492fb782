#include "core/base/name.hpp"
#include "core/job/unique_lane.hpp"
#include "http/api/answer.hpp"
#include "http/api/limit_reader.hpp"
#include "http/api/name_page.hpp"
#include "http/api/queue_failures.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/limit_text.hpp"

#include "alerts/alert_board.hpp"

namespace callboard {

namespace {

/// When no job of the queue will be ready any more, as the alerts see it.
void add_drain(limit_view& v, const alert_view* seen) {
  if (seen == nullptr || v.target.kind != limit_kind::queue)
    return;
  if (const auto at = seen->drains.find(v.target.name); at != seen->drains.end())
    v.drains_in = at->second;
}

std::shared_ptr<const alert_view> seen_by_alerts(const api& a) {
  return a.alerts ? a.alerts->view() : nullptr;
}

reply<limit_view> whole_limit(const request_context& c, const responder& to) {
  return reply_to<limit_view>(to, [seen = seen_by_alerts(c.a)](limit_view& v) {
    add_drain(v, seen.get());
    return json_answer(200, [&](json_writer& w) { write_limit(w, v); });
  });
}

std::string_view list_name(limit_kind kind) {
  return kind == limit_kind::queue ? "queues" : kind == limit_kind::type ? "types" : "keys";
}

// A cursor in a list of keys is a key. That of a unique key begins with `unique:`, and a key that looks like one of
// these with `key:`.
constexpr std::string_view unique_cursor = "unique:", plain_cursor = "key:";

std::string cursor_of(const std::string& lane_key) {
  if (is_unique_lane(lane_key))
    return std::string{unique_cursor}.append(unique_key_of_lane(lane_key));
  const bool looks_like_one = lane_key.starts_with(unique_cursor) || lane_key.starts_with(plain_cursor);
  return (looks_like_one ? std::string{plain_cursor} : std::string{}) + lane_key;
}

std::string lane_key_at(std::string_view cursor) {
  if (cursor.starts_with(unique_cursor))
    return lane_key_of({}, unique_rule{std::string{cursor.substr(unique_cursor.size())}, unique_scope::running});
  return std::string{cursor.starts_with(plain_cursor) ? cursor.substr(plain_cursor.size()) : cursor};
}

template <limit_kind Kind>
http_response whole_page(limit_page& page, const alert_view* seen) {
  for (auto& v : page.limits)
    add_drain(v, seen);
  if (Kind == limit_kind::key && page.next)
    page.next = cursor_of(*page.next);
  return name_page_answer(list_name(Kind), page.limits, page.next, [](auto& w, const auto& v) { write_limit(w, v); });
}

/// Of a queue or a key any name that there is, also one that is too long by now.
bool is_cursor(limit_kind kind, std::string_view text) {
  return kind == limit_kind::type ? is_name(name_kind::job_type, text) : !text.empty();
}

template <limit_kind Kind>
std::optional<http_response> list_limits(const request_context& c, const responder& to) {
  std::string queue;
  if constexpr (Kind == limit_kind::key) {
    auto name = read_limit_name(c.a, limit_kind::queue, c.param);
    if (!name)
      return failed(std::move(name).err());
    queue = std::move(*name);
  }
  auto page = read_name_page(c, [](auto text) { return is_cursor(Kind, text); });
  if (!page)
    return failed(std::move(page).err());
  if (Kind == limit_kind::key)
    page->after = lane_key_at(page->after);
  c.a.back.limits(
    Kind, std::move(queue), std::move(page->after), page->limit,
    reply_to<limit_page>(to, [seen = seen_by_alerts(c.a)](limit_page& p) { return whole_page<Kind>(p, seen.get()); }));
  return std::nullopt;
}

/// With the failures of each queue, which the metrics count. Without metrics the list has no failures.
std::optional<http_response> list_queues(const request_context& c, const responder& to) {
  auto page = read_name_page(c, [](auto text) { return is_cursor(limit_kind::queue, text); });
  if (!page)
    return failed(std::move(page).err());
  const auto [after, limit] = *page;
  c.a.back.limits(limit_kind::queue, {}, after, limit, [&a = c.a, to, after, limit](result<limit_page> found) {
    if (!found)
      return to([e = std::move(found).err()] { return failed(e); });
    a.back.metrics([&a, to, after, limit, queues = std::move(*found)](const result<metrics_view>& m) mutable {
      auto rows = m ? m->queues : std::map<std::string, queue_metrics>{};
      add_failing_queues(queues, after, limit, rows);
      const auto seen = seen_by_alerts(a);
      for (auto& v : queues.limits)
        add_drain(v, seen.get());
      to([queues = std::move(queues), rows = std::move(rows)] {
        return name_page_answer("queues", queues.limits, queues.next, [&](auto& w, const auto& v) {
          const auto row = rows.find(v.target.name);
          write_limit(w, v, row == rows.end() ? nullptr : &row->second);
        });
      });
    });
  });
  return std::nullopt;
}

/// Whom the path names.
result<limit_target> target_of(const request_context& c, limit_kind kind) {
  return read_limit_target(c.a, kind, c.param, kind == limit_kind::key ? c.params[1] : std::string_view{});
}

template <limit_kind Kind>
std::optional<http_response> show(const request_context& c, const responder& to) {
  auto target = target_of(c, Kind);
  if (!target)
    return failed(std::move(target).err());
  c.a.back.limit(std::move(*target), whole_limit(c, to));
  return std::nullopt;
}

template <limit_kind Kind>
std::optional<http_response> replace(const request_context& c, const responder& to) {
  auto target = target_of(c, Kind);
  if (!target)
    return failed(std::move(target).err());
  const auto rule = read_limit_rule(c.a, Kind, c.request.body);
  if (!rule)
    return failed(rule.err());
  c.a.back.set_limit(std::move(*target), *rule, whole_limit(c, to));
  return std::nullopt;
}

template <limit_kind Kind>
std::optional<http_response> clear(const request_context& c, const responder& to) {
  auto target = target_of(c, Kind);
  if (!target)
    return failed(std::move(target).err());
  c.a.back.set_limit(std::move(*target), limit_rule{}, whole_limit(c, to));
  return std::nullopt;
}

template <limit_kind Kind, bool Paused>
std::optional<http_response> pause(const request_context& c, const responder& to) {
  auto target = target_of(c, Kind);
  if (!target)
    return failed(std::move(target).err());
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  c.a.back.pause_limit(std::move(*target), Paused, whole_limit(c, to));
  return std::nullopt;
}

constexpr route_act act(std::string_view name, std::string_view seen_at) {
  return {name, act_values::before_and_after, seen_at};
}

} // namespace

void add_limit_routes(std::vector<route>& table) {
  constexpr auto queue = limit_kind::queue, type = limit_kind::type, key = limit_kind::key;
  table.push_back({http_method::get, "/api/queues", body_kind::none, list_queues, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/queues/{}", body_kind::none, show<queue>});
  table.push_back(
    {http_method::put, "/api/queues/{}", body_kind::json, replace<queue>, {}, act("queue.set", "/api/queues/{}")});
  table.push_back(
    {http_method::delete_, "/api/queues/{}", body_kind::none, clear<queue>, {}, act("queue.clear", "/api/queues/{}")});
  table.push_back({http_method::post,
                   "/api/queues/{}/pause",
                   body_kind::json_optional,
                   pause<queue, true>,
                   {},
                   act("queue.pause", "/api/queues/{}")});
  table.push_back({http_method::post,
                   "/api/queues/{}/resume",
                   body_kind::json_optional,
                   pause<queue, false>,
                   {},
                   act("queue.resume", "/api/queues/{}")});
  table.push_back({http_method::get, "/api/queues/{}/keys", body_kind::none, list_limits<key>, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/queues/{}/keys/{}", body_kind::none, show<key>});
  table.push_back({http_method::put,
                   "/api/queues/{}/keys/{}",
                   body_kind::json,
                   replace<key>,
                   {},
                   act("key.set", "/api/queues/{}/keys/{}")});
  table.push_back({http_method::delete_,
                   "/api/queues/{}/keys/{}",
                   body_kind::none,
                   clear<key>,
                   {},
                   act("key.clear", "/api/queues/{}/keys/{}")});
  table.push_back({http_method::post,
                   "/api/queues/{}/keys/{}/pause",
                   body_kind::json_optional,
                   pause<key, true>,
                   {},
                   act("key.pause", "/api/queues/{}/keys/{}")});
  table.push_back({http_method::post,
                   "/api/queues/{}/keys/{}/resume",
                   body_kind::json_optional,
                   pause<key, false>,
                   {},
                   act("key.resume", "/api/queues/{}/keys/{}")});
  table.push_back({http_method::get, "/api/types", body_kind::none, list_limits<type>, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/types/{}", body_kind::none, show<type>});
  table.push_back(
    {http_method::put, "/api/types/{}", body_kind::json, replace<type>, {}, act("type.set", "/api/types/{}")});
  table.push_back(
    {http_method::delete_, "/api/types/{}", body_kind::none, clear<type>, {}, act("type.clear", "/api/types/{}")});
  table.push_back({http_method::post,
                   "/api/types/{}/pause",
                   body_kind::json_optional,
                   pause<type, true>,
                   {},
                   act("type.pause", "/api/types/{}")});
  table.push_back({http_method::post,
                   "/api/types/{}/resume",
                   body_kind::json_optional,
                   pause<type, false>,
                   {},
                   act("type.resume", "/api/types/{}")});
}

} // namespace callboard
