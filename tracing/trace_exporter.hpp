#pragma once

#include "config/tracing_settings.hpp"
#include "core/base/error.hpp"
#include "core/job/job_spans.hpp"
#include "core/measure/trace_figures.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tracing/export_answer.hpp"
#include "tracing/otlp_text.hpp"

namespace callboard {

/// Exports the spans of jobs that have ended. It reads them from their records, behind everything else that is going
/// on: a job knows nothing of it. What cannot be exported is dropped and counted; spans are no promise.
///
/// A thread of its own asks which jobs have ended, looks them up and sends what they tell. `add` and `figures` may be
/// called on any thread.
class trace_exporter {
public:
  struct surroundings {
    /// Sampled jobs that have ended since it was asked last, at most so many as are kept. On the exporter's thread.
    std::function<std::vector<job_id>()> ended;
    /// Gives the job as it is, or null. The answer may come on any thread, also after the exporter has gone.
    std::function<void(job_id, std::function<void(job_ptr)>)> look_up;
    /// Of a request. On the exporter's thread.
    std::function<export_answer(const std::string& body)> send;
    /// For people. On the exporter's thread.
    std::function<void(const std::string&)> warn;
  };

  /// Jobs that are looked up at the same time.
  static constexpr size_t look_ups_max = 64;
  /// Longest pause after requests that failed; the first one is `tracing.export_every`, each later one twice as long.
  static constexpr duration pause_max = std::chrono::seconds{30};

  trace_exporter(const tracing_settings& s, span_origin from, surroundings around);
  /// Sends what there is, once, for at most `tracing.timeout`.
  ~trace_exporter();
  trace_exporter(const trace_exporter&) = delete;
  trace_exporter& operator=(const trace_exporter&) = delete;

  /// Begins to export.
  void start();
  void add(std::vector<trace_span>&& spans);
  trace_figures figures() const;

private:
  struct shared_state;
  void run();
  void look_up_some();
  void send_some(bool all);
  bool send_batch();

  const tracing_settings settings_;
  const span_origin from_;
  const surroundings around_;
  std::shared_ptr<shared_state> state_; ///< look-ups that are under way have it as well
  // Of the thread.
  std::deque<job_id> ended_;
  duration pause_{0};
  steady_point not_before_{};
  bool told_ = false; ///< that the collector does not take anything
  std::thread thread_;
};

} // namespace callboard
