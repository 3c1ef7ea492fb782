#include "core/scheduler/fan_out_flow.hpp"

#include "core/job/fan_out_step.hpp"
#include "core/scheduler/job_flow.hpp"
#include "core/scheduler/take_decision.hpp"

#include <algorithm>
#include <utility>

namespace callboard {

namespace {

std::string count_text(size_t n) {
  return R"({"count":)" + std::to_string(n) + "}";
}

std::string elements_text(size_t n) {
  return std::to_string(n) + (n == 1 ? " element" : " elements");
}

} // namespace

void fan_out_flow::begin(job_placed& x, const moment& now) {
  const fence_token f{x.order->fence};
  s_.ledger.find(f)->untold = true;
  work w;
  w.job = std::move(x.fan_out_job);
  const auto& how = *w.job->spec.for_each;
  if (how.stage == fan_out_stage::expanded && !how.collect)
    return succeed(f, count_text(how.count), now);
  w.results.resize(how.count);
  w.found.resize(how.count);
  if (how.count > 0)
    w.result_bytes = 1 + how.count; // brackets and commas
  ask(f, std::move(w));
}

/// The next jobs whose results are of interest.
void fan_out_flow::ask(fence_token f, work w) {
  const auto& spec = w.job->spec;
  const bool all = spec.for_each->stage == fan_out_stage::planned;
  const auto end = all ? spec.dependencies.size() : std::min(spec.dependencies.size(), w.asked + elements_per_read);
  read_request r;
  r.with_payload = false;
  for (; w.asked < end; ++w.asked)
    r.jobs.push_back(spec.dependencies[w.asked].job);
  waiting_.emplace(f.value, std::move(w));
  s_.port.read_store(request_bit | f.value, std::move(r));
}

void fan_out_flow::on_read(fence_token f, const read_answer& x, const moment& now) {
  auto found = waiting_.extract(f.value);
  const auto* a = s_.ledger.find(f);
  if (!found || !a || a->ending)
    return; // it was lost meanwhile
  if (a->orphan)
    return flow_.close(f, now); // the job ended meanwhile
  auto& w = found.mapped();
  if (x.failed)
    return fail(f, outcome_kind::failed_retryable, job_error_code::missing_result,
                "the results of other jobs could not be read: " + x.failed->message, now);
  if (w.job->spec.for_each->stage == fan_out_stage::planned)
    expand(f, *w.job, x.jobs, now);
  else
    collect(f, std::move(w), x.jobs, now);
}

// -- fanning out ------------------------------------------------------------------------------------------------------

void fan_out_flow::expand(fence_token f, const job_record& whole, const std::vector<job_record>& read,
                          const moment& now) {
  const auto& how = *whole.spec.for_each;
  auto payloads = s_.port.expand(how, std::string{whole.spec.payload.view()}, read);
  if (!payloads)
    return fail(f, outcome_kind::failed_final,
                payloads.err().code == ec::out_of_range ? job_error_code::fan_out_too_large
                                                        : job_error_code::missing_result,
                payloads.err().message, now);
  if (payloads->empty())
    return succeed(f, how.collect ? "[]" : count_text(0), now);
  // Something else is about to end the job: that comes first, and if it does not end it the job is placed again.
  if (s_.desk.may_end(whole.id) || s_.groups.of(whole.id) != 0) {
    auto& a = *s_.ledger.find(f);
    a.ending = true;
    auto e = make_errand(purpose::lose, job_command::lose{f, "something else happened to the job"});
    e->attempt = f;
    e->worker = a.worker;
    return flow_.give(whole.id, std::move(e), now);
  }
  fan_out_into(f, whole, std::move(*payloads), now);
}

/// The job and its elements are one write. The job is a member like these: if one cannot be written, none is.
void fan_out_flow::fan_out_into(fence_token f, const job_record& whole, std::vector<std::string> payloads,
                                const moment& now) {
  auto request = std::make_shared<submit_request>();
  request->atomic = request->past_bounds = true;
  for (size_t i = 0; i < payloads.size(); ++i)
    request->jobs.push_back(element_of(whole.spec, static_cast<uint32_t>(i), blob{std::move(payloads[i])}));
  submit_call call{std::move(request), answer<submit_answers>{[](const result<submit_answers>&) {}}};
  auto d = take_decision(s_, s_.requests.open(std::move(call), now), nullptr, now);
  if (d.create.size() != payloads.size())
    return fail(f, outcome_kind::failed_retryable, job_error_code::fan_out_too_large,
                "there is no room for " + elements_text(payloads.size()), now);
  std::vector<job_id> elements;
  for (const auto& c : d.create)
    elements.push_back(c.job->id);
  auto members = elements;
  const bool apart = planted(bug::fanned_out_apart);
  if (!apart)
    members.push_back(whole.id);
  const auto group = s_.groups.open_batch(members);
  auto& a = *s_.ledger.find(f);
  a.ending = true;
  auto e = make_errand(purpose::fan_out, job_command::fan_out{f, std::move(elements)});
  e->attempt = f;
  e->worker = a.worker;
  e->group = apart ? 0 : group;
  s_.ledger.free_slot(f);
  flow_.give(whole.id, std::move(e), now);
  for (auto& c : d.create)
    flow_.create(c, group, now);
}

// -- completing -------------------------------------------------------------------------------------------------------

void fan_out_flow::collect(fence_token f, work w, const std::vector<job_record>& read, const moment& now) {
  for (const auto& element : read) {
    const auto& how = element.spec.for_each;
    if (!how || how->count >= w.results.size())
      continue;
    w.found[how->count] = true;
    const bool none = element.state != job_state::completed || element.result.empty();
    w.result_bytes += none ? 4 : element.result.size(); // null
    if (!none && w.result_bytes <= s_.settings.result_bytes_max)
      w.results[how->count] = element.result;
  }
  if (w.asked < w.job->spec.dependencies.size())
    return ask(f, std::move(w));
  complete(f, w, now);
}

void fan_out_flow::complete(fence_token f, const work& w, const moment& now) {
  if (const auto gone = std::find(w.found.begin(), w.found.end(), false); gone != w.found.end())
    return fail(f, outcome_kind::failed_final, job_error_code::missing_result,
                element_key(w.job->spec.workflow->key, static_cast<uint32_t>(gone - w.found.begin())) +
                  " is not stored any more, so its result cannot be collected",
                now);
  if (w.result_bytes > s_.settings.result_bytes_max)
    return fail(f, outcome_kind::failed_final, job_error_code::result_too_large,
                "the results of the " + elements_text(w.results.size()) + " have " + std::to_string(w.result_bytes) +
                  " bytes together; allowed are " + std::to_string(s_.settings.result_bytes_max) +
                  " (workers.result_bytes_max), or \"collect\": false",
                now);
  std::string text{"["};
  for (const auto& r : w.results) {
    text += text.size() > 1 ? "," : "";
    text += r.empty() ? std::string_view{"null"} : r.view();
  }
  succeed(f, text + "]", now);
}

void fan_out_flow::succeed(fence_token f, std::string result, const moment& now) {
  attempt_outcome o; // without a start: it is no run of its type, by which others are estimated
  o.kind = outcome_kind::succeeded;
  o.result = blob{std::move(result)};
  flow_.end_untold(f, std::move(o), now);
}

void fan_out_flow::fail(fence_token f, outcome_kind kind, std::string_view code, std::string message,
                        const moment& now) {
  attempt_outcome o;
  o.kind = kind;
  o.code = code;
  o.message = std::move(message);
  flow_.end_untold(f, std::move(o), now);
}

} // namespace callboard
