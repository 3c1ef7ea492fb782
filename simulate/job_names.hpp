#pragma once

#include "core/job/job.hpp"

#include <map>
#include <string>
#include <vector>

#include "simulate/scenario.hpp"

namespace callboard::simulate {

/// What became of one submit.
struct submitted_job {
  enum class fate : uint8_t { ahead, asked, accepted, refused };
  std::string name;
  fate is = fate::ahead;
  job_id id;
  std::string code, message; ///< of a refusal
};

/// The name of all jobs that a schedule submits at its fire times.
inline std::string jobs_of_schedule(const std::string& name) {
  return name + "@";
}

/// The name of the job with that key in a workflow.
inline std::string job_of_workflow(const std::string& workflow, const std::string& key) {
  return workflow + "." + key;
}

/// The jobs of a run by the names that the scenario gives them.
class job_names {
public:
  explicit job_names(const scenario& plan);
  job_names(const job_names&) = delete;
  job_names& operator=(const job_names&) = delete;

  /// Precondition: the name is that of one job.
  submitted_job& at(const std::string& name) {
    return jobs_.at(name);
  }
  /// All jobs that a name stands for, in their order.
  std::vector<const submitted_job*> meant_by(const std::string& name) const;
  std::vector<const submitted_job*> all() const;

  /// A job that the scheduler has submitted. Of a schedule: `nightly@1`, then `nightly@2`, ...; `nightly@` stands for
  /// all of them. Those by hand have names of their own. Into which a job of a workflow has fanned out:
  /// `night.part[0]`,
  /// ...; `night.part[]` stands for all of them.
  void add(const job_record& rec);

  /// The name of a job; its id where it has none.
  std::string name_of(job_id id) const;
  /// The text with the names of jobs in place of their ids.
  std::string with_names(const std::string& text) const;

private:
  void add_to(const std::string& group, std::string name, job_id id);

  const scenario& plan_;
  std::map<std::string, submitted_job> jobs_;
  std::map<std::string, std::vector<std::string>> scheduled_; ///< by `nightly@`, `night.part[]`
  std::map<job_id, std::string> scheduled_names_;
};

} // namespace callboard::simulate
