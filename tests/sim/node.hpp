#pragma once

#include "tests/sim/own_lease.hpp"
#include "tests/sim/scheduler_process.hpp"

namespace callboard::sim {

/// A worker node by its protocol (docs/ARCHITECTURE.md): slots, a lease that it measures from when it sent the last
/// answered heartbeat, attempts that it stops before that lease is over, outcomes that it keeps until they are
/// acknowledged, and sends again. What the handlers do is drawn by chance.
class node final : public sim_worker, public proxy_peer {
public:
  node(world& w, scheduler_process& s, history& h, const weather& sky, worker_traits t);

  void start() override;
  void crash() override;
  void stop_for(duration d) override;
  void suspend_for(duration d) override;
  bool asleep() const override {
    return asleep_since_.has_value();
  }
  void cut() override;
  void stall(duration d, bool to_worker, bool to_scheduler) override;
  void isolate_until(duration t) override;
  void lose_scheduler() override;
  void behave() override {
    well_behaved_ = true;
  }

  void deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) override;
  void on_challenge(const std::shared_ptr<connection>& c) override;
  void on_welcome(const std::shared_ptr<connection>& c, uint64_t boot, duration lease) override;
  void on_beat_answered(const std::shared_ptr<connection>& c, const stamp& sent) override;
  void on_closed(const std::shared_ptr<connection>& c, bool lost) override;
  void on_orders(const std::shared_ptr<connection>& c, const node_orders& x) override;
  sim_worker& worker() override {
    return *this;
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
  void stop_all(const stamp& renewed);
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

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  const weather& sky_;
  const std::string& name_;
  life life_;
  uint64_t boot_epoch_ = 0;
  std::shared_ptr<wire> wire_;
  std::shared_ptr<connection> link_; ///< that has been welcomed, or waits for it
  bool welcomed_ = false;
  stamp join_sent_;
  own_lease lease_;
  std::map<uint64_t, held> held_; ///< by fence
  duration isolated_until_{0};
  bool well_behaved_ = false;
  std::optional<duration> asleep_since_;
  bool up_ = false;
};

} // namespace callboard::sim
