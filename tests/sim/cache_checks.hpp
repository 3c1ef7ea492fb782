#pragma once

#include "tests/sim/history.hpp"

#include <map>
#include <string>

namespace callboard::sim {

/// The type whose results are used again by what its workers say; of the others an operator may say so.
inline const std::string pure_type = "pure";

/// A result that no other attempt has.
std::string result_of_attempt(job_id job, fence_token fence);

/// A decision to give a job the result of another one.
struct observed_hit {
  job_id taker, source;
  fence_token slot;    ///< that the taker had for it
  std::string version; ///< of the type, on the worker that would have run the taker
  time_point at{};     ///< not after the decision
  duration cache_for{0};
};

/// Which results there were, and who took which.
class result_sources {
public:
  /// A version that completes a job was written: with its own result, which others may take from now on, or with that
  /// of a job of the same type and payload which ran itself.
  void on_completed(const job_record& rec, const std::string& payload);
  /// The source is of the same version, and completed not too long before.
  void on_hit(const observed_hit& x);
  /// No attempt ran in the slot of a job that took a result.
  void check_no_attempts(const history& h) const;

private:
  struct source {
    std::string type, payload, version; ///< the latter empty: not known
    blob result;
    time_point finished_at{};
  };
  std::map<job_id, source> sources_; ///< purged ones too
  std::map<fence_token, job_id> slots_;
};

} // namespace callboard::sim
