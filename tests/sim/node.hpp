#pragma once

#include "tests/sim/scheduler_process.hpp"

#include <deque>

namespace callboard::sim {

/// A worker node by its protocol (docs/ARCHITECTURE.md): slots, a lease that it measures from when it sent the last
/// answered heartbeat, attempts that it stops before that lease is over, outcomes that it keeps until they are
/// acknowledged, and sends again. What the handlers do is drawn by chance.
class node {
public:
  node(world& w, scheduler_process& s, history& h, const weather& sky, std::string name, uint32_t slots,
       std::vector<std::string> types, int64_t drift_ppm);

  void start();
  /// The process and all it runs are gone; its guardian starts the next one.
  void crash();
  /// Stopped, as by SIGSTOP, and continued. Its guardian kills it before the lease is over.
  void stop_for(duration d);
  /// Its machine is suspended, with the guardian, which looks at the lease first when it wakes up.
  void suspend_for(duration d);
  bool asleep() const {
    return asleep_since_.has_value();
  }
  /// The connection breaks; what is on its way is lost.
  void cut();
  /// Nothing gets through for a while, in one direction or both; it arrives afterwards.
  void stall(duration d, bool to_node, bool to_scheduler);
  /// It cannot connect before.
  void isolate_until(duration t);
  /// The scheduler's process is gone, and with it the connection.
  void lose_scheduler();
  machine& clock() {
    return machine_;
  }
  /// A fault that its lease may not outlast.
  void disturb(duration until);
  /// When the last fault happened to it, or will be over.
  duration disturbed_until() const {
    return disturbed_until_;
  }

  /// From the scheduler, over a connection.
  void deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f);
  void on_challenge(const std::shared_ptr<connection>& c);
  void on_welcome(const std::shared_ptr<connection>& c, uint64_t boot, duration lease);
  void on_beat_answered(stamp sent);
  void on_closed(const std::shared_ptr<connection>& c);
  void on_orders(const std::shared_ptr<connection>& c, const node_orders& x);

  /// Handlers fail and dawdle no more.
  void behave() {
    well_behaved_ = true;
  }

private:
  struct held {
    attempt_order order;
    time_point started{}; ///< the epoch: waits for a slot
    steady_point begun{};
    std::optional<attempt_outcome> ended;
    size_t run = 0;         ///< in the history
    uint32_t saves = 0;     ///< checkpoints so far
    std::string checkpoint; ///< the last one
    log_lines log;          ///< the last lines
    uint64_t told = 0;      ///< lines that were reported
    life alive;
  };
  void connect_later(duration d);
  void connect();
  void give_up(const std::shared_ptr<connection>& c);
  void break_wire();
  void send(const char* what, std::function<void()> f);
  void beat(const std::shared_ptr<connection>& c);
  void renew(const stamp& sent);
  void watch_lease();
  void fill_slots();
  void end(uint64_t fence_value, outcome_kind kind);
  void end_at_soft_timeout(uint64_t fence_value);
  void stop_attempt(held& h);
  void on_preempted(const preempted_attempt& x);
  void save_later(uint64_t fence_value);
  void save(uint64_t fence_value);
  void tell_checkpoint(uint64_t fence_value);
  void log_later(uint64_t fence_value);
  void log(uint64_t fence_value);
  void tell_log(uint64_t fence_value);
  void tell(uint64_t fence_value);
  duration lease_left(int percent) const;
  bool has_lease() const {
    return lease_ != duration{0} && lease_left(stop_percent) > duration{0};
  }
  /// What its lease goes by.
  stamp now() const;

  /// As the product has them (actors/worker/lease_guard.hpp): attempts are stopped at 80 % of the lease, and killed
  /// with their process at 90 %.
  static constexpr int stop_percent = 80, kill_percent = 90;

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  const weather& sky_;
  std::string name_;
  uint32_t slots_;
  std::vector<std::string> types_;
  machine machine_;
  life life_;
  uint64_t boot_epoch_ = 0;
  std::shared_ptr<wire> wire_;
  std::shared_ptr<connection> link_; ///< that has been welcomed, or waits for it
  bool welcomed_ = false;
  stamp join_sent_;
  stamp renewed_;
  duration lease_{0};
  std::map<uint64_t, held> held_; ///< by fence
  duration isolated_until_{0};
  duration disturbed_until_{0};
  bool well_behaved_ = false;
  std::optional<duration> asleep_since_;
  bool up_ = false;
  bool watching_ = false;
};

} // namespace callboard::sim
