#pragma once

#include "core/scheduler/event.hpp"
#include "tests/sim/checkers.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard::sim {

/// Looks at the events of one process of the scheduler: what is told of a job is a path in the table of its states
/// (core/job/job_machine.hpp), nothing is told before it is true, and nothing is left out. Throws `violation`.
class event_watch {
public:
  /// A process begins. Of its jobs only those are known that it finds.
  void begin() {
    states_.clear();
  }
  /// A live job that it finds, as it is stored.
  void found(job_id id, job_state stored);
  /// @param stored  what the store holds of a job now; nothing: it is not there
  void told(const std::vector<scheduler_event>& events, const final_state& stored);
  /// All is over: the last that was told of each job is what became of it.
  void compare(const final_state& outcome) const;

private:
  void step(const scheduler_event& e);

  std::map<job_id, job_state> states_; ///< as told last, or found
};

/// Whether a job may be told to be `to` after it was `from`: by one edge, or by two with `scheduled` between them, for
/// a slot that is reserved is not told.
bool may_follow(job_state from, job_state to);

} // namespace callboard::sim
