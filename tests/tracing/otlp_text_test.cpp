#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tracing/otlp_text.hpp"

using namespace callboard;
using namespace std::chrono_literals;
using json = nlohmann::json;

namespace {

const time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 12h};

trace_span sample() {
  trace_span s;
  s.below = {0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, true};
  s.id = 0xabc;
  s.state = "v=1";
  s.name = "attempt";
  s.kind = span_kind::consumer;
  s.begin = noon;
  s.end = noon + 1500us;
  s.attributes = {{"callboard.worker", "w1"}, {"callboard.attempt", int64_t{2}}};
  s.failed = true;
  s.message = "exit code 3";
  return s;
}

} // namespace

TEST_CASE("spans are written as the JSON of OTLP has them") {
  const auto whole = json::parse(otlp_text({"jobs", "1.2.3", "host:7"}, {sample()}));
  const auto expected = json::parse(R"({"resourceSpans": [{
    "resource": {"attributes": [
      {"key": "service.name", "value": {"stringValue": "jobs"}},
      {"key": "service.version", "value": {"stringValue": "1.2.3"}},
      {"key": "service.instance.id", "value": {"stringValue": "host:7"}}]},
    "scopeSpans": [{
      "scope": {"name": "callboard", "version": "1.2.3"},
      "spans": [{
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "0000000000000abc", "parentSpanId": "00f067aa0ba902b7",
        "traceState": "v=1", "name": "attempt", "kind": 5,
        "startTimeUnixNano": "1768478400000000000", "endTimeUnixNano": "1768478400001500000",
        "attributes": [
          {"key": "callboard.worker", "value": {"stringValue": "w1"}},
          {"key": "callboard.attempt", "value": {"intValue": "2"}}],
        "status": {"code": 2, "message": "exit code 3"}}]}]}]})");
  CHECK(whole == expected);
}

TEST_CASE("what does not apply to a span is not written") {
  auto s = sample();
  s.below.span = 0;
  s.state.clear();
  s.failed = false;
  const auto whole = json::parse(otlp_text({}, {s}));
  const auto& written = whole["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  for (const auto* name : {"parentSpanId", "traceState", "status"})
    CHECK_FALSE(written.contains(name));
}

TEST_CASE("bytes that are not UTF-8 do not spoil a whole request") {
  auto s = sample();
  s.message = "\xff\xfe broken";
  const auto whole = json::parse(otlp_text({}, {s, sample()}));
  CHECK(whole["resourceSpans"][0]["scopeSpans"][0]["spans"].size() == 2);
}
