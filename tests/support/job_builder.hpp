#pragma once

#include "core/base/invariant.hpp"
#include "core/job/job_life.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace callboard::test {

/// A moment for tests to start from: 2024-06-01 12:00 UTC.
inline constexpr time_point noon = std::chrono::sys_days{std::chrono::year{2024} / 6 / 1} + std::chrono::hours{12};
/// A moment of the clock that never steps.
inline constexpr steady_point later_on{std::chrono::hours{1000}};

/// Builds a job record in as many words as the test needs; everything else has its default.
///
///     auto rec = job_builder{7}.type("email_send").priority(9).retries(0).running("w1", 1);
class job_builder {
public:
  explicit job_builder(uint64_t number = 1) {
    rec_.id = job_id{first_id_at(noon).value + number};
    rec_.spec.type = "noop";
    rec_.spec.payload = blob{"{}"};
    rec_.spec.retry = retry_policy{backoff::fixed, std::chrono::seconds{1}, std::chrono::minutes{10}, false};
  }

  job_builder& id(job_id x) {
    rec_.id = x;
    return *this;
  }
  job_builder& type(std::string name) {
    rec_.spec.type = std::move(name);
    return *this;
  }
  job_builder& queue(std::string name) {
    rec_.spec.queue = std::move(name);
    return *this;
  }
  job_builder& tag(std::string name) {
    rec_.spec.tags.push_back(std::move(name));
    return *this;
  }
  job_builder& priority(uint8_t p) {
    rec_.spec.priority = p;
    return *this;
  }
  job_builder& preempts() {
    rec_.spec.preempts = true;
    return *this;
  }
  job_builder& preemptible(duration after = duration{0}) {
    rec_.spec.preemptible_after = after;
    return *this;
  }
  job_builder& schedule_at(time_point t) {
    rec_.spec.schedule_at = t;
    return *this;
  }
  job_builder& deadline(time_point t) {
    rec_.spec.deadline = t;
    return *this;
  }
  job_builder& on_miss(deadline_action a) {
    rec_.spec.on_miss = a;
    return *this;
  }
  job_builder& timeout(duration d) {
    rec_.spec.timeout = d;
    return *this;
  }
  job_builder& retries(uint32_t most) {
    rec_.spec.max_retries = most;
    return *this;
  }
  job_builder& policy(const retry_policy& p) {
    rec_.spec.retry = p;
    return *this;
  }
  job_builder& after(job_id dependency) {
    rec_.spec.dependencies.push_back(dependency);
    return *this;
  }
  job_builder& key(std::string idempotency_key) {
    rec_.spec.idempotency_key = std::move(idempotency_key);
    return *this;
  }
  job_builder& level(durability d) {
    rec_.spec.level = d;
    return *this;
  }
  job_builder& payload(std::string json) {
    rec_.spec.payload = blob{std::move(json)};
    return *this;
  }
  /// When it is created; `noon` unless told.
  job_builder& at(time_point t) {
    now_ = t;
    return *this;
  }

  /// What was asked only.
  job_spec spec() const {
    return rec_.spec;
  }
  /// As `create` leaves it: queued or scheduled.
  job_record created() const {
    job_record rec = rec_;
    create(rec, now_);
    return rec;
  }
  /// With a slot on a worker.
  job_record placed(std::string_view worker, uint64_t fence) const {
    job_record rec = created();
    must(place(rec, placement{worker, fence_token{fence}}, now_, limits_));
    return rec;
  }
  job_record running(std::string_view worker, uint64_t fence) const {
    job_record rec = placed(worker, fence);
    must(start(rec, fence_token{fence}, now_, limits_));
    return rec;
  }
  /// After an attempt that ended as `o` says.
  job_record finished(const attempt_outcome& o) const {
    job_record rec = running("w1", 1);
    must(finish(rec, fence_token{1}, o, now_, 0, limits_));
    return rec;
  }
  job_record completed(std::string result_json = "{}") const {
    attempt_outcome o;
    o.result = blob{std::move(result_json)};
    return finished(o);
  }
  job_record failed(std::string code = "BROKEN", std::string message = "it broke") const {
    attempt_outcome o;
    o.kind = outcome_kind::failed_final;
    o.code = std::move(code);
    o.message = std::move(message);
    return finished(o);
  }
  job_record cancelled() const {
    job_record rec = created();
    must(cancel(rec, job_error_code::cancelled, "no longer wanted", now_, limits_));
    return rec;
  }
  /// In any state, by the shortest way.
  job_record in(job_state s) const {
    switch (s) {
    case job_state::queued:
      return created();
    case job_state::scheduled:
      return placed("w1", 1);
    case job_state::running:
      return running("w1", 1);
    case job_state::retrying: {
      job_record rec = running("w1", 1);
      must(lose(rec, fence_token{1}, "test", now_, limits_));
      return rec;
    }
    case job_state::completed:
      return completed();
    case job_state::failed:
      return failed();
    case job_state::cancelled:
      return cancelled();
    }
    CB_INVARIANT(false, "a state is one of the seven");
    return {};
  }

private:
  static void must(const result<life_change>& r) {
    CB_INVARIANT(static_cast<bool>(r), "a builder takes allowed steps only");
  }

  job_record rec_;
  time_point now_ = noon;
  life_limits limits_;
};

} // namespace callboard::test
