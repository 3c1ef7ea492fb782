#include "cli/span_export.hpp"

#include "cli/version.hpp"

#include <unistd.h>

#include <array>

namespace callboard {

namespace {

/// Follows the events for jobs that have ended and are traced.
class traced_ends {
public:
  explicit traced_ends(std::shared_ptr<const event_source> events)
    : events_(std::move(events)), seen_(events_->last()) {
  }
  /// Those since it was asked last. Events that are not kept any more are passed over: spans are no promise.
  std::vector<job_id> next() {
    std::vector<job_id> out;
    for (bool more = true; more;) {
      const auto r = events_->read(seen_, [&](const event_id&, const scheduler_event& e) {
        if (e.traced)
          out.push_back(e.job);
      });
      seen_ = r.seen;
      more = r.more;
    }
    return out;
  }

private:
  std::shared_ptr<const event_source> events_;
  event_id seen_;
};

std::string instance_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    return std::to_string(::getpid());
  return std::string{host.data()} + ":" + std::to_string(::getpid());
}

} // namespace

std::unique_ptr<trace_exporter> make_span_export(const settings& s, std::shared_ptr<const event_source> events,
                                                 std::function<backend&()> back,
                                                 std::function<export_answer(const std::string&)> send,
                                                 std::function<void(const std::string&)> warn) {
  if (!s.tracing.on())
    return nullptr;
  trace_exporter::surroundings around;
  around.ended = [ends = std::make_shared<traced_ends>(std::move(events))] { return ends->next(); };
  around.look_up = [back = std::move(back)](job_id id, std::function<void(job_ptr)> f) {
    back().get(id, [f = std::move(f)](result<job_ptr> x) { f(x ? std::move(*x) : nullptr); });
  };
  around.send = std::move(send);
  around.warn = std::move(warn);
  return std::make_unique<trace_exporter>(
    s.tracing, span_origin{s.tracing.service, std::string{version()}, instance_name()}, std::move(around));
}

submit_observer observer_for(trace_exporter& to, const tracing_settings& s) {
  return [&to, percent = s.percent()](const boxed<trace_context>& came, const submit_answer& a, time_point begun) {
    const auto now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    if (auto spans = spans_of_submit(came, a, begun, now, percent); !spans.empty())
      to.add(std::move(spans));
  };
}

} // namespace callboard
