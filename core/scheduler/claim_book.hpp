#pragma once

#include "core/base/error.hpp"
#include "core/job/job_log.hpp"
#include "core/job/outcome.hpp"
#include "core/job/work_requests.hpp"
#include "core/scheduler/moment.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace callboard {

struct claim_rules {
  uint32_t slots = 1;
  duration claim_within{0}; ///< a slot is free, and nobody claims: it is given back, and the worker gets no more
  duration queue_within{0}; ///< no slot is free: it is given back
  duration kill_grace{0};   ///< from the end of an attempt's timeout to when it must be over
  duration stop_grace{0};   ///< after that its worker is given up
  uint32_t log_lines_max = 0;
};

/// The attempts of one worker that joins over HTTP, in the place of a worker's own process: those that wait for a
/// claim, those that run, and ends until they are on disk. What there is to tell the scheduler is collected until
/// `take_report`. Pure: `now` is an argument.
///
///     run ─► waiting ─claim─► running ─end─► ended ─acknowledge─► settled (the latest are remembered)
///               └── not claimed in time, cancelled ──┘
class claim_book {
public:
  /// @param brought  attempts that run at the worker already, or have ended there
  claim_book(const claim_rules& rules, const sign_up_request& brought, const moment& now);

  // -- what the scheduler says
  void run(std::vector<attempt_order> orders, const moment& now);
  void cancel(const attempt_ref& a, const moment& now);
  void preempt(const preempted_attempt& a, const moment& now);
  /// Its outcome is durable.
  void acknowledge(const attempt_ref& a);
  /// Nothing more is begun; what runs after the grace is asked to stop.
  void drain(duration grace, const moment& now);

  // -- what the worker says
  /// Attempts that begin now, or those of a claim of that number before. None: there are none yet, or no slot is free.
  /// Error: invalid_state for a number below that of a former claim.
  result<std::vector<claimed_attempt>> claim(uint64_t number, uint32_t max, const moment& now);
  /// The claim of that number is answered with nothing. If it comes again it begins nothing: its worker may have the
  /// answer, and would never ask for what it gets.
  void close_claim(uint64_t number);
  /// Whether a claim of that number has been answered with nothing, and is to be again.
  bool is_closed(uint64_t number) const {
    return number == claim_number_ && claim_closed_;
  }
  enum class told : uint8_t {
    anew,
    before, ///< its end is on its way to the disk
    settled ///< its end is on disk
  };
  /// An attempt has ended. Errors: stale_fence when it is none of this worker's (any more), invalid_state when it was
  /// not claimed, or has ended with another outcome.
  result<told> end(attempt_ended x, const moment& now);
  /// Errors as of `end`.
  std::optional<error> note(progress_request x, const moment& now);
  /// The worker leaves: nothing runs there any more.
  void release_all(const moment& now);
  /// The worker has neither ended an attempt nor stopped it, and is dead by now: such attempts have timed out.
  void give_up(const moment& now);

  // -- time
  void on_time(const moment& now);
  /// When `on_time` has something to do; max: never.
  steady_point next_due() const;

  // -- what there is
  worker_report take_report();
  /// The connection to the scheduler is another one: what may not have arrived is reported again.
  void tell_again(const moment& now);
  work_news news() const;
  /// False: nobody claims what it is given, it is stuck, or it leaves. The scheduler has to hear that before it hears
  /// of what goes back, or it would give that to this worker again.
  bool takes_work() const {
    return !neglected_ && !stuck_ && !leaving_;
  }
  /// Whether a registration was sent before the one that this book was made by, and was overtaken: what it brings along
  /// is not all that the worker has by now.
  bool is_older(const sign_up_request& r) const;
  /// An attempt is over time and grace: the lease of its worker must not be renewed.
  bool stuck() const {
    return stuck_;
  }
  bool draining() const {
    return draining_;
  }
  bool empty() const {
    return entries_.empty();
  }
  struct counts {
    uint32_t waiting = 0, running = 0, ended = 0;
  };
  counts count() const;
  /// For the registration over another connection.
  std::vector<held_attempt> held() const;

private:
  enum class phase : uint8_t { waiting, running, ended };
  struct entry {
    attempt_order order; ///< without payload and checkpoint once the answer with them has arrived
    phase at = phase::waiting;
    steady_point since; ///< when it came, began, or was told last
    time_point started_at{};
    steady_point deadline = steady_point::max(), soft_end = steady_point::max();
    stop_reason stop = stop_reason::none;
    uint64_t preempted_by = 0; ///< a job
    log_lines log;             ///< the last ones
    std::optional<std::string> checkpoint;
    steady_point checkpoint_due{}; ///< not told before
    bool checkpoint_fresh = false; ///< not told yet
    attempt_ended outcome;         ///< once it has ended
    uint64_t noted = 0;            ///< number of the latest request that told how it gets on
    size_t digest = 0;             ///< of the outcome as the worker gave it; 0: it gave none
  };
  struct settled_attempt {
    uint64_t fence = 0;
    size_t digest = 0;
  };

  steady_point must_be_over(const entry& e) const;
  bool slot_is_free() const;
  /// The running attempt, or what is wrong with naming it.
  result<entry*> running(const attempt_ref& a);
  void finish(entry& e, attempt_ended x, const moment& now);
  void hand_back(entry& e, outcome_kind kind, std::string message, const moment& now);
  void keep_lines(entry& e, log_lines more);

  const claim_rules rules_;
  const uint64_t number_;               ///< of the registration
  std::map<uint64_t, entry> entries_;   ///< by fence, hence in the order in which they were given
  std::deque<settled_attempt> settled_; ///< the latest
  worker_report report_;
  uint64_t claim_number_ = 0;
  bool claim_closed_ = false;
  std::vector<uint64_t> claimed_; ///< fences of the last claim that got something
  steady_point drain_until_ = steady_point::max();
  bool draining_ = false;
  bool leaving_ = false;
  bool neglected_ = false;
  bool stuck_ = false;
};

} // namespace callboard
