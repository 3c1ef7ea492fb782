#pragma once

#include "core/base/time.hpp"

#include <cstddef>
#include <cstdint>

namespace callboard {

/// Limits of the REST interface that nobody needs to set; those one may want to set are in config/settings.hpp.
namespace http_limits {

/// Longest request target, in bytes; beyond it 414.
inline constexpr size_t target_bytes_max = 8192;
/// Longest X-Request-Id that is taken from a client; any other is replaced by our own.
inline constexpr size_t request_id_bytes_max = 64;
/// Of User-Agent and X-Callboard-Actor so much is written into the audit log.
inline constexpr size_t actor_bytes_max = 256;
/// Ends of jobs that one page of an export looks at; it may have fewer jobs than asked for then.
inline constexpr size_t export_examined_max = 5000;
/// Days of one report.
inline constexpr int report_days_max = 3660;
/// Rows of a page of the audit log when the client does not say how many, unless `http.list_limit_max` allows less.
inline constexpr uint32_t audit_page_rows = 100;
/// So much of the audit log is read for one page, which then ends early.
inline constexpr uint64_t audit_page_bytes_max = 4u << 20;
/// What a 429 or 503 tells the client to wait, in seconds.
inline constexpr uint32_t retry_after_seconds = 1;
/// After the last answer of a connection the server reads on, and discards, for this long at most, so that a client
/// which is still sending gets to see the answer instead of a reset.
inline constexpr duration linger_timeout = std::chrono::seconds{5};
/// Ready answers of one connection are gathered into one write up to this many bytes.
inline constexpr size_t gather_bytes_max = 1u << 20;
/// A body without an end goes out in parts of about so many bytes, one at a time.
inline constexpr size_t stream_part_bytes = 64u << 10;
/// What a client of a stream of events is told to wait before it connects again (`retry:`), in milliseconds.
inline constexpr uint32_t events_retry_ms = 2000;
/// One read from a socket while a header is expected, and while a body is.
inline constexpr size_t header_read_bytes = 8u << 10;
inline constexpr size_t body_read_bytes = 64u << 10;
/// An idle connection keeps no input buffer larger than this.
inline constexpr size_t idle_buffer_bytes_max = 16u << 10;
/// Reserved for a body at once, whatever its Content-Length promises.
inline constexpr size_t body_reserve_bytes_max = 64u << 10;
/// A request with a body of this size or more is worked on beside the lanes, so that the others of its lane go on.
inline constexpr size_t large_body_bytes = 256u << 10;
/// Jobs of a batch that are handed to the scheduler at once; the next ones follow when these are answered, so that what
/// others submit goes in between. Not of an atomic batch, which is one write.
inline constexpr size_t batch_slice_jobs = 1000;
/// A slice ends as well when its payloads come to this many bytes.
inline constexpr size_t batch_slice_bytes = 4u << 20;
/// Pending connections the kernel keeps for us.
inline constexpr int accept_backlog = 4096;
/// Connections beyond `connections_max` that are told so (503) at the same time; more are closed without a word.
inline constexpr uint32_t refusals_max = 256;
/// Wait after an accept that failed for lack of descriptors or memory.
inline constexpr duration accept_retry = std::chrono::milliseconds{50};
/// How often deadlines of connections are looked at: a tenth of the shortest timeout, within these bounds.
inline constexpr duration tick_min = std::chrono::milliseconds{5};
inline constexpr duration tick_max = std::chrono::milliseconds{500};
/// Bytes of a client's own value that an error message repeats.
inline constexpr size_t shown_bytes_max = 64;
/// Shortest `timeout` of an attempt and shortest wait of a retry policy.
inline constexpr duration timeout_min = std::chrono::milliseconds{1};
/// Longest wait of a retry policy (`capSeconds`).
inline constexpr duration backoff_max = std::chrono::hours{24 * 7};
/// Bounds of a retry policy's `memoryGrowthPercent`.
inline constexpr uint32_t memory_growth_min = 100;
inline constexpr uint32_t memory_growth_max = 1000;
/// Rules of a retry policy for single codes (`onError`), and the longest of their codes, in bytes.
inline constexpr size_t failure_rules_max = 16;
inline constexpr size_t failure_code_bytes_max = 64;
/// Longest time over all attempts (`totalSeconds`).
inline constexpr duration retry_total_max = std::chrono::hours{24 * 366};
/// Longest `typeVersion`, in bytes.
inline constexpr size_t version_range_bytes_max = 128;
/// Names in a job's `resources`, and in the labels in it.
inline constexpr size_t resource_names_max = 16;
/// Parts of a job that make its unique key (`unique.by`), and the longest of them, in bytes.
inline constexpr size_t unique_parts_max = 16;
inline constexpr size_t unique_part_bytes_max = 256;
/// A longer unique key is replaced by its digest.
inline constexpr size_t unique_key_bytes_max = 128;
/// Longest time for which a unique key is held (`unique.while.for`); the shortest is `timeout_min`.
inline constexpr duration unique_window_max = std::chrono::hours{24 * 366};
/// Cores that one job may ask for.
inline constexpr uint32_t cores_max = 1'000'000;
/// Shortest and longest `every` of a schedule; the longest is that of its `startWithin` as well.
inline constexpr duration every_min = std::chrono::seconds{1};
inline constexpr duration every_max = std::chrono::hours{24 * 366};
/// Fire times that a schedule may be asked to catch up with when it does not say how many (`catchUpMax`), if the
/// settings allow that many.
inline constexpr uint32_t catch_up_default = 100;
/// Longest name of a time zone, in bytes; those of IANA have half of it.
inline constexpr size_t zone_bytes_max = 64;
/// Fire times that a preview shows, and at most.
inline constexpr uint32_t preview_default = 5;
inline constexpr uint32_t preview_max = 100;
/// Most that a limit of a queue or a job type can be: attempts at once, jobs per period, jobs of a burst.
inline constexpr uint32_t limit_max = 1'000'000;
/// Most jobs that a queue may be said to hold (`waitingMax`).
inline constexpr uint32_t queue_waiting_max = 1'000'000'000;
/// Largest `waitingBytesMax` of a queue: 1 PiB.
inline constexpr uint64_t queue_waiting_bytes_max = uint64_t{1} << 50;
/// Shortest and longest period of a rate (`rate.per`).
inline constexpr duration rate_period_min = std::chrono::milliseconds{100};
inline constexpr duration rate_period_max = std::chrono::hours{24 * 366};
/// Longest time in which a burst may come in: about a hundred years, so that it stays a duration.
inline constexpr duration burst_time_max = std::chrono::hours{24 * 366 * 100};
/// Of the comment of an acknowledgement or a silence.
inline constexpr size_t alert_comment_bytes_max = 500;
/// Of the target of a silence: the longest name there may be, and what kind of thing it is.
inline constexpr size_t alert_target_bytes_max = 600;
/// A silence ends within a year.
inline constexpr duration silence_max = std::chrono::hours{24 * 366};
/// Jobs on which one request of `POST /api/bulk` acts when it does not say how many, and at most.
inline constexpr uint32_t bulk_jobs_default = 1000;
inline constexpr uint32_t bulk_jobs_max = 10'000;
/// Jobs that such a request looks up at once. Few, so that a job is acted on soon after its status was looked at.
inline constexpr uint32_t bulk_page_jobs = 500;
/// Calls to the scheduler that one such request has under way.
inline constexpr uint32_t bulk_outstanding_max = 100;
/// Such requests, and summaries of failed jobs, that run at the same time in one process; more are answered 503.
inline constexpr uint32_t bulk_requests_max = 8;
/// Refused jobs that an answer names; it counts all.
inline constexpr size_t bulk_refused_shown_max = 20;
/// A bulk request ends its slice after this long, or half of `jobs.request_timeout`, whichever is shorter.
inline constexpr duration bulk_time_max = std::chrono::seconds{10};
/// Failed jobs that one summary looks at.
inline constexpr uint32_t dead_summary_jobs_max = 10'000;
/// Longest key of a job in its workflow, in bytes.
inline constexpr size_t workflow_key_bytes_max = 64;
/// Workflows on a page of `GET /api/workflows` when the client does not say how many, and at most: the jobs of each are
/// looked at.
inline constexpr uint32_t workflows_default = 20;
inline constexpr uint32_t workflows_max = 100;
/// Jobs that a workflow is read by at once.
inline constexpr uint32_t workflow_page_jobs = 500;
/// Elements of a fan-out job that the graph of its workflow shows one by one; more are one node.
inline constexpr size_t graph_elements_max = 50;
/// Paths of a job type whose values nobody is shown (`redact`), and the longest of them, in bytes.
inline constexpr size_t redact_paths_max = 32;
inline constexpr size_t redact_path_bytes_max = 256;
/// Most slots of a worker over HTTP, attempts that it brings along, and jobs of a claim; as `workers.slots`.
inline constexpr uint64_t work_slots_max = 4096;
/// Of a worker over HTTP: its session's token, and shortest and longest `instance`, in bytes.
inline constexpr size_t work_token_bytes_max = 128;
inline constexpr size_t work_instance_bytes_min = 16;
inline constexpr size_t work_instance_bytes_max = 128;
/// Longest name of its host (RFC 1035, 2.3.4), version and summary of one of its job types, in bytes.
inline constexpr size_t work_host_bytes_max = 255;
inline constexpr size_t work_version_bytes_max = 64;
inline constexpr size_t work_summary_bytes_max = 256;
/// Of a message of a failed attempt, and of one with a progress; longer ones are cut.
inline constexpr size_t work_message_bytes_max = 4096;
/// Lines of an attempt's log in one request.
inline constexpr size_t work_log_lines_max = 1000;
/// Longest `waitSeconds` that a claim may say; the settings allow less (`http_workers.wait_max`).
inline constexpr duration work_wait_max = std::chrono::hours{1};
/// Longest cancel reason, in bytes.
inline constexpr size_t reason_bytes_max = 1024;
/// Of a webhook: its address (as that of an http_request job), its secret, and one of its header fields, in bytes.
inline constexpr size_t webhook_url_bytes_max = 8192;
inline constexpr size_t webhook_secret_bytes_max = 256;
inline constexpr size_t webhook_header_bytes_max = 1024;
/// Its header fields, and the kinds of events that it may name.
inline constexpr size_t webhook_headers_max = 20;
inline constexpr size_t webhook_kinds_max = 64;
/// Longest description of a template, in bytes.
inline constexpr size_t template_description_bytes_max = 1024;

} // namespace http_limits

} // namespace callboard
