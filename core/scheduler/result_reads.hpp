#pragma once

#include "core/scheduler/scheduler_state.hpp"

#include <unordered_map>

namespace callboard {

class job_flow;

/// Attempts whose payload stands for results of other jobs (`result_mark`): the results are read, filled in, and only
/// then the worker hears of the attempt, which has its slot meanwhile. Where a result is missing the job fails with
/// MISSING_RESULT.
class result_reads {
public:
  result_reads(scheduler_state& s, job_flow& flow) : s_(s), flow_(flow) {
  }

  /// Reads of this kind have this bit in the number of their request (`scheduler_port::read_store`); the rest is the
  /// fence.
  static constexpr uint64_t request_bit = uint64_t{1} << 63;

  /// Precondition: the attempt has its slot.
  void begin(job_placed x);
  void on_read(fence_token f, const read_answer& x, const moment& now);

private:
  scheduler_state& s_;
  job_flow& flow_;
  std::unordered_map<uint64_t, attempt_order> waiting_; ///< by fence
};

} // namespace callboard
