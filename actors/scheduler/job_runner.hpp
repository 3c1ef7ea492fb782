#pragma once

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <vector>

namespace callboard {

/// Runs job actors in the turn of the actor that sends to them, instead of through CAF's scheduler.
///
/// Nobody but the queue manager sends to a job, and a job's work is some microseconds. Through the scheduler each
/// message would cost a lock on its central queue and often the wake-up of a thread, several times what it is about,
/// and the job's record would travel between processors. So the queue manager sends with this unit as its context, and
/// runs at the end of its turn whoever got something. What the jobs send themselves goes the usual way.
///
/// Used by one actor at a time, in its turns.
class job_runner final : public caf::execution_unit {
public:
  using caf::execution_unit::execution_unit;
  job_runner(const job_runner&) = delete;
  job_runner& operator=(const job_runner&) = delete;
  /// Those that were not run keep what they were sent, and end when nobody has a handle to them.
  ~job_runner() override;

  /// Called by CAF for an actor that was idle and got a message; takes over one reference.
  void exec_later(caf::resumable* job) override {
    ready_.push_back(job);
  }

  /// Runs everything that is ready until nothing is. @param context  that of the running actor.
  void run(caf::execution_unit* context);

private:
  std::vector<caf::resumable*> ready_;
};

} // namespace callboard
