#pragma once

#include "core/scheduler/scheduler.hpp"
#include "storage/group_commit.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/event_checks.hpp"
#include "tests/sim/history.hpp"

#include <deque>
#include <memory>
#include <set>

namespace callboard::sim {

class node;

/// How slow and how unreliable things are in a run.
struct weather {
  duration message_max{std::chrono::milliseconds{2}}; ///< between actors and machines
  duration fsync_max{std::chrono::milliseconds{5}};
  duration heartbeat{std::chrono::milliseconds{500}};
  duration lease{std::chrono::seconds{4}};
  /// Who sees a job fail by its deadline retries it at once, while its worker may still have the former attempt.
  bool hasty_operator = false;
  duration resend_after{std::chrono::seconds{3}}; ///< an outcome that is not acknowledged after this long is sent again
  retention keep;                                 ///< of finished jobs
  duration cache_for{std::chrono::seconds{5}};    ///< of the pure type, as all workers say
};

/// A moment by a node's clock, and in truth.
struct stamp {
  steady_point own{};
  duration truly{0};
};

/// A TCP connection: in order in each direction until it breaks, then nothing arrives. It repeats nothing.
struct wire {
  bool up = true;
  duration last_to_node{0}, last_to_scheduler{0};
  duration stalled_to_node{0}, stalled_to_scheduler{0}; ///< what is sent before arrives after
};

/// What comes from one request to join: the node and an actor of its own in the scheduler. A node that gives one up may
/// join again over the same wire; what is still on its way then arrives before.
struct connection {
  std::shared_ptr<wire> over;
};

/// The scheduler's process: the real core, real job state machines, the real store interface. Around it what actors do
/// in the product: a mailbox, a store keeper that commits groups, a store reader, and a proxy with a lease for each
/// node.
class scheduler_process final : public scheduler_port {
public:
  scheduler_process(world& w, disk& d, machine& m, history& h, const weather& sky, const decision_settings& s);

  bool up() const {
    return core_ != nullptr;
  }
  void start();
  /// The process is gone at this moment. What it had not answered stays unanswered.
  void kill();
  /// Its machine is suspended.
  void suspend_for(duration d);
  /// Whose events they are that happen in this process.
  const life& alive() const {
    return life_;
  }
  /// One worker proxy ends by itself; its node stays.
  void lose_a_proxy();
  machine& clock() {
    return machine_;
  }

  /// An event for the core, by way of its mailbox.
  template <class Event>
  void post(Event x) {
    auto shared = std::make_shared<Event>(std::move(x));
    enqueue([this, shared] { core_->on(*shared, machine_.now()); });
  }

  // -- from nodes
  void challenge(const std::shared_ptr<connection>& c, node& n);
  void join(std::shared_ptr<connection> c, node& n, worker_registration r);
  void beat(const std::shared_ptr<connection>& c, node& n, stamp sent);
  void report(const std::shared_ptr<connection>& c, worker_news news);

  const scheduler* core() const {
    return core_.get();
  }

  // -- scheduler_port
  void spawn_job(job_id id, std::shared_ptr<job_record> rec) override;
  void tell_job(job_id id, job_command command) override;
  void tell_job(job_id id, job_progress progress) override;
  void read_job(job_id id, get_call call) override;
  void drop_job(job_id id) override;
  void load_jobs(std::vector<job_id> ids) override;
  void read_store(uint64_t request, read_request r) override;
  result<std::string> fill_in(const std::string& payload, const std::vector<job_record>& jobs) override;
  /// Its clients say all that a job has.
  void use_type_rule(const std::string&, const limit_rule&) override {
  }
  result<std::vector<std::string>> expand(const fan_out& f, const std::string& payload,
                                          const std::vector<job_record>& jobs) override;
  void commit(commit_part part) override;
  std::string record_of(const schedule_definition& d) override;
  void order(worker_id w, node_orders orders) override;
  void measured(metrics_delta) override {
  }
  void tell(std::vector<scheduler_event>&& events) override;
  void say(tone t, const std::string& line) override;

  /// What was told since this process began.
  const event_watch& events() const {
    return events_;
  }

private:
  struct proxy {
    std::shared_ptr<connection> link;
    node* at = nullptr;
    std::string name;
    uint64_t boot_epoch = 0;
    steady_point renewed{};
    duration truly_renewed{0};
    bool suspect = false;
  };
  /// A node whose proxy ended: it joins again within its lease, or is given up.
  struct awaited_node {
    worker_id id;
    uint64_t boot_epoch = 0;
    duration since{0};
  };
  /// Where the orders for a worker go.
  struct order_route {
    std::shared_ptr<connection> link;
    node* at = nullptr;
  };
  void enqueue(std::function<void()> f);
  void take_turn_later();
  void turn();
  void run_jobs();
  void react_to(job_id id, job_command& c);
  void begin_commit();
  void finish_commit(commit_report report);
  void recover(job_id from);
  void wake();
  void purge_later();
  static void say_closed(const proxy& p);
  void look_at_lease(worker_id w, const std::shared_ptr<connection>& c);
  steady_point lease_clock() const;
  void check_order_of_dispatch(job_id id, const job_command::place& p);
  void check_limits(const job_entry& e, steady_point now);
  void check_room(const job_record& fresh);
  void retry_soon(job_id id);
  void check_hit(job_id id, const job_command::finish& x);
  void check_preemptions(const std::vector<preempted_attempt>& all);
  limit_target target_of(const job_entry& e, limit_kind kind) const;
  bool is_held(const limit_target& t, steady_point now) const;

  world& w_;
  disk& disk_;
  machine& machine_;
  history& history_;
  const weather& sky_;
  decision_settings settings_;
  life life_;
  std::unique_ptr<scheduler> core_;
  std::deque<std::function<void()>> mailbox_;
  bool turn_due_ = false;
  std::map<job_id, job_record> jobs_;
  std::deque<std::pair<job_id, job_command>> told_;
  /// Also without having run: one that is lost with its worker counts as begun.
  std::set<job_id> counted_as_begun_;
  std::vector<commit_part> to_commit_;
  group_commit group_;
  bool committing_ = false;
  std::map<worker_id, proxy> proxies_;
  std::map<std::string, awaited_node> awaited_; ///< by name
  std::map<worker_id, order_route> routes_;     ///< as the core knows them
  uint64_t last_worker_ = 0;
  uint64_t boot_ = 0;
  moment armed_{time_point::max(), steady_point::max()};
  uint64_t alarms_ = 0; ///< set so far; only the last one rings
  /// Starts within the period of a rate, since it holds.
  std::map<limit_target, std::pair<std::optional<rate_limit>, std::deque<steady_point>>> starts_;
  /// Preemptions of queues, in the same way.
  std::map<std::string, std::pair<std::optional<rate_limit>, std::deque<steady_point>>> preemptions_;
  event_watch events_;
  std::map<job_id, std::pair<std::string, int64_t>> new_ones_; ///< jobs that are being written: queue and bytes
};

} // namespace callboard::sim
