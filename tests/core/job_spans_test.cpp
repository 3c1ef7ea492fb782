#include "core/job/job_spans.hpp"
#include "tests/support/job_builder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace callboard;
using namespace callboard::test;
using namespace std::chrono_literals;

namespace {

const trace_context came{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "v=1"};
const life_limits limits;

std::optional<std::string> text_of(const trace_span& s, std::string_view name) {
  for (const auto& [n, value] : s.attributes)
    if (n == name)
      return std::holds_alternative<std::string>(value) ? std::get<std::string>(value)
                                                        : std::to_string(std::get<int64_t>(value));
  return std::nullopt;
}

std::vector<std::string> names_of(const std::vector<trace_span>& spans) {
  std::vector<std::string> out;
  for (const auto& s : spans)
    out.push_back(s.name);
  return out;
}

attempt_outcome outcome_of(outcome_kind k, std::string code, std::string message) {
  attempt_outcome o;
  o.kind = k;
  o.code = std::move(code);
  o.message = std::move(message);
  return o;
}

/// Waits 2 s, fails after 3 s, waits 1 s, runs 4 s on another worker, and ends as told.
job_record twice_tried(attempt_outcome last) {
  auto rec = job_builder{7}.type("exec").queue("mail").retries(1).created();
  rec.spec.trace = came;
  REQUIRE(place(rec, placement{"w1", fence_token{1}}, noon + 1s, limits));
  REQUIRE(start(rec, fence_token{1}, noon + 2s, limits));
  REQUIRE(finish(rec, fence_token{1}, outcome_of(outcome_kind::failed_retryable, "EXIT_STATUS", "exit code 3"),
                 noon + 5s, 0, limits));
  REQUIRE(place(rec, placement{"w2", fence_token{2}}, noon + 6s, limits));
  REQUIRE(start(rec, fence_token{2}, noon + 6s, limits));
  REQUIRE(finish(rec, fence_token{2}, last, noon + 10s, 0, limits));
  return rec;
}

} // namespace

TEST_CASE("a job that was tried twice has a span for each wait and each attempt", "[trace]") {
  const auto rec = twice_tried(attempt_outcome{});
  const auto spans = spans_of_job(rec, 0);
  REQUIRE(names_of(spans) == std::vector<std::string>{"job exec", "wait", "attempt", "wait", "attempt"});
  const auto& whole = spans[0];
  CHECK(whole.below == *parse_traceparent(came.parent));
  CHECK(whole.id == span_of_job(rec.id));
  CHECK(whole.begin == noon);
  CHECK(whole.end == noon + 10s);
  CHECK_FALSE(whole.failed);
  CHECK(text_of(whole, "callboard.job.id") == to_string(rec.id));
  CHECK(text_of(whole, "callboard.job.queue") == "mail");
  CHECK(text_of(whole, "callboard.job.status") == "completed");
  CHECK(text_of(whole, "callboard.job.attempts") == "2");
  CHECK_FALSE(text_of(whole, "callboard.workflow.id"));
  for (size_t i = 1; i < spans.size(); ++i) {
    CHECK(spans[i].below.span == whole.id);
    CHECK(trace_id_text(spans[i].below) == trace_id_text(whole.below));
    CHECK(spans[i].state == "v=1");
  }
  CHECK(std::pair{spans[1].begin, spans[1].end} == std::pair{noon, noon + 2s});
  CHECK(std::pair{spans[2].begin, spans[2].end} == std::pair{noon + 2s, noon + 5s});
  CHECK(std::pair{spans[3].begin, spans[3].end} == std::pair{noon + 5s, noon + 6s});
  CHECK(std::pair{spans[4].begin, spans[4].end} == std::pair{noon + 6s, noon + 10s});
  CHECK(spans[2].id == span_of_attempt(rec.id, 1));
  CHECK(spans[2].failed);
  CHECK_THAT(spans[2].message, Catch::Contains("EXIT_STATUS"));
  CHECK(text_of(spans[2], "callboard.worker") == "w1");
  CHECK(spans[4].id == span_of_attempt(rec.id, 2));
  CHECK_FALSE(spans[4].failed);
  CHECK(text_of(spans[4], "callboard.worker") == "w2");
  CHECK(text_of(spans[4], "callboard.attempt") == "2");
}

TEST_CASE("the span of a failed job, and of its last attempt, says why", "[trace]") {
  const auto spans = spans_of_job(twice_tried(outcome_of(outcome_kind::failed_final, "BAD_INPUT", "no such file")), 0);
  for (const auto* s : {&spans.front(), &spans.back()}) {
    CHECK(s->failed);
    CHECK(s->message == "no such file");
    CHECK(text_of(*s, "error.type") == "BAD_INPUT");
  }
}

TEST_CASE("a cancelled job that never ran has one span, which is no failure", "[trace]") {
  auto rec = job_builder{7}.cancelled();
  rec.spec.trace = came;
  const auto spans = spans_of_job(rec, 0);
  CHECK(names_of(spans) == std::vector<std::string>{"job noop"});
  CHECK_FALSE(spans[0].failed);
  CHECK(text_of(spans[0], "callboard.job.status") == "cancelled");
}

TEST_CASE("who is not sampled, or has not ended, has no spans", "[trace]") {
  auto rec = job_builder{7}.completed();
  CHECK(spans_of_job(rec, 0).empty());
  CHECK_FALSE(spans_of_job(rec, 100).empty());
  CHECK(spans_of_job(rec, 100)[0].below.span == 0);
  rec.spec.trace = trace_context{"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", {}};
  CHECK(spans_of_job(rec, 100).empty());
  CHECK(spans_of_job(job_builder{7}.running("w1", 1), 100).empty());
}

TEST_CASE("a clock that was set back makes no span that ends before it begins", "[trace]") {
  auto rec = job_builder{7}.running("w1", 1);
  rec.spec.trace = came;
  REQUIRE(finish(rec, fence_token{1}, attempt_outcome{}, noon - 1h, 0, limits));
  for (const auto& s : spans_of_job(rec, 0))
    CHECK(s.begin <= s.end);
}

TEST_CASE("a submit has a span within the job, and its commit one within that", "[trace]") {
  submit_answer a;
  a.id = job_id{7};
  a.created_at = noon + 2ms;
  const auto spans = spans_of_submit(came, a, noon, noon + 5ms, 0);
  REQUIRE(names_of(spans) == std::vector<std::string>{"submit", "commit"});
  CHECK(spans[0].below.span == span_of_job(a.id));
  CHECK(spans[1].below.span == spans[0].id);
  CHECK(std::pair{spans[0].begin, spans[0].end} == std::pair{noon, noon + 5ms});
  CHECK(std::pair{spans[1].begin, spans[1].end} == std::pair{noon + 2ms, noon + 5ms});
  a.duplicate = true;
  CHECK(spans_of_submit(came, a, noon, noon + 5ms, 0).empty());
  a.duplicate = false;
  CHECK(spans_of_submit({}, a, noon, noon + 5ms, 0).empty());
}
