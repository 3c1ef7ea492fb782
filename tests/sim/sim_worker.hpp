#pragma once

#include "core/job/node_protocol.hpp"
#include "core/job/outcome.hpp"
#include "tests/sim/history.hpp"
#include "tests/sim/weather.hpp"

#include <memory>
#include <string>
#include <vector>

namespace callboard::sim {

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

/// Of one worker, for all its processes.
struct worker_traits {
  std::string name;
  uint32_t slots = 1;
  std::vector<std::string> types;
  int64_t drift_ppm = 0; ///< of its machine's clocks
};

/// Who joins. @param epoch  of the process
worker_registration registration_of(const worker_traits& t, uint64_t epoch, const weather& sky);

/// How an attempt will end if nobody stops it, drawn by chance.
struct attempt_plan {
  outcome_kind kind = outcome_kind::succeeded;
  duration takes{0};
  bool saves = false, logs = false;
};
attempt_plan draw_plan(world& w, bool well_behaved);

/// A worker on a machine of its own, as the faults of a run know it: processes, one after the other, that join the
/// scheduler and run attempts.
class sim_worker {
public:
  sim_worker(world& w, worker_traits t) : machine_(w, t.drift_ppm), traits_(std::move(t)) {
  }
  virtual ~sim_worker() = default;
  sim_worker(const sim_worker&) = delete;
  sim_worker& operator=(const sim_worker&) = delete;

  virtual void start() = 0;
  /// The process and all it runs are gone; the next one is started.
  virtual void crash() = 0;
  /// Stopped, as by SIGSTOP, and continued. Its guardian kills it before the lease is over.
  virtual void stop_for(duration d) = 0;
  /// Its machine is suspended, with the guardian, which looks at the lease first when it wakes up.
  virtual void suspend_for(duration d) = 0;
  virtual bool asleep() const = 0;
  /// Its connections break; what is on its way is lost.
  virtual void cut() = 0;
  /// Nothing gets through for a while, in one direction or both; it arrives afterwards.
  virtual void stall(duration d, bool to_worker, bool to_scheduler) = 0;
  /// It cannot connect before.
  virtual void isolate_until(duration t) = 0;
  /// The scheduler's process is gone, and with it the connections.
  virtual void lose_scheduler() = 0;
  /// The process ends by its own will, if it is of a kind that does.
  virtual void leave() {
  }
  /// Handlers fail and dawdle no more, and its network loses nothing.
  virtual void behave() = 0;

  const worker_traits& traits() const {
    return traits_;
  }
  machine& clock() {
    return machine_;
  }
  /// A fault that its lease may not outlast.
  void disturb(duration until) {
    disturbed_until_ = std::max(disturbed_until_, until);
  }
  /// When the last fault happened to it, or will be over.
  duration disturbed_until() const {
    return disturbed_until_;
  }

private:
  machine machine_;
  const worker_traits traits_;
  duration disturbed_until_{0};
};

/// What a worker proxy of the scheduler has at its other end: a node, or the session of a worker over HTTP.
class proxy_peer {
public:
  virtual ~proxy_peer() = default;
  /// Something from the proxy, over a connection and in order.
  virtual void deliver(const std::shared_ptr<connection>& c, const char* what, std::function<void()> f) = 0;
  virtual void on_challenge(const std::shared_ptr<connection>& c) = 0;
  virtual void on_welcome(const std::shared_ptr<connection>& c, uint64_t boot, duration lease) = 0;
  virtual void on_beat_answered(const std::shared_ptr<connection>& c, const stamp& sent) = 0;
  /// The proxy is gone. @param lost  with its worker, whose lease is over; else it alone
  virtual void on_closed(const std::shared_ptr<connection>& c, bool lost) = 0;
  virtual void on_orders(const std::shared_ptr<connection>& c, const node_orders& x) = 0;
  virtual void on_drain(const std::shared_ptr<connection>&, duration) {
  }
  /// To whom the faults happen.
  virtual sim_worker& worker() = 0;
};

} // namespace callboard::sim
