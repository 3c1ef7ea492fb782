#pragma once

#include "core/job/job.hpp"
#include "core/placement/limit_rule.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulate/timeline.hpp"

namespace callboard::simulate {

/// A moment by both clocks.
struct run_stamp {
  duration elapsed{0};
  time_point wall{};
};

/// One line of the trace.
struct trace_event {
  run_stamp at;
  std::string what;    ///< a state of a job, or `placed`, `refused`, `worker`, `clock`, `store`, `scheduler`, ...
  job_id job;          ///< none: it is about `subject`
  std::string subject; ///< the name of a job or a worker
  std::string text;
};

/// An attempt as it ran.
struct attempt_run {
  std::string worker;
  run_stamp started;
  uint64_t number = 0; ///< in the order in which attempts of all jobs started
  std::optional<duration> ended;
};

/// What is true of a job, and what was.
struct job_story {
  job_record now;
  bool gone = false; ///< it was in the memory of a scheduler that is gone
  std::optional<run_stamp> finished;
  std::vector<attempt_run> runs;
};

/// What a request is about.
inline std::string about_schedule(const std::string& name) {
  return "schedule " + name;
}
inline std::string about_limit(const limit_target& t) {
  return (t.kind == limit_kind::type ? "type " : "queue ") + t.name +
         (t.kind == limit_kind::key ? " key " + t.key : "");
}

/// Writes down what happens in a run, for the trace and for the expectations.
class chronicle {
public:
  explicit chronicle(const timeline& time) : time_(time) {
  }

  void add(std::string what, std::string subject, std::string text);
  /// The job is like this from now on. @param what  empty: nothing is told of it
  void job_is(const job_record& rec, std::string what, std::string text);
  /// The scheduler's process is gone: what is stored is true.
  void forget_all_but(const std::vector<job_record>& stored);

  /// Returns which attempt of the job it is. An attempt that runs beside another one of its job is a fault.
  size_t attempt_began(job_id id, const std::string& worker);
  void attempt_ended(job_id id, size_t run);

  /// How the last request about something that is no job was answered. @param code  empty: as it was asked for
  void answered(const std::string& about, std::string code) {
    refusals_[about] = std::move(code);
  }
  /// Empty: it was not refused.
  std::string refusal_of(const std::string& about) const;

  /// Something that must never happen, whatever the scenario expects.
  void fault(std::string text);

  const std::map<job_id, job_story>& jobs() const {
    return jobs_;
  }
  const job_story* find(job_id id) const;
  const std::vector<trace_event>& trace() const {
    return trace_;
  }
  const std::vector<std::string>& faults() const {
    return faults_;
  }

private:
  run_stamp stamp() const {
    return {time_.elapsed(), time_.wall()};
  }

  const timeline& time_;
  std::map<job_id, job_story> jobs_;
  std::map<std::string, std::string> refusals_;
  std::vector<trace_event> trace_;
  std::vector<std::string> faults_;
  uint64_t attempts_ = 0;
};

} // namespace callboard::simulate
