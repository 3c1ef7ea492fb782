#include "http/api/webhook_text.hpp"

namespace callboard {

void write_webhook(json_writer& w, const webhook& x) {
  const auto text = [&w](std::string_view name, const std::string& value) {
    if (!value.empty())
      w.key(name).text(value);
  };
  w.open('{').key("name").text(x.name).key("url").text(x.url);
  w.key("filter").open('{').key("kinds").open('[');
  for (const auto& k : x.kinds)
    w.text(k);
  w.close(']');
  text("queue", x.filter.queue);
  text("type", x.filter.type);
  text("workflow", x.filter.workflow);
  text("worker", x.filter.worker);
  w.close('}').key("headers").open('{');
  for (const auto& [name, value] : x.headers)
    w.any_key(name).text(value);
  w.close('}').key("enabled").boolean(x.enabled);
  if (x.retries)
    w.key("retryCount").number(*x.retries);
  w.key("signed").boolean(!x.secret.empty());
  if (x.secret_changed_at)
    w.key("secretChangedAt").time(*x.secret_changed_at);
  w.key("createdAt").time(x.created_at).key("changedAt").time(x.changed_at).close('}');
}

void write_delivery(json_writer& w, const job_record& job) {
  w.open('{').key("jobID").text(to_string(job.id));
  if (const auto d = read_delivery_key(job.spec.idempotency_key)) {
    w.key("deliveryID").text(d->delivery).key("kind").text(d->kind);
    w.key(parse_job_id(d->event) ? "eventJobID" : "eventID").text(d->event);
  }
  w.key("status").text(to_string(job.state)).key("attempts").number(job.attempt);
  if (job.error)
    w.key("code").text(job.error->code).key("message").text(job.error->message);
  w.key("createdAt").time(job.created_at);
  if (job.finished_at)
    w.key("finishedAt").time(*job.finished_at);
  if (job.retry_at)
    w.key("retryAt").time(*job.retry_at);
  w.close('}');
}

} // namespace callboard
