#pragma once

#include "core/scheduler/scheduler_state.hpp"

#include <memory>
#include <unordered_map>
#include <vector>

namespace callboard {

class job_flow;

/// Fan-out jobs (`job_spec::for_each`), which no worker runs: one that is placed the first time fans out into its
/// elements, in one write with their births; one that is placed when these have ended completes with their results.
class fan_out_flow {
public:
  fan_out_flow(scheduler_state& s, job_flow& flow) : s_(s), flow_(flow) {
  }

  /// Reads of this kind have this bit in the number of their request (`scheduler_port::read_store`); the rest is the
  /// fence.
  static constexpr uint64_t request_bit = uint64_t{1} << 62;
  /// Elements whose results are read at once.
  static constexpr size_t elements_per_read = 100;

  /// Precondition: the attempt has its slot, and `x.fan_out_job` is set.
  void begin(job_placed& x, const moment& now);
  void on_read(fence_token f, const read_answer& x, const moment& now);

private:
  struct work {
    job_ptr job;
    size_t asked = 0;          ///< of its dependencies
    std::vector<blob> results; ///< by index; those beyond the limit are counted only
    uint64_t result_bytes = 0; ///< of the array
    std::vector<bool> found;   ///< by index
  };
  void ask(fence_token f, work w);
  void expand(fence_token f, const job_record& whole, const std::vector<job_record>& read, const moment& now);
  void fan_out_into(fence_token f, const job_record& whole, std::vector<std::string> payloads, const moment& now);
  void collect(fence_token f, work w, const std::vector<job_record>& read, const moment& now);
  void complete(fence_token f, const work& w, const moment& now);
  void succeed(fence_token f, std::string result, const moment& now);
  void fail(fence_token f, outcome_kind kind, std::string_view code, std::string message, const moment& now);

  scheduler_state& s_;
  job_flow& flow_;
  std::unordered_map<uint64_t, work> waiting_; ///< by fence
};

} // namespace callboard
