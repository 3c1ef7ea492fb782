#pragma once

#include "core/base/ids.hpp"
#include "core/base/time.hpp"
#include "core/job/outcome.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace callboard {

/// What a handler is given to run. The payload is JSON text that passed the type's schema at submit.
struct attempt {
  job_id id;
  fence_token fence;
  std::string type;
  std::string_view payload;
  /// 1 for the first.
  uint32_t number = 1;
  duration timeout{0};
  /// What the job reserved on this worker, to which it is held; 0: nothing reserved, no limit.
  uint64_t memory_bytes = 0;
  uint32_t cpu_milli = 0;
  /// What the former attempt has saved; empty: nothing.
  std::string_view checkpoint = {};
  /// Of those that this one may save.
  uint64_t checkpoint_bytes_max = 64u << 10;
  /// After which its token tells it to come to its end; 0: never.
  duration soft_timeout{0};
  /// W3C Trace Context for what the handler calls; empty: the job has no trace.
  std::string_view traceparent = {};
  std::string_view tracestate = {};
};

/// Lets a running handler be stopped, and before that be told that its soft timeout is over: then it is to come to its
/// end by itself, and nobody ends it. Thread-safe. Both ends share the state.
class cancel_token {
public:
  /// `lost`: another worker may be given the attempt at any moment, so it is killed without grace. `preempted`: a more
  /// urgent job gets its place.
  enum class reason : uint8_t { none, cancelled, timed_out, shutdown, lost, preempted };

  cancel_token();

  /// First caller wins. `none` is ignored.
  void cancel(reason why) const;
  reason why() const noexcept;
  explicit operator bool() const noexcept {
    return why() != reason::none;
  }
  /// A descriptor that becomes readable when cancelled, for poll(2). Owned by the token and made when first asked for.
  /// -1 when the process has none left: poll(2) ignores it, so whoever waits looks at the token once in a while, too.
  int descriptor() const noexcept;

  /// Waits until cancelled or `d` passed; true when cancelled.
  bool wait_for(duration d) const;

  /// Its soft timeout is over. Ignored once it is cancelled, which says more.
  void tell_soft_timeout() const;
  bool soft_timed_out() const noexcept;
  /// Readable when told; in all else as `descriptor`.
  int soft_timeout_descriptor() const noexcept;
  /// Waits until told, cancelled, or `d` passed; true when told or cancelled.
  bool wait_for_soft_timeout(duration d) const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// A handler's view of its attempt. All functions may be called from the attempt's thread only.
class handler_context {
public:
  virtual ~handler_context() = default;
  /// Long work looks here, or polls its descriptor, and ends soon after it is set (as `stopped`). Where an early end
  /// makes sense it looks at its soft timeout, too, and ends with what it has.
  virtual const cancel_token& token() const = 0;
  /// When the attempt is stopped for running too long, by the monotonic clock.
  virtual std::chrono::steady_clock::time_point deadline() const = 0;
  /// Grows with every attempt of the job; write it along to refuse late writers.
  virtual fence_token fence() const = 0;
  /// 0..100. Cheap: the latest one travels with the next heartbeat.
  virtual void progress(int percent, std::string_view message) = 0;
  /// For the next attempt, whatever ends this one. The latest one travels with the next report, at most one a second;
  /// the end has the last one. Precondition: UTF-8, at most `attempt::checkpoint_bytes_max`.
  virtual void save_checkpoint(std::string_view text) = 0;
  /// One line of the attempt's log; the last `log_lines_max` are kept.
  virtual void log(std::string_view line) = 0;
};

/// Ways to end. `started_at`, `finished_at` and `log` are filled in by the executor.
attempt_outcome succeed(std::string result_json);
attempt_outcome fail(std::string code, std::string message, std::string result_json = {});
attempt_outcome fail_for_good(std::string code, std::string message, std::string result_json = {});
attempt_outcome snooze(duration d, std::string message);
/// The end of an attempt whose token was set: timed_out, cancelled or returned, by the token's reason. Without one the
/// handler saw its deadline pass before the token was set: timed_out.
attempt_outcome stopped(const cancel_token& token, std::string result_json = {});
/// The end of an attempt that has come to its end, unfinished, because its soft timeout is over: timed_out.
/// @param how  in words, before the rest of the message: `ended`, `make was ended by SIGTERM`
attempt_outcome stopped_at_soft_timeout(std::string how, duration soft_timeout, std::string result_json = {});

/// What a job type does. One object serves all slots of a worker: `run` is called concurrently.
class handler {
public:
  virtual ~handler() = default;
  /// The `jobType`.
  virtual std::string_view type() const = 0;
  /// A word on what it does, for lists.
  virtual std::string_view summary() const = 0;
  /// Of the code that runs it, for lists: during a rolling update workers of two versions are there.
  virtual std::string_view version() const {
    return "1";
  }
  /// How long a result holds for the same payload, if it depends on nothing else; 0: it may be another one each time.
  virtual duration cache_for() const {
    return duration{0};
  }
  /// JSON Schema (draft 7) of the payload, checked at submit.
  virtual std::string_view schema() const = 0;
  /// Runs on a slot's thread and may block. An exception that escapes is a retryable failure (HANDLER_EXCEPTION).
  virtual attempt_outcome run(const attempt& a, handler_context& ctx) = 0;
};

} // namespace callboard
