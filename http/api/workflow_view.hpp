#pragma once

#include "core/job/job.hpp"
#include "http/api/workflow_graph.hpp"
#include "http/json/json_writer.hpp"
#include "http/json/redaction_book.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace callboard {

/// A job of a workflow. After a retry several have the same key; then it is the latest.
struct workflow_job {
  std::string key, type;
  job_id id;
  job_state state = job_state::queued;
  bool begun = false; ///< an attempt of it has begun
  bool held = false;  ///< somebody holds it
  std::optional<time_point> started_at, finished_at;
  std::optional<job_error> error;
  std::vector<dependency> dependencies;
  dependency_rule rule = dependency_rule::all;
  boxed<fan_out> for_each;
  blob result; ///< where it was asked for
};

/// A fan-out job has fanned out into it.
bool is_element(const workflow_job& j);
/// What it waits for; of an element what its fan-out job waited for before, too.
std::vector<dependency> awaited_by(const workflow_job& j);
/// Cancelled because it is not needed.
bool is_skipped(const workflow_job& j);
/// How long its latest attempt ran, or has been running up to `now`; nothing: it has not, or nobody knows.
std::optional<duration> run_time(const workflow_job& j, std::optional<time_point> now);

/// What becomes of a workflow.
enum class workflow_state : uint8_t {
  waiting,   ///< nothing of it has begun
  running,   ///< some of it has not ended
  completed, ///< all of it has, but for what was not needed
  failed,    ///< it has ended, and something of it failed
  cancelled, ///< it has ended, and something of it was cancelled by somebody
  paused,    ///< what has not ended is held, or runs
};

std::string_view to_string(workflow_state s);
std::optional<workflow_state> parse_workflow_state(std::string_view text);

/// Its jobs, counted.
struct workflow_progress {
  uint64_t completed = 0, skipped = 0, failed = 0, cancelled = 0, running = 0, waiting = 0;
  friend bool operator==(const workflow_progress&, const workflow_progress&) = default;
};

/// A workflow, put together from its jobs.
class workflow_view {
public:
  /// A job of it. They come in descending order of their ids, so the first of a key is the latest.
  void add(const job_record& job, bool with_result);
  /// When all were added. From here on jobs are in the order in which they wait for each other.
  void complete();

  const std::string& id() const {
    return id_;
  }
  const std::string& name() const {
    return name_;
  }
  const std::vector<workflow_job>& jobs() const {
    return jobs_;
  }
  /// Between jobs of the workflow, by their places in `jobs()`.
  const std::vector<workflow_edge>& edges() const {
    return edges_;
  }
  /// The place in `jobs()` of the key that a job of the workflow has, also of one that is not the latest.
  std::optional<size_t> place_of(job_id id) const;
  workflow_progress progress() const;
  workflow_state state() const;
  /// Something of it is held, and so is all that has not ended and does not run.
  bool paused() const;
  time_point created_at() const {
    return created_at_;
  }
  /// When the last of its jobs ended; none while one has not.
  std::optional<time_point> completed_at() const;
  /// Bytes of the results that it has.
  uint64_t result_bytes() const {
    return result_bytes_;
  }
  void leave_results_out() {
    results_left_out_ = true;
  }
  bool results_left_out() const {
    return results_left_out_;
  }

private:
  std::string id_, name_;
  time_point created_at_{};
  std::vector<workflow_job> jobs_;
  std::vector<workflow_edge> edges_;
  std::unordered_map<std::string, size_t> places_;
  std::unordered_map<job_id, size_t> ids_; ///< also of those that are not the latest
  uint64_t result_bytes_ = 0;
  bool results_left_out_ = false;
};

/// Writes the members that lists have: id to progress.
void write_workflow_head(json_writer& w, const workflow_view& v);
/// Writes the whole, but for its braces. @param each_result  also of jobs that others wait for
/// @param hidden  what is not shown of results
void write_workflow(json_writer& w, const workflow_view& v, bool each_result, const redaction_book& hidden);
/// Writes nodes, edges and the critical path, without braces. More than `http_limits::graph_elements_max` elements of a
/// fan-out job are one node with counts. @param now  how long a job has been running is counted up to it
void write_workflow_graph(json_writer& w, const workflow_view& v, time_point now);

} // namespace callboard
