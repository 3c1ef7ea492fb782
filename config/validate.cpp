#include "config/validate.hpp"

#include "config/host_port.hpp"
#include "config/setting_text.hpp"
#include "core/alerts/alert_rule.hpp"
#include "core/placement/resources.hpp"

#include <algorithm>
#include <string>

namespace callboard {

namespace {

std::string all_alert_rules() {
  std::string all;
  for (size_t i = 0; i < alert_rule_count; ++i)
    all.append(i == 0 ? "" : ", ").append(to_string(static_cast<alert_rule>(i)));
  return all;
}

class conflict_finder {
public:
  explicit conflict_finder(const settings& s) : s_(s) {
  }

  /// `key (value)`
  std::string named(std::string_view key) const {
    return std::string{key} + " (" + value_text(*find_setting(key), s_) + ")";
  }
  void above(bool good, std::string_view greater, std::string_view less) {
    if (!good)
      found({greater, less}, named(greater) + " must be more than " + named(less));
  }
  void at_most(bool good, std::string_view less, std::string_view greater) {
    if (!good)
      found({less, greater}, named(less) + " must be at most " + named(greater));
  }
  /// `key` makes no sense unless `needed` is set as well.
  void needs(std::string_view key, std::string_view needed, std::string_view why) {
    if (!is_empty(key) && is_empty(needed))
      found({needed, key}, std::string{needed} + " is missing: " + std::string{key} + " is set" + std::string{why});
  }
  void found(std::vector<std::string_view> keys, std::string message) {
    conflicts_.push_back({std::move(keys), std::move(message)});
  }
  std::vector<setting_conflict> take() {
    return std::move(conflicts_);
  }

private:
  bool is_empty(std::string_view key) const {
    return value_text(*find_setting(key), s_).empty();
  }
  const settings& s_;
  std::vector<setting_conflict> conflicts_;
};

void check_alerts(conflict_finder& f, const settings& s) {
  for (const auto& name : s.alerts.off)
    if (!parse_alert_rule(name))
      f.found({"alerts.off"},
              "alerts.off names " + quoted(name) + ", which is no rule; rules are " + all_alert_rules());
  // Not repeated: such an address may hold a token.
  const auto& url = s.alerts.webhook_url;
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://"))
    f.found({"alerts.webhook_url"}, "alerts.webhook_url must begin with https:// or http://");
  for (const auto& to : s.alerts.email_to)
    if (to.find('@') == std::string::npos)
      f.found({"alerts.email_to"}, "alerts.email_to must name addresses such as ops@example.com, not " + quoted(to));
  f.needs("alerts.webhook_secret_file", "alerts.webhook_url", ", and there is nothing to sign");
  if (s.alerts.queue.size() > s.jobs.tag_bytes_max)
    f.found({"alerts.queue", "jobs.tag_bytes_max"},
            f.named("alerts.queue") + " is longer than " + f.named("jobs.tag_bytes_max") + " allows");
}

void check_webhooks(conflict_finder& f, const settings& s) {
  // An event that all of them want finds room.
  f.at_most(s.webhooks.max <= s.webhooks.pending_max, "webhooks.max", "webhooks.pending_max");
  if (s.webhooks.queue.size() > s.jobs.tag_bytes_max)
    f.found({"webhooks.queue", "jobs.tag_bytes_max"},
            f.named("webhooks.queue") + " is longer than " + f.named("jobs.tag_bytes_max") + " allows");
}

void check_tracing(conflict_finder& f, const settings& s) {
  const auto& url = s.tracing.endpoint;
  if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://"))
    f.found({"tracing.endpoint"}, "tracing.endpoint must begin with https:// or http://, not " + quoted(url));
  f.needs("tracing.headers_file", "tracing.endpoint", ", and nothing is sent");
}

} // namespace

std::vector<setting_conflict> find_conflicts(const settings& s) {
  conflict_finder f{s};
  f.above(s.cluster.suspect_after > s.cluster.heartbeat, "cluster.suspect_after", "cluster.heartbeat");
  f.above(s.cluster.lease > s.cluster.suspect_after, "cluster.lease", "cluster.suspect_after");
  f.above(s.scheduler.shutdown_limit > s.scheduler.shutdown_grace, "scheduler.shutdown_limit",
          "scheduler.shutdown_grace");
  f.at_most(s.workers.count <= s.workers.count_max, "workers.count", "workers.count_max");
  f.at_most(s.autoscale.workers_min <= s.autoscale.workers_max, "autoscale.workers_min", "autoscale.workers_max");
  f.at_most(s.breaker.open_for <= s.breaker.open_max, "breaker.open_for", "breaker.open_max");
  resource_offer offer;
  if (auto ok = parse_resources(s.workers.resources, offer); !ok)
    f.found({"workers.resources"}, "workers.resources: " + ok.err().message);
  if (auto ok = parse_labels(s.workers.labels); !ok)
    f.found({"workers.labels"}, "workers.labels: " + ok.err().message);
  f.at_most(s.jobs.timeout_default <= s.jobs.timeout_max, "jobs.timeout_default", "jobs.timeout_max");
  f.at_most(s.jobs.payload_bytes_max <= s.http.body_bytes_max, "jobs.payload_bytes_max", "http.body_bytes_max");
  f.at_most(s.http.body_bytes_max <= s.http.bodies_bytes_max, "http.body_bytes_max", "http.bodies_bytes_max");
  f.at_most(s.http.batch_bytes_max <= s.http.bodies_bytes_max, "http.batch_bytes_max", "http.bodies_bytes_max");
  const auto http = parse_host_port(s.http.listen);
  if (http && http->port != 0 && http == parse_host_port(s.cluster.listen))
    f.found({"cluster.listen", "http.listen"}, "cluster.listen and http.listen must differ; both are " + s.http.listen);
  check_alerts(f, s);
  check_webhooks(f, s);
  check_tracing(f, s);
  f.needs("handlers.smtp.username", "handlers.smtp.password", "");
  f.needs("handlers.smtp.password", "handlers.smtp.username", "");
  f.needs("handlers.s3.access_key", "handlers.s3.secret_key", "");
  f.needs("handlers.s3.secret_key", "handlers.s3.access_key", "");
  f.needs("handlers.sftp.username", "handlers.sftp.known_hosts_file", ", and hosts that are not in it are refused");
  for (const auto& program : s.handlers.exec.allowed_programs)
    if (!program.starts_with('/'))
      f.found({"handlers.exec.allowed_programs"},
              "handlers.exec.allowed_programs must name absolute paths, not " + quoted(program));
  if (const auto& group = s.handlers.exec.cgroup; group != "auto" && group != "off" && !group.starts_with('/'))
    f.found({"handlers.exec.cgroup"},
            "handlers.exec.cgroup must be \"auto\", \"off\" or an absolute path, not " + quoted(group));
  return f.take();
}

} // namespace callboard
