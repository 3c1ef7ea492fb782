#pragma once

#include "http/api/backend.hpp"

namespace callboard {

/// For whoever has no scheduler behind the interface, or one for few questions only: whatever else is asked is answered
/// not_found.
class no_backend : public backend {
public:
  void submit(submit_request, reply<std::vector<result<submit_answer>>> done) override {
    none(done);
  }
  void get(job_id, reply<job_ptr> done) override {
    none(done);
  }
  void list(list_request, reply<job_list> done) override {
    none(done);
  }
  void explain(job_id, reply<explanation> done) override {
    none(done);
  }
  void cancel(job_id, std::string, reply<job_ptr> done) override {
    none(done);
  }
  void retry(job_id, reply<job_ptr> done) override {
    none(done);
  }
  void modify(job_id, job_patch, reply<job_ptr> done) override {
    none(done);
  }
  void workers(reply<std::vector<worker_view>> done) override {
    none(done);
  }
  void worker(std::string, reply<worker_view> done) override {
    none(done);
  }
  void scale(scale_request, reply<scale_view> done) override {
    none(done);
  }
  void scaling(reply<scale_view> done) override {
    none(done);
  }
  void drain(drain_request, reply<worker_view> done) override {
    none(done);
  }
  void actors(reply<std::vector<actor_view>> done) override {
    none(done);
  }
  void dump_actor(std::string, std::string, reply<actor_dump> done) override {
    none(done);
  }
  void restart_actor(std::string, reply<actor_view> done) override {
    none(done);
  }
  void put_schedule(schedule_definition, bool, std::optional<uint32_t>, reply<schedule_view> done) override {
    none(done);
  }
  void pause_schedule(std::string, bool, reply<schedule_view> done) override {
    none(done);
  }
  void remove_schedule(std::string, reply<schedule_view> done) override {
    none(done);
  }
  void run_schedule(std::string, reply<submit_answer> done) override {
    none(done);
  }
  void schedules(std::string, uint32_t, reply<schedule_page> done) override {
    none(done);
  }
  void schedule(std::string, reply<schedule_view> done) override {
    none(done);
  }
  void schedule_history(std::string, reply<schedule_versions> done) override {
    none(done);
  }
  void limit(limit_target, reply<limit_view> done) override {
    none(done);
  }
  void set_limit(limit_target, limit_rule, reply<limit_view> done) override {
    none(done);
  }
  void pause_limit(limit_target, bool, reply<limit_view> done) override {
    none(done);
  }
  void limits(limit_kind, std::string, std::string, uint32_t, reply<limit_page> done) override {
    none(done);
  }
  void put_template(template_draft, std::optional<uint32_t>, reply<template_change> done) override {
    none(done);
  }
  void remove_template(std::string, reply<template_head> done) override {
    none(done);
  }
  void templates(std::string, uint32_t, reply<template_page> done) override {
    none(done);
  }
  void template_at(std::string, std::optional<uint32_t>, reply<template_version> done) override {
    none(done);
  }
  void template_history(std::string, reply<template_versions> done) override {
    none(done);
  }
  void sign_up(sign_up_request, reply<work_session> done) override {
    none(done);
  }
  void claim(claim_request, reply<claim_answer> done) override {
    none(done);
  }
  void renew(session_request, reply<work_news> done) override {
    none(done);
  }
  void end_attempt(outcome_request, reply<callboard::done> done) override {
    none(done);
  }
  void note_progress(progress_request, reply<work_news> done) override {
    none(done);
  }
  void leave(session_request, reply<callboard::done> done) override {
    none(done);
  }
  void ended(ended_query, reply<ended_page> done) override {
    none(done);
  }
  void report(report_query, reply<report_answer> done) override {
    none(done);
  }
  void metrics(reply<metrics_view> done) override {
    none(done);
  }
  void status(reply<status_view> done) override {
    none(done);
  }
  void health(reply<health_view> done) override {
    none(done);
  }

private:
  template <class T>
  static void none(const reply<T>& done) {
    done(error{ec::not_found, "nobody is behind this interface"});
  }
};

} // namespace callboard
