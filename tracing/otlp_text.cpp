#include "tracing/otlp_text.hpp"

#include <nlohmann/json.hpp>

namespace callboard {

namespace {

using json = nlohmann::json;

json attribute(const std::string& name, const std::variant<std::string, int64_t>& value) {
  // Integers of 64 bits are texts in the JSON of Protocol Buffers.
  if (const auto* number = std::get_if<int64_t>(&value))
    return {{"key", name}, {"value", {{"intValue", std::to_string(*number)}}}};
  return {{"key", name}, {"value", {{"stringValue", std::get<std::string>(value)}}}};
}

std::string nanoseconds(time_point t) {
  return std::to_string(std::chrono::nanoseconds{t.time_since_epoch()}.count());
}

json span_json(const trace_span& s) {
  json out{{"traceId", trace_id_text(s.below)},
           {"spanId", span_id_text(s.id)},
           {"name", s.name},
           {"kind", static_cast<int>(s.kind)},
           {"startTimeUnixNano", nanoseconds(s.begin)},
           {"endTimeUnixNano", nanoseconds(s.end)},
           {"attributes", json::array()}};
  if (s.below.span != 0)
    out["parentSpanId"] = span_id_text(s.below.span);
  if (!s.state.empty())
    out["traceState"] = s.state;
  for (const auto& [name, value] : s.attributes)
    out["attributes"].push_back(attribute(name, value));
  constexpr int status_error = 2;
  if (s.failed)
    out["status"] = {{"code", status_error}, {"message", s.message}};
  return out;
}

} // namespace

std::string otlp_text(const span_origin& from, const std::vector<trace_span>& spans) {
  auto list = json::array();
  for (const auto& s : spans)
    list.push_back(span_json(s));
  json scope{{"scope", {{"name", "callboard"}, {"version", from.version}}}, {"spans", std::move(list)}};
  json resource{
    {"attributes", json::array({attribute("service.name", from.service), attribute("service.version", from.version),
                                attribute("service.instance.id", from.instance)})}};
  const json whole{{"resourceSpans", json::array({json{{"resource", std::move(resource)},
                                                       {"scopeSpans", json::array({std::move(scope)})}}})}};
  // Errors of handlers may have any bytes.
  return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace callboard
