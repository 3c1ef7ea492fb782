#include <algorithm>

#include "simulate/simulated_client.hpp"

namespace callboard::simulate {

/// A workflow is one atomic batch. Its id is its name in the scenario, so that its jobs are told by that.
void simulated_client::act(const workflow_step& s) {
  std::vector<std::string> names;
  for (const auto& [key, body] : s.body.at("jobs").items())
    names.push_back(job_of_workflow(s.name, key));
  const auto refuse_all = [this, names](const std::string& code, const std::string& message) {
    for (const auto& name : names)
      refuse(name, code, message);
    look_at_waiting();
  };
  for (const auto& name : names)
    names_.at(name).is = submitted_job::fate::asked;
  if (!host_.up())
    return refuse_all("unreachable", "no scheduler is running");
  auto w = rules_.read_workflow(s.body, s.name, time_.wall());
  if (!w)
    return refuse_all(std::string{to_string(w.err().code)}, w.err().message);
  answer<submit_answers> reply{
    [this, alive = std::weak_ptr{alive_}, refuse_all, id = s.name, keys = w->keys](const result<submit_answers>& a) {
      if (alive.expired())
        return;
      if (!a)
        return refuse_all(std::string{to_string(a.err().code)}, a.err().message);
      for (size_t i = 0; i < keys.size(); ++i) {
        auto& job = names_.at(job_of_workflow(id, keys[i]));
        const auto& one = (*a)[i];
        if (!one) {
          refuse(job.name, std::string{to_string(one.err().code)}, one.err().message);
          continue;
        }
        job.is = submitted_job::fate::accepted;
        job.id = one->id;
      }
      look_at_waiting();
    }};
  host_.post(submit_call{std::make_shared<submit_request>(std::move(w->request)), std::move(reply)});
}

} // namespace callboard::simulate
