#include "actors/runtime/log.hpp"
#include "actors/scheduler/webhook_steps.hpp"
#include "messages/type_ids.hpp"

#include <utility>

#include "webhooks/webhook_delivery.hpp"

namespace callboard::webhook_steps {

namespace {

using answers = std::vector<result<submit_answer>>;

struct parcel {
  std::vector<uint64_t> numbers; ///< of the deliveries, in the order of the jobs
  std::vector<job_spec> jobs;
};

parcel pack(self_pointer self) {
  auto& st = self->state;
  webhooks_by_name known;
  const auto oldest = on_board(self, [&](webhook_board::content& c) {
    auto out = c.book.oldest(deliveries_at_once);
    for (const auto& d : out)
      if (const auto* w = known.contains(d.webhook) ? nullptr : c.book.find(d.webhook))
        known.emplace(d.webhook, *w);
    return out;
  });
  parcel p;
  const auto now = st.options.clock.now(self);
  for (const auto& d : oldest) {
    p.numbers.push_back(d.number);
    p.jobs.push_back(delivery_job(known.at(d.webhook), d, to_string(d.kind), *st.options.config, now));
  }
  return p;
}

/// Told once for a time in which it does not work.
void note_refusal(self_pointer self, const std::string& why) {
  auto& st = self->state;
  ++st.submits_refused;
  if (!std::exchange(st.refused, true))
    log().warn("webhooks: deliveries wait to become jobs: {}", why);
}

void on_answers(self_pointer self, const std::vector<uint64_t>& numbers, const result<answers>& x) {
  auto& st = self->state;
  st.submitting = false;
  std::vector<uint64_t> there, known;
  std::string why = x ? "" : x.err().message;
  for (size_t i = 0; x && i < x->size() && i < numbers.size(); ++i) {
    const auto& one = (*x)[i];
    // One that is there already was submitted before, by a request whose answer was lost.
    const bool conflict = !one && one.err().code == ec::idempotency_conflict;
    if (conflict || (one && one->duplicate))
      known.push_back(numbers[i]);
    if (one || conflict)
      there.push_back(numbers[i]);
    else
      why = one.err().message;
  }
  st.jobs_made += there.size() - known.size();
  on_board(self, [&](webhook_board::content& c) { c.book.delivered(there, known); });
  if (!why.empty()) {
    note_refusal(self, why);
    st.retry_at = time_source::steady(self) + retry_pause;
    return set_alarm(self);
  }
  if (std::exchange(st.refused, false))
    log().info("webhooks: deliveries become jobs again");
  submit(self);
  walk(self);
}

} // namespace

void submit(self_pointer self) {
  auto& st = self->state;
  if (st.submitting || st.retry_at != steady_point{})
    return;
  auto p = pack(self);
  if (p.jobs.empty())
    return;
  st.submitting = true;
  submit_request r;
  r.jobs = std::move(p.jobs);
  st.options.back->submit(std::move(r),
                          back_here<answers>(self, [self, numbers = std::move(p.numbers)](const result<answers>& x) {
                            on_answers(self, numbers, x);
                          }));
}

} // namespace callboard::webhook_steps
