#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "simulate/job_names.hpp"
#include "simulate/job_rules.hpp"
#include "simulate/scheduler_host.hpp"

namespace callboard::simulate {

/// Who submits, cancels, retries and changes jobs, and puts schedules and limits. A step that names a job waits until
/// the job's submit was answered, as a client has to that needs its id.
class simulated_client {
public:
  simulated_client(timeline& time, chronicle& story, scheduler_host& host, job_names& names, const scenario& plan);

  void act(const submit_step& s);
  void act(const batch_step& s);
  void act(const workflow_step& s);
  void act(const cancel_step& s);
  void act(const retry_step& s);
  void act(const hold_step& s);
  void act(const change_step& s);
  void act(const schedule_put_step& s);
  void act(const schedule_change_step& s);
  void act(const schedule_run_step& s);
  void act(const limit_step& s);
  void act(const pause_step& s);

private:
  using jobs = std::vector<const job_script*>;
  /// `f` happens now, or as soon as all jobs that `named` stands for were answered.
  void when_answered(std::vector<std::string> named, std::function<void()> f);
  void look_at_waiting();
  bool is_answered(const std::string& name) const;
  void ask(const jobs& wanted, bool atomic);
  void submit(const jobs& wanted, bool atomic);
  void answered(const jobs& wanted, const std::vector<size_t>& asked, const result<submit_answers>& a);
  void refuse(const std::string& name, std::string code, std::string message);
  std::optional<nlohmann::json> ready_body(const job_script& job, const jobs& batch);
  template <class Call>
  void change_each(const std::string& name, const std::string& verb, Call call);
  bool reaches(const std::string& about);
  void refuse_request(const std::string& about, const error& why);
  template <class View, class Tell>
  answer<View> heard(const std::string& about, Tell tell);
  void limit(limit_call call);
  answer<job_ptr> told(const std::string& name, const std::string& verb);

  timeline& time_;
  chronicle& story_;
  scheduler_host& host_;
  job_names& names_;
  job_rules rules_;
  struct waiting_step {
    std::vector<std::string> named;
    std::function<void()> f;
  };
  std::deque<waiting_step> waiting_;
  bool looking_ = false;
  /// At the end of a run the scheduler may go after its client, and then says that it does not answer.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

/// A dependency as the body of a job has it: a name, or an object with a name and a condition.
struct named_dependency {
  std::string name;
  nlohmann::json on; ///< null: none is given
};
/// Precondition: the body was checked (check_job_body).
std::vector<named_dependency> dependencies_of(const nlohmann::json& body);
/// The dependency on the job `id`, in place of that on a name.
nlohmann::json dependency_on(const std::string& id, const named_dependency& d);

} // namespace callboard::simulate
