#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "audit/audit_writer.hpp"

namespace callboard {

/// How the log is, for health and metrics.
struct audit_state {
  uint64_t sequence = 0; ///< of the last record
  std::string hash;      ///< of the last record
  std::string failing;   ///< why the last attempt to write failed; empty: it did not
  std::string broken;    ///< where the chain was found broken; empty: nowhere
  uint64_t records = 0;  ///< written by this process
  uint64_t writes = 0;   ///< groups of records, each with one fsync
  uint64_t failures = 0; ///< attempts to write that failed
  uint64_t lost = 0;     ///< records that were not written
};

/// The audit log of a scheduler: a thread that writes what is there to be written in one group. All functions may be
/// called from any thread.
class audit_log {
public:
  /// Called on the thread of the log: the sequence, or internal_error when it could not be written, shutting_down after
  /// `stop`.
  using callback = std::function<void(result<uint64_t>)>;

  /// @param clock  the time of day
  /// @param tell   for people: it cannot be written (any more), it can again, its chain is broken. On the thread of the
  ///               log, and of `start`.
  audit_log(std::filesystem::path directory, audit_bounds bounds, std::function<time_point()> clock,
            std::function<void(const std::string&)> tell);
  ~audit_log();
  audit_log(const audit_log&) = delete;
  audit_log& operator=(const audit_log&) = delete;

  /// Writes a record that is nothing without being on disk: one that was not written is gone.
  void begin(audit_record r, callback then);
  /// Writes what became of an act. When that cannot be written it is kept, and written as soon as something is; of so
  /// many that wait (`audit_waiting_max`) the oldest are lost, and counted.
  void end(audit_record r, callback then);

  /// Says of all acts that were begun before and have no outcome that nobody knows it, and records the start. Waits
  /// for the disk. An error, internal_error, is for the log only: the records wait.
  result<done> start(const std::string& version);
  /// Records the end, writes what waits, and ends the thread. Whatever comes later is answered shutting_down.
  void stop(int exit_code);

  audit_state state() const;
  const std::filesystem::path& directory() const {
    return directory_;
  }

private:
  struct item {
    audit_record record;
    callback then;
    bool keep;
  };

  void add(audit_record r, callback then, bool keep);
  void run();
  void write(std::deque<item> group);
  result<done> append(std::vector<audit_record>& records);
  void note(const result<done>& ok, size_t records);
  void keep(std::vector<audit_record> records, size_t from);

  const std::filesystem::path directory_;
  const std::function<time_point()> clock_;
  const std::function<void(const std::string&)> tell_;
  audit_writer writer_;               // of whoever runs: `start` before the thread, then the thread
  std::vector<audit_record> waiting_; // of the same: outcomes that could not be written

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<item> work_;
  audit_state state_;
  bool stopped_ = false;
  std::thread thread_;
};

/// Records that wait while the log cannot be written.
inline constexpr size_t audit_waiting_max = 10'000;

} // namespace callboard
