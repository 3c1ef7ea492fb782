#include "alerts/alert_notice.hpp"

#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "files/read_file.hpp"
#include "webhooks/signature.hpp"

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

constexpr uint64_t secret_bytes_max = 4u << 10u;
/// Somebody has to hear of it soon, and a server that restarts must be back by the last try.
constexpr uint32_t notice_retries = 8;
constexpr duration notice_timeout = std::chrono::seconds{30};

std::string_view told(bool fires) {
  return fires ? "firing" : "resolved";
}

std::string dumped(const json& v) {
  return v.dump(-1, ' ', false, json::error_handler_t::replace);
}

json time_or_null(const std::optional<time_point>& t) {
  return t ? json(to_rfc3339(*t)) : json(nullptr);
}

job_spec notice(const alert& a, bool fires, std::string_view way, const settings& s, const json& payload) {
  job_spec spec;
  spec.queue = s.alerts.queue;
  spec.tags = {"alert"};
  spec.timeout = std::min(notice_timeout, s.jobs.timeout_max);
  spec.max_retries = std::min(notice_retries, s.jobs.retries_max);
  spec.idempotency_key = alert_id_text(a.id) + "/" + std::string{told(fires)} + "/" + std::string{way};
  auto text = dumped(payload);
  spec.payload_bytes = static_cast<uint32_t>(text.size());
  spec.payload = blob{std::move(text)};
  return spec;
}

job_spec by_webhook(const alert& a, bool fires, const settings& s, std::string_view secret, time_point now) {
  const auto body = webhook_body(a, fires);
  json headers{{"Content-Type", "application/json"}};
  if (!secret.empty()) {
    const auto time = webhook_time(now);
    headers[std::string{webhook_time_field}] = time;
    headers[std::string{webhook_signature_field}] = webhook_signature(secret, time, body);
  }
  auto spec = notice(a, fires, "webhook", s,
                     {{"url", s.alerts.webhook_url}, {"method", "POST"}, {"headers", headers}, {"body", body}});
  spec.type = "http_request";
  return spec;
}

job_spec by_mail(const alert& a, bool fires, const settings& s) {
  const auto& row = row_of(a.rule);
  const auto about = std::string{row.name} + (a.target.empty() ? "" : " " + a.target);
  std::string text = summary_of(a) + "\n\n" + std::string{row.advice} + "\n\nsince: " + to_rfc3339(a.since);
  if (a.fired_at)
    text += "\nfired: " + to_rfc3339(*a.fired_at);
  if (a.resolved_at)
    text += "\nresolved: " + to_rfc3339(*a.resolved_at);
  text += "\nalert: " + alert_id_text(a.id) + "\n";
  auto spec =
    notice(a, fires, "email", s,
           {{"to", s.alerts.email_to},
            {"subject", "[callboard " + std::string{fires ? to_string(row.severity) : told(fires)} + "] " + about},
            {"body", text}});
  spec.type = "email_send";
  return spec;
}

} // namespace

result<std::string> read_webhook_secret(const alert_settings& s) {
  if (s.webhook_secret_file.empty())
    return std::string{};
  auto text = read_file(s.webhook_secret_file, secret_bytes_max);
  if (!text)
    return error{text.err().code, "alerts.webhook_secret_file: " + text.err().message};
  constexpr std::string_view white = " \t\r\n";
  const auto first = text->find_first_not_of(white);
  if (first == std::string::npos)
    return error{ec::invalid_value, "alerts.webhook_secret_file: " + s.webhook_secret_file + " is empty"};
  return text->substr(first, text->find_last_not_of(white) - first + 1);
}

std::string webhook_body(const alert& a, bool fires) {
  const auto& row = row_of(a.rule);
  return dumped({{"kind", fires ? "alert.fired" : "alert.resolved"},
                 {"id", alert_id_text(a.id)},
                 {"rule", row.name},
                 {"target", a.target},
                 {"severity", to_string(row.severity)},
                 {"state", told(fires)},
                 {"since", to_rfc3339(a.since)},
                 {"firedAt", time_or_null(a.fired_at)},
                 {"resolvedAt", time_or_null(a.resolved_at)},
                 {"value", a.value},
                 {"threshold", a.threshold},
                 {"unit", row.unit},
                 {"summary", summary_of(a)},
                 {"advice", row.advice}});
}

std::vector<job_spec> alert_notices(const alert& a, bool fires, const settings& s, std::string_view secret,
                                    time_point now) {
  std::vector<job_spec> out;
  if (!s.alerts.webhook_url.empty())
    out.push_back(by_webhook(a, fires, s, secret, now));
  if (!s.alerts.email_to.empty())
    out.push_back(by_mail(a, fires, s));
  return out;
}

} // namespace callboard
