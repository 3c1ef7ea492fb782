#pragma once

#include "http/api/api.hpp"
#include "http/api/backend.hpp"
#include "http/api/router.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace callboard::test {

/// 2026-01-15T10:30:00Z, whatever the clock on the wall says.
time_point noon();

job_id some_id(uint64_t n = 1);

/// A job with every field set.
job_record full_job();

/// A schedule with every field set, of version 3.
schedule_view full_schedule();

/// Two reasons: one with every member set, and one that has none but code and text.
explanation full_explanation();

/// A queue, a job type or a concurrency key, with every limit set and every member that it has.
limit_view full_limit(limit_kind kind = limit_kind::queue);

/// Records what it is asked. Answers at once, or, while holding, when the test says so and in the order it says.
class fake_backend final : public backend {
public:
  void submit(submit_request r, reply<std::vector<result<submit_answer>>> done) override;
  void get(job_id id, reply<job_ptr> done) override;
  void list(list_request r, reply<job_list> done) override;
  void explain(job_id id, reply<explanation> done) override;
  void cancel(job_id id, std::string reason, reply<job_ptr> done) override;
  void retry(job_id id, reply<job_ptr> done) override;
  void modify(job_id id, job_patch patch, reply<job_ptr> done) override;
  void workers(reply<std::vector<worker_view>> done) override;
  void worker(std::string name, reply<worker_view> done) override;
  void scale(scale_request r, reply<scale_view> done) override;
  void scaling(reply<scale_view> done) override;
  void drain(drain_request r, reply<worker_view> done) override;
  void actors(reply<std::vector<actor_view>> done) override;
  void dump_actor(std::string name, std::string node, reply<actor_dump> done) override;
  void restart_actor(std::string name, reply<actor_view> done) override;
  void put_schedule(schedule_definition d, bool create_only, std::optional<uint32_t> version,
                    reply<schedule_view> done) override;
  void pause_schedule(std::string name, bool paused, reply<schedule_view> done) override;
  void remove_schedule(std::string name, reply<schedule_view> done) override;
  void run_schedule(std::string name, reply<submit_answer> done) override;
  void schedules(std::string after, uint32_t limit, reply<schedule_page> done) override;
  void schedule(std::string name, reply<schedule_view> done) override;
  void schedule_history(std::string name, reply<schedule_versions> done) override;
  void limit(limit_target t, reply<limit_view> done) override;
  void set_limit(limit_target t, limit_rule rule, reply<limit_view> done) override;
  void pause_limit(limit_target t, bool paused, reply<limit_view> done) override;
  void limits(limit_kind kind, std::string queue, std::string after, uint32_t limit, reply<limit_page> done) override;
  void put_template(template_draft d, std::optional<uint32_t> version, reply<template_change> done) override;
  void remove_template(std::string name, reply<template_head> done) override;
  void templates(std::string after, uint32_t limit, reply<template_page> done) override;
  void template_at(std::string name, std::optional<uint32_t> version, reply<template_version> done) override;
  void template_history(std::string name, reply<template_versions> done) override;
  void sign_up(sign_up_request r, reply<work_session> done) override;
  void claim(claim_request r, reply<claim_answer> done) override;
  void renew(session_request r, reply<work_news> done) override;
  void end_attempt(outcome_request r, reply<callboard::done> done) override;
  void note_progress(progress_request r, reply<work_news> done) override;
  void leave(session_request r, reply<callboard::done> done) override;
  void ended(ended_query q, reply<ended_page> done) override;
  void report(report_query q, reply<report_answer> done) override;
  void metrics(reply<metrics_view> done) override;
  void status(reply<status_view> done) override;
  void health(reply<health_view> done) override;

  /// From now on replies wait for `release`.
  void hold();
  /// Waits until that many replies are held; false when they do not come within 10 s.
  bool wait_held(size_t n);
  /// Gives the held reply at this position, counted among those still held.
  void release(size_t position);
  size_t calls();

  // What was asked last. Read it when the answer is there.
  std::vector<submit_request> submits;
  list_request last_list;
  std::string last_reason;
  job_patch last_patch;
  scale_request last_scale;
  drain_request last_drain;
  std::vector<actor_view> tree;
  /// Of schedules: the function, and the name it was given.
  std::string last_schedule_call, last_schedule_name;
  schedule_definition last_definition;
  bool last_create_only = false, last_paused = false;
  std::optional<uint32_t> last_version;
  /// Of queues, job types and keys: the function, and whom it was about; of a list its kind, and the queue.
  std::string last_limit_call;
  limit_target last_target;
  limit_rule last_rule;
  std::string last_after;
  uint32_t last_limit = 0;

  // Of workers over HTTP.
  sign_up_request last_sign_up;
  claim_request last_claim;
  outcome_request last_outcome;
  progress_request last_progress;
  std::string last_session; ///< of a heartbeat, or of a worker that leaves

  /// The next answers, when they are not the usual ones.
  std::optional<error> fail_with;
  /// Per job of a submit.
  std::vector<std::optional<error>> fail_jobs;
  job_record job = full_job();
  job_list page;
  explanation why = full_explanation();
  std::vector<worker_view> fleet;
  schedule_view plan = full_schedule();
  schedule_page plans;
  schedule_versions plan_versions;
  limit_view bound = full_limit();
  limit_page bounds;
  template_page recipes;
  template_versions recipe_versions; ///< the first is the present one
  work_session joined{"py-1",
                      "token",
                      std::chrono::seconds{1},
                      std::chrono::seconds{10},
                      std::chrono::seconds{5},
                      std::chrono::seconds{15}};
  claim_answer claimed;
  work_news news;
  ended_query last_ended;
  report_query last_report;
  ended_page ends;
  std::vector<report_line> report_lines;
  metrics_view measured;
  status_view state;
  health_view well;
  bool duplicate = false;
  /// Of each submit.
  size_t answers_missing = 0;

private:
  void note_schedule(std::string call, std::string name);
  void note_limit(std::string call, limit_target t);
  template <class T>
  void answer(reply<T> done, T value);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool holding_ = false;
  size_t calls_ = 0;
  std::deque<std::function<void()>> held_;
};

template <class T>
void fake_backend::answer(reply<T> done, T value) {
  {
    const std::lock_guard lock{mutex_};
    ++calls_;
    result<T> r = fail_with ? result<T>{*fail_with} : result<T>{std::move(value)};
    if (holding_) {
      held_.push_back([done, r] { done(r); });
      changed_.notify_all();
      return;
    }
    if (fail_with)
      value = T{};
    else
      value = std::move(*r);
  }
  fail_with ? done(*fail_with) : done(std::move(value));
}

/// `noop`, `email_send`, which wants a string `to` in its payload, and one that may come later.
class fake_types final : public accepted_types {
public:
  bool has(std::string_view type) const override;
  std::string listed() const override;
  result<done> check(std::string_view type, const nlohmann::json& payload) const override;
  std::string extra;
  /// Called for each payload, on the thread that reads it.
  std::function<void(std::string_view type)> on_check;
};

/// An api over the fake, with the types of `fake_types`.
api make_api(backend& b);
api make_api(backend& b, const accepted_types& types);

/// One request given to the router without a socket.
struct direct {
  fake_backend back;
  fake_types types;
  api a = make_api(back, types);
  router routes{a, all_routes()};

  http_response call(http_method method, std::string target, std::string body = {},
                     std::string content_type = "application/json", std::string idempotency_key = {});
  http_response submit(std::string body) {
    return call(http_method::post, "/api/jobs/submit", std::move(body));
  }
  http_response batch(std::string body, std::string query = {}) {
    return call(http_method::post, "/api/jobs/batch" + query, std::move(body));
  }
};

/// The stable text of an answer's error, or "none".
std::string code_of(const http_response& r);
std::string field_of(const http_response& r);

} // namespace callboard::test
