#include <algorithm>
#include <array>
#include <set>

#include "simulate/scenario_parts.hpp"
#include "simulate/simulated_client.hpp"

namespace callboard::simulate {

namespace {

/// The queue that a body of a job names.
std::string queue_of(const nlohmann::json& job) {
  const auto i = job.find("queue");
  return i != job.end() && i->is_string() ? i->get<std::string>() : job_spec{}.queue;
}

/// Looks whether names are known: those that came up in the steps so far.
class name_checker {
public:
  explicit name_checker(const scenario& plan) : plan_(plan) {
  }

  void submit(const job_script& job) {
    known_.insert(job.name);
    known_.insert(job.name.substr(0, job.name.find('#')));
    queues_.insert(queue_of(job.body));
  }
  void submit(const workflow_step& s) {
    known_.insert(s.name);
    for (const auto& [key, job] : s.body.at("jobs").items()) {
      known_.insert(job_of_workflow(s.name, key));
      queues_.insert(queue_of(job));
      if (job.contains("forEach"))
        fan_outs_.insert(job_of_workflow(s.name, key));
    }
  }
  void put(const schedule_put_step& s) {
    schedules_.insert(s.name);
    queues_.insert(queue_of(s.body.at("job")));
  }
  void run(const schedule_run_step& s) {
    known_.insert(s.job);
  }
  void limit(const limit_target& t) {
    if (t.kind != limit_kind::type)
      queues_.insert(t.name);
  }
  void need(const std::string& name, const std::string& path) const {
    if (known_.count(name) == 0 && !is_scheduled(name) && !is_element(name))
      throw bad_scenario{path, "names no job that was submitted before: " + name};
  }
  void need_schedule(const std::string& name, const std::string& path) const {
    if (schedules_.count(name) == 0)
      throw bad_scenario{path, "names no schedule that was put before: " + name};
  }
  void need_worker(const std::string& name, const std::string& path) const {
    if (std::none_of(plan_.workers.begin(), plan_.workers.end(), [&](const auto& w) { return w.name == name; }))
      throw bad_scenario{path, "names no worker: " + name};
  }
  void look_at(const expectation_set& x) const {
    for (const auto& j : x.jobs) {
      need(j.job, j.path);
      if (j.same_as)
        need(*j.same_as, j.path + ".sameAs");
      if (j.cached_from && !j.cached_from->empty())
        need(*j.cached_from, j.path + ".cachedFrom");
      if (j.worker)
        need_worker(*j.worker, j.path + ".worker");
      if (j.workers)
        for (const auto& name : *j.workers)
          need_worker(name, j.path + ".workers");
    }
    for (const auto& s : x.schedules)
      need_schedule(s.schedule, s.path);
    for (const auto& l : x.limits)
      need_limited(l.target, l.path);
    for (const auto& o : x.orders)
      for (const auto& name : o.jobs)
        need(name, o.path);
    for (const auto& t : x.together)
      for (const auto& name : t.jobs)
        need(name, t.path);
  }

private:
  void need_limited(const limit_target& t, const std::string& path) const {
    if (t.kind != limit_kind::type && queues_.count(t.name) == 0)
      throw bad_scenario{path, "names no queue of a job or a limit: " + t.name};
    if (t.kind == limit_kind::type && plan_.types.count(t.name) == 0)
      throw bad_scenario{path, "names none of the scenario's types: " + t.name};
  }
  /// `nightly@3`, or `nightly@`.
  bool is_scheduled(const std::string& name) const {
    const auto at = name.find('@');
    return at != std::string::npos && schedules_.count(name.substr(0, at)) != 0 &&
           name.find_first_not_of("0123456789", at + 1) == std::string::npos && name.compare(at + 1, 1, "0") != 0;
  }

  /// `night.part[3]`, or `night.part[]`.
  bool is_element(const std::string& name) const {
    const auto at = name.rfind('[');
    return at != std::string::npos && name.back() == ']' && fan_outs_.count(name.substr(0, at)) != 0 &&
           name.find_first_not_of("0123456789", at + 1) == name.size() - 1;
  }

  const scenario& plan_;
  std::set<std::string> known_; ///< jobs
  std::set<std::string> fan_outs_;
  std::set<std::string> schedules_, queues_;
};

class step_checker {
public:
  explicit step_checker(const scenario& plan) : names_(plan) {
  }
  void look_at(const scenario_step& s) {
    path_ = s.path;
    std::visit([this](const auto& x) { look(x); }, s.what);
  }
  const name_checker& names() const {
    return names_;
  }

private:
  void look(const submit_step& s) {
    for (const auto& dep : dependencies_of(s.job.body))
      names_.need(dep.name, path_ + ".submit.dependencies");
    names_.submit(s.job);
  }
  void look(const batch_step& s) {
    for (const auto& job : s.jobs)
      names_.submit(job);
    for (const auto& job : s.jobs)
      for (const auto& dep : dependencies_of(job.body))
        names_.need(dep.name, path_ + ".batch." + job.name + ".dependencies");
  }
  void look(const workflow_step& s) {
    names_.submit(s);
  }
  void look(const cancel_step& s) {
    names_.need(s.job, path_ + ".cancel");
  }
  void look(const retry_step& s) {
    names_.need(s.job, path_ + ".retry");
  }
  void look(const hold_step& s) {
    names_.need(s.job, path_ + (s.held ? ".hold" : ".release"));
  }
  void look(const change_step& s) {
    names_.need(s.job, path_ + ".change.job");
  }
  void look(const schedule_put_step& s) {
    names_.put(s);
  }
  void look(const schedule_change_step& s) {
    constexpr std::array verbs{".pauseSchedule", ".resumeSchedule", ".removeSchedule"};
    names_.need_schedule(s.schedule, path_ + verbs[static_cast<size_t>(s.what)]);
  }
  void look(const schedule_run_step& s) {
    names_.need_schedule(s.schedule, path_ + ".runSchedule");
    names_.run(s);
  }
  void look(const limit_step& s) {
    names_.limit(s.target);
  }
  void look(const pause_step& s) {
    names_.limit(s.target);
  }
  void look(const worker_step& s) {
    names_.need_worker(s.worker, path_ + ".worker");
  }
  void look(const expect_step& s) {
    names_.look_at(s.what);
  }
  void look(const clock_set_step&) {
  }
  void look(const store_step&) {
  }
  void look(const scheduler_step&) {
  }

  name_checker names_;
  std::string path_;
};

} // namespace

void check_names(const scenario& plan) {
  step_checker steps{plan};
  for (const auto& s : plan.steps)
    steps.look_at(s);
  steps.names().look_at(plan.expected);
}

} // namespace callboard::simulate
