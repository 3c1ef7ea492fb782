#pragma once

#include "tests/sim/scheduler_process.hpp"

#include <set>

namespace callboard::sim {

/// What clients use in a run.
struct habits {
  bool batches = true, keys = true, dependencies = true, schedules = true, deadlines = true;
  bool cancels = true, changes = true, retries = true, weak_durability = true;
  bool eager_retries = true; ///< an operator brings back what has just failed
  bool clock = true;         ///< jobs by schedules
  bool conditions = true;    ///< of dependencies, and rules for several
  bool unique = true;        ///< jobs of which there is to be one at a time
  bool limits = true;        ///< queues and types that are held to a rule, or paused
  bool lanes = true;         ///< concurrency keys
  bool results = true;       ///< payloads that stand for results of other jobs
  bool versions = true;      ///< jobs that run on some versions of their type only
  bool preemption = true;    ///< jobs that stop others, and that may be stopped
  bool holds = true;         ///< jobs that are held and released
  bool templates = true;     ///< definitions that are kept
  bool policies = true;      ///< rules for failures, a bound of all attempts, what follows a missed deadline
  bool fan_outs = true;      ///< jobs that fan out into others
  bool cache = true;         ///< jobs of a pure type
};

/// Clients that submit, cancel, retry and change jobs by chance, and write down what they are told.
class clients {
public:
  clients(world& w, scheduler_process& s, history& h, disk& d, const habits& x);
  /// One act every now and then until the end.
  void act_until(duration end, duration pause_max);
  /// Nothing is to be limited any more. Asked again until it is so.
  void lift_limits();
  /// Templates are as clients were told.
  void check_templates() const;
  bool limits_lifted() const {
    return lifted_.size() == all_limits().size();
  }

  /// An operator releases whatever is held.
  void release_all();

private:
  void act();
  void hold(job_id id, bool held);
  void submit();
  void use_schedules();
  void set_limits();
  void use_templates();
  static const std::vector<limit_target>& all_limits();
  schedule_definition draw_schedule();
  dependency_condition draw_condition();
  void told(const std::shared_ptr<submit_request>& asked, const result<submit_answers>& a);
  job_spec draw_job();
  std::optional<job_id> some_job();
  std::optional<job_id> failed_job() const;

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  disk& disk_;
  habits habits_;
  std::vector<job_id> known_;
  std::map<job_id, uint64_t> releases_; ///< that were sent
  uint64_t last_batch_ = 0;
  uint64_t last_key_ = 0;
  std::vector<std::string> schedules_; ///< names in use
  uint64_t last_schedule_ = 0;
  std::set<limit_target> lifted_;
  /// What a template may be by what was told of it: definitions, or empty, when there is none.
  struct known_template {
    std::set<std::string> may_be{""};
    bool asked = false; ///< a change is under way
  };
  std::map<std::string, known_template> templates_;
  uint64_t last_definition_ = 0;
};

} // namespace callboard::sim
