#include "tests/http/fake_backend.hpp"

#include "files/time_zone.hpp"

namespace callboard::test {

using namespace std::chrono_literals;

time_point noon() {
  using namespace std::chrono;
  return sys_days{year{2026} / 1 / 15} + 10h + 30min;
}

job_id some_id(uint64_t n) {
  return job_id{(uint64_t{190'000'000'000} << (job_id_shard_bits + job_id_seq_bits)) + n};
}

job_record full_job() {
  job_record j;
  j.id = some_id();
  j.spec.type = "email_send";
  j.spec.queue = "mail";
  j.spec.tags = {"a", "b\"c"};
  j.spec.priority = 7;
  j.spec.schedule_at = noon() + 1h;
  j.spec.deadline = noon() + 2h;
  j.spec.timeout = 1500ms;
  j.spec.max_retries = 4;
  j.spec.dependencies = {some_id(8), some_id(9)};
  j.spec.idempotency_key = "key-1";
  j.spec.level = durability::os;
  j.spec.resources = {2, 500, uint64_t{512} << 20, {{"gpu", 1}}, {{"zone", "eu\"x"}}};
  j.spec.retry.memory_growth_percent = 150;
  j.spec.retry.memory_growth_max = uint64_t{1} << 34;
  j.usage = {1'250'000, 1'000'000};
  j.ran = 2500ms;
  j.spec.origin = schedule_origin{"nightly", 3, noon() - 1h, true};
  j.spec.payload = blob{std::string{R"({ "to": "x@example.com" })"}};
  j.state = job_state::retrying;
  j.created_at = noon();
  j.started_at = noon() + 1s;
  j.finished_at = noon() + 2s;
  j.retry_at = noon() + 3s;
  j.retry_count = 2;
  j.loss_count = 1;
  j.attempt = 3;
  j.current_fence = fence_token{(uint64_t{5} << 32) + 6};
  j.worker = "local-1";
  j.error = job_error{"TIMEOUT", "took too long", noon() + 4s};
  j.result = blob{std::string{R"([1,2])"}};
  j.progress_percent = 40;
  j.progress_message = "half";
  j.log.lines = {"line 1", "line 2"};
  j.history = {{job_state::queued, noon(), 0, "", "submitted"}, {job_state::running, noon() + 1s, 1, "local-1", ""}};
  return j;
}

schedule_view full_schedule() {
  schedule_definition d;
  d.name = "nightly";
  d.version = 3;
  d.changed_at = noon() - 2h;
  d.expression = "30 2 * * *";
  d.zone = "Europe/Berlin";
  auto& r = d.rules;
  r.when = *cron::parse(d.expression);
  static const auto berlin = find_time_zone(d.zone);
  r.zone = *berlin;
  r.starts_at = noon() - 24h;
  r.ends_at = noon() + 24h * 365;
  r.jitter = 90s;
  r.missed = catch_up_rule::all;
  r.catch_up_max = 7;
  r.when_unfinished = overlap_rule::queue;
  d.start_within = 1h + 500ms;
  d.job.type = "email_send";
  d.job.priority = 7;
  d.job.tags = {"a"};
  d.job.payload = blob{std::string{R"({ "to": "x@example.com" })"}};
  d.fault = "no such zone here";
  schedule_view v;
  v.definition = std::make_shared<const schedule_definition>(std::move(d));
  v.progress.paused = true;
  v.progress.waiting = noon() - 1min;
  v.progress.last_fire = noon() - 8h;
  v.progress.last_job = some_id(5);
  v.progress.fired = 11;
  v.progress.missed = 12;
  v.progress.skipped = 13;
  v.next = {noon() + 15h, noon() + 24h * 166 + 14h};
  v.unfinished = 2;
  v.trouble = "the queue is full";
  return v;
}

explanation full_explanation() {
  explanation x;
  x.job = some_id();
  x.state = job_state::scheduled;
  x.ahead = 3;
  x.projected_start = noon() + 1h;
  x.reasons = {{"scheduled", "Its \"scheduleAt\" has not come.", {some_id(8), some_id(9)}, noon() + 30min, "local/1"},
               {"no_worker", "No worker is here.", {}, {}, ""}};
  return x;
}

limit_view full_limit(limit_kind kind) {
  limit_view v;
  v.target = {kind, kind == limit_kind::type ? "email_send" : "mail/\"eu\"", ""};
  v.rule.paused = true;
  v.rule.concurrency = 10;
  v.rule.rate = rate_limit{100, 60s, 20};
  v.under_way = 7;
  v.held = "paused";
  v.ready = 5;
  if (kind == limit_kind::type) {
    v.rule.retry_rate = rate_limit{30, 1s, 5};
    v.rule.cache_for = 1h;
    v.rule.defaults = R"({"timeout":30})";
    v.rule.redact = {"payload.card.number", "result"};
    return v;
  }
  v.rule.weight = 3;
  v.oldest_ready = noon() - 1min;
  if (kind == limit_kind::key) {
    v.target.key = "acme \"eu\"";
    v.inherited = true;
    return v;
  }
  v.rule.per_key = {2, rate_limit{5, 1s, 3}};
  v.rule.waiting_max = 1000;
  v.rule.full_accepts_from = uint8_t{8};
  v.rule.waiting_bytes_max = uint64_t{64} << 20;
  v.rule.sheds = true;
  v.rule.objective = queue_objective{60s, 990'000, 999'000, 24h * 7};
  v.drains_in = 90s;
  v.keys = 4;
  v.waiting = 2;
  v.waiting_jobs = 6;
  v.waiting_bytes = 4096;
  v.running = 6;
  v.retrying = 1;
  v.last_processed = noon() - 1s;
  return v;
}

} // namespace callboard::test
