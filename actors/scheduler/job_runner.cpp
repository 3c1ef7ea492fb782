#include "actors/scheduler/job_runner.hpp"

#include <cstddef>
#include <limits>

namespace callboard {

job_runner::~job_runner() {
  for (auto* job : ready_)
    intrusive_ptr_release(job);
}

void job_runner::run(caf::execution_unit* context) {
  // By index: who is run may make others ready.
  for (size_t i = 0; i < ready_.size(); ++i) {
    auto* job = ready_[i];
    // As CAF's own workers do it (caf/scheduler/worker.hpp).
    switch (job->resume(context, std::numeric_limits<size_t>::max())) {
    case caf::resumable::resume_later:
      ready_.push_back(job);
      break;
    case caf::resumable::done:
    case caf::resumable::awaiting_message:
    case caf::resumable::shutdown_execution_unit:
      intrusive_ptr_release(job);
    }
  }
  ready_.clear();
}

} // namespace callboard
