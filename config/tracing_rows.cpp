#include "config/setting_rows.hpp"

namespace callboard {

void add_tracing_rows(row_maker m) {
  using x = tracing_settings;
  constexpr auto in = &settings::tracing;
  using std::chrono::milliseconds;
  using std::chrono::minutes;
  m.text("tracing.endpoint", ref<in, &x::endpoint>(),
         "URL that takes spans by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; empty: none are exported.");
  m.text("tracing.headers_file", ref<in, &x::headers_file>(),
         "File with headers for each request to the endpoint, Name: value on each line; empty: no more than needed.");
  m.needed("tracing.service", ref<in, &x::service>(), "The service.name that spans come from.");
  m.count("tracing.sample_percent", ref<in, &x::sample_percent>(), 0, 100, "percent",
          "Of the jobs that came without a traceparent, how many get a trace of their own. Of the others, their "
          "traceparent says whether they are traced.");
  m.time("tracing.export_every", ref<in, &x::export_every>(), milliseconds{10}, minutes{10},
         "Longest time that a span waits for others to be sent with.");
  m.count("tracing.batch_max", ref<in, &x::batch_max>(), 1, 100'000, "spans", "Spans in one request.");
  m.count("tracing.queue_max", ref<in, &x::queue_max>(), 1, 10'000'000, "spans",
          "Spans that wait for the endpoint, in memory; more are dropped and counted.");
  m.time("tracing.timeout", ref<in, &x::timeout>(), milliseconds{10}, minutes{10},
         "Time for one request to the endpoint.");
}

} // namespace callboard
