#pragma once

#include "core/scheduler/commit_notes.hpp"
#include "core/scheduler/fleet_flow.hpp"
#include "core/scheduler/limit_flow.hpp"
#include "core/scheduler/schedule_flow.hpp"
#include "core/scheduler/template_flow.hpp"

#include <set>
#include <variant>

namespace callboard {

/// The deciding part of the scheduler: events in, effects out (`scheduler_port`). No clock, no I/O, no threads: `now`
/// is an argument, and the same events give the same effects. Each event is followed by `end_turn`, once for as many
/// events as came together.
///
///   opened -> accepts jobs;  recovered -> dispatches, and deals with what waited for it;  draining -> finishes what is
///   under way
///
/// What clients submit goes through `submit_flow`; what happens to a job through `job_flow`; what workers tell through
/// `fleet_flow`; what the clock submits through `schedule_flow`. They share the parts in `scheduler_state`.
class scheduler {
public:
  scheduler(const decision_settings& s, scheduler_port& port, uint64_t seed);

  // -- the store
  struct opened_store {
    uint64_t boot = 0;
    job_id id_floor;
    std::map<std::string, membership> members; ///< workers that may still run attempts, by name
    std::vector<stored_schedule> schedules;
    std::vector<stored_limit> limits;
    std::vector<prerequisite_end> ended_jobs; ///< those that conditional jobs may wait for
    std::vector<template_head> templates;
  };
  void on_opened(opened_store x, const moment& now);
  void on_recovered(const std::vector<recovered_job>& jobs, const moment& now);
  void on_recovery_complete(const moment& now);
  void on_loaded(const std::vector<job_id>& asked, read_answer& x, const moment& now);
  void on_read(uint64_t request, const read_answer& x, const moment& now);
  void on(commit_report& x, const moment& now);

  // -- clients
  void on(submit_call& x, const moment& now);
  void on(cancel_call& x, const moment& now);
  void on(retry_call& x, const moment& now);
  void on(modify_call& x, const moment& now);

  // -- schedules, of clients
  void on(schedule_put_call& x, const moment& now);
  void on(schedule_change_call& x, const moment& now);
  void on(schedule_run_call& x, const moment& now);

  // -- limits, of clients
  void on(limit_call& x, const moment& now);

  // -- templates, of clients
  void on(template_put_call& x, const moment& now);
  void on(template_remove_call& x, const moment& now);

  // -- jobs
  void on(job_placed& x, const moment& now);
  void on(job_note& x, const moment& now);
  void on(group_part& x, const moment& now);
  void on(job_crashed& x, const moment& now);

  // -- workers
  void on(worker_arrival& x, const moment& now);
  void on(worker_changed& x, const moment& now);
  void on(worker_news& x, const moment& now);
  void on(worker_gone& x, const moment& now);

  // -- time
  /// What is due by now.
  void on_time(const moment& now);
  /// When `on_time` is to be called; each the end of time when nothing is due by that clock.
  moment next_wake() const;

  /// No new jobs, no dispatch.
  void drain();
  /// Nothing is under way any more.
  bool drained() const;

  /// Ends the handling of events: what they made possible is done once, not once per event.
  void end_turn(const moment& now);

  // -- reading
  const scheduler_state& state() const {
    return s_;
  }
  /// Moves aged queues; for who looks at the line.
  scheduler_state& state() {
    return s_;
  }
  bool is_recovered() const {
    return s_.recovered;
  }
  size_t members_awaited() const {
    return awaited_.size();
  }
  /// Why nothing is accepted now.
  std::optional<error> closed_for() const;
  /// Why what needs the whole index has to wait.
  std::optional<error> incomplete() const;

  /// Throws std::logic_error when a part contradicts itself or another. O(everything).
  void sanity_check() const;

private:
  template <class Event>
  bool early(Event& x);
  void place(worker_id w, const ready_queues::pick& p, const moment& now);
  bool holds(const moment& now);
  void take_notes(const moment& now);
  void tell_followers();

  scheduler_state s_;
  job_flow jobs_;
  submit_flow submits_;
  membership_flow members_;
  fleet_flow fleet_;
  schedule_flow schedules_;
  limit_flow limits_;
  template_flow templates_;
  commit_notes notes_;
  bool opened_ = false;
  bool drain_told_ = false;
  uint32_t fences_ = 0;
  /// Came before the index was complete, in order.
  std::vector<std::variant<worker_arrival, worker_changed, worker_news, worker_gone, cancel_call, retry_call,
                           modify_call, schedule_put_call, schedule_change_call, schedule_run_call, limit_call,
                           template_put_call, template_remove_call>>
    early_;
  std::set<std::string> awaited_; ///< members of the former scheduler that have not come back
  std::optional<steady_point> hold_until_;
};

} // namespace callboard
