#pragma once

#include "actors/worker/attempt_lines.hpp"
#include "config/settings.hpp"
#include "handlers/registry.hpp"
#include "messages/wire.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace callboard {

/// The slots of a worker: one long-lived thread each, which runs handlers and may block. One more thread keeps the
/// time: timeouts, soft ones too, prefetched attempts that waited too long, starts that nobody has reported yet.
///
/// Thread-safe. What happened is collected until `take_report`; `notify` says that there is something, once.
class slot_pool {
public:
  /// @param notify  called on a thread of the pool, at most once between two calls of `take_report`.
  slot_pool(std::shared_ptr<const handler_registry> handlers, uint32_t slots, worker_settings settings,
            std::function<void()> notify);
  /// Stops what runs and waits for it.
  ~slot_pool();
  slot_pool(const slot_pool&) = delete;
  slot_pool& operator=(const slot_pool&) = delete;

  void run(std::vector<attempt_order> orders);
  /// Running attempts are told to stop, waiting ones end at once.
  void stop(const std::vector<attempt_ref>& attempts, cancel_token::reason why);
  /// Attempts are told to stop for more urgent jobs; waiting ones are handed back.
  void preempt(const std::vector<preempted_attempt>& attempts);
  /// Waiting ones are handed back.
  void stop_all(cancel_token::reason why);
  /// Hands back everything that has not started; later orders are handed back at once.
  void close();

  worker_report take_report();

  struct load {
    uint32_t running = 0;
    uint32_t waiting = 0;
  };
  load current_load() const;

private:
  using clock = std::chrono::steady_clock;

  struct waiting_attempt {
    attempt_order order;
    clock::time_point since;
  };
  struct running_attempt {
    uint64_t job = 0;
    cancel_token token;
    clock::time_point deadline;
    clock::time_point soft_end = clock::time_point::max(); ///< when it is told to come to its end; none: no more
    time_point started_at;
    clock::time_point begun;
    bool start_reported = false;
    bool stuck_armed = false;
    uint64_t preempted_by = 0; ///< a job
    std::shared_ptr<attempt_lines> lines;
    bool log_waits = false; ///< there are lines that were not reported
    clock::time_point log_due;
  };
  /// What an attempt has saved last.
  struct saved_checkpoint {
    uint64_t job = 0;
    std::string text;
    bool fresh = true; ///< not reported yet
    clock::time_point due;
  };
  class context;

  /// @param by  the job that gets the place
  static std::string preempted_text(uint64_t by);

  void slot_loop();
  void watch_loop();
  void run_one(const attempt_order& order, const cancel_token& token, clock::time_point deadline,
               const std::shared_ptr<attempt_lines>& lines);
  attempt_outcome call_handler(const attempt_order& order, context& ctx);
  // These need the lock.
  void hand_back_waiting();
  void end(uint64_t job, uint64_t fence, attempt_outcome o);
  void tell();
  /// An attempt has ended: true when `notify_` is to be called, without the lock. While work waits the ends of short
  /// attempts are collected for a moment.
  bool end_is_due(clock::time_point now, clock::duration ran);
  /// Another thread is needed for what waits: true when `work_` is to be notified, without the lock. One is woken at a
  /// time, and wakes the next when it has taken something: short attempts are over before many threads are awake.
  bool needs_thread();
  clock::time_point check_times(clock::time_point now);
  /// The first waiting attempt needs a slot and none is free. Otherwise a slot's thread is about to take it, however
  /// late the machine lets that thread run, and it is not handed back.
  bool blocked() const;
  void watch_waiting();
  void watch_by(clock::time_point t);
  void set_checkpoint(uint64_t job, uint64_t fence, std::string_view text);
  void report_log(uint64_t fence);
  void set_progress(uint64_t job, uint64_t fence, int percent, std::string_view message);

  std::shared_ptr<const handler_registry> handlers_;
  const size_t slots_;
  const worker_settings settings_;
  const std::function<void()> notify_;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable watch_;
  std::deque<waiting_attempt> waiting_;
  std::unordered_map<uint64_t, running_attempt> running_; ///< by fence
  std::map<uint64_t, attempt_progress> progress_;         ///< by fence; the latest only
  std::map<uint64_t, saved_checkpoint> checkpoints_;      ///< by fence
  std::vector<attempt_ended> ended_;
  clock::time_point first_end_; ///< of `ended_`
  size_t idle_ = 0;             ///< threads that wait for work
  bool waking_ = false;         ///< one of them was woken and has not looked yet
  bool told_ = false;
  bool start_unreported_ = false;
  bool closed_ = false;
  bool stopping_ = false;
  clock::time_point next_watch_ = clock::time_point::max();
  std::vector<std::thread> threads_;
};

} // namespace callboard
