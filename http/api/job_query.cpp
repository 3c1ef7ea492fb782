#include "http/api/job_query.hpp"

#include "core/base/name.hpp"
#include "http/api/workflow_id.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/json/job_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <array>

namespace callboard {

namespace {

constexpr std::string_view status_names = "queued, scheduled, running, retrying, completed, failed, cancelled";

} // namespace

result<job_state> read_state(std::string_view name) {
  const auto s = parse_job_state(name);
  if (!s)
    return error{ec::unknown_status, "status must be one of " + std::string{status_names} + ", not " + shown(name),
                 "status"};
  return *s;
}

result<job_patch> read_patch(const api& a, std::string_view text) {
  static constexpr std::array<std::string_view, 5> known{"priority", "scheduleAt", "deadline", "held", "reason"};
  auto body = parse_flat_object(text, known, a.http.json_depth_max);
  if (!body)
    return std::move(body).err();
  if (body->empty())
    return error{ec::missing_field, "give at least one of priority, scheduleAt, deadline, held"};
  job_patch patch;
  const auto now = a.clock();
  const auto& limits = a.jobs;
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
  if (const auto* v = body->find("held")) {
    const auto held = read_boolean(*v, "held");
    if (!held)
      return held.err();
    patch.held = *held;
  }
  if (const auto* v = body->find("reason")) {
    if (!patch.held)
      return error{ec::invalid_value, "reason goes with held only", "reason"};
    auto reason = read_text(*v, "reason", http_limits::reason_bytes_max);
    if (!reason)
      return std::move(reason).err();
    patch.reason = std::move(*reason);
  }
  return patch;
}

namespace {

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
  const auto s = read_state(name);
  if (!s)
    return s.err();
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
  if (const auto* v = t.find("held")) {
    if (*v != "true" && *v != "false")
      return error{ec::invalid_value, "held must be true or false, not " + shown(std::string_view{*v}), "held"};
    r.held = *v == "true";
    if (*r.held && r.states.empty()) // what has ended is not held
      r.states = {job_state::queued, job_state::scheduled, job_state::running, job_state::retrying};
  }
  if (const auto* v = t.find("workflow")) {
    if (!is_workflow_id(*v))
      return error{ec::invalid_value,
                   "workflow must be the id of a workflow, w- and 26 characters, not " + shown(std::string_view{*v}),
                   "workflow"};
    r.workflow = *v;
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

} // namespace

result<list_request> read_list_query(const api& a, const parsed_target& query) {
  list_request r;
  if (const auto* v = query.find("status"))
    if (auto e = each_item(*v, [&](std::string_view name) { return add_state(r, name); }))
      return std::move(*e);
  auto e = read_filter(query, a, r);
  if (!e)
    e = read_page(query, a, r);
  if (e)
    return std::move(*e);
  return r;
}

reply<job_list> list_answer(const api& a, const list_request& r, const responder& to) {
  const job_parts parts{.payload = r.payload, .result = r.result, .checkpoint = false};
  return reply_to<job_list>(to, [parts, hidden = a.redactions](job_list& page) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{').key("jobs").open('[');
      for (const auto& j : page.jobs)
        write_job(w, *j, parts, *hidden);
      w.close(']').key("count").number(page.jobs.size()).key("next");
      if (page.next)
        w.text(to_string(*page.next));
      else
        w.raw("null");
      w.close('}');
    });
  });
}

void send_list(const api& a, list_request r, const responder& to) {
  auto done = list_answer(a, r, to);
  a.back.list(std::move(r), std::move(done));
}

} // namespace callboard
