#include "core/job/job_spans.hpp"

#include <algorithm>
#include <optional>

namespace callboard {

namespace {

/// Makes the spans of one job.
class span_maker {
public:
  span_maker(const job_record& rec, const trace_place& place) : rec_(rec), place_(place) {
    add(place_, span_of_job(rec.id), "job " + rec.spec.type, span_kind::consumer, rec.created_at, *rec.finished_at);
    auto& whole = spans_.back();
    describe(whole);
    mark(whole, rec.state, rec.error ? rec.error->code : std::string{}, rec.error ? rec.error->message : std::string{});
    place_.span = whole.id;
  }

  /// What the next line of the history says of the time before it.
  void pass(const history_entry& h) {
    if (h.state == job_state::running) {
      wait_until(h);
      running_ = h;
    } else if (running_) {
      end_attempt(h);
    }
  }

  std::vector<trace_span> take() {
    return std::move(spans_);
  }

private:
  void add(const trace_place& below, uint64_t id, std::string name, span_kind kind, time_point begin, time_point end) {
    auto& s = spans_.emplace_back();
    s.below = below;
    s.id = id;
    if (rec_.spec.trace)
      s.state = rec_.spec.trace->state;
    s.name = std::move(name);
    s.kind = kind;
    s.begin = begin;
    s.end = std::max(begin, end); // the clock may have been set back
  }
  void describe(trace_span& s) const {
    const auto text = [&](std::string_view name, const std::string& value) {
      if (!value.empty())
        s.attributes.emplace_back(name, value);
    };
    const auto number = [&](std::string_view name, int64_t value) { s.attributes.emplace_back(name, value); };
    text("callboard.job.id", to_string(rec_.id));
    text("callboard.job.type", rec_.spec.type);
    text("callboard.job.queue", rec_.spec.queue);
    text("callboard.job.status", std::string{to_string(rec_.state)});
    number("callboard.job.priority", rec_.spec.priority);
    number("callboard.job.attempts", rec_.attempt);
    number("callboard.job.retries", rec_.retry_count);
    if (rec_.spec.workflow)
      text("callboard.workflow.id", rec_.spec.workflow->id);
    if (rec_.spec.origin)
      text("callboard.schedule", rec_.spec.origin->name);
    if (rec_.cached_from)
      text("callboard.job.cached_from", to_string(*rec_.cached_from));
  }
  static void mark(trace_span& s, job_state after, const std::string& code, const std::string& message) {
    s.failed = after == job_state::failed || after == job_state::retrying;
    if (!s.failed)
      return;
    s.message = message;
    if (!code.empty())
      s.attributes.emplace_back("error.type", code);
  }
  void wait_until(const history_entry& h) {
    add(place_, span_of_wait(rec_.id, h.attempt), "wait", span_kind::internal, waits_since_.value_or(rec_.created_at),
        h.at);
    spans_.back().attributes.emplace_back("callboard.attempt", int64_t{h.attempt});
  }
  void end_attempt(const history_entry& h) {
    add(place_, span_of_attempt(rec_.id, running_->attempt), "attempt", span_kind::consumer, running_->at, h.at);
    auto& s = spans_.back();
    s.attributes.emplace_back("callboard.attempt", int64_t{running_->attempt});
    if (!running_->worker.empty())
      s.attributes.emplace_back("callboard.worker", running_->worker);
    const bool last = is_terminal(h.state) && rec_.error;
    mark(s, h.state, last ? rec_.error->code : std::string{}, last ? rec_.error->message : h.reason);
    waits_since_ = h.at;
    running_.reset();
  }

  const job_record& rec_;
  trace_place place_;
  std::vector<trace_span> spans_;
  std::optional<history_entry> running_;
  std::optional<time_point> waits_since_;
};

} // namespace

std::vector<trace_span> spans_of_job(const job_record& rec, uint32_t percent) {
  const auto place = trace_of(rec.spec.trace, rec.id, rec.created_at, percent);
  if (!place.sampled || !is_terminal(rec.state) || !rec.finished_at)
    return {};
  span_maker m{rec, place};
  for (const auto& h : rec.history)
    m.pass(h);
  return m.take();
}

std::vector<trace_span> spans_of_submit(const boxed<trace_context>& came, const submit_answer& a, time_point begun,
                                        time_point answered, uint32_t percent) {
  auto place = trace_of(came, a.id, a.created_at, percent);
  if (!place.sampled || a.duplicate)
    return {};
  place.span = span_of_job(a.id);
  std::vector<trace_span> out(2);
  auto& submit = out[0];
  submit.below = place;
  submit.id = span_of_submit(a.id);
  submit.name = "submit";
  submit.kind = span_kind::producer;
  submit.begin = begun;
  submit.end = std::max(begun, answered);
  submit.attributes.emplace_back("callboard.job.id", to_string(a.id));
  auto& commit = out[1];
  commit.below = place;
  commit.below.span = submit.id;
  commit.id = span_of_commit(a.id);
  commit.name = "commit";
  commit.begin = std::clamp(a.created_at, submit.begin, submit.end);
  commit.end = submit.end;
  commit.attributes.emplace_back("callboard.job.durability", std::string{to_string(a.level)});
  for (auto& s : out)
    s.state = came ? came->state : std::string{};
  return out;
}

} // namespace callboard
