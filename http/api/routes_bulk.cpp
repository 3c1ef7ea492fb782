#include "http/api/answer.hpp"
#include "http/api/bulk.hpp"
#include "http/api/job_query.hpp"
#include "http/api/routes.hpp"
#include "http/json/fields.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

namespace callboard {

namespace {

std::optional<http_response> run(const request_context& c, const responder& to, std::optional<bulk_action> fixed) {
  auto r = read_bulk(c.a, c.request.body, fixed);
  if (!r)
    return failed(std::move(r).err());
  auto seat = bulk_seat::take();
  if (!seat)
    return failed(no_bulk_seat());
  run_bulk(c.a, std::move(*seat), std::move(*r), reply_to<bulk_outcome>(to, [](bulk_outcome& o) {
             return json_answer(200, [&](json_writer& w) { write_bulk(w, o); });
           }));
  return std::nullopt;
}

std::optional<http_response> bulk(const request_context& c, const responder& to) {
  return run(c, to, std::nullopt);
}

std::optional<http_response> redrive_dead(const request_context& c, const responder& to) {
  return run(c, to, bulk_action::retry);
}

std::optional<http_response> discard_dead(const request_context& c, const responder& to) {
  return run(c, to, bulk_action::discard);
}

/// Failed jobs of one type with one code.
struct dead_group {
  std::string type, code;
  uint64_t count = 0;
  std::optional<time_point> latest; ///< when the latest of them failed
};

/// Counts by type and code. Bounded by the jobs that are looked at.
class dead_summary {
public:
  void add(const job_record& j) {
    auto code = j.error ? j.error->code : std::string{};
    auto& g = groups_[{j.spec.type, std::move(code)}];
    ++g.first;
    g.second = std::max(g.second, j.finished_at);
  }
  /// The most frequent first.
  std::vector<dead_group> groups() const {
    std::vector<dead_group> out;
    for (const auto& [of, found] : groups_)
      out.push_back({of.first, of.second, found.first, found.second});
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    return out;
  }

private:
  std::map<std::pair<std::string, std::string>, std::pair<uint64_t, std::optional<time_point>>> groups_;
};

http_response summary_answer(const dead_summary& s, const walk_end& end) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("groups").open('[');
    for (const auto& g : s.groups()) {
      w.open('{').key("type").text(g.type).key("code").text(g.code).key("count").number(g.count);
      if (g.latest)
        w.key("latest").time(*g.latest);
      w.close('}');
    }
    w.close(']').key("lookedAt").number(end.looked_at).key("next");
    if (end.next)
      w.text(to_string(*end.next));
    else
      w.raw("null");
    w.close('}');
  });
}

std::optional<http_response> summarise(const request_context& c, const responder& to, const parsed_target& query) {
  for (const std::string_view name : {"limit", "include"})
    if (query.find(name) != nullptr)
      return failed({ec::invalid_value, std::string{name} + " does not go with summary, which counts what it looks at",
                     std::string{name}});
  auto r = read_list_query(c.a, query);
  if (!r)
    return failed(std::move(r).err());
  auto seat = bulk_seat::take();
  if (!seat)
    return failed(no_bulk_seat());
  r->states = {job_state::failed};
  r->limit = std::min(http_limits::bulk_page_jobs, c.a.http.list_limit_max);
  auto summary = std::make_shared<dead_summary>();
  walk_jobs(
    c.a, std::move(*seat), std::move(*r), http_limits::dead_summary_jobs_max,
    [summary](const job_record& j) { summary->add(j); },
    reply_to<walk_end>(to, [summary](walk_end& end) { return summary_answer(*summary, end); }));
  return std::nullopt;
}

/// A page of failed jobs is the one of `GET /api/jobs/status/failed`.
std::optional<http_response> list_dead(const request_context& c, const responder& to) {
  auto query = c.target;
  const auto wish =
    std::find_if(query.query.begin(), query.query.end(), [](const auto& q) { return q.first == "summary"; });
  bool summary = false;
  if (wish != query.query.end()) {
    if (wish->second != "true" && wish->second != "false")
      return failed(
        {ec::invalid_value, "summary must be true or false, not " + shown(std::string_view{wish->second}), "summary"});
    summary = wish->second == "true";
    query.query.erase(wish);
  }
  if (summary)
    return summarise(c, to, query);
  auto r = read_list_query(c.a, query);
  if (!r)
    return failed(std::move(r).err());
  r->states = {job_state::failed};
  send_list(c.a, std::move(*r), to);
  return std::nullopt;
}

} // namespace

void add_bulk_routes(std::vector<route>& table) {
  table.push_back({http_method::post, "/api/bulk", body_kind::json, bulk, {}, {"bulk", act_values::answer}});
  table.push_back(
    {http_method::get,
     "/api/dead",
     body_kind::none,
     list_dead,
     {"type", "queue", "tag", "key", "workflow", "priority", "from", "to", "cursor", "limit", "include", "summary"}});
  table.push_back(
    {http_method::post, "/api/dead/redrive", body_kind::json, redrive_dead, {}, {"dead.redrive", act_values::answer}});
  table.push_back(
    {http_method::post, "/api/dead/discard", body_kind::json, discard_dead, {}, {"dead.discard", act_values::answer}});
}

} // namespace callboard
