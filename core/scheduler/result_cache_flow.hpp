#pragma once

#include "core/scheduler/scheduler_state.hpp"

#include <optional>
#include <unordered_map>

namespace callboard {

class job_flow;

/// Attempts of types whose results are used again: before the worker hears of one, which has its slot meanwhile, the
/// store is asked for a job of the same type, version and payload that completed not long ago. If there is one, the
/// job completes with its result, and no attempt runs. What cannot be read is no hit.
class result_cache_flow {
public:
  result_cache_flow(scheduler_state& s, job_flow& flow) : s_(s), flow_(flow) {
  }

  /// Reads of this kind have this bit in the number of their request (`scheduler_port::read_store`); the rest is the
  /// fence.
  static constexpr uint64_t request_bit = uint64_t{1} << 61;

  /// The attempt goes to its worker, now or when the store has answered. Precondition: it has its slot, and its payload
  /// is complete.
  void send(attempt_order order);
  void on_read(fence_token f, const read_answer& x, const moment& now);

private:
  std::optional<duration> cache_for(const attempt_slot& a, const std::string& type) const;

  scheduler_state& s_;
  job_flow& flow_;
  std::unordered_map<uint64_t, attempt_order> waiting_; ///< by fence
};

} // namespace callboard
