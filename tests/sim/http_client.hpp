#pragma once

#include "core/job/work_requests.hpp"
#include "tests/sim/http_front.hpp"
#include "tests/sim/http_line.hpp"
#include "tests/sim/own_lease.hpp"

namespace callboard::sim {

/// A worker over HTTP by its protocol (docs/http-workers.md): it registers, claims by numbered long polls, beats, tells
/// how attempts get on, and sends again what was not answered. It measures its lease as a node does, and a guard ends
/// it when something still runs at 90 % of it. What the functions do is drawn by chance; some hang and do not stop.
class http_client final : public sim_worker {
public:
  http_client(world& w, scheduler_process& s, history& h, const weather& sky, worker_traits t);

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
  /// It takes no more jobs, lets those that run end or stops them, and ends.
  void leave() override;
  void behave() override;

private:
  struct held {
    attempt_order order;
    time_point started{};
    steady_point deadline{};
    std::optional<size_t> run; ///< in the history; nothing: it was not begun
    bool hangs = false;        ///< and heeds nothing
    bool stopping = false;
    std::optional<attempt_ended> ended;
    uint32_t saves = 0; ///< checkpoints so far
    std::string checkpoint;
    bool checkpoint_told = true;
    log_lines log;       ///< the last lines
    uint64_t told = 0;   ///< lines that are answered
    uint64_t notes = 0;  ///< requests that told how it gets on
    bool asking = false; ///< one of them, or its end, is not answered
    life alive;
  };
  using fence_value = uint64_t;

  // -- its process and its session
  void end_process(const char* why);
  void doze(duration d, bool machine_sleeps);
  void on_lease_over(const stamp& renewed);
  void sign_up();
  void on_signed_up(const result<work_session>& r, const stamp& sent);
  void beat();
  void claim();
  void claim_later(duration d);
  void on_claimed(result<claim_answer> r);
  void take_over(const claimed_attempt& x);
  void follow(const work_news& n);
  void leave_if_over();
  void say_goodbye(int tries);
  /// False: the session is known no more, and the worker registers again.
  bool still_known(const error& e);
  duration patience();
  duration pause();

  // -- its attempts
  void begin(fence_value f);
  void stop(fence_value f);
  void end(fence_value f, outcome_kind kind);
  /// In truth: nothing of it goes on.
  void cease(held& h, std::optional<outcome_kind> how);
  void save_later(fence_value f);
  void save(fence_value f);
  void log_later(fence_value f);
  void log(fence_value f);
  void tell(fence_value f);
  void tell_note(fence_value f);
  void tell_end(fence_value f);
  void tell_later(fence_value f);
  void forget(fence_value f);
  held* find(fence_value f);

  world& w_;
  scheduler_process& scheduler_;
  history& history_;
  const weather& sky_;
  const std::string& name_;
  life life_;
  own_lease lease_;
  http_line line_;
  uint64_t instance_ = 0;
  bool up_ = false, leaving_ = false, goodbye_ = false, well_behaved_ = false;
  bool careful_ = true;  ///< it ends when something does not stop after its timeout
  uint64_t session_ = 0; ///< counts them: answers of a former one are dropped
  std::string token_;    ///< empty: there is none now
  uint64_t sign_ups_ = 0, claim_number_ = 1;
  bool joining_ = false, claiming_ = false;
  bool unanswered_ = false; ///< the claim of that number has been sent
  std::map<fence_value, held> held_;
  std::optional<duration> asleep_since_;
};

} // namespace callboard::sim
