#pragma once

#include "core/scheduler/calls.hpp"

#include <functional>
#include <map>
#include <optional>

#include "simulate/chronicle.hpp"
#include "simulate/scenario.hpp"
#include "simulate/timeline.hpp"

namespace callboard::simulate {

/// A worker process by its protocol (docs/ARCHITECTURE.md): slots, attempts that do what is scripted, outcomes that are
/// kept until they are acknowledged, and sent again.
class simulated_worker {
public:
  struct surroundings {
    timeline& time;
    chronicle& story;
    const scenario& plan;
    std::function<bool(worker_news)> tell; ///< over its connection; false: there is none
    std::function<void()> crash;           ///< a job ends this process
    std::function<void()> drained;         ///< nothing is held any more
  };
  simulated_worker(surroundings around, const worker_script& script);

  std::vector<held_attempt> held() const;
  void on_orders(const node_orders& x);

  /// A connection is there: it may run what it has, and tells what has ended since.
  void joined();
  /// Its lease is over: everything is stopped, and handed back when it can be told.
  void stop_all();
  /// Nothing new is begun. Returns true when there is nothing to wait for.
  bool drain();
  /// The process is gone, with all that it has.
  void die();

private:
  struct kept_attempt {
    attempt_order order;
    std::optional<size_t> run; ///< in the job's story; none: not begun
    time_point started{};
    duration begun{0};
    std::optional<attempt_outcome> ended;
    blob saved; ///< its checkpoint

    bool runs() const {
      return run && !ended;
    }
  };
  void fill_slots();
  void begin(kept_attempt& a);
  void end_by_itself(uint64_t fence);
  void end_at_soft_timeout(uint64_t fence);
  void end_at_timeout(uint64_t fence);
  void end_by_script(uint64_t fence, const ending_script& script);
  void end(kept_attempt& a, attempt_outcome o);
  void hand_back(kept_attempt& a, std::string why = {});
  void on_preempted(const preempted_attempt& x);
  void save(uint64_t fence);
  void tell_checkpoint(uint64_t fence);
  void tell_end(uint64_t fence);
  /// `f` happens after `d` if the process lives then and has the attempt.
  void later(duration d, uint64_t fence, void (simulated_worker::*f)(uint64_t));
  void return_unstarted(uint64_t fence);
  const attempt_script& script_of(const kept_attempt& a) const;

  surroundings around_;
  const worker_script& script_;
  std::map<uint64_t, kept_attempt> held_; ///< by fence
  uint64_t life_ = 0;
  bool has_lease_ = false;
  bool draining_ = false;
};

} // namespace callboard::simulate
