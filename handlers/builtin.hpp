#pragma once

#include "config/settings.hpp"
#include "handlers/handler.hpp"

#include <memory>

namespace callboard {

class job_cgroups;

// The job types that come with Callboard; docs/handlers.md describes what they take and give.

/// One mail over SMTP.
std::shared_ptr<handler> make_email_send(const smtp_settings& smtp);
/// SQL over CSV and JSON-lines files.
std::shared_ptr<handler> make_data_processing(const data_settings& data, const file_settings& files);
/// A local file to HTTP, S3, SFTP or a directory.
std::shared_ptr<handler> make_file_upload(const file_settings& files, const http_client_settings& http,
                                          const s3_settings& s3, const sftp_settings& sftp);
/// One HTTP request, a webhook for example.
std::shared_ptr<handler> make_http_request(const http_client_settings& http);
/// A program. `kill_grace`: from asking it to end to killing it. `groups`: to hold jobs to what they reserved; null:
/// their memory is looked at now and then, their CPU is not held.
std::shared_ptr<handler> make_exec(const exec_settings& exec, duration kill_grace,
                                   std::shared_ptr<job_cgroups> groups = nullptr);
/// Nothing, quickly or slowly: for benchmarks and tests.
std::shared_ptr<handler> make_noop();

} // namespace callboard
