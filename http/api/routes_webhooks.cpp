#include "core/base/name.hpp"
#include "http/api/answer.hpp"
#include "http/api/name_page.hpp"
#include "http/api/routes.hpp"
#include "http/api/webhook_reader.hpp"
#include "http/api/webhook_text.hpp"
#include "http/json/fields.hpp"
#include "http/json/flat_object.hpp"

#include <utility>

#include "webhooks/webhook_board.hpp"

namespace callboard {

namespace {

http_response no_webhooks() {
  return failed({ec::not_found, "this scheduler has no webhooks (webhooks.enabled is false)"});
}

/// The one that the address names.
result<webhook> named(const request_context& c) {
  if (!is_name(name_kind::webhook, c.param))
    return error{ec::not_found,
                 "there is no webhook " + shown(std::string_view{c.param}) + "; " + name_rule(name_kind::webhook),
                 "name"};
  return c.a.webhooks->find(c.param);
}

http_response webhook_answer(int status, const webhook& x) {
  return json_answer(status, [&](json_writer& w) { write_webhook(w, x); });
}

answer<webhook> whole_webhook(const responder& to, int status = 200) {
  return answer<webhook>{reply_to<webhook>(to, [status](webhook& x) { return webhook_answer(status, x); })};
}

std::optional<http_response> list(const request_context& c, const responder&) {
  if (!c.a.webhooks)
    return no_webhooks();
  const auto all = c.a.webhooks->all();
  if (!all)
    return failed(all.err());
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("webhooks").open('[');
    for (const auto& x : *all)
      write_webhook(w, x);
    w.close(']').key("count").number(all->size()).close('}');
  });
}

std::optional<http_response> show(const request_context& c, const responder&) {
  if (!c.a.webhooks)
    return no_webhooks();
  const auto x = named(c);
  return x ? webhook_answer(200, *x) : failed(x.err());
}

std::optional<http_response> create(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  auto x = read_webhook(c.a, c.request.body, {});
  if (!x)
    return failed(std::move(x).err());
  x->reply = whole_webhook(to, 201);
  c.a.webhooks->send({std::move(*x)});
  return std::nullopt;
}

std::optional<http_response> replace(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  if (!is_name(name_kind::webhook, c.param))
    return failed(
      {ec::invalid_value, name_rule(name_kind::webhook) + ", not " + shown(std::string_view{c.param}), "name"});
  auto x = read_webhook(c.a, c.request.body, c.param);
  if (!x)
    return failed(std::move(x).err());
  x->reply = whole_webhook(to);
  c.a.webhooks->send({std::move(*x)});
  return std::nullopt;
}

template <webhook_change::action What>
std::optional<http_response> change(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  if (const auto x = named(c); !x)
    return failed(x.err());
  c.a.webhooks->send({webhook_change{c.param, What, whole_webhook(to)}});
  return std::nullopt;
}

std::optional<http_response> remove_webhook(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  if (const auto x = named(c); !x)
    return failed(x.err());
  c.a.webhooks->send({webhook_change{c.param, webhook_change::action::remove, whole_webhook(to)}});
  return std::nullopt;
}

std::optional<http_response> test(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  if (auto e = refuse_fields(c.request.body, c.a.http.json_depth_max))
    return failed(std::move(*e));
  if (const auto x = named(c); !x)
    return failed(x.err());
  c.a.webhooks->send({webhook_test{c.param, answer<job_id>{reply_to<job_id>(to, [](job_id& id) {
                                     return json_answer(201, [&](json_writer& w) {
                                       w.open('{').key("jobID").text(to_string(id)).close('}');
                                     });
                                   })}}});
  return std::nullopt;
}

std::optional<http_response> list_deliveries(const request_context& c, const responder& to) {
  if (!c.a.webhooks)
    return no_webhooks();
  if (const auto x = named(c); !x)
    return failed(x.err());
  auto page = read_name_page(c, [](auto text) { return parse_job_id(text).has_value(); });
  if (!page)
    return failed(std::move(page).err());
  list_request r;
  r.queue = c.a.webhook_rules.queue;
  r.tag = delivery_tag(c.param);
  r.limit = page->limit;
  if (!page->after.empty())
    r.below = parse_job_id(page->after);
  c.a.back.list(std::move(r), reply_to<job_list>(to, [](job_list& found) {
                  std::optional<std::string> next;
                  if (found.next)
                    next = to_string(*found.next);
                  return name_page_answer("deliveries", found.jobs, next,
                                          [](json_writer& w, const auto& job) { write_delivery(w, *job); });
                }));
  return std::nullopt;
}

} // namespace

void add_webhook_routes(std::vector<route>& table) {
  constexpr std::string_view one = "/api/webhooks/{}";
  constexpr std::string_view secret = "secret";
  using enum webhook_change::action;
  table.push_back({http_method::get, "/api/webhooks", body_kind::none, list});
  table.push_back({http_method::post,
                   "/api/webhooks",
                   body_kind::json,
                   create,
                   {},
                   {"webhook.create", act_values::answer, {}, false, secret}});
  table.push_back({http_method::get, one, body_kind::none, show});
  table.push_back({http_method::put,
                   one,
                   body_kind::json,
                   replace,
                   {},
                   {"webhook.put", act_values::before_and_after, one, false, secret}});
  table.push_back(
    {http_method::delete_, one, body_kind::none, remove_webhook, {}, {"webhook.remove", act_values::before, one}});
  table.push_back({http_method::post,
                   "/api/webhooks/{}/pause",
                   body_kind::json_optional,
                   change<pause>,
                   {},
                   {"webhook.pause", act_values::answer, one}});
  table.push_back({http_method::post,
                   "/api/webhooks/{}/resume",
                   body_kind::json_optional,
                   change<resume>,
                   {},
                   {"webhook.resume", act_values::answer, one}});
  table.push_back({http_method::post,
                   "/api/webhooks/{}/test",
                   body_kind::json_optional,
                   test,
                   {},
                   {"webhook.test", act_values::answer, one}});
  table.push_back(
    {http_method::get, "/api/webhooks/{}/deliveries", body_kind::none, list_deliveries, {"cursor", "limit"}});
}

} // namespace callboard
