#pragma once

#include "core/scheduler/job_flow.hpp"

#include <functional>

namespace callboard {

/// The way of a submit: what only the store knows is asked for, then `admission` decides, then its jobs are born.
class submit_flow {
public:
  submit_flow(scheduler_state& s, job_flow& jobs) : s_(s), jobs_(jobs) {
  }

  /// Of a client.
  void on(submit_call& x, const moment& now);
  void on_read(uint64_t request, const read_answer& x, const moment& now);
  /// Requests that waited for something which is settled.
  void look_again(const moment& now);

  /// Facts that are true with the job, and only with it.
  using facts_function = std::function<std::vector<std::pair<std::string, std::string>>(job_id)>;
  /// The job of a schedule: one, without key and dependencies, so it is decided at once. Error: why it is not accepted.
  result<job_id> submit(job_spec spec, const facts_function& facts, const answer<submit_answer>& reply,
                        const moment& now);

private:
  void look(uint64_t request, const moment& now);
  void decide(uint64_t request, const read_answer* known, const moment& now);
  void create(admission::decision& d, std::vector<std::pair<std::string, std::string>> facts, const moment& now);

  scheduler_state& s_;
  job_flow& jobs_;
};

} // namespace callboard
