#pragma once

#include "core/scheduler/scheduler.hpp"
#include "storage/group_commit.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/event_checks.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/sim_worker.hpp"

#include <deque>
#include <memory>
#include <set>

namespace callboard::sim {

class http_front;

/// The scheduler's process: the real core, real job state machines, the real store interface. Around it what actors do
/// in the product: a mailbox, a store keeper that commits groups, a store reader, and a proxy with a lease for each
/// node.
class scheduler_process final : public scheduler_port {
public:
  scheduler_process(world& w, disk& d, machine& m, history& h, const weather& sky, const decision_settings& s);
  ~scheduler_process() override;

  bool up() const {
    return core_ != nullptr;
  }
  /// Nothing is on its way to the disk: what is stored has been told.
  bool at_rest() const {
    return mailbox_.empty() && told_.empty() && to_commit_.empty() && !committing_;
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
  void challenge(const std::shared_ptr<connection>& c, proxy_peer& n);
  void join(std::shared_ptr<connection> c, proxy_peer& n, worker_registration r);
  void beat(const std::shared_ptr<connection>& c, proxy_peer& n, stamp sent);
  void report(const std::shared_ptr<connection>& c, worker_news news);

  // -- about workers over HTTP
  http_front& http() {
    return *http_;
  }
  bool may_join(const worker_registration& r) const;
  void say_takes_work(const std::shared_ptr<connection>& c, bool on);
  /// The worker has left, or is given up: its proxy ends with it.
  void let_go(const std::shared_ptr<connection>& c, const std::string& why, bool left);
  /// The worker gets no more work, and is to leave.
  void drain_one(const std::string& name, duration grace);

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
    proxy_peer* at = nullptr;
    std::string name;
    uint64_t boot_epoch = 0;
    steady_point renewed{};
    duration truly_renewed{0};
    bool suspect = false, unclaimed = false, drains = false;
  };
  using proxy_map = std::map<worker_id, proxy>;
  /// A node whose proxy ended: it joins again within its lease, or is given up.
  struct awaited_node {
    worker_id id;
    uint64_t boot_epoch = 0;
    duration since{0};
  };
  /// Where the orders for a worker go.
  struct order_route {
    std::shared_ptr<connection> link;
    proxy_peer* at = nullptr;
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
  static void say_closed(const proxy& p, bool lost);
  proxy_map::iterator proxy_of(const std::shared_ptr<connection>& c);
  void tell_accepts(worker_id w, const proxy& p);
  void drain(worker_id w, duration grace);
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
  proxy_map proxies_;
  std::map<worker_id, duration> draining_; ///< the grace
  std::unique_ptr<http_front> http_;
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
