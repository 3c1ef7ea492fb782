#pragma once

// The worker library of Callboard: a program of your own that runs job types of your own. Needs nothing but the
// standard library. docs/sdk.md tells it from the beginning.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#define CALLBOARD_API __attribute__((visibility("default")))

namespace callboard::sdk {

/// Where a handler runs.
enum class isolation {
  /// On a thread of the worker's process. Costs nothing; a crash ends all attempts of this worker.
  thread,
  /// In a process of its own, forked for the attempt. A crash, a leak or a hang costs this
  /// attempt only. It has what main had made before `worker::run`, but neither `on_start` nor other attempts.
  process,
};

/// How an attempt ended. Made by the functions below.
struct outcome {
  enum class kind { success, failure, permanent_failure, snooze, stopped };
  kind what = kind::success;
  std::string code;    ///< of failures: stable, for programs (`NO_SUCH_FILE`)
  std::string message; ///< for people
  std::string result;  ///< JSON text, or empty
  /// Of a snooze: until it runs again. Of a failure: the next attempt comes not before that, nor before the back-off of
  /// the job's policy; for what another side asks for, such as Retry-After.
  std::chrono::microseconds delay{0};
};

/// The job is completed. `result` is JSON text, kept with the job; what is no JSON makes it a permanent failure,
/// BAD_RESULT, because the scheduler could not show it.
CALLBOARD_API outcome success(std::string result = {});
/// Trying again may help: tried again while the job has retries left.
CALLBOARD_API outcome failure(std::string code, std::string message, std::string result = {});
/// Trying again cannot help: the job fails, whatever retries are left.
CALLBOARD_API outcome permanent_failure(std::string code, std::string message, std::string result = {});
/// Not now: run it again after `delay`. Not counted as a retry.
CALLBOARD_API outcome snooze(std::chrono::microseconds delay, std::string message = {});
/// What a handler returns when it ended because `job::stop_requested`: by the reason of the stop the job is cancelled,
/// its attempt has timed out, or it is given back unfinished to run elsewhere, uncharged. Because of
/// `job::soft_timed_out`: its attempt has timed out.
CALLBOARD_API outcome stopped(std::string result = {});

/// One attempt of a job, as its handler sees it. Valid until the handler returns. All functions may be called from any
/// thread of the handler.
class CALLBOARD_API job {
public:
  class source;
  /// Not for handlers: the library makes them.
  explicit job(source& s) noexcept : source_(s) {
  }
  job(const job&) = delete;
  job& operator=(const job&) = delete;

  /// `job_…`, as everywhere.
  std::string_view id() const noexcept;
  std::string_view type() const noexcept;
  /// JSON text that follows the type's schema.
  std::string_view payload() const noexcept;
  /// 1 for the first attempt.
  std::uint32_t attempt() const noexcept;
  /// Grows with every attempt of every job. A receiver that remembers the highest one it saw of a job can refuse an
  /// attempt that was lost and is late.
  std::uint64_t fence() const noexcept;
  /// When the attempt will have run for its timeout and is asked to stop.
  std::chrono::steady_clock::time_point deadline() const noexcept;
  /// What the job reserved on this worker; 0: nothing.
  std::uint64_t memory_bytes() const noexcept;
  /// Thousandths of a core.
  std::uint32_t cpu_milli() const noexcept;

  /// True from when the attempt should end: it was cancelled, its time is over, or the worker is to stop. End soon and
  /// return `stopped()`. What does not end within `workers.kill_grace` is killed with its process: that of the attempt
  /// when it is isolated, else, half a minute later, the whole worker.
  bool stop_requested() const noexcept;
  /// Waits; true as soon as a stop is requested.
  bool wait_for(std::chrono::microseconds time) const;
  /// Readable once a stop is requested, for poll(2). Owned by the library. -1 when the process has no descriptor left.
  int stop_descriptor() const noexcept;

  /// True from when the attempt has run for its job's `softTimeout`: come to an end that is of use, and return what
  /// there is: a part as `success`, `snooze` or `failure` behind `save_checkpoint`, or `stopped`. Nobody ends the
  /// attempt for it; at `deadline` it is asked to stop. Always false for a job without one, and once a stop was
  /// requested first.
  bool soft_timed_out() const noexcept;
  /// Waits; true as soon as the soft timeout is over, or a stop is requested.
  bool wait_for_soft_timeout(std::chrono::microseconds time) const;
  /// Readable once the soft timeout is over, for poll(2); in all else as `stop_descriptor`.
  int soft_timeout_descriptor() const noexcept;

  /// 0 to 100; shown with the job. Cheap: only the latest one travels, with the next report.
  void progress(int percent, std::string_view message = {});
  /// What the former attempt saved, whatever ended it, or what was saved last in this one; empty: nothing. Valid until
  /// the next `save_checkpoint`.
  std::string_view checkpoint() const;
  /// Keeps `text` for the next attempt of the job: JSON, or any other UTF-8 text. It is dropped when the job completes.
  /// The latest one travels at most once a second, and with the end of the attempt. Throws std::length_error when it
  /// has more bytes than `jobs.checkpoint_bytes_max` allows, std::invalid_argument when it is not UTF-8.
  void save_checkpoint(std::string_view text);
  /// W3C Trace Context for what the function calls (headers `traceparent` and `tracestate`), with this attempt as the
  /// parent; empty: the job has no trace.
  std::string_view traceparent() const noexcept;
  std::string_view tracestate() const noexcept;
  /// A line of the attempt's log; the last `workers.log_lines_max` are kept with the job.
  void log(std::string_view line);

private:
  source& source_;
};

/// Runs on several threads at once, one for each slot. An exception is a retryable failure, HANDLER_EXCEPTION.
using handler_function = std::function<outcome(job&)>;

struct type_options {
  /// JSON Schema (draft 7) of the payload, checked by the scheduler when a job is submitted. Empty: any JSON.
  /// `patternProperties` and references to other documents are not supported, `format` is not checked.
  std::string schema = {};
  /// Of the code, shown with the worker; empty: that of the program.
  std::string version = {};
  /// A few words for lists.
  std::string summary = {};
  sdk::isolation isolation = sdk::isolation::thread;
  /// Results depend on the payload and the version only, and may be given to other jobs with the same payload this long
  /// instead of an attempt: 1 s to 366 days. 0: each job runs.
  std::chrono::seconds cache_for{0};
};

/// A worker: joins a scheduler, or is started by one, and runs jobs.
class CALLBOARD_API worker {
public:
  /// The program's name and version, "thumbnails 1.2".
  explicit worker(std::string_view name_and_version);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Adds a job type. Throws std::invalid_argument for a name that cannot be (letters, digits, dots, dashes and
  /// underscores, at most 128), a type that is there, a schema that is none, or a `cache_for` out of range.
  worker& on(std::string type, type_options options, handler_function run);
  worker& on(std::string type, handler_function run);
  /// Runs the types that come with Callboard as well (`exec`, `http_request` and so on), with their settings.
  worker& with_builtin_types();
  /// Called once in the process that does the work, before it joins: the place for threads, connections and whatever
  /// does not survive a fork. An exception ends the process with code 1.
  worker& on_start(std::function<void()> start);

  /// Runs until a signal or the scheduler ends it; returns the exit code for main. Takes the flags, settings and
  /// environment of `callboard worker`: those after the word `worker` if it is among the arguments (a scheduler puts it
  /// there; what stands before it is the program's own), else all of them. Call it before any thread is started: the
  /// work is done in a child process, which a guardian watches over and starts again when it crashes.
  int run(int argc, const char* const* argv);

  /// For tests of handlers: runs one attempt in this process and on this thread, without a scheduler, whatever its
  /// isolation. A payload that the schema refuses is a permanent failure, INVALID_PAYLOAD.
  outcome run_once(std::string_view type, std::string_view payload);
  /// The same with what a former attempt has saved; then `checkpoint` is what this one has.
  outcome run_once(std::string_view type, std::string_view payload, std::string& checkpoint);
  /// The same with a soft timeout that is over from the beginning.
  outcome run_once_soft_timed_out(std::string_view type, std::string_view payload, std::string& checkpoint);

private:
  outcome try_once(std::string_view type, std::string_view payload, std::string& checkpoint, bool soft_timed_out);
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace callboard::sdk
