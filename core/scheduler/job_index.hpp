#pragma once

#include "core/base/name_table.hpp"
#include "core/index/backoff_queue.hpp"
#include "core/index/dependency_graph.hpp"
#include "core/index/job_table.hpp"
#include "core/index/ready_queues.hpp"
#include "core/index/timer_queue.hpp"
#include "core/job/job_note.hpp"
#include "core/placement/shape_table.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/moment.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace callboard {

/// What a job is to the indices besides its state: numbers in the tables of queues and shapes.
struct job_class {
  uint32_t queue = 0;
  uint16_t shape = 0;
};

/// Everything that is known of live jobs without asking them, and the orders in which they wait: for other jobs
/// (graph), for a time (timers), for their turn (ready queues). A function of what was committed and noted: it changes
/// when a note of a job arrives, and never guesses.
class job_index {
public:
  /// @param aging_step  see job_queue.
  explicit job_index(duration aging_step);

  // -- classes: an acquired class has one more job until it is released or its job is removed
  /// Error: out_of_range (queue, jobType) or queue_full (resources) when a table is full; nothing is acquired then.
  result<job_class> acquire(std::string_view queue, std::string_view type, const resource_request& r);
  void release(const job_class& c);
  /// Queues and types whose number has a new meaning since this was called last.
  struct new_names {
    std::vector<uint32_t> queues, types;
  };
  new_names take_new_names();

  // -- jobs come, change and go
  /// A new job, or one that lives again, with all that it depends on. `c` was acquired for it.
  /// True: its start lies ahead and it is still `queued`, so its actor is to be armed. The same for `change` and
  /// `finish`.
  /// @param held  it is not to run before `let_go`.
  bool insert(const job_note& n, const job_class& c, prerequisites p, const moment& now, bool held = false);
  /// One that was found at start; stands in front of all that were inserted. `c` was acquired for it.
  void recover(const recovered_job& f, const job_class& c, const moment& now);
  /// Another state, priority, time or request. @param placed  it has a slot.
  bool change(const job_note& n, bool placed, const moment& now);
  /// The job that was picked leaves the line for a slot; its queue counts as served.
  void take(const ready_queues::pick& p);
  /// True: the job of the line is not due any more (the clock was set back), and waits for its time again.
  bool wait_again(job_id id, const moment& now);
  /// It is found to have a slot: it leaves the order it is in.
  void place(job_id id, job_state state);
  /// It has no slot any more. @param pause  it waits that long before it is in the line.
  bool unplace(job_id id, job_state state, duration pause, const moment& now);
  /// What held the job is gone. The job need not be live, nor held. True: it is to be armed.
  bool let_go(job_id id, const moment& now);
  /// It is terminal. Those that waited for it and nothing else are in the line or armed by time now; `to_arm` gets the
  /// latter. Those that will never run keep their edges until they are cancelled.
  void finish(const prerequisite_end& end, const moment& now, std::vector<job_id>& to_arm);
  /// An attempt of it has begun: as `finish` for those that waited for that.
  void begin(job_id id, const moment& now, std::vector<job_id>& to_arm);

  // -- ends of jobs that conditional ones wait for (prerequisites.hpp)
  /// As found at start, before the jobs.
  void recover_ends(const std::vector<prerequisite_end>& ends);
  /// The job's end is on the disk, for others that wait.
  void remember_end(const prerequisite_end& end) {
    ends_.insert_or_assign(end.job, end);
  }
  /// Jobs whose ends nobody needs any more; each is told once.
  std::vector<job_id> take_forgotten_ends();

  // -- reading
  const job_entry* find(job_id id) const {
    return table_.find(id);
  }
  const job_table& table() const {
    return table_;
  }
  const dependency_graph& graph() const {
    return graph_;
  }
  const shape_table& shapes() const {
    return shapes_;
  }
  const name_table& queues() const {
    return queues_;
  }
  /// A type that a worker can run. Nothing when the table is full.
  std::optional<uint32_t> acquire_type(std::string_view name);
  void release_type(uint32_t number) {
    types_.release(number);
  }
  const name_table& types() const {
    return types_;
  }
  const timer_queue& timers() const {
    return timers_;
  }
  const backoff_queue& backoffs() const {
    return backoffs_;
  }
  /// Not const: a look puts aged queues in order.
  ready_queues& line() {
    return ready_;
  }
  const ready_queues& line() const {
    return ready_;
  }
  uint16_t type_of(uint16_t shape) const {
    return shapes_.at(shape).type;
  }
  /// Jobs in the line that ask for nothing but one slot: those that may be given ahead.
  uint64_t plain_ready() const {
    return plain_ready_;
  }
  /// Jobs in the line, by type.
  const std::vector<uint64_t>& ready_by_type() const {
    return ready_by_type_;
  }
  /// When the queue last had a job that finished; the epoch: never.
  time_point last_processed(uint32_t queue) const;

  // -- time
  /// When `pop_due` has something to do, by each clock; the end of time: nothing.
  moment next_timer() const {
    return {timers_.next().value_or(time_point::max()), backoffs_.next().value_or(steady_point::max())};
  }
  /// Moves jobs whose time has come into the line, and returns the start deadlines that have passed. At most `max`
  /// timers at once; `more` says that there are others.
  std::vector<timer> pop_due(const moment& now, size_t max, bool& more);

  /// Throws std::logic_error when the parts contradict each other. O(jobs).
  void sanity_check() const;

private:
  std::vector<job_id> plain_waits(const prerequisites& p) const;
  bool enter_graph(job_id id, prerequisites p, bool brought_back);
  void wait_no_more(const job_entry& e);
  void go_on(const std::vector<job_id>& free, const moment& now, std::vector<job_id>& to_arm);
  void take_out(const job_entry& e);
  bool put_in(job_id id, const moment& now);
  void line_up(job_id id, const moment& now);
  void count_ready(const job_entry& e, bool more);

  job_table table_;
  name_table queues_{queues_max};
  name_table types_;
  shape_table shapes_;
  ready_queues ready_;
  timer_queue timers_;
  backoff_queue backoffs_;
  dependency_graph graph_;
  dependency_graph::ends ends_; ///< those that are on the disk
  std::vector<job_id> perhaps_forgotten_;
  std::vector<uint64_t> ready_by_type_;
  uint64_t plain_ready_ = 0;
  /// Places in the line. Recovered jobs stand in front: theirs are counted from 1, and new jobs' from the middle.
  uint64_t next_place_ = uint64_t{1} << 62;
  uint64_t next_recovered_ = 0;
  std::vector<time_point> last_processed_; ///< by queue
  new_names new_names_;
};

} // namespace callboard
