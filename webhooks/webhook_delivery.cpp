#include "webhooks/webhook_delivery.hpp"

#include "core/base/rfc3339.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "webhooks/signature.hpp"

namespace callboard {

namespace {

using json = nlohmann::ordered_json;

std::string dumped(const json& v) {
  return v.dump(-1, ' ', false, json::error_handler_t::replace);
}

json fields_of(const webhook& w, const pending_delivery& d, std::string_view kind, std::string_view body,
               time_point now) {
  json fields{{"Content-Type", "application/json"}};
  for (const auto& [name, value] : w.headers)
    fields[name] = value;
  fields[std::string{webhook_event_field}] = kind;
  fields[std::string{webhook_delivery_field}] = d.id;
  if (!w.secret.empty()) {
    const auto time = webhook_time(now);
    fields[std::string{webhook_time_field}] = time;
    fields[std::string{webhook_signature_field}] = webhook_signature(w.secret, time, body);
  }
  return fields;
}

} // namespace

std::string delivery_body(std::string_view event, std::string_view webhook_name, std::string_view id) {
  // Neither name nor id has a character that JSON would escape.
  std::string out{event.substr(0, event.size() - 1)};
  out.append(R"(,"webhook":")").append(webhook_name);
  out.append(R"(","deliveryID":")").append(id).append("\"}");
  return out;
}

job_spec delivery_job(const webhook& w, const pending_delivery& d, std::string_view kind, const settings& s,
                      time_point now) {
  const auto body = delivery_body(d.event, w.name, d.id);
  job_spec spec;
  spec.type = "http_request";
  spec.queue = s.webhooks.queue;
  spec.tags = {delivery_tag(w.name)};
  spec.timeout = std::min(s.webhooks.timeout, s.jobs.timeout_max);
  spec.max_retries = std::min(w.retries.value_or(s.webhooks.retries), s.jobs.retries_max);
  spec.idempotency_key = delivery_key(d.id);
  auto payload =
    dumped({{"url", w.url}, {"method", "POST"}, {"headers", fields_of(w, d, kind, body, now)}, {"body", body}});
  spec.payload_bytes = static_cast<uint32_t>(payload.size());
  spec.payload = blob{std::move(payload)};
  return spec;
}

pending_delivery test_delivery(const webhook& w, time_point now) {
  pending_delivery d;
  d.webhook = w.name;
  d.id = delivery_id(w.name,
                     "test-" + std::to_string(now.time_since_epoch().count()) + "/" + std::string{webhook_test_kind});
  d.event = dumped({{"kind", webhook_test_kind}, {"at", to_rfc3339(now)}});
  return d;
}

webhook_book::limits webhook_limits_of(const settings& s) {
  return {s.webhooks.pending_max, {s.webhooks.queue, s.alerts.queue}};
}

} // namespace callboard
