#pragma once

#include "core/job/job.hpp"
#include "storage/record_codec.hpp"
#include "storage/store.hpp"

#include <string>

namespace callboard::test {

/// 2026-01-01 00:00:00 UTC and `us` microseconds.
inline time_point at(int64_t us) {
  return time_point{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}} + duration{us};
}

/// An id as it would be issued `ms` milliseconds after `at(0)`.
inline job_id id_at(int64_t ms, uint64_t seq = 1) {
  return job_id{first_id_at(at(ms * 1000)).value + seq};
}

/// A job as most are: little but its type.
inline job_record small_record(job_id id = id_at(1)) {
  job_record rec;
  rec.id = id;
  rec.created_at = created_at(id);
  rec.spec.type = "email_send";
  rec.history.push_back({job_state::queued, rec.created_at, 0, "", ""});
  return rec;
}

/// A job with a value in every field that is stored.
/// What format 1 could hold.
inline job_record full_record_v1(job_id id = id_at(2)) {
  auto rec = small_record(id);
  rec.state = job_state::failed;
  rec.spec.type = "data_processing";
  rec.spec.queue = "reports";
  rec.spec.tags = {"nightly", "größe"};
  rec.spec.priority = 9;
  rec.spec.schedule_at = at(5'000'000);
  rec.spec.deadline = at(60'000'000);
  rec.spec.timeout = std::chrono::seconds{7};
  rec.spec.max_retries = 11;
  rec.spec.retry = {backoff::linear, std::chrono::milliseconds{250}, std::chrono::hours{1}, false};
  rec.spec.dependencies = {id_at(0, 7), id_at(0, 8)};
  rec.spec.idempotency_key = "order-4711";
  rec.spec.level = durability::os;
  rec.started_at = at(6'000'000);
  rec.finished_at = at(9'000'001);
  rec.retry_at = at(-3);
  rec.retry_count = 3;
  rec.loss_count = 2;
  rec.attempt = 5;
  rec.worker = "worker-1";
  rec.error = job_error{"TIMEOUT", "ran longer than 7 s", at(9'000'000)};
  rec.result = blob{R"({"rows":12})"};
  rec.log.lines = {"line one", "", std::string("with\0zero", 9)};
  rec.history.push_back({job_state::running, at(6'000'000), 5, "worker-1", ""});
  rec.history.push_back({job_state::failed, at(9'000'001), 5, "worker-1", "TIMEOUT"});
  return rec;
}

inline job_record full_record(job_id id = id_at(2)) {
  auto rec = full_record_v1(id);
  rec.spec.resources = {
    3, 1500, uint64_t{5} << 30, {{"gpu", 2}, {"license/x", 1}}, {{"disk", "ssd"}, {"zone", "größe"}}};
  rec.spec.retry.memory_growth_percent = 150;
  rec.spec.retry.memory_growth_max = uint64_t{1} << 36;
  rec.usage = {12'345'678, uint64_t{3} << 30};
  rec.ran = std::chrono::milliseconds{2501};
  return rec;
}

/// With a value in the fields that format 3 got after its first golden files.
inline job_record later_record(job_id id = id_at(3)) {
  auto rec = full_record(id);
  rec.spec.dependencies[1].on = dependency_condition::failure;
  rec.spec.dependencies[1].ended = job_ending::failed;
  rec.spec.rule = dependency_rule::any;
  rec.spec.unique =
    unique_rule{R"({"type":"x"})", unique_scope::window, std::chrono::seconds{60}, on_unique_conflict::replace};
  rec.spec.unique->conflict = on_unique_conflict::debounce;
  rec.spec.unique->quiet = std::chrono::milliseconds{2500};
  rec.spec.unique->quiet_max = std::chrono::minutes{1};
  rec.spec.unique->since = at(-1'000'000);
  rec.spec.concurrency_key = "customer 42";
  rec.spec.origin = schedule_origin{"nightly", 7, at(4'000'000), true};
  rec.spec.workflow = workflow_part{"wf_1", "release", "build", true};
  rec.spec.retry.rules = {{"DB_*", failure_action::snooze, std::chrono::milliseconds{1500}},
                          {"BAD_INPUT", failure_action::fail, duration{0}},
                          {"*", failure_action::retry, duration{0}}};
  rec.spec.retry.total = std::chrono::hours{2};
  rec.spec.on_miss = deadline_action::promote;
  rec.spec.resources.type_version = "^2.1 || 4";
  rec.spec.finish_by = at(90'000'000);
  rec.spec.hold = job_hold{true, at(6'000'000), "wait for the audit"};
  rec.first_started_at = at(5'500'000);
  rec.log.attempt = 2;
  rec.log.first = 4711;
  fan_out f;
  f.stage = fan_out_stage::expanded;
  f.over = "list";
  f.path = {"files", "0"};
  f.max = 500;
  f.collect = false;
  f.rule = dependency_rule::all_done;
  f.count = 2;
  f.before = {{id_at(0, 3)}, {id_at(0, 4), dependency_condition::finished}};
  f.before[1].ended = job_ending::failed;
  f.before[1].began = true;
  rec.spec.for_each = std::move(f);
  rec.spec.preempts = true;
  rec.spec.preemptible_after = std::chrono::seconds{90};
  rec.checkpoint = blob{R"({"done":4711})"};
  rec.spec.from_template = template_origin{"report", 12};
  rec.spec.soft_timeout = std::chrono::milliseconds{6500};
  rec.cached_from = id_at(0, 5);
  rec.cache_key = "\x01"
                  "cache:0123abcd";
  rec.spec.payload_bytes = 70'000;
  rec.spec.trace = trace_context{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "vendor=1"};
  return rec;
}

/// Everything that is stored, compared field by field.
inline bool same_stored(const job_record& a, const job_record& b) {
  const auto &x = a.spec, &y = b.spec;
  return a.id == b.id && x.type == y.type && x.queue == y.queue && x.tags == y.tags && x.priority == y.priority &&
         x.schedule_at == y.schedule_at && x.deadline == y.deadline && x.timeout == y.timeout &&
         x.max_retries == y.max_retries && x.retry == y.retry && x.dependencies == y.dependencies &&
         x.idempotency_key == y.idempotency_key && x.level == y.level && a.state == b.state &&
         a.created_at == b.created_at && a.started_at == b.started_at && a.finished_at == b.finished_at &&
         a.retry_at == b.retry_at && a.retry_count == b.retry_count && a.loss_count == b.loss_count &&
         a.attempt == b.attempt && a.worker == b.worker && a.error == b.error && a.result == b.result &&
         a.log == b.log && a.history == b.history && x.resources == y.resources && a.usage == b.usage &&
         a.ran == b.ran && x.rule == y.rule && x.unique == y.unique && x.concurrency_key == y.concurrency_key &&
         x.origin == y.origin && x.workflow == y.workflow && x.on_miss == y.on_miss && x.finish_by == y.finish_by &&
         a.first_started_at == b.first_started_at && x.for_each == y.for_each && x.hold == y.hold &&
         x.from_template == y.from_template && x.preempts == y.preempts && x.preemptible_after == y.preemptible_after &&
         a.checkpoint == b.checkpoint && x.payload_bytes == y.payload_bytes && x.soft_timeout == y.soft_timeout &&
         a.cached_from == b.cached_from && a.cache_key == b.cache_key && x.trace == y.trace;
}

/// The first version of a job.
inline stored_job first_version(const job_record& rec, std::string payload = "{}") {
  stored_job job;
  job.id = rec.id;
  job.state = rec.state;
  job.record = encode_record(rec);
  job.payload = blob{std::move(payload)};
  job.idempotency_key = rec.spec.idempotency_key;
  if (rec.spec.unique)
    job.unique_key = rec.spec.unique->key;
  job.queue = rec.spec.queue;
  job.type = rec.spec.type;
  job.tags = rec.spec.tags;
  if (rec.spec.workflow) {
    job.workflow = rec.spec.workflow->id;
    job.first_of_workflow = rec.spec.workflow->first;
  }
  job.finished_at = rec.finished_at.value_or(time_point{});
  job.level = rec.spec.level;
  job.priority = rec.spec.priority;
  return job;
}

/// A later version; the record takes on the state.
inline stored_job later_version(job_record& rec, job_state state, time_point when = at(0)) {
  stored_job job;
  job.was_terminal = is_terminal(rec.state);
  job.former_state = rec.state;
  job.former_finished_at = rec.finished_at.value_or(time_point{});
  if (job.was_terminal && rec.spec.workflow)
    job.workflow = rec.spec.workflow->id;
  rec.state = state;
  rec.finished_at = is_terminal(state) ? std::optional{when} : std::nullopt;
  job.id = rec.id;
  job.state = state;
  job.record = encode_record(rec);
  job.finished_at = rec.finished_at.value_or(time_point{});
  job.level = rec.spec.level;
  job.priority = rec.spec.priority;
  return job;
}

} // namespace callboard::test
