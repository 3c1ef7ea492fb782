#pragma once

#include "core/index/backoff_queue.hpp"
#include "core/index/dependency_graph.hpp"
#include "core/index/held_jobs.hpp"
#include "core/index/inherited_urgency.hpp"
#include "core/index/job_table.hpp"
#include "core/index/ready_queues.hpp"
#include "core/index/shed_order.hpp"
#include "core/index/timer_queue.hpp"
#include "core/job/job_note.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/class_table.hpp"
#include "core/scheduler/moment.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callboard {

/// Everything that is known of live jobs without asking them, and the orders in which they wait: for other jobs
/// (graph), for a time (timers), for their turn (ready queues). A function of what was committed and noted: it changes
/// when a note of a job arrives, and never guesses.
class job_index {
public:
  /// @param aging_step  see job_queue. @param inherits_urgency  see `spread_urgency`.
  explicit job_index(duration aging_step, bool inherits_urgency = true);

  // -- classes (class_table)
  result<job_class> acquire(std::string_view queue, std::string_view type, std::string_view key,
                            const resource_request& r, bool preempts = false) {
    return classes_.acquire(queue, type, key, r, preempts);
  }
  void release(const job_class& c) {
    classes_.release(c);
  }
  class_table& classes() {
    return classes_;
  }
  const class_table& classes() const {
    return classes_;
  }
  job_class class_of(const job_entry& e) const {
    return {e.queue, e.shape, e.has(job_flag::keyed) ? lane_of_.at(e.id) : 0};
  }

  // -- jobs come, change and go
  /// A new job, or one that lives again, with all that it depends on. `c` was acquired for it.
  /// True: its start lies ahead and it is still `queued`, so its actor is to be armed. The same for `change` and
  /// `finish`.
  /// @param awaits_former  it is not to run before `let_go`.
  bool insert(const job_note& n, const job_class& c, prerequisites p, const moment& now, bool awaits_former = false);
  /// One that was found at start; stands in front of all that were inserted. `c` was acquired for it.
  /// @param by_turn  retries of its type come into the line one after the other (`pop_due`).
  void recover(const recovered_job& f, const job_class& c, bool by_turn, const moment& now);
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
  /// An attempt that the job does not want may still run, or begin: it is not to run before `let_go`. Precondition:
  /// live, without a slot.
  void await_former(job_id id, const moment& now);
  /// The former attempt is over. The job need not be live, nor wait for it. True: it is to be armed.
  bool let_go(job_id id, const moment& now);
  /// It is terminal. Those that waited for it and nothing else are in the line or armed by time now; `to_arm` gets the
  /// latter. Those that will never run keep their edges until they are cancelled.
  void finish(const prerequisite_end& end, const moment& now, std::vector<job_id>& to_arm);
  /// An attempt of it has begun: as `finish` for those that waited for that.
  void begin(job_id id, const moment& now, std::vector<job_id>& to_arm);
  /// A fan-out job has given its slot back, and waits for the jobs that it has fanned out into
  /// (`job_note::waits_anew`).
  void wait_anew(const job_note& n, const moment& now);
  /// All that was found at start is here: fan-out jobs wait for their elements, which are younger.
  void recovered(const moment& now);
  /// How many elements a live job has fanned out into; none: it has not, or nobody knows any more.
  std::optional<size_t> fanned_out(job_id id) const {
    const auto i = fanned_out_.find(id);
    return i == fanned_out_.end() ? std::nullopt : std::optional{i->second};
  }

  // -- ends of jobs that conditional ones wait for (prerequisites.hpp)
  /// As found at start, before the jobs.
  void recover_ends(const std::vector<prerequisite_end>& ends);
  /// The job's end is on the disk, for others that wait.
  void remember_end(const prerequisite_end& end) {
    ends_.insert_or_assign(end.job, end);
  }
  /// Jobs whose ends nobody needs any more; each is told once.
  std::vector<job_id> take_forgotten_ends();

  // -- urgency
  /// What a job waits for is as urgent as the job: it counts with its priority, where that is higher, and as to be
  /// started in time for it, by the mean run times. Passes on what has changed, of at most `max` jobs. True: there is
  /// more.
  /// @param mean_run  of a job type.
  bool spread_urgency(size_t max, const std::function<duration(uint16_t)>& mean_run);
  /// Something is to be passed on.
  bool has_unspread_urgency() const {
    return !unspread_.empty();
  }
  /// Its own, and what it has from others.
  urgency urgency_of(const job_entry& e) const;
  const inherited_urgency& inherited() const {
    return inherited_;
  }

  // -- queues that shed
  /// A rule says whether the queue sheds. When that is new: one walk over all live jobs.
  void set_sheds(std::string_view queue, bool sheds);
  /// Who may make room in those queues: who waits, has not begun, is no part of a workflow, and nobody waits for it.
  const shed_order& shedding() const {
    return shed_;
  }

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
    return classes_.shapes();
  }
  const name_table& queues() const {
    return classes_.queues();
  }
  const name_table& types() const {
    return classes_.types();
  }
  /// A job of the line as it stands there.
  ready_entry ready_key(const job_entry& e) const;
  const timer_queue& timers() const {
    return timers_;
  }
  const backoff_queue& backoffs() const {
    return backoffs_;
  }
  const held_jobs& held() const {
    return held_;
  }
  /// Not const: a look puts aged queues in order.
  ready_queues& line() {
    return ready_;
  }
  const ready_queues& line() const {
    return ready_;
  }
  uint16_t type_of(uint16_t shape) const {
    return shapes().at(shape).type;
  }
  /// Jobs in the line that ask for nothing but one slot: those that may be given ahead.
  uint64_t plain_ready() const {
    return plain_ready_;
  }
  /// Jobs in the line, by type.
  const std::vector<uint64_t>& ready_by_type() const {
    return ready_by_type_;
  }
  // -- time
  /// When `pop_due` has something to do, by each clock; the end of time: nothing.
  moment next_timer() const {
    return {timers_.next().value_or(time_point::max()), backoffs_.next().value_or(steady_point::max())};
  }
  /// Moves jobs whose time has come into the line, and returns the start deadlines that have passed. At most `max`
  /// timers at once; `more` says that there are others.
  /// @param retry_turn  when a job of a type may come into the line after its back-off.
  std::vector<timer> pop_due(const moment& now, size_t max, const std::function<steady_point(uint16_t)>& retry_turn,
                             bool& more);

  /// Throws std::logic_error when the parts contradict each other. O(jobs).
  void sanity_check() const;

private:
  std::vector<job_id> plain_waits(const prerequisites& p) const;
  bool enter_graph(job_id id, prerequisites p, bool brought_back);
  bool find_fanned_out(const recovered_job& f);
  void wait_no_more(const job_entry& e);
  void set_lane(job_entry& e, uint32_t lane);
  void go_on(const std::vector<job_id>& free, const moment& now, std::vector<job_id>& to_arm);
  void take_out(const job_entry& e);
  bool put_in(job_id id, const moment& now);
  void release_into(job_entry& e, const moment& now) const;
  void line_up(job_id id, const moment& now);
  void count_ready(const job_entry& e, bool more);
  // job_index_shedding.cpp
  void enter_queue(uint32_t queue);
  bool may_make_room(const job_entry& e) const;
  void look_at_shedding(job_id id);
  void stay_for(const prerequisites& p);
  void look_at_alone();
  void check_shedding() const;
  // job_index_urgency.cpp
  template <class Each>
  void for_each_blocker(job_id id, Each&& each) const;
  void look_at_urgency(job_id id);
  void look_at_dependants(job_id id);
  void inherit(const job_entry& e, const urgency& u, job_id from);
  void check_urgency() const;

  job_table table_;
  class_table classes_;
  std::unordered_map<job_id, uint32_t> lane_of_; ///< jobs that have a key
  ready_queues ready_;
  timer_queue timers_;
  backoff_queue backoffs_;
  held_jobs held_;
  dependency_graph graph_;
  dependency_graph::ends ends_; ///< those that are on the disk
  std::vector<job_id> perhaps_forgotten_;
  std::unordered_map<job_id, size_t> fanned_out_;               ///< live jobs, and their elements
  std::vector<std::pair<job_id, prerequisites>> found_waiting_; ///< fan-out jobs, while jobs are being read
  shed_order shed_;
  bool inherits_;
  inherited_urgency inherited_;
  std::set<job_id> unspread_; ///< jobs that are more urgent than what they wait for
  std::vector<uint64_t> ready_by_type_;
  uint64_t plain_ready_ = 0;
  /// Places in the line. Recovered jobs stand in front: theirs are counted from 1, and new jobs' from the middle.
  uint64_t next_place_ = uint64_t{1} << 62;
  uint64_t next_recovered_ = 0;
};

} // namespace callboard
