#include "http/api/answer.hpp"
#include "http/api/metrics_text.hpp"
#include "http/api/routes.hpp"
#include "http/api/schema_source.hpp"
#include "http/api/settings_answer.hpp"
#include "http/openapi/document.hpp"

#include "audit/audit_log.hpp"

namespace callboard {

namespace {

template <class Pick>
std::optional<http_response> health_by(const request_context& c, const responder& to, Pick good) {
  c.a.back.health(reply_to<health_view>(to, [good, version = c.a.version, log = c.a.audit](health_view& h) {
    const auto audit = log ? std::optional{log->state()} : std::nullopt;
    return json_answer(good(h) ? 200 : 503,
                       [&](json_writer& w) { write_health(w, h, version, audit ? &*audit : nullptr); });
  }));
  return std::nullopt;
}

std::optional<http_response> ready(const request_context& c, const responder& to) {
  return health_by(c, to, [](const health_view& h) { return h.ready; });
}

std::optional<http_response> live(const request_context& c, const responder& to) {
  return health_by(c, to, [](const health_view& h) { return h.live; });
}

std::optional<http_response> status(const request_context& c, const responder& to) {
  c.a.back.status(reply_to<status_view>(
    to, [](status_view& s) { return json_answer(200, [&](json_writer& w) { write_status(w, s); }); }));
  return std::nullopt;
}

/// What the first open segment of a path is.
std::string_view open_segment_of(std::string_view path) {
  if (path.find("{name}/keys/") != std::string_view::npos)
    return "{key}";
  if (path.starts_with("/api/jobs/status/"))
    return "{status}";
  for (const std::string_view named : {"/api/schedules/", "/api/templates/", "/api/queues/", "/api/types/"})
    if (path.starts_with(named))
      return "{name}";
  return "{id}";
}

/// Made from the table itself, so that it cannot forget one.
std::optional<http_response> index(const request_context& c, const responder&) {
  return json_answer(200, [&](json_writer& w) {
    w.open('{').key("name").text("callboard").key("version").text(c.a.version).key("endpoints").open('[');
    for (const auto& r : all_routes()) {
      std::string path{r.path};
      for (auto open = path.find("{}"); open != std::string::npos; open = path.find("{}"))
        path.replace(open, 2, open_segment_of(path));
      w.text(std::string{to_string(r.method)} + " " + path);
    }
    w.close(']').close('}');
  });
}

/// Over a socket the session answers it, with a tag and compressed (http/web/page_answer.hpp).
std::optional<http_response> description(const request_context&, const responder&) {
  http_response r;
  r.body = openapi_document().plain;
  return r;
}

} // namespace

void add_health_routes(std::vector<route>& table) {
  table.push_back({http_method::get, "/", body_kind::none, index}); // where there is no dashboard
  table.push_back({http_method::get, "/api", body_kind::none, index});
  table.push_back({http_method::get, "/api/openapi.json", body_kind::none, description});
  table.push_back({http_method::get, "/api/health", body_kind::none, ready});
  table.push_back({http_method::get, "/api/health/ready", body_kind::none, ready});
  table.push_back({http_method::get, "/api/health/live", body_kind::none, live});
  table.push_back({http_method::get, "/api/status", body_kind::none, status});
  table.push_back({http_method::get, "/api/schemas", body_kind::none, list_schemas, {"cursor", "limit"}});
  table.push_back({http_method::get, "/api/settings", body_kind::none, tell_settings});
}

std::vector<route> all_routes() {
  std::vector<route> table;
  add_health_routes(table);
  add_submit_routes(table);
  add_job_routes(table);
  add_bulk_routes(table);
  add_workflow_routes(table);
  add_schedule_routes(table);
  add_template_routes(table);
  add_limit_routes(table);
  add_worker_routes(table);
  add_work_routes(table);
  add_metrics_routes(table);
  add_event_routes(table);
  add_export_routes(table);
  add_report_routes(table);
  add_audit_routes(table);
  add_alert_routes(table);
  add_webhook_routes(table);
  return table;
}

} // namespace callboard
