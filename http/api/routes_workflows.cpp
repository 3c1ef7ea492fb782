#include "http/api/answer.hpp"
#include "http/api/media_type.hpp"
#include "http/api/routes.hpp"
#include "http/api/trace_header.hpp"
#include "http/api/turn_loop.hpp"
#include "http/api/workflow_actions.hpp"
#include "http/api/workflow_submission.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace callboard {

namespace {

using steady = std::chrono::steady_clock;

/// The id in the path. Error: not_found.
result<std::string> read_id(const request_context& c) {
  if (is_workflow_id(c.param))
    return c.param;
  return error{ec::not_found,
               "there is no workflow " + shown(std::string_view{c.param}) +
                 "; an id is w- and 26 characters, such as w-01kezk9q2m4k7c5v8x3n6b1p0d",
               "id"};
}

std::optional<http_response> submit(const request_context& c, const responder& to) {
  if (!is_media_type(c.request.content_type, media_json) && !c.request.body.empty())
    return failed({ec::unsupported_media_type, "Content-Type must be application/json", "Content-Type"});
  const auto now = c.a.clock();
  auto w = read_workflow(c.a, c.request.body, c.request.idempotency_key, now, c.a.new_workflow_id(now));
  if (!w)
    return failed(std::move(w).err());
  give_trace(c.request, w->request.jobs);
  if (w->idempotency_key.empty()) {
    submit_workflow(c.a, std::move(*w), to);
    return std::nullopt;
  }
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  submit_workflow_once(std::move(turn), std::move(*w), to);
  return std::nullopt;
}

// GET /api/workflows

/// A page under way: each workflow is found by its first job, and its jobs are looked at, one workflow after the other.
struct workflow_page {
  std::vector<job_ptr> firsts; ///< newest first
  size_t at = 0;
  std::optional<workflow_state> only;
  std::vector<std::string> shown; ///< JSON
  std::optional<job_id> next;     ///< where the next page begins
};

http_response page_answer(const workflow_page& p) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("workflows").open('[');
    for (const auto& text : p.shown)
      w.raw(text);
    w.close(']').key("count").number(p.shown.size()).key("next");
    if (p.next)
      w.text(to_string(*p.next));
    else
      w.raw("null");
    w.close('}');
  });
}

void show(workflow_page& p, const workflow_view& v) {
  if (p.only && v.state() != *p.only)
    return;
  json_writer w{p.shown.emplace_back()};
  w.open('{');
  write_workflow_head(w, v);
  w.close('}');
}

void fill_page(workflow_turn_ptr turn, std::shared_ptr<workflow_page> p, const responder& to) {
  turn_loop::run([turn, p, to](std::function<void()> next) {
    if (p->at > 0 && p->at < p->firsts.size() && steady::now() >= turn->until) {
      p->next = p->firsts[p->at - 1]->id;
      p->at = p->firsts.size();
    }
    if (p->at == p->firsts.size())
      return to([p] { return page_answer(*p); });
    const auto id = p->firsts[p->at++]->spec.workflow->id;
    load_workflow(turn, id, workflow_results::none, [p, to, next](result<workflow_view> v) {
      if (v)
        show(*p, *v);
      else if (v.err().code != ec::not_found) // purged meanwhile
        return to([e = std::move(v).err()] { return failed(e); });
      next();
    });
  });
}

std::optional<http_response> list_workflows(const request_context& c, const responder& to) {
  auto page = std::make_shared<workflow_page>();
  list_request query;
  query.first_of_workflow = true;
  if (const auto* cursor = c.target.find("cursor")) {
    query.below = parse_job_id(*cursor);
    if (!query.below)
      return failed({ec::invalid_value,
                     "cursor must be the `next` of a former page, not " + shown(std::string_view{*cursor}), "cursor"});
  }
  if (const auto* state = c.target.find("state")) {
    page->only = parse_workflow_state(*state);
    if (!page->only)
      return failed({ec::unknown_status,
                     "state must be one of waiting, running, paused, completed, failed, cancelled, not " +
                       shown(std::string_view{*state}),
                     "state"});
  }
  const auto limit = read_limit(c.target, std::min(http_limits::workflows_default, c.a.http.list_limit_max),
                                std::min(http_limits::workflows_max, c.a.http.list_limit_max));
  if (!limit)
    return failed(limit.err());
  query.limit = *limit;
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  c.a.back.list(std::move(query), [turn, page, to](result<job_list> firsts) {
    if (!firsts)
      return to([e = std::move(firsts).err()] { return failed(e); });
    page->firsts = std::move(firsts->jobs);
    std::erase_if(page->firsts, [](const job_ptr& j) { return !j->spec.workflow; });
    page->next = firsts->next;
    fill_page(turn, page, to);
  });
  return std::nullopt;
}

// One workflow.

std::optional<http_response> get_workflow(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  const auto* include = c.target.find("include");
  if (include != nullptr && *include != "result")
    return failed({ec::invalid_value, "include must be result, not " + shown(std::string_view{*include}), "include"});
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  const bool all = include != nullptr;
  load_workflow(std::move(turn), *id, all ? workflow_results::all : workflow_results::of_completed,
                reply_to<workflow_view>(to, [all, hidden = c.a.redactions](workflow_view& v) {
                  return json_answer(200, [&](json_writer& w) {
                    w.open('{');
                    write_workflow(w, v, all, *hidden);
                    w.close('}');
                  });
                }));
  return std::nullopt;
}

std::optional<http_response> get_graph(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  load_workflow(std::move(turn), *id, workflow_results::none,
                reply_to<workflow_view>(to, [now = c.a.clock()](workflow_view& v) {
                  return json_answer(200, [&](json_writer& w) {
                    w.open('{');
                    write_workflow_graph(w, v, now);
                    w.close('}');
                  });
                }));
  return std::nullopt;
}

/// @param name  of the member that tells how many jobs were changed.
reply<workflow_change> changed_answer(const request_context& c, const responder& to, std::string_view name) {
  return reply_to<workflow_change>(to, [name, hidden = c.a.redactions](workflow_change& x) {
    return json_answer(200, [&](json_writer& w) {
      w.open('{');
      write_workflow(w, x.after, false, *hidden);
      w.key(name).number(x.jobs).close('}');
    });
  });
}

/// Reads which workflow and why, and begins: `change(turn, id, reason)`.
template <class Change>
std::optional<http_response> change_workflow(const request_context& c, Change change) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  auto reason = read_reason(c.request.body, c.a.http.json_depth_max);
  if (!reason)
    return failed(std::move(reason).err());
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  change(std::move(turn), *id, std::move(*reason));
  return std::nullopt;
}

std::optional<http_response> cancel(const request_context& c, const responder& to) {
  return change_workflow(c, [&](auto turn, const auto& id, auto reason) {
    cancel_workflow(std::move(turn), id, std::move(reason), changed_answer(c, to, "cancelled"));
  });
}

std::optional<http_response> pause(const request_context& c, const responder& to) {
  return change_workflow(c, [&](auto turn, const auto& id, auto reason) {
    hold_workflow(std::move(turn), id, true, std::move(reason), changed_answer(c, to, "held"));
  });
}

std::optional<http_response> resume(const request_context& c, const responder& to) {
  return change_workflow(c, [&](auto turn, const auto& id, auto reason) {
    hold_workflow(std::move(turn), id, false, std::move(reason), changed_answer(c, to, "released"));
  });
}

std::optional<http_response> retry(const request_context& c, const responder& to) {
  const auto id = read_id(c);
  if (!id)
    return failed(id.err());
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  auto turn = begin_workflow_turn(c.a);
  if (!turn)
    return failed(no_bulk_seat());
  retry_workflow(std::move(turn), *id, changed_answer(c, to, "retried"));
  return std::nullopt;
}

} // namespace

void add_workflow_routes(std::vector<route>& table) {
  table.push_back({http_method::post, "/api/workflows", body_kind::batch, submit});
  table.push_back({http_method::get, "/api/workflows", body_kind::none, list_workflows, {"state", "cursor", "limit"}});
  table.push_back({http_method::get, "/api/workflows/{}", body_kind::none, get_workflow, {"include"}});
  table.push_back({http_method::get, "/api/workflows/{}/graph", body_kind::none, get_graph});
  table.push_back(
    {http_method::post, "/api/workflows/{}/cancel", body_kind::json_optional, cancel, {}, {"workflow.cancel"}});
  table.push_back(
    {http_method::post, "/api/workflows/{}/retry", body_kind::json_optional, retry, {}, {"workflow.retry"}});
  table.push_back(
    {http_method::post, "/api/workflows/{}/pause", body_kind::json_optional, pause, {}, {"workflow.pause"}});
  table.push_back(
    {http_method::post, "/api/workflows/{}/resume", body_kind::json_optional, resume, {}, {"workflow.resume"}});
}

} // namespace callboard
