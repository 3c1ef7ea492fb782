#include "cli/span_export.hpp"

#include "cli/version.hpp"

#include <unistd.h>

#include <array>

namespace callboard {

namespace {

/// Follows the events for jobs that have ended and are traced.
class traced_ends {
public:
  explicit traced_ends(std::shared_ptr<const event_feed> feed) : feed_(std::move(feed)), after_(feed_->last()) {
  }
  std::vector<job_id> next() {
    std::vector<job_id> out;
    for (;;) {
      const auto page = feed_->read(after_);
      if (page.missed)
        after_ = page.before_first; // spans are no promise
      else if (page.batches.empty())
        return out;
      for (const auto& batch : page.batches)
        take(*batch, out);
    }
  }

private:
  void take(const event_batch& batch, std::vector<job_id>& out) {
    const auto boot = batch.first().boot;
    const auto begin = boot == after_.boot ? std::max(batch.first().number, after_.number + 1) : batch.first().number;
    for (auto number = begin; number < batch.end(); ++number)
      if (const auto& e = batch.at(number); e.traced)
        out.push_back(e.job);
    after_ = {boot, batch.end() - 1};
  }

  std::shared_ptr<const event_feed> feed_;
  event_id after_;
};

std::string instance_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    return std::to_string(::getpid());
  return std::string{host.data()} + ":" + std::to_string(::getpid());
}

} // namespace

std::unique_ptr<trace_exporter> make_span_export(const settings& s, std::shared_ptr<const event_feed> feed,
                                                 std::function<backend&()> back,
                                                 std::function<export_answer(const std::string&)> send,
                                                 std::function<void(const std::string&)> warn) {
  if (!s.tracing.on())
    return nullptr;
  trace_exporter::surroundings around;
  around.ended = [ends = std::make_shared<traced_ends>(std::move(feed))] { return ends->next(); };
  around.look_up = [back = std::move(back)](job_id id, std::function<void(job_ptr)> f) {
    back().get(id, [f = std::move(f)](result<job_ptr> x) { f(x ? std::move(*x) : nullptr); });
  };
  around.send = std::move(send);
  around.warn = std::move(warn);
  return std::make_unique<trace_exporter>(
    s.tracing, span_origin{s.tracing.service, std::string{version()}, instance_name()}, std::move(around));
}

submit_observer observer_for(trace_exporter& to, const tracing_settings& s) {
  return [&to, percent = s.percent()](const trace_context& came, const submit_answer& a, time_point begun) {
    const auto now = std::chrono::floor<duration>(std::chrono::system_clock::now());
    if (auto spans = spans_of_submit(came, a, begun, now, percent); !spans.empty())
      to.add(std::move(spans));
  };
}

} // namespace callboard
