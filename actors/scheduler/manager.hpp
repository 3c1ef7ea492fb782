#pragma once

#include "actors/scheduler/job.hpp"
#include "actors/scheduler/job_runner.hpp"
#include "actors/scheduler/queue_manager.hpp"
#include "core/base/name_table.hpp"
#include "core/index/backoff_queue.hpp"
#include "core/index/dependency_graph.hpp"
#include "core/index/job_table.hpp"
#include "core/index/ready_queues.hpp"
#include "core/index/timer_queue.hpp"
#include "core/placement/cluster_fit.hpp"
#include "core/placement/estimator.hpp"
#include "core/placement/shape_table.hpp"

#include <map>
#include <random>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

namespace callboard {

/// The queue manager's inside. One file per concern: manager_submit, _jobs (commands and notes), _groups, _index,
/// _dispatch, _breakers, _workers, _recover, _views. Runs in the queue manager's context only.
class manager {
public:
  using self_pointer = observed_pointer<queue_manager_actor, queue_manager_state>;

  manager(self_pointer self, queue_manager_options options);

  // -- recovery
  void begin();
  caf::result<uint64_t> on_start();

  // -- clients
  void on(submit_call& x);
  void on(get_call& x);
  void on(list_call& x);
  void on(cancel_call& x);
  void on(retry_call& x);
  void on(modify_call& x);
  void on(metrics_call& x);
  void on(status_call& x);
  void on(health_call& x);
  void on(workers_call& x);
  queue_load load() const;
  actor_facts facts() const;

  // -- jobs and their store
  void on(commit_report& x);
  void on(job_note& x);
  void on(group_part& x);
  void on(job_crashed& x);

  // -- workers
  void on(worker_joined& x);
  void on(worker_changed& x);
  void on(worker_reported& x);
  void on(worker_gone& x);
  void on(metrics_started& x) {
    options_.metrics = std::move(x.handle);
  }

  void on_wake();
  caf::result<caf::ok_atom> on_drain();

private:
  /// Jobs of one submit request.
  struct batch {
    submit_call call;
    submit_answers answers;
    size_t remaining = 0;
    std::chrono::steady_clock::time_point received;
  };
  using batch_ptr = std::shared_ptr<batch>;

  enum class purpose : uint8_t { create, arm, start, finish, lose, adopt, cancel, miss_deadline, retry, modify };

  /// What is to be done when the note of a command comes back.
  struct pending {
    purpose why = purpose::create;
    job_id job;
    batch_ptr submit;
    size_t position = 0;
    answer<job_ptr> reply;
    fence proof;
    worker_id worker;
    uint64_t group = 0;
  };

  struct queued_command {
    job_command command;
    pending why;
  };

  /// A job whose actor is in memory, or being loaded (`handle` is null).
  struct resident {
    job_actor handle;
    /// It has a command whose note has not come back: `token` and `now_pending` are that command's.
    bool busy = false;
    uint64_t token = 0;
    pending now_pending;
    std::vector<queued_command> later;
    std::vector<get_call> readers;
  };

  /// A slot taken by an attempt, by fence.
  struct attempt_slot {
    job_id job;
    worker_id worker;
    time_point placed_at{};                         ///< the epoch: by a scheduler before this one
    time_point started_at{};                        ///< the epoch: not started as far as we know
    steady_point reported_at = steady_point::min(); ///< its outcome; min: not yet
    bool released = false;                          ///< the worker reported the end: the slot is free
    bool routed = false;                            ///< the end is with the job
    bool orphan = false;                            ///< the job no longer wants it: the end only frees the slot
    resource_request asked = {};
  };

  struct seat {
    std::shared_ptr<const std::string> name;
    worker_actor handle;
    uint32_t slots = 0;
    uint32_t in_flight = 0;
    bool accepts = false; ///< neither suspect nor draining
    bool local = false;
    bool member_written = false;
    type_set types;
    uint64_t boot_epoch = 0;
    node_orders orders; ///< `run` comes from the jobs themselves
    uint64_t late = 0;  ///< outcomes refused because their lease was over
    circuit_breaker* breaker = nullptr;
    type_set prefetch_shapes;
    uint64_t prefetch_version = UINT64_MAX; ///< of the shape table, when they were computed
  };

  /// Parts that must be written together.
  struct write_group {
    std::set<job_id> expected;
    std::vector<group_part> parts;
    job_id head; ///< none for a batch
  };
  using group_ptr = std::shared_ptr<write_group>;

  /// An event that a store which could not write has refused, and that comes from nobody else again.
  struct owed_event {
    job_id job;
    job_command::event_type event;
    pending why;
  };

  struct key_in_flight {
    job_id job;
    uint64_t digest = 0;
    std::vector<std::pair<batch_ptr, size_t>> waiters;
  };

  /// What the index needs to know of a new job until its creation is committed.
  struct unborn {
    uint16_t queue = 0;
    uint16_t shape = 0;
    std::vector<job_id> dependencies;
    std::string key;
    time_point estimate;
    std::string doomed; ///< why it must be cancelled at once: a dependency failed while it was being written
  };

  // manager_submit.cpp
  void resolve(batch_ptr b);
  void admit(const batch_ptr& b, const read_answer* known);
  std::optional<error> check(const batch_ptr& b, size_t i, const read_answer* known, std::string& upstream_failed,
                             bool& look_again);
  bool answer_duplicate(const batch_ptr& b, size_t i, const read_answer* known);
  void create_job(const batch_ptr& b, size_t i, job_id id, std::string upstream_failed, uint64_t group);
  void answer_submit(const batch_ptr& b, size_t i, result<submit_answer> a);
  void settle_key(const std::string& key, const result<submit_answer>& a);
  time_point estimate(uint8_t priority, time_point now) const;

  // manager_jobs.cpp
  resident& spawn_job(job_id id, std::shared_ptr<job_record> rec);
  void run_jobs();
  /// Sends to a job; `run_jobs` lets it act.
  template <class Message>
  void tell(const job_actor& to, Message&& x) {
    auto* const before = self_->context();
    self_->context(&runner_);
    self_->send(to, std::forward<Message>(x));
    self_->context(before);
  }
  void route(job_id id, job_command::event_type event, pending p, bool with_view = false, uint64_t group = 0);
  void give(resident& r, job_command c, pending p);
  void send_next(resident& r);
  void load_wanted();
  void on_loaded(const std::vector<job_id>& asked, read_answer& x);
  void drop_resident(job_id id, const error& why);
  std::optional<pending> take_pending(const job_note& n);
  void settle(job_note& n);
  void settle_failed(job_note& n, const error& why);
  void after_note(job_id id);
  void pay_owed();
  void forget_unborn(job_id id, const unborn& u);
  void refuse(const pending& p, const error& why);
  void count(const job_note& n, const pending& p);
  void count_stages(fence proof);
  void turn_over();

  // manager_groups.cpp
  uint64_t open_group(job_id head, std::set<job_id> expected);
  void widen(const group_ptr& g, uint64_t number);
  void leave_group(uint64_t number, job_id id);
  void commit_if_complete(uint64_t number);
  uint64_t group_for(job_id id);

  // manager_index.cpp
  void insert_created(const job_note& n, const unborn& u);
  void insert_again(const job_note& n, const job_record& rec);
  void refresh(const job_note& n);
  void remove_finished(const job_note& n);
  void unindex(const job_entry& e);
  void index(job_id id);
  void make_ready(job_id id);
  void set_alarm();
  live_overlay overlay(const job_entry& e) const;

  // manager_dispatch.cpp
  void dispatch();
  bool place_next(steady_point now);
  void prefetch(steady_point now);
  const type_set& prefetch_shapes(seat& s);
  uint32_t credit(const seat& s, uint16_t type) const;
  void place(worker_id w, const ready_queues::pick& p, steady_point now);
  void take_slot(worker_id w, seat& s, const resource_request& r);
  void give_slot(attempt_slot& a);
  void release_attempt(fence proof);
  void orphan_attempt(job_id id);
  uint16_t type_of(uint16_t shape) const {
    return shapes_.at(shape).type;
  }

  // manager_breakers.cpp
  void judge(seat& s, outcome_kind kind);
  void judge_loss(const seat& s);
  void admit_again(steady_point now);
  void set_accepting(worker_id w, seat& s);
  steady_point next_probe() const;

  // manager_workers.cpp
  void on_ended(worker_id w, seat& s, attempt_ended& x, steady_point now);
  void take_over(worker_id w, seat& s, const held_attempt& h);
  void lose_attempts(worker_id w, const std::string& reason, const std::set<uint64_t>* keep);
  void send_orders();
  void write_member(const std::string& name, std::optional<std::string> value, worker_id w);
  void write_types(const std::vector<std::string>& types);

  // manager_recover.cpp
  void on_opened(store_opened& x);
  void recover_from(job_id from);
  void recover(const recovered_job& f, time_point now, steady_point steady_now);
  void recovered(const std::optional<error>& failed);
  bool holds(steady_point now);

  /// The time of day: for records, and for what clients have set as a time.
  time_point now() const {
    return options_.clock.now(self_);
  }
  /// For all durations.
  steady_point steady() const {
    return time_source::steady(self_);
  }
  std::optional<error> closed_for() const;
  std::optional<error> incomplete() const;
  /// What workers bring is about jobs that may not have been read yet: it waits until all are.
  template <class Event>
  bool park(Event& x) {
    if (!recovered_)
      parked_.push_back(std::move(x));
    return !recovered_;
  }
  /// What a client wants done to a job waits likewise, unless the scheduler stops.
  template <class Call>
  bool put_off(Call& x) {
    if (draining_)
      x.reply.deliver(*closed_for());
    else if (!recovered_)
      put_off_.push_back(std::move(x));
    return draining_ || !recovered_;
  }
  uint64_t next_token() {
    return ++token_;
  }
  const settings& config() const {
    return *options_.config;
  }

  self_pointer self_;
  queue_manager_options options_;
  std::shared_ptr<job_context> context_;
  store_reader_actor reader_;

  // The index: a function of what was committed and noted.
  job_table table_;
  name_table queues_;
  name_table types_;
  shape_table shapes_;
  cluster_fit fit_{shapes_};
  std::vector<uint64_t> ready_by_type_;
  uint64_t ready_plain_ = 0; ///< of `ready_`: those that may be prefetched
  ready_queues ready_;
  timer_queue timers_;
  backoff_queue backoffs_;
  dependency_graph graph_;
  uint64_t ready_seq_ = 0;
  std::vector<time_point> last_processed_; ///< by queue

  std::unordered_map<job_id, resident> residents_;
  job_runner runner_;
  std::vector<job_id> load_wanted_;
  std::unordered_map<uint64_t, worker_id> members_in_flight_; ///< by token: whose membership is being written
  std::unordered_map<job_id, unborn> unborn_;
  std::unordered_map<job_id, std::vector<job_id>> unborn_dependants_; ///< by dependency
  std::unordered_map<std::string, key_in_flight> keys_in_flight_;
  /// Keys committed while a read was under way: the read may have been too early to see them.
  std::unordered_map<std::string, std::pair<job_id, uint64_t>> keys_recent_;
  size_t key_reads_ = 0;
  std::unordered_map<uint64_t, group_ptr> groups_;
  std::unordered_map<job_id, uint64_t> group_of_;

  std::map<worker_id, seat> seats_;
  std::unordered_map<uint64_t, attempt_slot> attempts_; ///< by fence
  std::unordered_map<job_id, fence> placed_;
  estimator estimator_;
  std::map<std::string, circuit_breaker> breakers_; ///< by worker name: they outlive a connection
  failure_window all_ends_;

  id_generator ids_;
  uint64_t boot_ = 0;
  uint32_t fences_ = 0;
  uint64_t token_ = 0;
  uint64_t group_number_ = 0;
  size_t busy_ = 0;
  std::mt19937_64 random_;

  bool opened_ = false;    ///< the store: jobs are accepted
  bool recovered_ = false; ///< the index is complete: jobs are dispatched
  uint64_t recovered_seq_ = 0;
  std::vector<std::variant<worker_joined, worker_changed, worker_reported, worker_gone>> parked_;
  std::vector<std::variant<cancel_call, retry_call, modify_call>> put_off_;
  bool draining_ = false;
  std::optional<error> store_error_;
  std::vector<owed_event> owed_;
  steady_point owed_at_{};
  std::set<std::string> awaited_members_;
  std::map<std::string, std::string> type_records_; ///< as on disk, or on the way there
  std::optional<steady_point> hold_until_;
  steady_point alarm_ = steady_point::max();
  time_point wall_alarm_ = time_point::max(); ///< of `timers_`
  time_point started_at_{};
  metrics_delta delta_;
  bool delta_dirty_ = false;
  std::vector<caf::typed_response_promise<uint64_t>> start_waiters_;
  std::vector<caf::typed_response_promise<caf::ok_atom>> drain_waiters_;
};

} // namespace callboard
