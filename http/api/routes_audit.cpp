#include "http/api/answer.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <utility>

#include "audit/audit_log.hpp"
#include "audit/audit_page.hpp"

namespace callboard {

namespace {

/// A text of the query that may be anything; empty when it is not given.
result<std::string> text_of(const parsed_target& t, const std::string& name) {
  const auto* v = t.find(name);
  return v == nullptr ? result<std::string>{std::string{}}
                      : read_text(std::string_view{*v}, name, http_limits::actor_bytes_max);
}

result<std::optional<time_point>> time_of(const parsed_target& t, const std::string& name) {
  const auto* v = t.find(name);
  if (v == nullptr)
    return std::optional<time_point>{};
  const auto at = read_time(std::string_view{*v}, name);
  return at ? result<std::optional<time_point>>{std::optional{*at}} : at.err();
}

result<audit_query> read_query(const request_context& c) {
  audit_query q;
  for (auto [name, into] : {std::pair{"act", &q.act}, {"target", &q.target}, {"actor", &q.actor}}) {
    auto text = text_of(c.target, name);
    if (!text)
      return std::move(text).err();
    *into = std::move(*text);
  }
  for (auto [name, into] : {std::pair{"from", &q.from}, {"to", &q.to}}) {
    const auto at = time_of(c.target, name);
    if (!at)
      return at.err();
    *into = *at;
  }
  const auto max = c.a.http.list_limit_max;
  const auto limit = read_limit(c.target, std::min(http_limits::audit_page_rows, max), max);
  if (!limit)
    return limit.err();
  q.limit = *limit;
  q.bytes_max = http_limits::audit_page_bytes_max;
  if (const auto* cursor = c.target.find("cursor")) {
    q.below = parse_audit_position(*cursor);
    if (!q.below)
      return error{ec::invalid_value,
                   "cursor must be the `next` of a former page, not " + shown(std::string_view{*cursor}), "cursor"};
  }
  return q;
}

http_response page_answer(const result<audit_page>& page) {
  if (!page)
    return failed(page.err());
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("records").open('[');
    for (const auto& line : page->lines)
      w.raw(line);
    w.close(']').key("count").number(page->lines.size());
    if (page->damaged > 0)
      w.key("damaged").number(page->damaged);
    w.key("next");
    if (page->next)
      w.text(to_string(*page->next));
    else
      w.raw("null");
    w.close('}');
  });
}

std::optional<http_response> list_audit(const request_context& c, const responder& to) {
  if (!c.a.audit)
    return failed({ec::not_found, "this scheduler has no audit log"});
  auto q = read_query(c);
  if (!q)
    return failed(std::move(q).err());
  c.a.aside([to, q = std::move(*q), log = c.a.audit] {
    auto page = read_audit_page(log->directory(), q);
    to([page = std::move(page)] { return page_answer(page); });
  });
  return std::nullopt;
}

} // namespace

void add_audit_routes(std::vector<route>& table) {
  table.push_back({http_method::get,
                   "/api/audit",
                   body_kind::none,
                   list_audit,
                   {"act", "target", "actor", "from", "to", "limit", "cursor"}});
}

} // namespace callboard
