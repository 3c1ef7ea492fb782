#pragma once

#include "core/scheduler/submit_flow.hpp"

#include <deque>
#include <map>
#include <set>
#include <variant>

namespace callboard {

/// What the clock submits: carries out the decisions of `schedule_book` and what clients want of schedules. Each
/// becomes true with one write: a fire time with its job, a change with the version it makes. One at a time for each
/// schedule.
class schedule_flow {
public:
  schedule_flow(scheduler_state& s, job_flow& jobs, submit_flow& submits) : s_(s), jobs_(jobs), submits_(submits) {
  }

  /// As found at start.
  void restore(std::vector<stored_schedule> schedules);

  // -- clients
  void on(schedule_put_call& x, const moment& now);
  void on(schedule_change_call& x, const moment& now);
  void on(schedule_run_call& x, const moment& now);

  /// The facts that were written are on disk, or are not: by the note's token.
  void on_note(uint64_t token, const std::optional<error>& failed, const moment& now);
  /// What is due, and calls that had to wait for it.
  void go_on(const moment& now);
  /// Calls that have not begun.
  void refuse_waiting(const error& why);
  /// Nothing is being written for schedules, jobs apart.
  bool at_rest() const {
    return writing_.empty();
  }

private:
  using call = std::variant<schedule_put_call, schedule_change_call, schedule_run_call>;
  /// A version that is being written.
  struct new_version {
    schedule_ptr definition;
    schedule_progress progress;
    answer<schedule_view> reply;
  };
  /// A schedule that is being paused, resumed or removed.
  struct changed_progress {
    std::string name;
    bool removed = false;
    answer<schedule_view> reply;
  };
  /// A decision without a job.
  struct news {
    std::string name;
  };
  using writing = std::variant<new_version, changed_progress, news>;

  template <class Call>
  bool waits(const std::string& name, Call& x);
  bool is_taken(const std::string& name) const {
    return s_.schedules.is_busy(name) || creating_.count(name) != 0;
  }
  void write(commit_part part, writing what);
  void carry_out(const schedule_book::decision& d, const moment& now);
  void submit(const schedule_ptr& d, schedule_progress after, std::optional<time_point> fire,
              const answer<submit_answer>& reply, const moment& now);
  void rest(const std::string& name, const error& why, const moment& now);
  void take_waiting_calls(const moment& now);

  scheduler_state& s_;
  job_flow& jobs_;
  submit_flow& submits_;
  std::map<uint64_t, writing> writing_;             ///< by token
  std::set<std::string> creating_;                  ///< names of new schedules
  std::map<std::string, std::deque<call>> waiting_; ///< behind what is under way for the schedule
};

error unknown_schedule(const std::string& name);
/// Schedules for people, in the order of their names. Error: unknown_schedule.
result<schedule_page> page_of(const scheduler_state& s, const schedule_list_call& x);

} // namespace callboard
