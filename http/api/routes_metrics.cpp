#include "http/api/answer.hpp"
#include "http/api/metric_families.hpp"
#include "http/api/metrics_text.hpp"
#include "http/api/routes.hpp"

#include "audit/audit_log.hpp"

namespace callboard {

namespace {

/// What the server itself measures.
void add_server(metrics_view& m, const body_budget& bodies) {
  m.request_body_bytes = bodies.used();
  m.requests_without_room = bodies.refused();
}

std::optional<http_response> job_metrics(const request_context& c, const responder& to) {
  c.a.back.metrics(reply_to<metrics_view>(to, [bodies = c.a.bodies](metrics_view& m) {
    add_server(m, *bodies);
    return json_answer(200, [&](json_writer& w) { write_job_metrics(w, m); });
  }));
  return std::nullopt;
}

std::optional<http_response> worker_metrics(const request_context& c, const responder& to) {
  c.a.back.scaling([&back = c.a.back, to](result<scale_view> scaling) {
    if (!scaling)
      return to([e = std::move(scaling).err()] { return failed(e); });
    back.workers(reply_to<std::vector<worker_view>>(to, [s = std::move(*scaling)](std::vector<worker_view>& workers) {
      return json_answer(200, [&](json_writer& w) { write_worker_metrics(w, workers, s); });
    }));
  });
  return std::nullopt;
}

std::optional<http_response> prometheus(const request_context& c, const responder& to) {
  const auto format = format_for(c.request.accept);
  // What belongs to the process is read here, on a thread of the server, when the answer is written.
  c.a.back.metrics(reply_to<metrics_view>(to, [&a = c.a, format](metrics_view& m) {
    add_server(m, *a.bodies);
    const auto audit = a.audit ? std::optional{a.audit->state()} : std::nullopt;
    const auto alerts = a.alerts ? a.alerts->view() : nullptr;
    http_response r;
    r.content_type = content_type_of(format);
    const auto traces = a.traces ? std::optional{a.traces()} : std::nullopt;
    r.body = metrics_text({m, own_process(), a.version, a.certificates(), audit, alerts.get(), traces,
                           a.webhooks ? std::optional{a.webhooks->count()} : std::nullopt},
                          format);
    return r;
  }));
  return std::nullopt;
}

} // namespace

void add_metrics_routes(std::vector<route>& table) {
  table.push_back({http_method::get, "/api/metrics/jobs", body_kind::none, job_metrics});
  table.push_back({http_method::get, "/api/metrics/workers", body_kind::none, worker_metrics});
  table.push_back({http_method::get, "/metrics", body_kind::none, prometheus});
}

} // namespace callboard
