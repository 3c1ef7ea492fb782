#include "core/job/trace_context.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace callboard;

namespace {

const std::string usual = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15}};

} // namespace

TEST_CASE("a traceparent is read and written as W3C Trace Context has it", "[trace]") {
  const auto p = parse_traceparent(usual);
  REQUIRE(p);
  CHECK(*p == trace_place{0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, true});
  CHECK(traceparent_text(*p) == usual);
  CHECK(trace_id_text(*p) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(span_id_text(p->span) == "00f067aa0ba902b7");
  // Of the flags only the first bit means something.
  CHECK_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-02")->sampled);
  CHECK(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->sampled);
}

TEST_CASE("a traceparent of a later version is read by what there is in this one", "[trace]") {
  CHECK(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  CHECK(parse_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what.comes"));
}

TEST_CASE("what is no traceparent is told from one", "[trace]") {
  const auto* text = GENERATE("", "00", "x", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
                              "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.",
                              "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                              "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                              "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                              " 0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CAPTURE(text);
  CHECK_FALSE(parse_traceparent(text));
}

TEST_CASE("a tracestate is printable and bounded", "[trace]") {
  CHECK(is_tracestate("a=1,b=2"));
  CHECK(is_tracestate(std::string(tracestate_bytes_max, 'x')));
  CHECK_FALSE(is_tracestate(std::string(tracestate_bytes_max + 1, 'x')));
  CHECK_FALSE(is_tracestate("a=1\r\nX: y"));
  CHECK_FALSE(is_tracestate("\xc3\xa4"));
}

TEST_CASE("a job without a trace has one of its own, the same whenever it is asked", "[trace]") {
  const boxed<trace_context> none;
  const auto a = trace_of(none, job_id{7}, noon, 100);
  CHECK(a == trace_of(none, job_id{7}, noon, 100));
  CHECK(a.sampled);
  CHECK(a.span == 0);
  CHECK_FALSE(trace_of(none, job_id{7}, noon, 0).sampled);
  std::set<std::string> ids;
  for (uint64_t i = 1; i <= 1000; ++i)
    ids.insert(trace_id_text(trace_of(none, job_id{i}, noon, 100)));
  CHECK(ids.size() == 1000);
  // The same id in another scheduler is another job.
  CHECK(trace_id_text(a) != trace_id_text(trace_of(none, job_id{7}, noon + duration{1}, 100)));
}

TEST_CASE("as many jobs are sampled as are asked for", "[trace]") {
  int sampled = 0;
  for (uint64_t i = 1; i <= 10'000; ++i)
    sampled += trace_of({}, job_id{i}, noon, 20).sampled ? 1 : 0;
  CHECK(sampled > 1'800);
  CHECK(sampled < 2'200);
}

TEST_CASE("who submits a job decides whether it is sampled", "[trace]") {
  CHECK(trace_of(trace_context{usual, ""}, job_id{7}, noon, 0).sampled);
  CHECK_FALSE(trace_of(trace_context{usual.substr(0, 53) + "00", ""}, job_id{7}, noon, 100).sampled);
  CHECK(trace_of(trace_context{usual, ""}, job_id{7}, noon, 100) == *parse_traceparent(usual));
}

TEST_CASE("an attempt hands on its own span, in the job's trace", "[trace]") {
  const auto c = context_of_attempt(trace_context{usual, "v=1"}, job_id{7}, noon, 2, 0);
  const auto p = parse_traceparent(c.parent);
  REQUIRE(p);
  CHECK(trace_id_text(*p) == trace_id_text(*parse_traceparent(usual)));
  CHECK(p->span == span_of_attempt(job_id{7}, 2));
  CHECK(p->span != span_of_attempt(job_id{7}, 1));
  CHECK(p->sampled);
  CHECK(c.state == "v=1");
  // Without a trace and without exports there is nothing to hand on.
  CHECK(context_of_attempt({}, job_id{7}, noon, 1, 0) == trace_context{});
  CHECK(parse_traceparent(context_of_attempt({}, job_id{7}, noon, 1, 100).parent));
}

TEST_CASE("spans of one job have different ids", "[trace]") {
  const job_id id{7};
  const std::set<uint64_t> ids{span_of_job(id),        span_of_submit(id),    span_of_commit(id),
                               span_of_wait(id, 1),    span_of_wait(id, 2),   span_of_attempt(id, 1),
                               span_of_attempt(id, 2), span_of_job(job_id{8})};
  CHECK(ids.size() == 8);
  CHECK(ids.count(0) == 0);
}
