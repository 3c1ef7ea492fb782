#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/job_counts.hpp"
#include "http/api/job_query.hpp"
#include "http/api/routes.hpp"
#include "http/api/template_filter.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/job_text.hpp"
#include "http/json/log_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

result<job_id> read_id(const request_context& c) {
  if (const auto id = parse_job_id(c.param))
    return *id;
  return error{ec::unknown_job, "there is no job " + shown(std::string_view{c.param}) +
                                  "; an id is job_ and 13 characters, such as job_01h8xgq2m4k7c"};
}

/// The job as it is then.
reply<job_ptr> whole_job(const request_context& c, const responder& to, job_parts parts = {}) {
  return reply_to<job_ptr>(to, [hidden = c.a.redactions, parts](job_ptr& j) {
    return json_answer(200, [&](json_writer& w) { write_job(w, *j, parts, *hidden); });
  });
}

std::optional<http_response> get_job(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.get(*id, whole_job(c, to));
  return std::nullopt;
}

std::optional<http_response> get_history(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  c.a.back.get(*id, whole_job(c, to, {.payload = false, .result = false, .history = true}));
  return std::nullopt;
}

std::optional<http_response> get_logs(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  log_part part;
  if (const auto* from = c.target.find("from")) {
    const auto n = read_integer(std::string_view{*from}, "from", 0, UINT32_MAX);
    if (!n)
      return failed(n.err());
    part.from = *n;
  }
  if (const auto* attempt = c.target.find("attempt")) {
    const auto n = read_integer(std::string_view{*attempt}, "attempt", 0, UINT32_MAX);
    if (!n)
      return failed(n.err());
    part.attempt = *n;
  }
  c.a.back.get(*id, reply_to<job_ptr>(to, [hidden = c.a.redactions, part](job_ptr& j) {
    return json_answer(200, [&](json_writer& w) { write_log(w, *j, part, *hidden); });
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
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  auto reason = read_reason(c.request.body, c.a.http.json_depth_max);
  if (!reason)
    return failed(std::move(reason).err());
  c.a.back.cancel(*id, std::move(*reason), whole_job(c, to));
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
  c.a.back.retry(*id, whole_job(c, to));
  return std::nullopt;
}

std::optional<http_response> modify_job(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  auto patch = read_patch(c.a, c.request.body);
  if (!patch)
    return failed(std::move(patch).err());
  c.a.back.modify(*id, *patch, whole_job(c, to));
  return std::nullopt;
}

std::optional<http_response> list(const request_context& c, const responder& to, std::optional<job_state> only) {
  auto r = read_list_query(c.a, c.target);
  if (!r)
    return failed(std::move(r).err());
  if (only)
    r->states = {*only};
  auto filter = read_template_filter(c.target);
  if (!filter)
    return failed(std::move(filter).err());
  if (*filter) {
    auto done = list_answer(c.a, *r, to);
    list_of_template(c.a, std::move(*r), std::move(**filter), std::move(done));
    return std::nullopt;
  }
  send_list(c.a, std::move(*r), to);
  return std::nullopt;
}

std::optional<http_response> list_jobs(const request_context& c, const responder& to) {
  return list(c, to, std::nullopt);
}

std::optional<http_response> list_by_status(const request_context& c, const responder& to) {
  const auto state = read_state(c.param);
  return state ? list(c, to, *state) : failed(state.err());
}

constexpr route_act act(std::string_view name) {
  return {.name = name, .of_job = true};
}

} // namespace

void add_job_routes(std::vector<route>& table) {
  const std::vector<std::string_view> page{"type", "queue", "tag", "key",    "workflow", "template", "priority",
                                           "held", "from",  "to",  "cursor", "limit",    "include"};
  auto filter = page;
  filter.insert(filter.begin(), "status");
  table.push_back({http_method::get, "/api/jobs", body_kind::none, list_jobs, filter});
  table.push_back({http_method::get, "/api/jobs/status/{}", body_kind::none, list_by_status, page});
  table.push_back({http_method::get,
                   "/api/jobs/counts",
                   body_kind::none,
                   count_jobs,
                   {"status", "type", "queue", "tag", "key", "workflow", "priority", "held", "from", "to"}});
  table.push_back({http_method::get, "/api/jobs/{}", body_kind::none, get_job});
  table.push_back({http_method::patch, "/api/jobs/{}", body_kind::json, modify_job, {}, act("job.change")});
  table.push_back({http_method::get, "/api/jobs/{}/history", body_kind::none, get_history});
  table.push_back({http_method::get, "/api/jobs/{}/logs", body_kind::none, get_logs, {"attempt", "from"}});
  table.push_back({http_method::get, "/api/jobs/{}/explain", body_kind::none, explain_job});
  table.push_back(
    {http_method::delete_, "/api/jobs/{}/cancel", body_kind::json_optional, cancel_job, {}, act("job.cancel")});
  table.push_back(
    {http_method::post, "/api/jobs/{}/cancel", body_kind::json_optional, cancel_job, {}, act("job.cancel")});
  table.push_back({http_method::post, "/api/jobs/{}/retry", body_kind::json_optional, retry_job, {}, act("job.retry")});
}

} // namespace callboard
