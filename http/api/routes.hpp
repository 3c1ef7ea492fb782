#pragma once

#include "http/api/router.hpp"

#include <vector>

namespace callboard {

/// Each file of routes adds its own.
void add_submit_routes(std::vector<route>& table);
void add_job_routes(std::vector<route>& table);
void add_bulk_routes(std::vector<route>& table);
void add_workflow_routes(std::vector<route>& table);
void add_schedule_routes(std::vector<route>& table);
void add_template_routes(std::vector<route>& table);
void add_limit_routes(std::vector<route>& table);
void add_worker_routes(std::vector<route>& table);
void add_work_routes(std::vector<route>& table);
void add_metrics_routes(std::vector<route>& table);
void add_alert_routes(std::vector<route>& table);
void add_audit_routes(std::vector<route>& table);
void add_webhook_routes(std::vector<route>& table);
void add_export_routes(std::vector<route>& table);
void add_report_routes(std::vector<route>& table);
void add_event_routes(std::vector<route>& table);
void add_health_routes(std::vector<route>& table);

} // namespace callboard
