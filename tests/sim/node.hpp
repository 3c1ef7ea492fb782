#pragma once

#include "tests/sim/scheduler_process.hpp"

#include <deque>

namespace callboard::sim {

/// A worker node by its protocol (docs/ARCHITECTURE.md): slots, a lease that it measures from when it sent the last
/// answered heartbeat, attempts that it stops before that lease is over, outcomes that it keeps until they are
/// acknowledged. What the handlers do is drawn by chance.
class node {
public:
  node(world& w, scheduler_process& s, history& h, const weather& sky, std::string name, uint32_t slots,
       std::vector<std::string> types, int64_t drift_ppm);

  void start();
  /// The process and all it runs are gone; its guardian starts the next one.
  void crash();
  /// Stopped, as by SIGSTOP, and continued. Its guardian kills it before the lease is over.
  void stop_for(duration d);
  /// The connection breaks; what is on its way is lost.
  void cut();
  /// Nothing gets through for a while, in one direction or both; it arrives afterwards.
  void stall(duration d, bool to_node, bool to_scheduler);
  /// It cannot connect before.
  void isolate_until(duration t) {
    isolated_until_ = t;
    cut();
  }

  /// From the scheduler, over a connection.
  void deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f);
  void on_welcome(const std::shared_ptr<connection>& c, uint64_t boot, duration lease);
  void on_beat_answered(const std::shared_ptr<connection>& c, steady_point sent);
  void on_orders(const std::shared_ptr<connection>& c, const node_orders& x);

  /// Handlers fail and dawdle no more.
  void behave() {
    well_behaved_ = true;
  }

private:
  struct held {
    attempt_order order;
    time_point started{}; ///< the epoch: waits for a slot
    std::optional<attempt_outcome> ended;
    size_t run = 0; ///< in the history
    life alive;
  };
  void connect_later(duration d);
  void connect();
  void disconnected(const std::shared_ptr<connection>& c);
  void send(const char* what, std::function<void()> f);
  void beat(const std::shared_ptr<connection>& c);
  void watch_lease();
  void fill_slots();
  void end(uint64_t fence_value, outcome_kind kind);
  void stop_attempt(held& h);
  void tell(uint64_t fence_value);
  bool has_lease() const;
  steady_point now() const {
    return machine_.steady();
  }

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
  std::shared_ptr<connection> link_; ///< that has been welcomed, or waits for it
  bool welcomed_ = false;
  steady_point join_sent_{};
  steady_point renewed_{};
  duration lease_{0};
  std::map<uint64_t, held> held_; ///< by fence
  duration isolated_until_{0};
  bool well_behaved_ = false;
  bool up_ = false;
  bool watching_ = false;
};

} // namespace callboard::sim
