#include "http/api/answer.hpp"
#include "http/api/batch.hpp"
#include "http/api/job_submission.hpp"
#include "http/api/media_type.hpp"
#include "http/api/routes.hpp"
#include "http/api/trace_header.hpp"
#include "http/json/fields.hpp"
#include "http/json/job_text.hpp"
#include "http/limits.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace callboard {

namespace {

std::optional<http_response> submit(const request_context& c, const responder& to) {
  auto job = parse_job(c.a, c.request.body, c.a.clock());
  if (!job)
    return failed(std::move(job).err());
  if (job->spec.idempotency_key.empty() && !c.request.idempotency_key.empty()) {
    auto key = read_text(std::string_view{c.request.idempotency_key}, "Idempotency-Key", c.a.jobs.tag_bytes_max);
    if (!key)
      return failed(std::move(key).err());
    job->spec.idempotency_key = std::move(*key);
  }
  if (!job->spec.trace)
    job->spec.trace = trace_of_request(c.request);
  submit_job(c.a, std::move(job->spec), to);
  return std::nullopt;
}

/// As in parsed_batch.
using refusals = std::vector<boxed<error>>;

http_response batch_answer(const refusals& refused, std::vector<result<submit_answer>>& answers, bool atomic) {
  size_t accepted = 0;
  std::string body;
  json_writer w{body};
  w.open('{').key("items").open('[');
  auto next = answers.begin();
  for (size_t i = 0; i < refused.size(); ++i) {
    const error* e = nullptr;
    error located;
    if (refused[i]) {
      e = &*refused[i];
    } else if (next == answers.end()) {
      return failed({ec::internal_error, "the scheduler did not answer for every job of the batch"});
    } else if (const auto& answer = *next++; answer) {
      write_submit_answer(w, *answer);
      ++accepted;
    } else {
      located = within(answer.err(), "jobs[" + std::to_string(i) + "]");
      e = &located;
    }
    if (e == nullptr)
      continue;
    if (atomic)
      return failed(*e);
    w.open('{').key("error").open('{');
    write_error(w, *e);
    w.close('}').close('}');
  }
  w.close(']');
  w.key("accepted").number(accepted).key("rejected").number(refused.size() - accepted).close('}');
  http_response r;
  r.body = std::move(body);
  return r;
}

/// Checks the positions that jobs of the batch depend on. Errors: unknown_dependency, dependency_cycle.
std::optional<error> check_inner(size_t jobs, const std::vector<batch_dependency>& inner) {
  for (const auto& d : inner)
    if (d.depends_on >= jobs)
      return error{ec::unknown_dependency,
                   "#" + std::to_string(d.depends_on) + " names no job of this batch, which has #0 to #" +
                     std::to_string(jobs - 1),
                   "jobs[" + std::to_string(d.job) + "].dependencies"};
  if (auto circle = find_cycle(jobs, inner))
    return error{ec::dependency_cycle, "jobs of this batch wait for each other: " + *circle, "jobs"};
  return std::nullopt;
}

result<bool> wants_atomic(const parsed_target& target) {
  const auto* text = target.find("atomic");
  if (text == nullptr || *text == "false")
    return false;
  if (*text == "true")
    return true;
  return error{ec::invalid_value, "atomic must be true or false, not " + shown(std::string_view{*text}), "atomic"};
}

/// Hands a large batch to the scheduler in slices, one after the other.
struct sliced_batch : std::enable_shared_from_this<sliced_batch> {
  sliced_batch(backend& to, submit_request r, reply<std::vector<result<submit_answer>>> d)
    : back(to), rest(std::move(r)), total(rest.jobs.size()), done(std::move(d)) {
    answers.reserve(total);
  }
  void next() {
    const auto begin = answers.size();
    const auto asked = slice_at(begin);
    submit_request r;
    if (asked == total)
      r = std::move(rest);
    else
      r.jobs.assign(std::move_iterator{rest.jobs.begin() + begin},
                    std::move_iterator{rest.jobs.begin() + begin + asked});
    back.submit(std::move(r), [self = shared_from_this(), asked](auto x) { self->on_answer(asked, std::move(x)); });
  }
  void on_answer(size_t asked, result<std::vector<result<submit_answer>>> x) {
    if (x && x->size() != asked)
      x = error{ec::internal_error, "the scheduler did not answer for every job of the batch"};
    if (!x && answers.empty())
      return done(std::move(x).err());
    if (x)
      std::move(x->begin(), x->end(), std::back_inserter(answers));
    else // the jobs before are accepted
      answers.resize(total, x.err());
    if (answers.size() < total)
      return next();
    done(std::move(answers));
  }
  /// The jobs of the slice that begins there.
  size_t slice_at(size_t begin) const {
    auto end = begin;
    for (size_t bytes = 0;
         end < total && end - begin < http_limits::batch_slice_jobs && bytes < http_limits::batch_slice_bytes; ++end)
      bytes += rest.jobs[end].payload.size();
    return end - begin;
  }

  backend& back;
  submit_request rest;
  size_t total; ///< jobs of all slices
  reply<std::vector<result<submit_answer>>> done;
  std::vector<result<submit_answer>> answers;
};

std::optional<http_response> submit_batch(const request_context& c, const responder& to) {
  if (!c.request.idempotency_key.empty())
    return failed({ec::invalid_value,
                   "the Idempotency-Key header goes with a single job; give each job its idempotencyKey",
                   "Idempotency-Key"});
  auto atomic = wants_atomic(c.target);
  if (!atomic)
    return failed(std::move(atomic).err());
  const auto now = c.a.clock();
  auto batch = is_media_type(c.request.content_type, media_ndjson) ? parse_batch_lines(c.a, c.request.body, now)
                                                                   : parse_batch(c.a, c.request.body, now);
  if (!batch)
    return failed(std::move(batch).err());

  auto& r = batch->request;
  if (auto e = check_inner(batch->refused.size(), r.inner))
    return failed(std::move(*e));
  // Jobs that depend on each other are accepted together or not at all: a half of them would wait for nobody.
  r.atomic = r.atomic || *atomic || !r.inner.empty();
  if (r.atomic)
    for (auto& why : batch->refused)
      if (why)
        return failed(std::move(*why));
  auto refused = std::make_shared<refusals>(std::move(batch->refused));
  give_trace(c.request, r.jobs);
  std::vector<result<submit_answer>> none;
  if (r.jobs.empty())
    return batch_answer(*refused, none, false);
  auto done = reply_to<std::vector<result<submit_answer>>>(
    to, [refused, all = r.atomic](auto& answers) { return batch_answer(*refused, answers, all); });
  if (r.atomic)
    c.a.back.submit(std::move(r), std::move(done));
  else
    std::make_shared<sliced_batch>(c.a.back, std::move(r), std::move(done))->next();
  return std::nullopt;
}

} // namespace

void add_submit_routes(std::vector<route>& table) {
  table.push_back({http_method::post, "/api/jobs/submit", body_kind::json, submit});
  table.push_back({http_method::post, "/api/jobs/batch", body_kind::batch, submit_batch, {"atomic"}});
}

} // namespace callboard
