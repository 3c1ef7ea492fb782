#pragma once

#include "core/job/job_command.hpp"
#include "core/job/job_note.hpp"
#include "core/measure/metrics_delta.hpp"
#include "core/scheduler/calls.hpp"
#include "core/scheduler/event.hpp"
#include "core/scheduler/moment.hpp"

#include <memory>
#include <string>
#include <vector>

namespace callboard {

/// What the core wants done. The queue manager does it with actors, the simulation with its own world, tests write it
/// down. Nothing of it calls back into the core before the event that caused it is over.
class scheduler_port {
public:
  virtual ~scheduler_port() = default;

  // -- jobs. What they are told is answered by `job_placed`, `job_note`, `group_part`, or a commit with their note.
  /// A job's actor: of a new job (id and spec), or of a stored one.
  virtual void spawn_job(job_id id, std::shared_ptr<job_record> rec) = 0;
  virtual void tell_job(job_id id, job_command command) = 0;
  virtual void tell_job(job_id id, job_progress progress) = 0;
  /// The job answers with a copy of its record.
  virtual void read_job(job_id id, get_call call) = 0;
  /// The actor is not needed any more, or knows what was not written.
  virtual void drop_job(job_id id) = 0;

  // -- the store
  /// Answered by `scheduler::on_loaded`.
  virtual void load_jobs(std::vector<job_id> ids) = 0;
  /// Answered by `scheduler::on_read`.
  virtual void read_store(uint64_t request, read_request r) = 0;
  /// The payload with the results of these jobs filled in (job_types/result_references.hpp). Error: in words what is
  /// missing.
  virtual result<std::string> fill_in(const std::string& payload, const std::vector<job_record>& jobs) = 0;
  /// The payloads of the elements of a fan-out job, in their order: `${item}` and `${index}` are filled in, results of
  /// jobs stay as they stand there. @param jobs  that it depended on. Errors: not_found, in words what is missing;
  /// out_of_range for too many elements, or too many bytes.
  virtual result<std::vector<std::string>> expand(const fan_out& f, const std::string& payload,
                                                  const std::vector<job_record>& jobs) = 0;
  /// Answered by a `commit_report` with the notes of the part.
  virtual void commit(commit_part part) = 0;
  /// A version of a schedule as the store keeps it.
  virtual std::string record_of(const schedule_definition& d) = 0;

  /// What new jobs of the type have (`limit_rule::defaults`) and what nobody is shown of its jobs (`redact`) is this
  /// from now on.
  virtual void use_type_rule(const std::string& type, const limit_rule& rule) = 0;

  // -- the rest
  virtual void order(worker_id w, node_orders orders) = 0;
  virtual void measured(metrics_delta delta) = 0;
  /// What has happened in this turn, in its order. Each is true: what has to be durable is.
  virtual void tell(std::vector<scheduler_event>&& events) = 0;
  enum class tone : uint8_t { info, warning, error };
  virtual void say(tone t, const std::string& line) = 0;
};

} // namespace callboard
