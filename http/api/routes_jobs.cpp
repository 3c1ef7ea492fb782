#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/job_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

constexpr std::string_view status_names = "queued, scheduled, running, retrying, completed, failed, cancelled";

result<job_id> read_id(const request_context& c) {
  if (const auto id = parse_job_id(c.param))
    return *id;
  return error{ec::unknown_job, "there is no job " + shown(std::string_view{c.param}) +
                                  "; an id is job_ and 13 characters, such as job_01h8xgq2m4k7c"};
}

http_response whole_job(job_ptr& j) {
  return json_answer(200, [&](json_writer& w) { write_job(w, *j, {}); });
}

std::optional<http_response> get_job(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.get(*id, reply_to<job_ptr>(to, whole_job));
  return std::nullopt;
}

std::optional<http_response> get_history(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.get(*id, reply_to<job_ptr>(to, [](job_ptr& j) {
    return json_answer(200,
                       [&](json_writer& w) { write_job(w, *j, {.payload = false, .result = false, .history = true}); });
  }));
  return std::nullopt;
}

std::optional<http_response> get_logs(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.get(*id, reply_to<job_ptr>(to, [](job_ptr& j) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{').key("id").text(to_string(j->id)).key("status").text(to_string(j->state));
      w.key("attempt").number(j->attempt).key("lines").open('[');
      for (const auto& line : j->log)
        w.text(line);
      w.close(']').close('}');
    });
  }));
  return std::nullopt;
}

std::optional<http_response> explain_job(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.explain(*id, reply_to<explanation>(to, [](explanation& x) {
    return json_answer(200, [&](json_writer& w) { write_explanation(w, x); });
  }));
  return std::nullopt;
}

std::optional<http_response> cancel_job(const request_context& c, const responder& to) {
  static constexpr std::array<std::string_view, 1> known{"reason"};
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  std::string reason;
  if (!c.request.body.empty()) {
    auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
    if (!body)
      return failed(std::move(body).err());
    if (const auto* v = body->find("reason")) {
      auto text = read_text(*v, "reason", http_limits::reason_bytes_max);
      if (!text)
        return failed(std::move(text).err());
      reason = std::move(*text);
    }
  }
  c.a.back.cancel(*id, std::move(reason), reply_to<job_ptr>(to, whole_job));
  return std::nullopt;
}

std::optional<http_response> retry_job(const request_context& c, const responder& to) {
  static constexpr std::array<std::string_view, 0> known{};
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  if (!c.request.body.empty())
    if (auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max); !body)
      return failed(std::move(body).err());
  c.a.back.retry(*id, reply_to<job_ptr>(to, whole_job));
  return std::nullopt;
}

result<job_patch> read_patch(const request_context& c) {
  static constexpr std::array<std::string_view, 3> known{"priority", "scheduleAt", "deadline"};
  auto body = parse_flat_object(c.request.body, known, c.a.http.json_depth_max);
  if (!body)
    return std::move(body).err();
  if (body->empty())
    return error{ec::missing_field, "give at least one of priority, scheduleAt, deadline"};
  job_patch patch;
  const auto now = c.a.clock();
  const auto& limits = c.a.jobs;
  if (const auto* v = body->find("priority")) {
    auto r = read_integer(*v, "priority", priority_min, priority_max);
    if (!r)
      return std::move(r).err();
    patch.priority = static_cast<uint8_t>(*r);
  }
  if (const auto* v = body->find("scheduleAt")) {
    auto r = read_time(*v, "scheduleAt");
    if (!r)
      return std::move(r).err();
    if (auto ok = check_schedule(*r, now, limits.past_grace, limits.schedule_ahead_max); !ok)
      return std::move(ok).err();
    patch.schedule_at = *r;
  }
  if (const auto* v = body->find("deadline")) {
    auto r = read_time(*v, "deadline");
    if (!r)
      return std::move(r).err();
    if (auto ok = check_deadline(*r, now, patch.schedule_at ? &*patch.schedule_at : nullptr, limits.schedule_ahead_max);
        !ok)
      return std::move(ok).err();
    patch.deadline = *r;
  }
  return patch;
}

std::optional<http_response> modify_job(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  auto patch = read_patch(c);
  if (!patch)
    return failed(std::move(patch).err());
  c.a.back.modify(*id, std::move(*patch), reply_to<job_ptr>(to, whole_job));
  return std::nullopt;
}

/// Calls `take(item)` for each item of a comma-separated list.
template <class F>
std::optional<error> each_item(std::string_view list, F&& take) {
  while (true) {
    const auto comma = list.find(',');
    if (auto e = take(list.substr(0, comma)))
      return e;
    if (comma == std::string_view::npos)
      return std::nullopt;
    list.remove_prefix(comma + 1);
  }
}

std::optional<error> add_state(list_request& r, std::string_view name) {
  const auto s = parse_job_state(name);
  if (!s)
    return error{ec::unknown_status, "status must be one of " + std::string{status_names} + ", not " + shown(name),
                 "status"};
  if (std::find(r.states.begin(), r.states.end(), *s) == r.states.end())
    r.states.push_back(*s);
  return std::nullopt;
}

std::optional<error> read_filter(const parsed_target& t, const api& a, list_request& r) {
  const auto text = [&](std::string_view name, size_t bytes_max, std::string& into) -> std::optional<error> {
    const auto* v = t.find(name);
    if (v == nullptr)
      return std::nullopt;
    auto checked = read_text(std::string_view{*v}, name, bytes_max);
    if (!checked)
      return std::move(checked).err();
    into = std::move(*checked);
    return std::nullopt;
  };
  if (auto e = text("type", name_bytes_max(name_kind::job_type), r.type))
    return e;
  if (auto e = text("queue", a.jobs.tag_bytes_max, r.queue))
    return e;
  if (auto e = text("tag", a.jobs.tag_bytes_max, r.tag))
    return e;
  if (auto e = text("key", a.jobs.tag_bytes_max, r.key))
    return e;
  if (const auto* v = t.find("priority")) {
    auto p = read_integer(std::string_view{*v}, "priority", priority_min, priority_max);
    if (!p)
      return std::move(p).err();
    r.priority = static_cast<uint8_t>(*p);
  }
  for (const std::string_view name : {"from", "to"}) {
    const auto* v = t.find(name);
    if (v == nullptr)
      continue;
    // The plus of an offset is a space in a query, unless the client escaped it.
    auto spelled = *v;
    std::replace(spelled.begin(), spelled.end(), ' ', '+');
    auto time = read_time(std::string_view{spelled}, name);
    if (!time)
      return std::move(time).err();
    (name == "from" ? r.from : r.to) = *time;
  }
  if (r.from && r.to && *r.from >= *r.to)
    return error{ec::invalid_value, "from must be before to", "from"};
  return std::nullopt;
}

std::optional<error> read_page(const parsed_target& t, const api& a, list_request& r) {
  if (const auto* v = t.find("cursor")) {
    r.below = parse_job_id(*v);
    if (!r.below)
      return error{ec::invalid_value, "cursor must be the `next` of a former page, not " + shown(std::string_view{*v}),
                   "cursor"};
  }
  const auto limit = read_limit(t, r.limit, a.http.list_limit_max);
  if (!limit)
    return limit.err();
  r.limit = *limit;
  r.bytes_max = a.http.list_bytes_max;
  if (const auto* v = t.find("include"))
    return each_item(*v, [&](std::string_view name) -> std::optional<error> {
      if (name == "payload")
        r.payload = true;
      else if (name == "result")
        r.result = true;
      else
        return error{ec::invalid_value, "include must name payload, result or both, not " + shown(name), "include"};
      return std::nullopt;
    });
  return std::nullopt;
}

std::optional<http_response> list(const request_context& c, const responder& to, list_request r) {
  auto e = read_filter(c.target, c.a, r);
  if (!e)
    e = read_page(c.target, c.a, r);
  if (e)
    return failed(std::move(*e));
  const job_parts parts{.payload = r.payload, .result = r.result};
  c.a.back.list(std::move(r), reply_to<job_list>(to, [parts](job_list& page) {
                  return json_answer(200, [&](json_writer& w) {
                    w.open('{').key("jobs").open('[');
                    for (const auto& j : page.jobs)
                      write_job(w, *j, parts);
                    w.close(']').key("count").number(page.jobs.size()).key("next");
                    if (page.next)
                      w.text(to_string(*page.next));
                    else
                      w.raw("null");
                    w.close('}');
                  });
                }));
  return std::nullopt;
}

std::optional<http_response> list_jobs(const request_context& c, const responder& to) {
  list_request r;
  if (const auto* v = c.target.find("status"))
    if (auto e = each_item(*v, [&](std::string_view name) { return add_state(r, name); }))
      return failed(std::move(*e));
  return list(c, to, std::move(r));
}

std::optional<http_response> list_by_status(const request_context& c, const responder& to) {
  list_request r;
  if (auto e = add_state(r, c.param))
    return failed(std::move(*e));
  return list(c, to, std::move(r));
}

} // namespace

void add_job_routes(std::vector<route>& table) {
  const std::vector<std::string_view> page{"type", "queue", "tag",    "key",   "priority",
                                           "from", "to",    "cursor", "limit", "include"};
  auto filter = page;
  filter.insert(filter.begin(), "status");
  table.push_back({http_method::get, "/api/jobs", body_kind::none, list_jobs, filter});
  table.push_back({http_method::get, "/api/jobs/status/{}", body_kind::none, list_by_status, page});
  table.push_back({http_method::get, "/api/jobs/{}", body_kind::none, get_job});
  table.push_back({http_method::patch, "/api/jobs/{}", body_kind::json, modify_job});
  table.push_back({http_method::get, "/api/jobs/{}/history", body_kind::none, get_history});
  table.push_back({http_method::get, "/api/jobs/{}/logs", body_kind::none, get_logs});
  table.push_back({http_method::get, "/api/jobs/{}/explain", body_kind::none, explain_job});
  table.push_back({http_method::delete_, "/api/jobs/{}/cancel", body_kind::json_optional, cancel_job});
  table.push_back({http_method::post, "/api/jobs/{}/cancel", body_kind::json_optional, cancel_job});
  table.push_back({http_method::post, "/api/jobs/{}/retry", body_kind::json_optional, retry_job});
}

} // namespace callboard
