#pragma once

#include "config/settings.hpp"
#include "core/alerts/alert_watch.hpp"
#include "core/base/error.hpp"
#include "core/measure/trace_figures.hpp"
#include "http/api/backend.hpp"
#include "http/api/body_budget.hpp"
#include "http/api/type_defaults.hpp"
#include "http/api/workflow_id.hpp"
#include "http/json/redaction_book.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callboard {

class alert_board;
class audit_log;
class event_feed;
class schema_source;
class webhook_board;
struct loaded_settings;

/// The job types that can be submitted. Workers bring new ones while the server runs. Called on the threads of the REST
/// interface, on several at once.
class accepted_types {
public:
  virtual ~accepted_types() = default;
  virtual bool has(std::string_view type) const = 0;
  /// All of them, for a message; of very many some, and how many more.
  virtual std::string listed() const = 0;
  /// Errors: invalid_payload with the field (`payload.to`), unknown_job_type.
  virtual result<done> check(std::string_view type, const nlohmann::json& payload) const = 0;
};

/// Checks a JSON Schema of draft 7 that a client wrote, and a value against it; null: only the schema. Errors:
/// invalid_value with the reason; of a value with the field below `parameters`.
using schema_check = std::function<result<done>(const nlohmann::json& schema, const nlohmann::json* value)>;

/// For whoever cannot check any: templates have no schema there.
inline result<done> no_schemas(const nlohmann::json&, const nlohmann::json*) {
  return error{ec::invalid_value, "no schema can be checked here"};
}

/// What the routes need to do their work. Constant once the server runs.
struct api {
  http_settings http;
  job_settings jobs;
  schedule_settings schedules;
  backend& back;
  const accepted_types& types;
  /// Their schemas; null: they are not told.
  const schema_source* schemas = nullptr;
  /// All settings, with those that the routes have nothing to do with; null: they are not told.
  const loaded_settings* effective = nullptr;
  std::string version;
  /// The time of day.
  std::function<time_point()> clock;
  /// Bound of POST /api/workers/scale (workers.count_max, or autoscale.workers_max).
  uint32_t workers_max = worker_settings{}.count_max;
  /// For the jobs of a worker that is drained without a deadline (scheduler.shutdown_grace).
  duration drain_grace = scheduler_settings{}.shutdown_grace;
  /// What workers over HTTP are held to: sizes of results and lines of a log.
  worker_settings workers = {};
  workflow_ids new_workflow_id = random_workflow_ids();
  template_settings templates = {};
  /// Of the parameters of templates.
  schema_check check_schema = no_schemas;
  /// What the scheduler keeps of the job types; set by `use_type_defaults`.
  std::shared_ptr<type_defaults_book> defaults = std::make_shared<type_defaults_book>();
  /// What nobody is shown of jobs; set as the defaults are.
  std::shared_ptr<redaction_book> redactions = std::make_shared<redaction_book>();
  /// What has happened, for those who follow it; null: nothing can be followed.
  std::shared_ptr<event_feed> events = {};
  /// Where work goes that begins with an answer of the scheduler, whose threads are not for it. The server's; set by
  /// it.
  std::function<void(std::function<void()>)> aside = [](const std::function<void()>& work) { work(); };
  /// Where acts are recorded; null: nowhere.
  std::shared_ptr<audit_log> audit = {};
  audit_settings audit_rules = {};
  /// What is wrong; null: nobody looks.
  std::shared_ptr<alert_board> alerts = {};
  /// Whether any rules are looked at (alerts.enabled).
  bool alerts_enabled = true;
  /// Whom clients have subscribed to events; null: there are no webhooks.
  std::shared_ptr<webhook_board> webhooks = {};
  webhook_settings webhook_rules = {};
  report_settings reports = {};
  /// What has become of the spans that are exported; null: none are.
  std::function<trace_figures()> traces = {};
  /// The server's; set by it.
  std::shared_ptr<body_budget> bodies = std::make_shared<body_budget>(UINT64_MAX);
  /// The scheduler's certificates as they lie on the disk now; those that cannot be read are left out. Called on the
  /// threads of the REST interface.
  std::function<std::vector<certificate_end>()> certificates = [] { return std::vector<certificate_end>{}; };
};

} // namespace callboard
