#include "core/scheduler/result_reads.hpp"

#include "core/scheduler/job_flow.hpp"

#include <utility>

namespace callboard {

void result_reads::begin(job_placed x) {
  const fence_token f{x.order->fence};
  read_request r;
  r.jobs = std::move(x.results_of);
  r.with_payload = false;
  s_.ledger.find(f)->untold = true;
  waiting_.emplace(f.value, std::move(*x.order));
  s_.port.read_store(request_bit | f.value, std::move(r));
}

void result_reads::on_read(fence_token f, const read_answer& x, const moment& now) {
  auto found = waiting_.extract(f.value);
  const auto* a = s_.ledger.find(f);
  if (!found || !a || a->ending)
    return; // it was lost meanwhile
  if (a->orphan)
    return flow_.close(f, now); // the job ended meanwhile, and the worker never heard of it
  auto& order = found.mapped();
  attempt_outcome o;
  o.finished_at = now.wall; // no handler ran: it says nothing of how long the type runs
  if (x.failed) {
    o.kind = outcome_kind::failed_retryable;
    o.code = job_error_code::missing_result;
    o.message = "the results of other jobs could not be read: " + x.failed->message;
    return flow_.end_untold(f, std::move(o), now);
  }
  auto filled = s_.port.fill_in(order.payload, x.jobs);
  if (filled) {
    order.payload = std::move(*filled);
    return flow_.send(std::move(order));
  }
  o.kind = outcome_kind::failed_final;
  o.code = job_error_code::missing_result;
  o.message = filled.err().message;
  flow_.end_untold(f, std::move(o), now);
}

} // namespace callboard
